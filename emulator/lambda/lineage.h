/*
 * Loop detection: the trace header that a function hands on (AWS's SDKs do it by themselves) says
 * in its Lineage which functions the chain went through, and how often:
 *   Root=1-...;Parent=...;Sampled=0;Lineage=1:38a5ab94:0
 * Behind the 1 stand pairs "hash:count", joined by '|' (lambda-api.md sections 5.2 and 18.2; how
 * several functions are joined is not recorded).
 */
#ifndef COALMINE_LINEAGE_H
#define COALMINE_LINEAGE_H

/* A function may be run so often by one chain of events; then the loop is stopped. */
enum { LINEAGE_MAX = 16, LINEAGE_HASH_SIZE = 9 };

/* Eight hexadecimal digits that stand for a function. */
void lineage_hash(const char *function_arn, char hash_out[LINEAGE_HASH_SIZE]);

/* The trace header for the function of this hash: the caller's (NULL: a new one) with the function
 * in its lineage, counted once more if it was there. *count_out: how often it was there, 0 for
 * the first time. Owned by the caller. */
char *lineage_extend(const char *trace_id, const char *hash, int *count_out);

#endif
