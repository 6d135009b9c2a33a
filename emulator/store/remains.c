#include "store/remains.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/telemetry.h"
#include "text.h"
#include "xalloc.h"

typedef bool entry_judge(const char *directory, const char *name);

/* True if that judges each of the directory's entries so, or there is no such directory. */
static bool are_all(const char *path, entry_judge *judge)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    if (!directory)
        return errno == ENOENT;
    bool is_true = true;
    while (is_true && (entry = readdir(directory)))
        is_true = entry->d_name[0] == '.' || judge(path, entry->d_name);
    closedir(directory);
    return is_true;
}

static bool is_no_package(const char *directory UNUSED, const char *name UNUSED)
{
    return false;
}

/* A journal that has forgotten its beginning has a later one in its name. */
static bool is_no_record(const char *directory, const char *name)
{
    struct stat status;
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    return !text_starts_with(text_from(name), "journal-") ||
           (strcmp(name, "journal-00000000000000000000.log") == 0 && stat(path, &status) == 0 &&
            status.st_size == 0);
}

static bool has_no_checkpoint(const char *directory)
{
    sqlite3 *database = NULL;
    CLEANUP(freep) char *path = xformat("%s/telemetry.db", directory);
    if (access(path, F_OK) != 0)
        return errno == ENOENT;
    bool is_read =
        sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_exec(database, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_OK;
    bool has_none = is_read && telemetry_read_position(database) == 0;
    sqlite3_close(database);
    return has_none;
}

bool remains_are_nothing(const char *directory)
{
    CLEANUP(freep) char *code = xformat("%s/code", directory);
    return are_all(code, is_no_package) && are_all(directory, is_no_record) &&
           has_no_checkpoint(directory);
}
