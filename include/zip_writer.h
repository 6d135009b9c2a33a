/*
 * Making zip archives in memory; the same files give the same bytes (times are fixed).
 * Implemented in emulator/base/zip_writer.c.
 */
#ifndef COALMINE_ZIP_WRITER_H
#define COALMINE_ZIP_WRITER_H

#include <stdbool.h>

#include "compiler.h"
#include "error.h"
#include "text.h"

struct zip_writer;

/* An archive in memory, without files yet. */
struct zip_writer *zip_writer_create(void);

/* Adds a file with its permission bits. The content is copied. A mode with the type of a symbolic
 * link or a directory makes one: the content is the target, the name ends with a slash. */
MUST_CHECK bool zip_writer_add(struct zip_writer *writer, const char *name, unsigned mode,
                               struct text content, struct error *error);

/* Ends the archive and frees the writer: its bytes, owned by the caller, or NULL with a sentence
 * (for an archive without files, too). */
MUST_CHECK char *zip_writer_finish(struct zip_writer *writer, size_t *size_out,
                                   struct error *error);
/* Frees a writer that will not be finished. */
void zip_writer_discard(struct zip_writer *writer);

#endif
