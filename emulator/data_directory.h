/*
 * Where a server keeps its state: a directory of the user's choice, or one that lasts as long as
 * the server.
 */
#ifndef COALMINE_DATA_DIRECTORY_H
#define COALMINE_DATA_DIRECTORY_H

#include "error.h"
#include "settings.h"

/* Its real path, owned by the caller; it is there and can be written to, and nothing in it that is
 * not ours would be swept away. NULL with a sentence. Warns where others may read what is there. */
char *data_directory_open(const struct settings *settings, struct error *error);

/* Removes what servers with --ephemeral left that were killed, and ends the processes that these
 * left running. A few at a time, as each start does so; never `own`. For a worker. */
void data_directory_remove_abandoned(const char *own);

#endif
