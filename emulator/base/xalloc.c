#include "xalloc.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 512 << 10 };

NORETURN static void out_of_memory(size_t size)
{
    fprintf(stderr,
            "out of memory (%zu bytes wanted); what was acknowledged is in the data directory\n",
            size);
    abort();
}

void xalloc_keep_large_apart(void)
{
    mallopt(M_MMAP_THRESHOLD, LARGE);
    mallopt(M_TRIM_THRESHOLD, 2 * LARGE);
}

void *xmalloc(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        out_of_memory(count * size);
    return memory;
}

void *xrealloc(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

void *xgrow(void *list, size_t *capacity, size_t first, size_t size)
{
    *capacity = *capacity ? 2 * *capacity : first;
    return xrealloc(list, *capacity * size);
}

char *xstrdup(const char *string)
{
    return xmemdup(string, strlen(string) + 1);
}

char *xstrndup(const char *string, size_t size)
{
    size_t length = strnlen(string, size);
    char *copy = xmalloc(length + 1);
    memcpy(copy, string, length);
    copy[length] = '\0';
    return copy;
}

void *xmemdup(const void *bytes, size_t size)
{
    void *copy = xmalloc(size);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

char *xvformat(const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        out_of_memory(0);
    return text;
}

char *xformat(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = xvformat(format, arguments);
    va_end(arguments);
    return text;
}

void freep(void *pointer)
{
    free(*(void **)pointer);
}
