/*
 * Borrowed bytes: a pointer and a size, passed by value, valid as long as their owner says.
 * All that comes in from outside is a text. Implemented in emulator/base/text.c.
 */
#ifndef COALMINE_TEXT_H
#define COALMINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "compiler.h"

struct text {
    const char *data;
    size_t size;
};

#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })
#define TEXT_ARGS(text) (int)(text).size, (text).data

static inline struct text text_from(const char *string)
{
    return (struct text){ string, string ? strlen(string) : 0 };
}

bool text_equal(struct text text, const char *string);
bool text_starts_with(struct text text, const char *prefix);

/* Cuts off and returns what stands before the first `separator`, which is dropped too. Without
 * one, all of it is returned and the rest is empty with data NULL. */
struct text text_cut(struct text *rest, char separator);

/* Without the blanks (and line ends) at both ends. */
struct text text_trimmed(struct text text);

/* Takes the first bytes off a record, as a borrowed text or copied into a value of that size.
 * False, and nothing is taken, if there are fewer. */
MUST_CHECK static inline bool text_take(struct text *rest, size_t size, struct text *taken_out)
{
    if (rest->size < size)
        return false;
    *taken_out = (struct text){ rest->data, size };
    rest->data += size;
    rest->size -= size;
    return true;
}

MUST_CHECK static inline bool text_take_value(struct text *rest, void *value_out, size_t size)
{
    struct text bytes;
    if (!text_take(rest, size, &bytes))
        return false;
    memcpy(value_out, bytes.data, size);
    return true;
}

/* Reads a whole decimal integer; false for rests, signs alone, emptiness and overflow. */
MUST_CHECK bool text_to_int64(struct text text, int64_t *value_out);

/* Reads a whole finite or infinite decimal number in C locale; false for rests and emptiness. */
MUST_CHECK bool text_to_double(struct text text, double *value_out);

/* True if the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). On
 * false, *bad_out (if not NULL) is the offset of the first offending byte. */
bool text_is_utf8(struct text text, size_t *bad_out);

/* True if it is UTF-8 without a NUL: what a string of a JSON tree can hold as a whole. */
bool text_is_whole_string(struct text text);

/* Whether a character of UTF-8 begins with this byte, rather than goes on with it. */
static inline bool text_begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

/* How many characters well-formed UTF-8 has. */
size_t text_count_characters(struct text text);

/* The front of well-formed UTF-8: at most so many characters, none of them cut in two. */
struct text text_front(struct text text, size_t characters);

/* Makes a string well-formed UTF-8 in place, for texts that were cut to a size or come from
 * strangers: a sequence that its end cuts off is dropped, any other offending byte becomes '?'. */
void text_mend_utf8(char *string);

/* Is it one of a list that NULL ends? */
bool string_is_one_of(const char *string, const char *const *list);

/* The full stop that a sentence from elsewhere still needs; "" if it has an end of its own. */
const char *full_stop(const char *sentence);

#endif
