/*
 * Percent-encoding (RFC 3986). Implemented in emulator/base/url.c.
 */
#ifndef COALMINE_URL_H
#define COALMINE_URL_H

#include <stdbool.h>

#include "buffer.h"
#include "text.h"

/* Appends `text` with everything but A-Z a-z 0-9 - . _ ~ (and '/' if `keeps_slash`) encoded. */
void url_encode(struct buffer *buffer, struct text text, bool keeps_slash);

/* Appends the decoded text; '+' becomes a space if `is_form`. A '%' without two hexadecimal
 * digits stays as it is. */
void url_decode(struct buffer *buffer, struct text text, bool is_form);

#endif
