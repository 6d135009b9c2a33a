#include "plan/source.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

#include "xalloc.h"

/* Past the string that begins at `at`. */
static size_t skip_string(struct text text, size_t at)
{
    for (at++; at < text.size && text.data[at] != '"' && text.data[at] != '\n'; at++) {
        if (text.data[at] == '\\' && at + 1 < text.size)
            at++;
    }
    return at < text.size ? at + 1 : at;
}

/* Where the comment that begins at `at` ends; `at` itself if none does. */
static size_t comment_end(struct text text, size_t at)
{
    if (at + 1 >= text.size || text.data[at] != '/')
        return at;
    if (text.data[at + 1] == '/') {
        const char *end = memchr(text.data + at, '\n', text.size - at);
        return end ? (size_t)(end - text.data) : text.size;
    }
    if (text.data[at + 1] != '*')
        return at;
    const char *end = memmem(text.data + at + 2, text.size - at - 2, "*/", 2);
    return end ? (size_t)(end - text.data) + 2 : text.size;
}

char *source_without_comments(struct text text)
{
    if (!text.data)
        return xstrdup("");
    char *bare = xstrndup(text.data, text.size);
    for (size_t at = 0; at < text.size;) {
        size_t end = comment_end(text, at);
        if (text.data[at] == '"')
            at = skip_string(text, at);
        else if (end == at)
            at++;
        for (; at < end; at++) {
            if (bare[at] != '\n')
                bare[at] = ' ';
        }
    }
    return bare;
}

static size_t skip_space(struct text text, size_t at)
{
    while (at < text.size && (isspace((unsigned char)text.data[at]) || text.data[at] == ','))
        at++;
    return at;
}

/* Past a value of any kind; brackets are counted, not matched: the text is JSON already. */
static size_t skip_value(struct text text, size_t at)
{
    int depth = 0;
    while (at < text.size) {
        char c = text.data[at];
        if (c == '"') {
            at = skip_string(text, at);
        } else {
            if (depth == 0 && (c == ',' || c == '}' || c == ']'))
                return at;
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            at++;
        }
        if (depth == 0 && (c == '"' || c == '}' || c == ']'))
            return at;
    }
    return at;
}

static bool at_end(struct text text, size_t at)
{
    return at >= text.size || text.data[at] == '}' || text.data[at] == ']';
}

/* The member's key begins at *at_out and its value at *value_out. */
static bool find_member(struct text text, size_t object, struct text name, size_t *at_out,
                        size_t *value_out)
{
    size_t at = skip_space(text, object + 1);
    while (!at_end(text, at)) {
        size_t key = at;
        at = skip_string(text, at);
        bool is_it =
            at - key == name.size + 2 && memcmp(text.data + key + 1, name.data, name.size) == 0;
        const char *colon = memchr(text.data + at, ':', text.size - at);
        if (!colon)
            return false;
        at = skip_space(text, (size_t)(colon - text.data) + 1);
        if (is_it) {
            *at_out = key;
            *value_out = at;
            return true;
        }
        at = skip_space(text, skip_value(text, at));
    }
    return false;
}

static bool find_element(struct text text, size_t array, long index, size_t *at_out)
{
    size_t at = skip_space(text, array + 1);
    for (; !at_end(text, at); index--) {
        if (index == 0) {
            *at_out = at;
            return true;
        }
        at = skip_space(text, skip_value(text, at));
    }
    return false;
}

/* One part of the path further down. False if there is none, or no such member. */
static bool descend(struct text text, const char **path, size_t *at, size_t *value)
{
    if (**path == '[') {
        char *rest;
        long index = strtol(*path + 1, &rest, 10);
        *path = *rest ? rest + 1 : rest;
        bool is_there = *value < text.size && text.data[*value] == '[' &&
                        find_element(text, *value, index, value);
        if (is_there)
            *at = *value;
        return is_there;
    }
    *path += **path == '.';
    struct text name = { *path, strcspn(*path, ".[") };
    *path += name.size;
    return name.size && *value < text.size && text.data[*value] == '{' &&
           find_member(text, *value, name, at, value);
}

int source_line(struct text text, const char *path)
{
    size_t at = skip_space(text, 0);
    size_t value = at;
    int line = 1;
    while (*path && descend(text, &path, &at, &value))
        ;
    for (size_t i = 0; i < at && i < text.size; i++)
        line += text.data[i] == '\n';
    return line;
}
