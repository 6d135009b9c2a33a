#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>

#include "xalloc.h"

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
    return buffer_add(buffer, &character, 1);
}

bool buffer_add_vformat(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    char *room = size < 0 ? NULL : buffer_reserve(buffer, (size_t)size);
    if (room) {
        vsnprintf(room, (size_t)size + 1, format, again);
        buffer_commit(buffer, (size_t)size);
    }
    va_end(again);
    return room != NULL;
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
