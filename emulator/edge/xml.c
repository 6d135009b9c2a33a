#include "edge/xml.h"

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

void xml_text(struct buffer *buffer, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&')
            buffer_add_string(buffer, "&amp;");
        else if (c == '<')
            buffer_add_string(buffer, "&lt;");
        else if (c == '>')
            buffer_add_string(buffer, "&gt;");
        else if (c == '"')
            buffer_add_string(buffer, "&quot;");
        else if (c == '\r') /* a parser would make it a newline */
            buffer_add_string(buffer, "&#xD;");
        else if (c < 0x20 && c != '\t' && c != '\n')
            buffer_add_string(buffer, "\xEF\xBF\xBD");
        else
            buffer_add_char(buffer, (char)c);
    }
}

void xml_element(struct buffer *buffer, const char *name, const char *text)
{
    xml_open(buffer, name);
    xml_text(buffer, text);
    xml_close(buffer, name);
}
