#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool text_equal(struct text text, const char *string)
{
    return text.size == strlen(string) &&
           (text.size == 0 || memcmp(text.data, string, text.size) == 0);
}

bool text_starts_with(struct text text, const char *prefix)
{
    size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

struct text text_cut(struct text *rest, char separator)
{
    const char *found = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    struct text head = *rest;
    if (!found) {
        *rest = (struct text){ NULL, 0 };
        return head;
    }
    head.size = (size_t)(found - rest->data);
    rest->size -= head.size + 1;
    rest->data = found + 1;
    return head;
}

struct text text_trimmed(struct text text)
{
    while (text.size && isspace((unsigned char)text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size && isspace((unsigned char)text.data[text.size - 1]))
        text.size--;
    return text;
}

/* All digits of a double written out take up to 1,077 characters. */
enum { NUMBER_SIZE = 1200 };

/* The number's text with a NUL after it, in the caller's array; false if it does not fit. */
static bool to_string(struct text text, char string[NUMBER_SIZE])
{
    if (text.size == 0 || text.size >= NUMBER_SIZE)
        return false;
    memcpy(string, text.data, text.size);
    string[text.size] = '\0';
    return true;
}

bool text_to_int64(struct text text, int64_t *value_out)
{
    char string[NUMBER_SIZE];
    char *end;
    if (!to_string(text, string) || strchr(" \t\r\n+", string[0]))
        return false;
    errno = 0;
    long long value = strtoll(string, &end, 10);
    if (errno || *end || end == string)
        return false;
    *value_out = value;
    return true;
}

bool text_to_double(struct text text, double *value_out)
{
    char string[NUMBER_SIZE];
    char *end;
    if (!to_string(text, string) || strchr(" \t\r\n", string[0]) || strpbrk(string, "xXpP"))
        return false;
    errno = 0;
    double value = strtod(string, &end);
    if (*end || end == string)
        return false;
    *value_out = value;
    return true;
}

/* The size of the well-formed UTF-8 sequence at `bytes`, or 0. Table 3-7 of the Unicode standard.
 */
static size_t sequence_size(const unsigned char *bytes, size_t left)
{
    unsigned char first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || left < size)
        return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++) {
        if (text_begins_character((char)bytes[i]))
            return 0;
    }
    return size;
}

/* How many bytes at the front are ASCII, in steps of eight. */
static size_t ascii_prefix(const unsigned char *bytes, size_t size)
{
    size_t at = 0;
    uint64_t eight;
    for (; at + sizeof(eight) <= size; at += sizeof(eight)) {
        memcpy(&eight, bytes + at, sizeof(eight));
        if (eight & 0x8080808080808080u)
            break;
    }
    return at;
}

/* Are these the beginning of a sequence that goes on beyond the end? */
static bool is_cut_off(const unsigned char *bytes, size_t left)
{
    size_t size = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2;
    if (bytes[0] < 0xC2 || bytes[0] > 0xF4 || left >= size)
        return false;
    for (size_t i = 1; i < left; i++) {
        if (text_begins_character((char)bytes[i]))
            return false;
    }
    return true;
}

void text_mend_utf8(char *string)
{
    size_t bad;
    struct text rest = text_from(string);
    while (!text_is_utf8(rest, &bad)) {
        char *at = string + (rest.data - string) + bad;
        bool is_end = is_cut_off((const unsigned char *)at, rest.size - bad);
        *at = is_end ? '\0' : '?';
        rest = text_from(at);
    }
}

bool text_is_utf8(struct text text, size_t *bad_out)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    for (size_t at = ascii_prefix(bytes, text.size); at < text.size;) {
        size_t size = sequence_size(bytes + at, text.size - at);
        if (size == 0) {
            if (bad_out)
                *bad_out = at;
            return false;
        }
        at += size;
    }
    return true;
}

bool text_is_whole_string(struct text text)
{
    return text_is_utf8(text, NULL) && !(text.size && memchr(text.data, '\0', text.size));
}

size_t text_count_characters(struct text text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.size; at++)
        count += text_begins_character(text.data[at]);
    return count;
}

struct text text_front(struct text text, size_t characters)
{
    size_t at = 0;
    for (; at < text.size; at++) {
        if (text_begins_character(text.data[at]) && characters-- == 0)
            break;
    }
    return (struct text){ text.data, at };
}

bool string_is_one_of(const char *string, const char *const *list)
{
    while (*list && strcmp(*list, string) != 0)
        list++;
    return *list != NULL;
}

const char *full_stop(const char *sentence)
{
    size_t size = strlen(sentence);
    return size && strchr(".?!", sentence[size - 1]) ? "" : ".";
}
