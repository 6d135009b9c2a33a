#include "aws/package.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "xalloc.h"
#include "zip_writer.h"

enum { PACKAGE_MAX = 52428800, FILE_MAX = 262144000 }; /* Lambda's limits, zipped and unzipped */

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool add_file(struct zip_writer *writer, const FTSENT *entry, size_t prefix,
                     struct error *error)
{
    const char *name = entry->fts_path + prefix;
    size_t size;
    CLEANUP(freep) char *content = file_read(entry->fts_path, FILE_MAX, &size, error);
    name += *name == '/';
    return content && zip_writer_add(writer, name, entry->fts_statp->st_mode,
                                     (struct text){ content, size }, error);
}

static bool add_entry(struct zip_writer *writer, const FTSENT *entry, size_t prefix,
                      struct error *error)
{
    switch (entry->fts_info) {
    case FTS_F:
        return add_file(writer, entry, prefix, error);
    case FTS_ERR:
    case FTS_DNR:
    case FTS_NS:
        return error_set(error, NULL, "cannot read %s: %s", entry->fts_path,
                         strerror(entry->fts_errno));
    default:
        return true;
    }
}

static bool add_folder(struct zip_writer *writer, char *folder, struct error *error)
{
    char *const roots[] = { folder, NULL };
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (!tree)
        return error_set(error, NULL, "cannot read %s: %s", folder, strerror(errno));
    bool is_good = true;
    const FTSENT *entry;
    while (is_good && (entry = fts_read(tree)))
        is_good = add_entry(writer, entry, strlen(folder), error);
    fts_close(tree);
    return is_good;
}

static char *zip_folder(const char *path, size_t *size_out, struct error *error)
{
    CLEANUP(freep) char *folder = xstrdup(path);
    for (size_t size = strlen(folder); size > 1 && folder[size - 1] == '/'; size--)
        folder[size - 1] = '\0';
    struct zip_writer *writer = zip_writer_create();
    if (add_folder(writer, folder, error))
        return zip_writer_finish(writer, size_out, error);
    zip_writer_discard(writer);
    return NULL;
}

char *package_load(const char *path, size_t *size_out, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        error_set(error, NULL, "cannot find the package %s: %s", path, strerror(errno));
        return NULL;
    }
    return S_ISDIR(status.st_mode) ? zip_folder(path, size_out, error)
                                   : file_read(path, PACKAGE_MAX, size_out, error);
}
