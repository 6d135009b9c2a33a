#include "url.h"

#include <ctype.h>

void url_encode(struct buffer *buffer, struct text text, bool keeps_slash)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c < 0x80 && isalnum(c)) || (c && strchr("-._~", c)) || (keeps_slash && c == '/'))
            buffer_add_char(buffer, (char)c);
        else
            buffer_add_format(buffer, "%%%02X", c);
    }
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    int lower = digit | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void url_decode(struct buffer *buffer, struct text text, bool is_form)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '%' && i + 2 < text.size && hex_value(text.data[i + 1]) >= 0 &&
            hex_value(text.data[i + 2]) >= 0) {
            c = (char)(hex_value(text.data[i + 1]) * 16 + hex_value(text.data[i + 2]));
            i += 2;
        } else if (c == '+' && is_form) {
            c = ' ';
        }
        buffer_add_char(buffer, c);
    }
}

struct text url_parameter(struct text query, const char *name)
{
    while (query.size) {
        struct text value = text_cut(&query, '&');
        if (text_equal(text_cut(&value, '='), name))
            return value.data ? value : TEXT("");
    }
    return (struct text){ NULL, 0 };
}

const char *url_parameter_decoded(struct text query, const char *name, bool is_form,
                                  struct arena *arena)
{
    struct text value = url_parameter(query, name);
    CLEANUP(buffer_clear) struct buffer decoded = { 0 };
    url_decode(&decoded, value, is_form);
    return value.data ? arena_copy(arena, buffer_text(&decoded)) : NULL;
}
