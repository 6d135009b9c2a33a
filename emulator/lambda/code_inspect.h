/*
 * The code directory against the database that names its packages, for coalmine check.
 */
#ifndef COALMINE_CODE_INSPECT_H
#define COALMINE_CODE_INSPECT_H

#include "store/inspection.h"

/* Every package that a version names is there, and is what its digest says; layers that a function
 * has joined are there; what nobody names is noted. */
void code_inspect(struct inspection *inspection, const char *directory, sqlite3 *database);

#endif
