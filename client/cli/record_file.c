#include "cli/record_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "xalloc.h"

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The deployment begun last: ids begin with their time. NULL: there is none. */
static char *latest_id(const char *state)
{
    DIR *folder = opendir(state);
    char *latest = NULL;
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        CLEANUP(freep) char *record = xformat("%s/%s/record.jsonl", state, entry->d_name);
        if (entry->d_name[0] == '.' || !is_there(record) ||
            (latest && strverscmp(entry->d_name, latest) < 0))
            continue;
        free(latest);
        latest = xstrdup(entry->d_name);
    }
    if (folder)
        closedir(folder);
    return latest;
}

static char *path_of(const char *named, const char *state)
{
    if (named && is_folder(named))
        return xformat("%s/record.jsonl", named);
    if (named && is_there(named))
        return xstrdup(named);
    if (named)
        return xformat("%s/%s/record.jsonl", state, named);
    CLEANUP(freep) char *latest = latest_id(state);
    return latest ? xformat("%s/%s/record.jsonl", state, latest) : NULL;
}

char *record_find(const char *named, const char *state)
{
    char *path = path_of(named, state);
    if (path && is_there(path))
        return path;
    free(path);
    complain("there is no deployment %s in %s (canary history lists them)",
             named ? named : "at all", state);
    return NULL;
}
