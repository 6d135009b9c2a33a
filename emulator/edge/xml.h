/*
 * Printing XML 1.0 element by element.
 */
#ifndef COALMINE_XML_H
#define COALMINE_XML_H

#include "buffer.h"

/* Each appends to the buffer. Text is escaped; characters that XML 1.0 cannot hold become
 * U+FFFD. */
void xml_open(struct buffer *buffer, const char *name);
void xml_close(struct buffer *buffer, const char *name);
void xml_empty(struct buffer *buffer, const char *name);
void xml_text(struct buffer *buffer, const char *text);
void xml_element(struct buffer *buffer, const char *name, const char *text);

#endif
