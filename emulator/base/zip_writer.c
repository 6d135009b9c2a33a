#include "zip_writer.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <zip.h>

#include "xalloc.h"

enum { FIXED_DOS_DATE = 0x5821, PERMISSION_BITS = 0777 };

struct zip_writer {
    zip_t *archive;
    zip_source_t *target; /* the memory it is written to */
};

struct zip_writer *zip_writer_create(void)
{
    struct zip_writer *writer = xcalloc(1, sizeof(*writer));
    writer->target = zip_source_buffer_create(NULL, 0, 0, NULL);
    writer->archive = writer->target
                          ? zip_open_from_source(writer->target, ZIP_CREATE | ZIP_TRUNCATE, NULL)
                          : NULL;
    if (!writer->archive)
        abort(); /* only for want of memory */
    zip_source_keep(writer->target);
    return writer;
}

bool zip_writer_add(struct zip_writer *writer, const char *name, unsigned mode, struct text content,
                    struct error *error)
{
    /* libzip frees it, unless it is empty */
    void *copy = content.size ? xmemdup(content.data, content.size) : NULL;
    zip_source_t *source = zip_source_buffer(writer->archive, copy, content.size, 1);
    zip_int64_t at = source ? zip_file_add(writer->archive, name, source, ZIP_FL_ENC_UTF_8) : -1;
    unsigned type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
    zip_uint32_t attributes = (zip_uint32_t)(type | (mode & PERMISSION_BITS)) << 16;
    if (at < 0)
        zip_source_free(source);
    if (at < 0 ||
        zip_file_set_dostime(writer->archive, (zip_uint64_t)at, 0, FIXED_DOS_DATE, 0) != 0 ||
        zip_file_set_external_attributes(writer->archive, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX,
                                         attributes) != 0)
        return error_set(error, NULL, "cannot put %s into a zip: %s", name,
                         zip_strerror(writer->archive));
    return true;
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

char *zip_writer_finish(struct zip_writer *writer, size_t *size_out, struct error *error)
{
    char *bytes = NULL;
    if (zip_get_num_entries(writer->archive, 0) == 0) {
        error_set(error, NULL, "there are no files to put into a zip");
    } else if (zip_close(writer->archive) == 0) {
        writer->archive = NULL;
        bytes = read_back(writer->target, size_out);
    }
    if (!bytes && !error->message)
        error_set(error, NULL, "the zip cannot be written");
    zip_writer_discard(writer);
    return bytes;
}

void zip_writer_discard(struct zip_writer *writer)
{
    if (writer->archive)
        zip_discard(writer->archive);
    zip_source_free(writer->target);
    free(writer);
}
