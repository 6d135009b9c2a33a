/*
 * Paging of lists whose marker is the key of the last item given: one way for all of them.
 */
#ifndef COALMINE_PAGE_H
#define COALMINE_PAGE_H

#include "compiler.h"
#include "text.h"

/* An opaque marker for a key, and back. Both are owned by the caller; page_key() answers NULL if
 * the marker is none of ours. */
char *page_marker(const char *key);
MUST_CHECK char *page_key(const char *marker);

#endif
