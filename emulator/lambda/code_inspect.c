#include "lambda/code_inspect.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto.h"
#include "file.h"
#include "lambda/code.h"
#include "map.h"
#include "runtime/package.h"
#include "store/statements.h"
#include "xalloc.h"

enum { PACKAGE_MAX = 512 << 20 };

/* What names directories of code, by digest: packages first, since one that is also somebody's only
 * layer is a package. A version that runs a folder (HotReload) has none. */
static const struct {
    const char *digests;
    bool are_packages; /* or else layers joined, which have no package.zip */
    int since;         /* the first version of the database that has such */
} sources[] = {
    { "SELECT DISTINCT code_sha256 FROM lambda_version WHERE "
      "json_extract(configuration, '$.HotReload') IS NULL",
      true, 1 },
    { "SELECT DISTINCT code_sha256 FROM lambda_layer_version", true, 2 },
    { "SELECT DISTINCT json_extract(configuration, '$.LayersSha256') FROM lambda_version WHERE "
      "json_extract(configuration, '$.LayersSha256') IS NOT NULL",
      false, 2 },
};

static void check_package(struct inspection *inspection, const char *directory, const char *hex)
{
    CLEANUP(error_clear) struct error error = { 0 };
    char actual[SHA256_HEX_SIZE];
    size_t size = 0;
    CLEANUP(freep) char *path = xformat("%s/code/%s/package.zip", directory, hex);
    CLEANUP(freep) char *bytes = file_read(path, PACKAGE_MAX, &size, &error);
    if (!bytes) {
        inspection_problem(inspection, "a function's package: %s", error.message);
        return;
    }
    CLEANUP(freep) char *files = xformat("%s/code/%s/files", directory, hex);
    crypto_sha256_hex((struct text){ bytes, size }, actual);
    if (strcmp(actual, hex) != 0)
        inspection_problem(inspection, "%s is damaged: its SHA-256 is %s", path, actual);
    else if (access(files, F_OK) == 0 &&
             !package_compare((struct text){ bytes, size }, files, &error))
        inspection_problem(inspection, "what a function runs: %s", error.message);
}

static void check_files(struct inspection *inspection, const char *directory, const char *hex)
{
    struct stat status;
    CLEANUP(freep) char *files = xformat("%s/code/%s/files", directory, hex);
    if (stat(files, &status) != 0 || !S_ISDIR(status.st_mode))
        inspection_problem(inspection, "%s is gone: what a function runs", files);
}

static void note_strangers(struct inspection *inspection, const char *directory,
                           const struct map *named)
{
    CLEANUP(freep) char *path = xformat("%s/code", directory);
    DIR *entries = opendir(path);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        if (entry->d_name[0] != '.' && !map_find(named, entry->d_name))
            inspection_note(inspection, "%s/%s belongs to no function; the next start removes it",
                            path, entry->d_name);
    }
    if (entries)
        closedir(entries);
}

/* Checks each digest's directory, and remembers its name. */
static void check_named(struct inspection *inspection, const char *directory, sqlite3_stmt *digests,
                        bool are_packages, struct map *named)
{
    while (sqlite3_step(digests) == SQLITE_ROW) {
        const char *base64 = (const char *)sqlite3_column_text(digests, 0);
        char *hex = code_name(base64 ? base64 : "");
        if (!hex) {
            inspection_problem(inspection, "%s/coalmine.db: '%s' is no digest", directory,
                               base64 ? base64 : "");
        } else if (map_find(named, hex)) {
            free(hex);
        } else {
            if (are_packages)
                check_package(inspection, directory, hex);
            check_files(inspection, directory, hex);
            map_set(named, hex, hex);
        }
    }
}

void code_inspect(struct inspection *inspection, const char *directory, sqlite3 *database)
{
    struct map named = { 0 };
    int64_t version = statements_number(database, "PRAGMA user_version");
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        sqlite3_stmt *digests = NULL;
        if (version < sources[i].since)
            continue;
        if (sqlite3_prepare_v2(database, sources[i].digests, -1, &digests, NULL) == SQLITE_OK)
            check_named(inspection, directory, digests, sources[i].are_packages, &named);
        else
            inspection_problem(inspection, "%s/coalmine.db: %s", directory,
                               sqlite3_errmsg(database));
        sqlite3_finalize(digests);
    }
    note_strangers(inspection, directory, &named);
    map_clear(&named, free);
}
