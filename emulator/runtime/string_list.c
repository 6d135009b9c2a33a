/*
 * Owned strings in a row.
 */
#include "runtime/string_list.h"

#include "xalloc.h"

static void take(struct string_list *list, char *string)
{
    if (list->count + 2 > list->capacity)
        list->items = xgrow(list->items, &list->capacity, 32, sizeof(*list->items));
    list->items[list->count++] = string;
    list->items[list->count] = NULL;
}

void string_list_add(struct string_list *list, const char *string)
{
    take(list, xstrdup(string));
}

void string_list_add_all(struct string_list *list, const char *const *strings)
{
    for (; *strings; strings++)
        string_list_add(list, *strings);
}

void string_list_add_format(struct string_list *list, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    take(list, xvformat(format, arguments));
    va_end(arguments);
}

bool string_list_has_variable(const struct string_list *list, const char *variable)
{
    size_t size = strcspn(variable, "=");
    for (size_t i = 0; i < list->count; i++)
        if (strncmp(list->items[i], variable, size) == 0 && list->items[i][size] == '=')
            return true;
    return false;
}

void string_list_clear(struct string_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct string_list){ 0 };
}
