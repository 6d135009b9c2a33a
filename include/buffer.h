/*
 * Owned bytes that grow up to a ceiling stated at birth. A buffer that would grow past its
 * ceiling keeps what it has and remembers that it overflowed. `data` always ends in a NUL that
 * `size` does not count. A zeroed buffer has no ceiling. Implemented in emulator/base/buffer.c.
 */
#ifndef COALMINE_BUFFER_H
#define COALMINE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "text.h"

struct buffer {
    char *data; /* NULL while nothing was added */
    size_t size;
    size_t capacity;
    size_t ceiling; /* 0: none */
    bool overflowed;
};

void buffer_init(struct buffer *buffer, size_t ceiling);

/* Frees the bytes and leaves an empty buffer with the same ceiling. */
void buffer_clear(struct buffer *buffer);

/* Each answers false, and adds nothing, when the ceiling would be passed. */
bool buffer_add(struct buffer *buffer, const void *bytes, size_t size);
bool buffer_add_text(struct buffer *buffer, struct text text);
bool buffer_add_string(struct buffer *buffer, const char *string);
bool buffer_add_char(struct buffer *buffer, char character);
bool buffer_add_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
bool buffer_add_vformat(struct buffer *buffer, const char *format, va_list arguments)
    PRINTF_LIKE(2, 0);

/* Makes room for `size` more bytes and returns where they go; buffer_commit() counts them. NULL
 * past the ceiling. */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_commit(struct buffer *buffer, size_t size);

/* Drops the first `size` bytes. */
void buffer_drop(struct buffer *buffer, size_t size);

/* Bytes as a text that JSON can carry: what is no UTF-8 becomes U+FFFD byte by byte, NULs go. */
void buffer_add_as_utf8(struct buffer *buffer, struct text bytes);

/* Hands the bytes to the caller, who frees them; never NULL. The buffer is empty afterwards. */
char *buffer_take(struct buffer *buffer, size_t *size_out);

struct text buffer_text(const struct buffer *buffer);

#endif
