/*
 * The data model of the control plane, in one place.
 */
#ifndef COALMINE_SCHEMA_H
#define COALMINE_SCHEMA_H

/* PRAGMA user_version of a database that this program wrote. */
enum { SCHEMA_VERSION = 5 };

/* migrations[n] takes a database from version n to n + 1. */
extern const char *const schema_migrations[SCHEMA_VERSION];

/* Every table, for reset; NULL-ended, children before parents. */
extern const char *const schema_tables[];

#endif
