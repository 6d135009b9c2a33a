#include "plan/source.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/* Editors of Windows begin UTF-8 with one. */
static size_t blank_mark(char *bare, struct text text)
{
    static const char MARK[] = "\xef\xbb\xbf";
    size_t size = text_starts_with(text, MARK) ? strlen(MARK) : 0;
    memset(bare, ' ', size);
    return size;
}

char *source_without_comments(struct text text)
{
    if (!text.data)
        return xstrdup("");
    char *bare = xstrndup(text.data, text.size);
    for (size_t at = blank_mark(bare, text); at < text.size;) {
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

static size_t place_of(struct text text, const struct json_fault *fault)
{
    size_t at = 0;
    for (int line = 1; line < fault->line && at < text.size; at++)
        line += text.data[at] == '\n';
    return at + (size_t)(fault->column > 0 ? fault->column - 1 : 0);
}

/* The last character before `at` that is no space; 0: there is none. */
static char before(struct text text, size_t at)
{
    while (at > 0 && isspace((unsigned char)text.data[at - 1]))
        at--;
    return at > 0 ? text.data[at - 1] : 0;
}

/* What the mistakes that are made most look like; NULL: it is another one. */
static const char *likely_fault(struct text text, size_t at)
{
    size_t first = 0;
    while (first < text.size && isspace((unsigned char)text.data[first]))
        first++;
    char c = at < text.size ? text.data[at] : 0;
    if (first == text.size)
        return "it is empty";
    if (text_starts_with(text, "\xff\xfe") || text_starts_with(text, "\xfe\xff"))
        return "it is UTF-16; save it as UTF-8";
    if (c == '#')
        return "comments begin with //, not with #";
    if (c == '\'')
        return "texts stand in \"\", not in ''";
    if (text.data[first] != '{' && text.data[first] != '[')
        return "it begins with neither { nor [; is it YAML?";
    if ((c == '}' || c == ']') && before(text, at) == ',')
        return "the comma before this bracket is one too many";
    return NULL;
}

char *source_fault(struct text bare, const struct json_fault *fault)
{
    const char *likely = likely_fault(bare, place_of(bare, fault));
    /* The parser whose words they are would take more if it were told to in Java. */
    const char *java = strstr(fault->reason, ": enable `");
    size_t size = java ? (size_t)(java - fault->reason) : strlen(fault->reason);
    return likely ? xstrdup(likely) : xstrndup(fault->reason, size);
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
