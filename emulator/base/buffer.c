#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>

#include "xalloc.h"

enum { FORMAT_GUESS = 256 };

void buffer_init(struct buffer *buffer, size_t ceiling)
{
    *buffer = (struct buffer){ .ceiling = ceiling };
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->ceiling);
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    if (buffer->ceiling && (size > buffer->ceiling || buffer->size > buffer->ceiling - size)) {
        buffer->overflowed = true;
        return NULL;
    }
    if (buffer->capacity - buffer->size < size + 1) {
        size_t capacity = buffer->capacity ? buffer->capacity : 64;
        while (capacity - buffer->size < size + 1)
            capacity *= 2;
        buffer->data = xrealloc(buffer->data, capacity);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->size;
}

void buffer_commit(struct buffer *buffer, size_t size)
{
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

bool buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    char *room = buffer_reserve(buffer, size);
    if (!room)
        return false;
    if (size)
        memcpy(room, bytes, size);
    buffer_commit(buffer, size);
    return true;
}

bool buffer_add_text(struct buffer *buffer, struct text text)
{
    return buffer_add(buffer, text.data, text.size);
}

bool buffer_add_string(struct buffer *buffer, const char *string)
{
    return buffer_add(buffer, string, strlen(string));
}

bool buffer_add_char(struct buffer *buffer, char character)
{
    if (buffer->ceiling || buffer->capacity - buffer->size < 2)
        return buffer_add(buffer, &character, 1);
    buffer->data[buffer->size++] = character;
    buffer->data[buffer->size] = '\0';
    return true;
}

/* Printing costs far more than copying, so what is printed twice is only what did not fit. */
void buffer_add_as_utf8(struct buffer *buffer, struct text bytes)
{
    size_t bad;
    while (bytes.size) {
        bool is_whole = text_is_utf8(bytes, &bad);
        size_t good = is_whole ? bytes.size : bad;
        struct text clean = { bytes.data, good };
        while (clean.size)
            buffer_add_text(buffer, text_cut(&clean, '\0'));
        if (is_whole)
            return;
        buffer_add_string(buffer, "\xEF\xBF\xBD");
        bytes.data += good + 1;
        bytes.size -= good + 1;
    }
}

bool buffer_add_vformat(struct buffer *buffer, const char *format, va_list arguments)
{
    char small[FORMAT_GUESS];
    size_t left = buffer->capacity - buffer->size;
    bool is_inside = left >= sizeof(small) && !buffer->ceiling;
    char *room = is_inside ? buffer->data + buffer->size : small;
    size_t room_size = is_inside ? left : sizeof(small);
    va_list again;
    va_copy(again, arguments);
    int printed = vsnprintf(room, room_size, format, arguments);
    size_t size = printed < 0 ? 0 : (size_t)printed;
    bool is_added = printed >= 0;
    if (is_added && size < room_size && is_inside) {
        buffer_commit(buffer, size);
    } else if (is_added && size < room_size) {
        is_added = buffer_add(buffer, small, size);
    } else if (is_added && (is_added = buffer_reserve(buffer, size) != NULL)) {
        vsnprintf(buffer->data + buffer->size, size + 1, format, again);
        buffer_commit(buffer, size);
    }
    va_end(again);
    return is_added;
}

bool buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool added = buffer_add_vformat(buffer, format, arguments);
    va_end(arguments);
    return added;
}

void buffer_drop(struct buffer *buffer, size_t size)
{
    if (size == 0)
        return;
    memmove(buffer->data, buffer->data + size, buffer->size - size + 1);
    buffer->size -= size;
}

char *buffer_take(struct buffer *buffer, size_t *size_out)
{
    char *data = buffer->data ? buffer->data : xstrdup("");
    if (size_out)
        *size_out = buffer->size;
    buffer_init(buffer, buffer->ceiling);
    return data;
}

struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){ buffer->data ? buffer->data : "", buffer->size };
}
