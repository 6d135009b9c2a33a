#include "edge/xml.h"

#include <stdbool.h>
#include <string.h>

void xml_open(struct buffer *buffer, const char *name)
{
    buffer_add_format(buffer, "<%s>", name);
}

void xml_close(struct buffer *buffer, const char *name)
{
    buffer_add_format(buffer, "</%s>", name);
}

void xml_empty(struct buffer *buffer, const char *name)
{
    buffer_add_format(buffer, "<%s/>", name);
}

/* How many bytes in front are a character that XML 1.0 cannot hold, so that a parser would refuse
 * the whole document: a control character, U+FFFE or U+FFFF; 0: none. */
static size_t size_of_foreign(const char *text)
{
    unsigned char c = (unsigned char)*text;
    if (c < 0x20)
        return c != '\t' && c != '\n';
    bool is_foreign = c == 0xEF && (strncmp(text, "\xEF\xBF\xBE", 3) == 0 ||
                                    strncmp(text, "\xEF\xBF\xBF", 3) == 0);
    return is_foreign ? 3 : 0;
}

void xml_text(struct buffer *buffer, const char *text)
{
    size_t foreign;
    for (; *text; text++) {
        if (*text == '&') {
            buffer_add_string(buffer, "&amp;");
        } else if (*text == '<') {
            buffer_add_string(buffer, "&lt;");
        } else if (*text == '>') {
            buffer_add_string(buffer, "&gt;");
        } else if (*text == '"') {
            buffer_add_string(buffer, "&quot;");
        } else if (*text == '\r') { /* a parser would make it a newline */
            buffer_add_string(buffer, "&#xD;");
        } else if ((foreign = size_of_foreign(text))) {
            buffer_add_string(buffer, "\xEF\xBF\xBD");
            text += foreign - 1;
        } else {
            buffer_add_char(buffer, *text);
        }
    }
}

void xml_element(struct buffer *buffer, const char *name, const char *text)
{
    xml_open(buffer, name);
    xml_text(buffer, text);
    xml_close(buffer, name);
}
