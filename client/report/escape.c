#include "report/escape.h"

size_t escape_size(struct text text)
{
    if (text.size < 2 || text.data[0] != '\x1b' || text.data[1] != '[')
        return 0;
    for (size_t i = 2; i < text.size; i++) {
        if (text.data[i] >= '@' && text.data[i] <= '~')
            return i + 1;
    }
    return text.size;
}

size_t escape_command_size(struct text text)
{
    if (text.size < 2 || text.data[0] != '\x1b' || text.data[1] != ']')
        return escape_size(text);
    for (size_t i = 2; i < text.size && text.data[i] != '\n'; i++) {
        if (text.data[i] == '\x07')
            return i + 1;
        if (text.data[i] == '\x1b')
            return i + 1 < text.size && text.data[i + 1] == '\\' ? i + 2 : i;
    }
    return 0;
}

void escape_strip(char *string)
{
    char *out = string;
    struct text rest = text_from(string);
    while (rest.size) {
        size_t size = escape_command_size(rest);
        if (size == 0)
            *out++ = *rest.data;
        rest.data += size ? size : 1;
        rest.size -= size ? size : 1;
    }
    *out = '\0';
}
