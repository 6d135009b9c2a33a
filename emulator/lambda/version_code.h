/*
 * Which code a version has: a package that was taken in, or, $LATEST only, a developer's folder.
 * A published version of such a function has a copy of the folder.
 */
#ifndef COALMINE_VERSION_CODE_H
#define COALMINE_VERSION_CODE_H

#include "lambda/code_upload.h"
#include "lambda/function.h"

/* Gives $LATEST new code: its digest, size, download name, and its `configuration` what is stored
 * of it. A folder's digest is its path's, its size 0. */
void version_code_set(struct call *call, const struct code_source *source,
                      const struct code_taken *taken, cJSON *configuration,
                      struct function_version *latest);

/* $LATEST as it is published: `taken` is the copy of the folder, if it runs from one. */
struct function_version version_code_freeze(struct call *call,
                                            const struct function_version *latest,
                                            const struct code_taken *taken);

#endif
