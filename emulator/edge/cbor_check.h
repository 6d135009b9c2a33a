/*
 * Is it safe to let libcbor build a tree of these bytes? It allocates what a definite length
 * claims before it has seen the members, and frees nested items by recursion.
 */
#ifndef COALMINE_CBOR_CHECK_H
#define COALMINE_CBOR_CHECK_H

#include <stdbool.h>

#include "text.h"

enum { CBOR_DEPTH_MAX = 64 };

/* True if the bytes are one whole item (RFC 8949) whose containers claim no more members than
 * bytes are left, nested at most CBOR_DEPTH_MAX deep. */
bool cbor_is_safe(struct text bytes);

#endif
