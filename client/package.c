#include "package.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zip.h>

#include "buffer.h"
#include "xalloc.h"

enum { PACKAGE_MAX = 52428800, FIXED_DOS_DATE = 0x5821 };

static char *read_file(const char *path, size_t *size_out, struct error *error)
{
    CLEANUP(buffer_clear) struct buffer bytes;
    buffer_init(&bytes, PACKAGE_MAX);
    FILE *file = fopen(path, "rbe");
    char chunk[65536];
    size_t size;
    bool fits = true;
    while (file && fits && (size = fread(chunk, 1, sizeof(chunk), file)) > 0)
        fits = buffer_add(&bytes, chunk, size);
    bool is_good = file && fits && !ferror(file);
    if (!is_good)
        error_set(error, NULL, "cannot read %s: %s", path,
                  fits ? strerror(errno) : "a package may have 50 MB, this has more");
    if (file)
        fclose(file);
    return is_good ? buffer_take(&bytes, size_out) : NULL;
}

static bool add_file(zip_t *archive, const char *name, const struct stat *status, const char *path)
{
    zip_source_t *source = zip_source_file(archive, path, 0, -1);
    zip_int64_t at = source ? zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (at < 0) {
        zip_source_free(source);
        return false;
    }
    zip_uint32_t mode = (zip_uint32_t)(S_IFREG | (status->st_mode & 0777));
    return zip_file_set_dostime(archive, (zip_uint64_t)at, 0, FIXED_DOS_DATE, 0) == 0 &&
           zip_file_set_external_attributes(archive, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX,
                                            mode << 16) == 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool add_folder(zip_t *archive, char *folder, struct error *error)
{
    char *const roots[] = { folder, NULL };
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    size_t prefix = strlen(folder);
    bool is_good = tree != NULL;
    const FTSENT *entry;
    while (is_good && (entry = fts_read(tree))) {
        const char *name = entry->fts_path + prefix;
        name += *name == '/';
        if (entry->fts_info == FTS_F)
            is_good = add_file(archive, name, entry->fts_statp, entry->fts_path);
        else if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR ||
                 entry->fts_info == FTS_NS)
            is_good = error_set(error, NULL, "cannot read %s: %s", entry->fts_path,
                                strerror(entry->fts_errno));
    }
    if (tree)
        fts_close(tree);
    return is_good;
}

static char *zip_bytes(zip_source_t *target, size_t *size_out)
{
    zip_stat_t stat;
    if (zip_source_stat(target, &stat) != 0 || zip_source_open(target) != 0)
        return NULL;
    char *bytes = xmalloc(stat.size);
    zip_int64_t size = zip_source_read(target, bytes, stat.size);
    zip_source_close(target);
    *size_out = size < 0 ? 0 : (size_t)size;
    return bytes;
}

static char *zip_folder(const char *path, size_t *size_out, struct error *error)
{
    zip_error_t failure;
    char *bytes = NULL;
    CLEANUP(freep) char *folder = xstrdup(path);
    for (size_t size = strlen(folder); size > 1 && folder[size - 1] == '/'; size--)
        folder[size - 1] = '\0';
    zip_error_init(&failure);
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &failure);
    zip_t *archive =
        target ? zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &failure) : NULL;
    if (archive) {
        zip_source_keep(target);
        if (add_folder(archive, folder, error) && zip_close(archive) == 0)
            bytes = zip_bytes(target, size_out);
        else
            zip_discard(archive);
    }
    if (target)
        zip_source_free(target);
    zip_error_fini(&failure);
    if (!bytes && !error->message)
        error_set(error, NULL, "cannot make a zip of %s; is it empty?", path);
    return bytes;
}

char *package_load(const char *path, size_t *size_out, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        error_set(error, NULL, "cannot find the package %s: %s", path, strerror(errno));
        return NULL;
    }
    return S_ISDIR(status.st_mode) ? zip_folder(path, size_out, error)
                                   : read_file(path, size_out, error);
}
