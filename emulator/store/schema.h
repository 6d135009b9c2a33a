/*
 * The data model of the control plane, in one place.
 */
#ifndef COALMINE_SCHEMA_H
#define COALMINE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

#include "compiler.h"

/* PRAGMA user_version of a database that this program wrote. */
enum { SCHEMA_VERSION = 6 };

/* migrations[n] takes a database from version n to n + 1. What has been on a main branch is never
 * edited: databases have been through it. */
extern const char *const schema_migrations[SCHEMA_VERSION];

struct schema_table {
    const char *name;
    int since; /* the version that made it */
};

/* Every table, for reset; ends with a NULL name, children before parents. */
extern const struct schema_table schema_tables[];

/* The first table that a database of this version must have and has not, or NULL in `missing_out`:
 * none. False if the database cannot be read. */
MUST_CHECK bool schema_find_missing(sqlite3 *database, int version, const char **missing_out);

#endif
