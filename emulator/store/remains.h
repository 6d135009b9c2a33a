/*
 * What stands beside a coalmine.db that is gone or empty.
 */
#ifndef COALMINE_REMAINS_H
#define COALMINE_REMAINS_H

#include <stdbool.h>

/* True if there is nothing that a start with an empty database could lose: no package, no record
 * of the journal, no checkpoint. So a power loss leaves a directory in its first moments, when what
 * was written is not on the disk yet. False also if it cannot be known. */
bool remains_are_nothing(const char *directory);

#endif
