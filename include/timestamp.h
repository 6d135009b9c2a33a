/*
 * The spellings of time that AWS uses. All are UTC; values are milliseconds since 1970.
 * Implemented in emulator/base/timestamp.c.
 */
#ifndef COALMINE_TIMESTAMP_H
#define COALMINE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "text.h"

enum { TIMESTAMP_SIZE = 32 };

enum timestamp_form {
    TIMESTAMP_ISO,            /* 2025-10-20T10:05:00Z */
    TIMESTAMP_ISO_MS,         /* 2025-05-15T15:31:44.984Z */
    TIMESTAMP_LAMBDA,         /* 2025-11-25T02:26:54.123+0000 (LastModified) */
    TIMESTAMP_LAMBDA_SECONDS, /* 2025-11-25T02:26:54+0000 (of provisioned concurrency) */
    TIMESTAMP_BASIC,          /* 20171208T062404Z (X-Amz-Date) */
    TIMESTAMP_DATE,           /* 20171208 (credential scope) */
    TIMESTAMP_SLASHED_DATE,   /* 2025/11/25 (log stream names) */
};

/* Times before year 0 and after year 9999 are printed as the first and last there is. */
const char *timestamp_print(int64_t ms, enum timestamp_form form, char text_out[TIMESTAMP_SIZE]);

/* Reads ISO 8601 in the forms clients send: extended or basic, optional fraction, `Z` or an
 * offset (+hh:mm, +hhmm), or a date alone. */
MUST_CHECK bool timestamp_parse(struct text text, int64_t *ms_out);

#endif
