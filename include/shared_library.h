/*
 * Shared libraries that few need: loaded when they are first used, so that a server that never
 * does neither waits for them nor keeps them in memory. One list of functions makes a struct of
 * pointers, whose types are those of the library's own header, and their names:
 *
 *     #define CAIRO_FUNCTIONS(X) X(cairo, arc) X(cairo, fill)
 *     static struct { CAIRO_FUNCTIONS(SHARED_LIBRARY_POINTER) } cairo_api;
 *     static const char *const names[] = { CAIRO_FUNCTIONS(SHARED_LIBRARY_NAME) };
 *
 * Implemented in emulator/base/shared_library.c.
 */
#ifndef COALMINE_SHARED_LIBRARY_H
#define COALMINE_SHARED_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"
#include "error.h"

#define SHARED_LIBRARY_POINTER(library, function) __typeof__(library##_##function) *function;
#define SHARED_LIBRARY_NAME(library, function) #library "_" #function,

struct shared_library {
    const char *file; /* as the dynamic loader knows it: "libcairo.so.2" */
    const char *const *names;
    size_t count;
    void *functions; /* a struct of `count` pointers to functions, in the order of the names */
    bool is_loaded;
};

/* Fills the pointers, unless that is done already; the library is never unloaded. Any thread may
 * call it, before each use. False if the file or one of the functions is not there. */
MUST_CHECK bool shared_library_load(struct shared_library *library, struct error *error);

#endif
