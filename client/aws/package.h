/*
 * A deployment package: a zip file as it is, or a folder made into a zip.
 */
#ifndef CANARY_PACKAGE_H
#define CANARY_PACKAGE_H

#include <stddef.h>

#include "compiler.h"
#include "error.h"

/* The bytes of the zip, owned by the caller; NULL with a sentence. The same folder gives the same
 * bytes: files in order of name, times fixed, permission bits kept. */
MUST_CHECK char *package_load(const char *path, size_t *size_out, struct error *error);

#endif
