/*
 * What functions see of this machine: /usr, the files of /etc that name resolution, TLS, users and
 * the dynamic loader read, and the devices that do nothing but take and give bytes.
 *
 * Bubblewrap reads the whole table of mounts for each thing that it shows, which was half of what a
 * start cost outside the function. So the root is put together in a directory, in the namespace in
 * which file systems live (storage.h), and shown in one piece. Whenever something has changed it is
 * put together anew, for the environments that start afterwards.
 */
#ifndef COALMINE_SYSTEM_ROOT_H
#define COALMINE_SYSTEM_ROOT_H

#include "runtime/string_list.h"

struct system_root;

/* `workspace` is the pool's directory, borrowed. */
struct system_root *system_root_create(const char *workspace);
/* What was put together goes with the workspace. */
void system_root_destroy(struct system_root *root);

/* The directory to be shown as /, read-only, with empty /opt, /proc, /tmp, /var/runtime and
 * /var/task; until the next call. NULL if this machine does not let us, or has no room for it now,
 * which the next call finds out again. To be asked before each start: it blocks for some
 * milliseconds when there is something to do. Valid only for a process that enters the namespace.
 */
const char *system_root_directory(struct system_root *root);

/* Bubblewrap's arguments that show each part by itself, for an environment that has more beside
 * them. `directory`: of the above; NULL: none, so that each file of /etc is shown, and devices are
 * bubblewrap's own. */
void system_root_add_each(struct string_list *arguments, const char *directory);

#endif
