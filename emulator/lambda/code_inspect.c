#include "lambda/code_inspect.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto.h"
#include "file.h"
#include "map.h"
#include "xalloc.h"

enum { PACKAGE_MAX = 512 << 20 };

/* Packages that some version names, by the hexadecimal digest that is their directory's name. */
static const char named_packages[] = "SELECT DISTINCT code_sha256 FROM lambda_version UNION "
                                     "SELECT DISTINCT code_sha256 FROM lambda_layer_version";

static char *hex_of(const char *base64)
{
    size_t size = 0;
    CLEANUP(freep) char *digest = base64_decode(text_from(base64), &size);
    if (!digest || size != SHA256_SIZE)
        return NULL;
    char *hex = xmalloc(SHA256_HEX_SIZE);
    crypto_hex(digest, size, hex);
    return hex;
}

static void check_package(struct inspection *inspection, const char *directory, const char *hex)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct stat status;
    char actual[SHA256_HEX_SIZE];
    size_t size = 0;
    CLEANUP(freep) char *path = xformat("%s/code/%s/package.zip", directory, hex);
    CLEANUP(freep) char *files = xformat("%s/code/%s/files", directory, hex);
    CLEANUP(freep) char *bytes = file_read(path, PACKAGE_MAX, &size, &error);
    if (!bytes) {
        inspection_problem(inspection, "a function's package: %s", error.message);
        return;
    }
    crypto_sha256_hex((struct text){ bytes, size }, actual);
    if (strcmp(actual, hex) != 0)
        inspection_problem(inspection, "%s is damaged: its SHA-256 is %s", path, actual);
    if (stat(files, &status) != 0 || !S_ISDIR(status.st_mode))
        inspection_problem(inspection, "%s is gone: a function's unpacked package", files);
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

void code_inspect(struct inspection *inspection, const char *directory, sqlite3 *database)
{
    struct map named = { 0 };
    sqlite3_stmt *query;
    if (sqlite3_prepare_v2(database, named_packages, -1, &query, NULL) != SQLITE_OK) {
        inspection_problem(inspection, "%s/coalmine.db: %s", directory, sqlite3_errmsg(database));
        return;
    }
    while (sqlite3_step(query) == SQLITE_ROW) {
        const char *base64 = (const char *)sqlite3_column_text(query, 0);
        char *hex = hex_of(base64 ? base64 : "");
        if (!hex) {
            inspection_problem(inspection, "%s/coalmine.db: '%s' is no digest", directory,
                               base64 ? base64 : "");
        } else if (map_find(&named, hex)) {
            free(hex);
        } else {
            check_package(inspection, directory, hex);
            map_set(&named, hex, hex);
        }
    }
    sqlite3_finalize(query);
    note_strangers(inspection, directory, &named);
    map_clear(&named, free);
}
