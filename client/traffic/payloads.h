/*
 * What requests carry: one text, or the lines of a file.
 */
#ifndef CANARY_PAYLOADS_H
#define CANARY_PAYLOADS_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"
#include "error.h"
#include "random.h"
#include "text.h"

enum { PAYLOAD_MAX = 6291456, PAYLOADS_FILE_MAX = 256 << 20 }; /* Lambda's limit; a file's */

struct payloads {
    struct text *items; /* owned; they point into `bytes` */
    size_t count;
    char *bytes; /* owned */
};

/* The file as one payload, or each of its lines that is not empty. False with a sentence if it
 * cannot be read, a payload is longer than Lambda takes, or there is none. */
MUST_CHECK bool payloads_read(const char *path, bool is_lines, struct payloads *payloads_out,
                              struct error *error);
/* The same, to see that it can be read: of either (NULL: none), before anything is done. */
MUST_CHECK bool payloads_check(const char *file, const char *lines, struct error *error);
void payloads_clear(struct payloads *payloads);

#endif
