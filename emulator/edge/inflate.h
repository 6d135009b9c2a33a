/*
 * Request bodies with Content-Encoding: gzip.
 */
#ifndef COALMINE_INFLATE_H
#define COALMINE_INFLATE_H

#include "buffer.h"
#include "compiler.h"
#include "text.h"

/* Appends the inflated bytes. False if they are no gzip, cut short, or pass the ceiling (then
 * buffer->overflowed). */
MUST_CHECK bool inflate_gzip(struct text compressed, struct buffer *buffer);

#endif
