/*
 * The pool's directory: our bootstraps as files, and a home with a private /tmp per environment.
 */
#ifndef COALMINE_WORKSPACE_H
#define COALMINE_WORKSPACE_H

#include "compiler.h"
#include "error.h"
#include "runtime/interpreters.h"

/* Makes `directory`, which must not exist, with an empty "runtime" in it. */
MUST_CHECK bool workspace_prepare(const char *directory, struct error *error);

/* The names below, all owned by the caller. */
char *workspace_runtime(const char *directory);           /* what becomes /var/runtime */
char *workspace_home(const char *directory, unsigned id); /* of one environment; see below */

/* Writes the bootstrap of a managed runtime, with what it needs, into workspace_runtime(), unless
 * it is there: a server that runs no such function does without. */
MUST_CHECK bool workspace_write_bootstrap(const char *runtime, enum runtime_kind kind,
                                          struct error *error);

/* Makes the home and its "tmp" with mode 1777, unless they are there. */
MUST_CHECK bool workspace_make_home(const char *home, struct error *error);

/* The bootstrap's file name for a managed runtime; NULL for the others. */
const char *workspace_bootstrap_name(enum runtime_kind kind);

#endif
