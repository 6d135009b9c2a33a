#include "logs/selector.h"

#include <stdlib.h>

#include "xalloc.h"

static const cJSON *step_into_list(const cJSON *value, struct text *rest)
{
    int64_t index;
    rest->data++;
    rest->size--;
    struct text number = text_cut(rest, ']');
    if (!cJSON_IsArray(value) || !text_to_int64(number, &index) || index < 0 || index > INT32_MAX)
        return NULL;
    return cJSON_GetArrayItem(value, (int)index);
}

static const cJSON *step_into_object(const cJSON *value, struct text *rest)
{
    size_t size = 0;
    rest->data++;
    rest->size--;
    while (size < rest->size && rest->data[size] != '.' && rest->data[size] != '[')
        size++;
    CLEANUP(freep) char *name = xstrndup(rest->data, size);
    rest->data += size;
    rest->size -= size;
    return cJSON_IsObject(value) ? cJSON_GetObjectItemCaseSensitive(value, name) : NULL;
}

const cJSON *selector_find(const cJSON *tree, struct text selector)
{
    struct text rest = selector;
    if (!text_starts_with(rest, "$"))
        return NULL;
    rest.data++;
    rest.size--;
    while (tree && rest.size) {
        if (*rest.data == '.')
            tree = step_into_object(tree, &rest);
        else if (*rest.data == '[')
            tree = step_into_list(tree, &rest);
        else
            return NULL;
    }
    return tree;
}
