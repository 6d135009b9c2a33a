/*
 * Percent-encoding (RFC 3986), and queries. Implemented in emulator/base/url.c.
 */
#ifndef COALMINE_URL_H
#define COALMINE_URL_H

#include <stdbool.h>

#include "arena.h"
#include "buffer.h"
#include "text.h"

/* Appends `text` with everything but A-Z a-z 0-9 - . _ ~ (and '/' if `keeps_slash`) encoded. */
void url_encode(struct buffer *buffer, struct text text, bool keeps_slash);

/* Appends the decoded text; '+' becomes a space if `is_form`. A '%' without two hexadecimal
 * digits stays as it is. */
void url_decode(struct buffer *buffer, struct text text, bool is_form);

/* The value of the first parameter of that name in a query or form ("name=value&..."), still
 * encoded; without data if there is none. */
struct text url_parameter(struct text query, const char *name);
/* The same decoded, in the arena; NULL if there is none. */
const char *url_parameter_decoded(struct text query, const char *name, bool is_form,
                                  struct arena *arena);

#endif
