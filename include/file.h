/*
 * Reading whole files, writing to descriptors, making private files, and where the user's are.
 * Implemented in emulator/base/file.c.
 */
#ifndef COALMINE_FILE_H
#define COALMINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"
#include "error.h"
#include "text.h"

/* The file's bytes with a NUL behind them, owned by the caller; NULL with a sentence if it cannot
 * be read or has more than `ceiling` bytes. */
MUST_CHECK char *file_read(const char *path, size_t ceiling, size_t *size_out, struct error *error);

/* Writes all of the bytes to a descriptor that waits, however many write() takes at once. False
 * with errno; some may stand there then. */
MUST_CHECK bool file_write(int fd, struct text bytes);

/* Has the disk keep the names in a directory, as fsync() has it keep a file's bytes. False with
 * errno. */
MUST_CHECK bool file_sync_directory(const char *path);

/* Makes the file, empty and its owner's alone, unless it is there; for those who would make it for
 * everybody's eyes. False with a sentence if it is not there then. */
MUST_CHECK bool file_make_private(const char *path, struct error *error);

/* Of the user: $HOME, else what the system knows; "" if that is nothing. Borrowed. */
const char *home_directory(void);

#endif
