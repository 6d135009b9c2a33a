/*
 * Code on disk: <data dir>/code/<sha256>/package.zip as uploaded and files/ unpacked, shared by
 * all versions of functions and layers with the same bytes. A list of several layers has such a
 * directory too, without a package: their files laid over one another. Code appears under its
 * name whole or not at all (rename).
 */
#ifndef COALMINE_CODE_H
#define COALMINE_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "lambda/function.h"
#include "lambda/state.h"
#include "runtime/package.h"

/* The name of a digest's directory, owned by the caller; NULL if that is no digest. */
char *code_name(const char *sha256_base64);

/* Unpacks the zip unless it is here already. The digest (base64) is owned by the caller. Any
 * thread. */
MUST_CHECK enum package_fault code_install(const char *code_directory, struct text zip,
                                           char **sha256_out, struct error *error);

/* Lays layers (digests of their packages, NULL-ended, at least one) over one another, once for
 * each list. The digest that names the result is owned by the caller. Any thread. */
MUST_CHECK bool code_join_layers(const char *code_directory, const char *const *layers,
                                 char **sha256_out, struct error *error);

/* Waits until what was taken in is on the disk, and survives power loss. Any thread. */
MUST_CHECK bool code_sync(const char *code_directory, struct error *error);

/* Bytes of the unpacked files. Any thread. */
MUST_CHECK bool code_size(const char *code_directory, const char *sha256_base64, int64_t *size_out,
                          struct error *error);

/* The directory with a package's files; owned by the caller. */
char *code_files_directory(const struct lambda *lambda, const char *sha256_base64);

/* Takes in a package that is ours, at once, on the loop thread. The digest is owned by the
 * caller; NULL with a sentence if the disk refuses. */
MUST_CHECK char *code_add(struct lambda *lambda, struct text zip, struct error *error);

/* The file with the zip; owned by the caller. */
char *code_package_path(const struct lambda *lambda, const char *sha256_base64);

/* A function may run as long after its version has gone. */
enum { CODE_REMOVAL_DELAY_MS = 900 * 1000 };

/* Some version stopped using this code: when none is left it is removed, but not before a
 * function that may be running it still has ended. */
void code_release(struct lambda *lambda, const char *sha256_base64);

/* The same for the version's layers too. */
void code_release_version(struct lambda *lambda, const struct function_version *version);

/* Removes packages that no version names, and half-made ones: start-up and reset. */
void code_sweep(struct lambda *lambda);
/* Releases whatever is there: a reset while some of it may be running. Nothing waits for removal
 * then. */
void code_release_all(struct lambda *lambda);
/* Forgets what waits for removal. */
void code_garbage_clear(struct lambda *lambda);

#endif
