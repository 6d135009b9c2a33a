#include "runtime/discard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler.h"
#include "loop/loop.h"
#include "runtime/package.h"
#include "xalloc.h"

struct discard {
    struct loop *loop;
    char *directory;
    unsigned count;  /* of directories put aside so far: their names */
    bool is_waiting; /* for a worker to begin */
    bool is_under_way;
};

static void remove_all(void *owner)
{
    const struct discard *discard = owner;
    package_remove(discard->directory);
}

static void on_removed(void *owner);

static void begin(void *owner)
{
    struct discard *discard = owner;
    if (discard->is_under_way)
        return;
    discard->is_waiting = false;
    discard->is_under_way = true;
    loop_work(discard->loop, remove_all, on_removed, discard);
}

static void on_removed(void *owner)
{
    struct discard *discard = owner;
    discard->is_under_way = false;
    if (discard->is_waiting)
        begin(discard);
}

static void begin_later(struct discard *discard)
{
    if (!discard->is_waiting)
        loop_defer(discard->loop, begin, discard);
    discard->is_waiting = true;
}

struct discard *discard_create(struct loop *loop, const char *directory)
{
    struct discard *discard = xcalloc(1, sizeof(*discard));
    discard->loop = loop;
    discard->directory = xstrdup(directory);
    if (access(directory, F_OK) == 0)
        begin_later(discard);
    return discard;
}

void discard_destroy(struct discard *discard)
{
    if (!discard)
        return;
    free(discard->directory);
    free(discard);
}

/* False if it must be removed in its place: the disk refuses, a worker is just removing the
 * directory, or it is on another disk. */
static bool put_aside(struct discard *discard, const char *path)
{
    bool is_taken = true;
    if (mkdir(discard->directory, 0700) != 0 && errno != EEXIST)
        return false;
    while (is_taken) { /* by what an earlier server left */
        CLEANUP(freep) char *aside = xformat("%s/%u", discard->directory, discard->count++);
        if (rename(path, aside) == 0)
            return true;
        is_taken = errno == ENOTEMPTY || errno == EEXIST;
    }
    return false;
}

void discard_take(struct discard *discard, const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return;
    if (discard && put_aside(discard, path))
        begin_later(discard);
    else
        package_remove(path);
}
