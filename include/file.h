/*
 * Reading whole files. Implemented in emulator/base/file.c.
 */
#ifndef COALMINE_FILE_H
#define COALMINE_FILE_H

#include <stddef.h>

#include "compiler.h"
#include "error.h"

/* The file's bytes with a NUL behind them, owned by the caller; NULL with a sentence if it cannot
 * be read or has more than `ceiling` bytes. */
MUST_CHECK char *file_read(const char *path, size_t ceiling, size_t *size_out, struct error *error);

#endif
