/*
 * What functions see of /etc: what name resolution, TLS, users and the dynamic loader read.
 *
 * Bubblewrap reads the whole table of mounts for each file that it shows, and /etc was half of what
 * a start cost outside the function. So copies of the files are put together in a directory, in the
 * namespace in which file systems live (storage.h), and shown in one piece. Whenever one has
 * changed they are put together anew, for the environments that start afterwards.
 */
#ifndef COALMINE_SYSTEM_FILES_H
#define COALMINE_SYSTEM_FILES_H

#include "runtime/string_list.h"

/* For a machine where they cannot be put together: bubblewrap's arguments that show each. */
void system_files_add_each(struct string_list *arguments);

struct system_files;

/* `workspace` is the pool's directory, borrowed. */
struct system_files *system_files_create(const char *workspace);
/* What was put together goes with the workspace. */
void system_files_destroy(struct system_files *files);

/* The directory to be shown as /etc, until the next call; NULL if this machine does not let us, or
 * has no room for it now, which the next call finds out again. To be asked before each start: it
 * blocks for some milliseconds when there is something to do. Valid only for a process that enters
 * the namespace. */
const char *system_files_directory(struct system_files *files);

#endif
