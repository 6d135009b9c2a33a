#include "runtime/zip_writer.h"

#include <zip.h>

#include "xalloc.h"

enum { FIXED_DOS_DATE = 0x5821, UNIX_FILE_0644 = 0100644 };

static bool add_file(zip_t *archive, const char *name, struct text content)
{
    zip_source_t *source = zip_source_buffer(archive, content.data, content.size, 0);
    zip_int64_t at = source ? zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (at < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_file_set_dostime(archive, (zip_uint64_t)at, 0, FIXED_DOS_DATE, 0) == 0 &&
           zip_file_set_external_attributes(archive, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX,
                                            (zip_uint32_t)UNIX_FILE_0644 << 16) == 0;
}

static char *read_back(zip_source_t *target, size_t *size_out)
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

char *zip_write_file(const char *name, struct text content, size_t *size_out, struct error *error)
{
    zip_error_t failure;
    zip_error_init(&failure);
    char *bytes = NULL;
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &failure);
    zip_t *archive =
        target ? zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &failure) : NULL;
    if (archive) {
        zip_source_keep(target);
        if (add_file(archive, name, content) && zip_close(archive) == 0)
            bytes = read_back(target, size_out);
        else
            zip_discard(archive);
    }
    if (target)
        zip_source_free(target);
    if (!bytes)
        error_set(error, NULL, "cannot make a zip of %s: %s", name, zip_error_strerror(&failure));
    zip_error_fini(&failure);
    return bytes;
}
