/*
 * Deployment packages on disk: <data dir>/code/<sha256>/package.zip as uploaded and files/
 * unpacked, shared by all versions with the same bytes. Unpacking runs on a worker; a package
 * appears under its name whole or not at all (rename).
 */
#ifndef COALMINE_CODE_H
#define COALMINE_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "lambda/state.h"
#include "operation/operation.h"

/* A package that was taken in: call->held of a call between its two halves. */
struct code_upload;

/* Decodes and unpacks `zip_base64` (borrowed from the call's input), then continues the call
 * with `next`, which calls code_upload_end(). Always OUTCOME_LATER. */
enum outcome code_upload_start(struct call *call, const char *zip_base64, operation_handler *next);

/* What came of it; true if the package is in place. False: the fault in AWS's words. The upload
 * is freed; `sha256_out` (base64) lives in the call's arena. */
MUST_CHECK bool code_upload_end(struct call *call, const char **sha256_out, int64_t *size_out);

/* The directory with a package's files; owned by the caller. */
char *code_files_directory(const struct lambda *lambda, const char *sha256_base64);

/* Takes in a package that is ours, at once, on the loop thread. The digest is owned by the
 * caller; NULL with a sentence if the disk refuses. */
MUST_CHECK char *code_add(struct lambda *lambda, struct text zip, struct error *error);

/* The bytes of the zip, owned by the caller; NULL if it is gone. */
char *code_read_package(const struct lambda *lambda, const char *sha256_base64, size_t *size_out);

/* Some version stopped using this code: when none is left it is removed, but not before a
 * function that may be running it still (900 s at most) has ended. */
void code_release(struct lambda *lambda, const char *sha256_base64);

/* Removes packages that no version names, and half-made ones: start-up and reset. */
void code_sweep(struct lambda *lambda);
/* Forgets what waits for removal. */
void code_garbage_clear(struct lambda *lambda);

#endif
