/*
 * Who may use a data directory: one server, or those that only look it over. It is a lock of the
 * process on DIRECTORY/lock, so it ends with the process, however that ends and whatever children
 * it has left.
 */
#ifndef COALMINE_DIRECTORY_LOCK_H
#define COALMINE_DIRECTORY_LOCK_H

#include <stdbool.h>

#include "error.h"

/* Takes the directory for a server. A descriptor that keeps it until it is closed; -1 with a
 * sentence if another process has it. */
int directory_lock(const char *directory, struct error *error);

/* Keeps servers away until the process ends; false if one is there. Makes no file: in a directory
 * without one, and where it may not be read, nothing is kept. */
bool directory_lock_shared(const char *directory);

#endif
