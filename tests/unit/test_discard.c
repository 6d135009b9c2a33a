/* discard: names are free at once, what had them is removed in the background, also after a crash.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/loop.h"
#include "runtime/discard.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

enum { TURNS_MAX = 1000 };

static const char *place;
static char aside[48];

static char *at(const char *name)
{
    return xformat("%s/%s", place, name);
}

static bool exists(const char *name)
{
    CLEANUP(freep) char *path = at(name);
    return access(path, F_OK) == 0;
}

static void make_tree(const char *name)
{
    CLEANUP(freep) char *path = at(name);
    CLEANUP(freep) char *below = xformat("%s/below", path);
    CLEANUP(freep) char *file = xformat("%s/file", below);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(mkdir(below, 0755), 0);
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void take(struct discard *discard, const char *name)
{
    CLEANUP(freep) char *path = at(name);
    discard_take(discard, path);
    ck_assert(!exists(name));
}

static void wait_until_removed(struct loop *loop)
{
    for (int turn = 0; turn < TURNS_MAX && exists("removed"); turn++)
        uv_run(loop_uv(loop), UV_RUN_ONCE);
    ck_assert(!exists("removed"));
}

static void setup(void)
{
    place = test_directory();
    snprintf(aside, sizeof(aside), "%s/removed", place);
}

static void finish(struct loop *loop, struct discard *discard)
{
    loop_destroy(loop);
    discard_destroy(discard);
}

START_TEST(a_name_is_free_at_once_and_the_rest_goes_later)
{
    setup();
    struct loop *loop = loop_create();
    struct discard *discard = discard_create(loop, aside);
    for (int round = 0; round < 3; round++) {
        make_tree("a");
        take(discard, "a");
        ck_assert(exists("removed"));
    }
    wait_until_removed(loop);
    make_tree("a"); /* there is a next time */
    take(discard, "a");
    wait_until_removed(loop);
    finish(loop, discard);
}
END_TEST

START_TEST(what_an_earlier_server_put_aside_goes_too)
{
    setup();
    struct loop *loop = loop_create();
    make_tree("removed");
    make_tree("removed/0");
    struct discard *discard = discard_create(loop, aside);
    make_tree("a");
    take(discard, "a");
    ck_assert(exists("removed/0/below/file"));
    ck_assert(exists("removed/1/below/file"));
    wait_until_removed(loop);
    finish(loop, discard);
}
END_TEST

START_TEST(what_cannot_be_put_aside_is_removed_in_its_place)
{
    setup();
    struct loop *loop = loop_create();
    snprintf(aside, sizeof(aside), "/nonexistent/removed");
    struct discard *discard = discard_create(loop, aside);
    make_tree("a");
    take(discard, "a");
    make_tree("a");
    take(NULL, "a");
    take(discard, "absent");
    finish(loop, discard);
}
END_TEST

SUITE("discard", a_name_is_free_at_once_and_the_rest_goes_later,
      what_an_earlier_server_put_aside_goes_too, what_cannot_be_put_aside_is_removed_in_its_place)
