/*
 * A growing list of owned strings with a NULL behind the last: arguments and environments.
 */
#ifndef COALMINE_STRING_LIST_H
#define COALMINE_STRING_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

/* A zeroed list is an empty one; `items` is NULL until something was added. */
struct string_list {
    char **items;
    size_t count;
    size_t capacity;
};

void string_list_add(struct string_list *list, const char *string);
void string_list_add_all(struct string_list *list, const char *const *strings); /* NULL-ended */
void string_list_add_format(struct string_list *list, const char *format, ...) PRINTF_LIKE(2, 3);

/* Whether there is an item "NAME=...", for the same NAME as in `variable`. */
bool string_list_has_variable(const struct string_list *list, const char *variable);

void string_list_clear(struct string_list *list);

#endif
