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
