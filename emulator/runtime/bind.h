/*
 * Bubblewrap's arguments that show one thing of this machine to a function.
 */
#ifndef COALMINE_BIND_H
#define COALMINE_BIND_H

#include "runtime/string_list.h"

void bind_read_only(struct string_list *arguments, const char *from, const char *to);

/* Shows a link as a link, and nothing where nothing is. */
void bind_or_link(struct string_list *arguments, const char *from, const char *to);

#endif
