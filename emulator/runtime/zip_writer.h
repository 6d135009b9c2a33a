/*
 * Making small zip archives in memory.
 */
#ifndef COALMINE_ZIP_WRITER_H
#define COALMINE_ZIP_WRITER_H

#include "compiler.h"
#include "error.h"
#include "text.h"

/* A zip with one file, always the same bytes for the same input. Owned by the caller; NULL with
 * a sentence if it cannot be made. */
MUST_CHECK char *zip_write_file(const char *name, struct text content, size_t *size_out,
                                struct error *error);

#endif
