/*
 * Paging of lists whose marker is the key of the last item given: one way for all of them.
 */
#ifndef COALMINE_PAGE_H
#define COALMINE_PAGE_H

#include "operation/operation.h"

/* An opaque marker for a key, and back. Both are owned by the caller; page_key() answers NULL if
 * the marker is none of ours. */
char *page_marker(const char *key);
MUST_CHECK char *page_key(const char *marker);

/* The key behind the call's marker, which is its `member`, in its arena; "" without a marker. False
 * if the marker is none of ours: the caller has the sentence for that. */
MUST_CHECK bool page_begin(struct call *call, const char *member, const char **key_out);
/* Says in `member` of the answer where the next page begins. */
void page_end(struct call *call, const char *member, const char *last);

#endif
