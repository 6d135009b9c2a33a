/*
 * From a runtime identifier to what runs it on this machine.
 */
#ifndef COALMINE_INTERPRETERS_H
#define COALMINE_INTERPRETERS_H

#include <stdbool.h>

enum runtime_kind {
    RUNTIME_NODE,
    RUNTIME_PYTHON,
    RUNTIME_PROVIDED, /* the package's own `bootstrap` */
    RUNTIME_FOREIGN,  /* known to Lambda, not run here: java, ruby, dotnet */
};

/* Of a Runtime as Lambda spells it ("nodejs22.x"). What is unknown is RUNTIME_FOREIGN. */
enum runtime_kind runtime_kind_of(const char *identifier);

/* "arn:aws:lambda:us-east-1::runtime:<64 hex digits>": each runtime has one version here. Owned by
 * the caller. */
char *runtime_version_arn(const char *region, const char *identifier);

/* The absolute path of the interpreter: the exact version (python3.12, node22) before whatever
 * python3 or node there is; real programs only, no "#!" shims. NULL with errno 0 if there is none,
 * with another errno if a place could not be looked at. Owned by the caller. Starts no process. */
char *interpreter_find(const char *identifier);

/* What to install for this runtime: "Node.js (node22 or node)". Owned by the caller. */
char *interpreter_wanted(const char *identifier);

/* Absolute path of a program that is needed as it is (bubblewrap). Owned by the caller; NULL as of
 * interpreter_find(). */
char *program_find(const char *name);

/* The runtime identifiers and the interpreter each maps to, for `coalmine runtimes`. */
struct runtime_mapping {
    const char *identifier;  /* "nodejs22.x" */
    const char *interpreter; /* absolute path, or NULL if the machine has none */
    const char *note;        /* "node 20.20.2 stands in for 22"; or NULL */
};
/* NULL-ended by identifier; owned by the module, made at the first call. */
const struct runtime_mapping *runtime_mappings(void);

#endif
