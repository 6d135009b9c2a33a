#include "logs/json_fragment.h"

enum { FRAGMENTS_MAX = 16 }; /* beginnings that are tried */

/* From the brace at its start to the one that closes it; all if none does. */
static struct text cut_object(struct text text)
{
    int depth = 0;
    bool is_in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        char character = text.data[i];
        if (is_in_string && character == '\\')
            i++;
        else if (character == '"')
            is_in_string = !is_in_string;
        else if (!is_in_string && character == '{')
            depth++;
        else if (!is_in_string && character == '}' && --depth == 0)
            return (struct text){ text.data, i + 1 };
    }
    return text;
}

cJSON *json_fragment_find(struct text text)
{
    for (int i = 0; i < FRAGMENTS_MAX && text.size; i++) {
        const char *brace = memchr(text.data, '{', text.size);
        if (!brace)
            return NULL;
        text.size -= (size_t)(brace - text.data);
        text.data = brace;
        cJSON *tree = json_parse_mended(cut_object(text));
        if (tree)
            return tree;
        text.data++;
        text.size--;
    }
    return NULL;
}
