/*
 * Deployment packages: a zip becomes a directory that can be run. Safe on any thread.
 */
#ifndef COALMINE_PACKAGE_H
#define COALMINE_PACKAGE_H

#include <stdbool.h>

#include "compiler.h"
#include "error.h"
#include "text.h"

/* What can be wrong with a package; lambda turns it into AWS's sentence. */
enum package_fault {
    PACKAGE_OK,
    PACKAGE_NOT_ZIP,   /* not a zip, truncated, a path that leaves the tree (.., absolute,
                          a symbolic link pointing out), an unreadable entry */
    PACKAGE_EMPTY,     /* no entry */
    PACKAGE_TOO_LARGE, /* unpacked, more than PACKAGE_UNZIPPED_MAX */
    PACKAGE_IO,        /* our disk, see the error */
};

enum { PACKAGE_UNZIPPED_MAX = 262144000 };

/*
 * Unpacks `zip` into the directory `target`, which must not exist: all or nothing (on a fault
 * nothing is left). Permission bits are kept, owner-readable always, and warned of where Lambda's
 * user could not read; entries whose real size differs from what they claim are refused. Never
 * writes outside `target`, never follows links.
 */
MUST_CHECK enum package_fault package_unpack(struct text zip, const char *target,
                                             struct error *error);

/* Is each file of the package in `directory`, where it was unpacked, as it is in `zip`? What else
 * is there is not looked at. False with a sentence on the first that is not. */
MUST_CHECK bool package_compare(struct text zip, const char *directory, struct error *error);

/* Removes a directory and all below it, however deep, without following links. */
void package_remove(const char *directory);

#endif
