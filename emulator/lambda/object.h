/*
 * S3 objects that are files: DIR/bucket/key of --s3-dir. Neither "..", nor a link, nor a strange
 * bucket name leads out of DIR. Safe on any thread.
 */
#ifndef COALMINE_OBJECT_H
#define COALMINE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"
#include "error.h"

/* As S3 spells them. */
struct object_name {
    const char *bucket;
    const char *key;
    const char *version; /* NULL, or "null": what a bucket without versions has */
};

/* The object's bytes, owned by the caller. `directory` NULL: there are no buckets. NULL with
 * Lambda's sentence about what S3 answered, or with *is_too_large_out set and no sentence. */
MUST_CHECK char *object_read(const char *directory, const struct object_name *name, size_t ceiling,
                             size_t *size_out, bool *is_too_large_out, struct error *error);

#endif
