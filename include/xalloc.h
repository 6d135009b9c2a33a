/*
 * Allocation that aborts with a message instead of failing: what the program has acknowledged
 * is safe in the store, so nobody tests for NULL. Implemented in emulator/base/xalloc.c.
 */
#ifndef COALMINE_XALLOC_H
#define COALMINE_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

#include "compiler.h"

/* All of these return memory that the caller owns and ends with free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
/* Room for a list that is full: its `*capacity` elements of `size` bytes, in place of `list`, with
 * place for twice as many, or for `first` if there were none; `*capacity` says so. */
void *xgrow(void *list, size_t *capacity, size_t first, size_t size);
char *xstrdup(const char *string);
char *xstrndup(const char *string, size_t size);
void *xmemdup(const void *bytes, size_t size);
char *xformat(const char *format, ...) PRINTF_LIKE(1, 2);
char *xvformat(const char *format, va_list arguments) PRINTF_LIKE(1, 0);

/* For a process that runs for long: large blocks are mappings of their own from now on, that go
 * back to the system when they are freed. glibc learns from the first of them that is freed to take
 * such blocks from the heap, where small ones that live longer then keep it from shrinking. */
void xalloc_keep_large_apart(void);

/* For CLEANUP(freep): frees what the pointer at `pointer` points to. */
void freep(void *pointer);

#endif
