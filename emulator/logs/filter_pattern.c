#include "logs/filter_pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "logs/faults.h"
#include "logs/filter_fields.h"
#include "logs/filter_json.h"
#include "xalloc.h"

enum { TERMS_MAX = 256 };

struct term {
    struct term *next;
    enum { TERM_PLAIN, TERM_OPTIONAL, TERM_EXCLUDED } kind;
    struct text text;
    struct regex *regex; /* instead of the text */
};

/* Exactly one of the three families; an empty pattern has none and matches everything. */
struct filter_pattern {
    struct arena arena;
    struct regex *regexes;
    struct filter_json *json;
    struct filter_fields *fields;
    struct term *terms;
};

static bool read_bare_term(struct filter_cursor *cursor, struct term *term, struct error *error)
{
    size_t size = 0;
    while (size < cursor->rest.size && !isspace((unsigned char)cursor->rest.data[size]))
        size++;
    struct text word = { cursor->rest.data, size };
    for (size_t i = 0; i < size; i++) {
        unsigned char character = (unsigned char)word.data[i];
        if (!isalnum(character) && character != '_' && character < 0x80)
            return error_set(error, &LOGS_INVALID_PARAMETER, "Invalid character(s) in term '%c'",
                             character);
    }
    term->text = text_from(arena_copy(cursor->arena, word));
    cursor->rest.data += size;
    cursor->rest.size -= size;
    return size > 0 || error_set(error, &LOGS_INVALID_PARAMETER, FILTER_PATTERN_INVALID);
}

static bool read_term(struct filter_cursor *cursor, struct term *term, struct error *error)
{
    const char *text;
    term->kind = filter_take(cursor, "?")   ? TERM_OPTIONAL
                 : filter_take(cursor, "-") ? TERM_EXCLUDED
                                            : TERM_PLAIN;
    char first = cursor->rest.size ? cursor->rest.data[0] : '\0';
    if (first == '%')
        return filter_read_regex(cursor, &term->regex) ||
               error_set(error, &LOGS_INVALID_PARAMETER, FILTER_PATTERN_INVALID);
    if (first != '"')
        return read_bare_term(cursor, term, error);
    if (!filter_read_quoted(cursor, &text))
        return error_set(error, &LOGS_INVALID_PARAMETER, FILTER_PATTERN_INVALID);
    term->text = text_from(text);
    return true;
}

static bool read_terms(struct filter_cursor *cursor, struct term **terms_out, struct error *error)
{
    int count = 0;
    filter_skip_space(cursor);
    while (cursor->rest.size) {
        struct term *term = arena_alloc(cursor->arena, sizeof(*term));
        if (++count > TERMS_MAX)
            return error_set(error, &LOGS_INVALID_PARAMETER, FILTER_PATTERN_INVALID);
        if (!read_term(cursor, term, error))
            return false;
        *terms_out = term;
        terms_out = &term->next;
        filter_skip_space(cursor);
    }
    return true;
}

/* Of a pattern in brackets or braces. */
static bool set_enclosed_invalid(struct text text, char opening, struct error *error)
{
    char closing = opening == '[' ? ']' : '}';
    while (text.size && isspace((unsigned char)text.data[text.size - 1]))
        text.size--;
    if (text.data[text.size - 1] == closing)
        return error_set(error, &LOGS_INVALID_PARAMETER, FILTER_PATTERN_INVALID);
    return error_set(error, &LOGS_INVALID_PARAMETER,
                     "If a filter pattern starts with '%c' it must end with '%c'", opening,
                     closing);
}

struct filter_pattern *filter_pattern_parse(struct text text, struct error *error)
{
    struct filter_pattern *pattern = xcalloc(1, sizeof(*pattern));
    struct filter_cursor cursor = { text, &pattern->arena, &pattern->regexes, 0 };
    filter_skip_space(&cursor);
    char first = cursor.rest.size ? cursor.rest.data[0] : '\0';
    bool is_good;
    if (first == '{')
        is_good = (pattern->json = filter_json_parse(&cursor)) ||
                  set_enclosed_invalid(text, first, error);
    else if (first == '[')
        is_good = (pattern->fields = filter_fields_parse(&cursor)) ||
                  set_enclosed_invalid(text, first, error);
    else
        is_good = read_terms(&cursor, &pattern->terms, error);
    if (is_good)
        return pattern;
    filter_pattern_destroy(pattern);
    return NULL;
}

void filter_pattern_destroy(struct filter_pattern *pattern)
{
    if (!pattern)
        return;
    regexes_destroy(pattern->regexes);
    arena_clear(&pattern->arena);
    free(pattern);
}

bool filter_text_has_regex(struct text text)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct filter_pattern *pattern = filter_pattern_parse(text, &error);
    bool has_regex = pattern && pattern->regexes;
    filter_pattern_destroy(pattern);
    return has_regex;
}

bool filter_pattern_has_values(const struct filter_pattern *pattern)
{
    return pattern->json || pattern->fields;
}

bool filter_is_selector(const char *text)
{
    if (text[0] != '$' || text[1] == '\0')
        return false;
    return filter_json_is_selector(text) || text[1 + strcspn(text + 1, " .[],=<>!\"")] == '\0';
}

static bool term_is_in(const struct term *term, struct text message)
{
    if (term->regex)
        return regex_match(term->regex, message, NULL, 0);
    return term->text.size == 0 ||
           (message.size && memmem(message.data, message.size, term->text.data, term->text.size));
}

/* All plain terms and none of the excluded ones; optional ones count where there are no others. */
static bool terms_match(const struct term *term, struct text message)
{
    bool has_other = false;
    bool has_optional = false;
    bool found_optional = false;
    for (; term; term = term->next) {
        bool is_in = term_is_in(term, message);
        if (is_in == (term->kind == TERM_EXCLUDED) && term->kind != TERM_OPTIONAL)
            return false;
        has_other |= term->kind != TERM_OPTIONAL;
        has_optional |= term->kind == TERM_OPTIONAL;
        found_optional |= term->kind == TERM_OPTIONAL && is_in;
    }
    return has_other || !has_optional || found_optional;
}

bool filter_pattern_matches(const struct filter_pattern *pattern, struct text message)
{
    if (pattern->fields)
        return filter_fields_match(pattern->fields, message);
    if (!pattern->json)
        return terms_match(pattern->terms, message);
    CLEANUP(json_deletep) cJSON *tree = json_parse_mended(message);
    return tree && filter_json_matches(pattern->json, tree);
}

void filter_pattern_extract_all(const struct filter_pattern *pattern, struct text message,
                                cJSON *values)
{
    if (pattern->fields)
        filter_fields_extract(pattern->fields, message, values);
    CLEANUP(json_deletep) cJSON *tree = pattern->json ? json_parse_mended(message) : NULL;
    if (tree)
        filter_json_extract(pattern->json, tree, values);
}

char *filter_pattern_extract(const struct filter_pattern *pattern, struct text message,
                             struct text selector)
{
    CLEANUP(freep) char *name = xstrndup(selector.data, selector.size);
    if (text_starts_with(selector, "$.") || text_starts_with(selector, "$[")) {
        CLEANUP(json_deletep) cJSON *tree = json_parse_mended(message);
        return tree ? filter_json_value(tree, name) : NULL;
    }
    CLEANUP(json_deletep) cJSON *values = cJSON_CreateObject();
    filter_pattern_extract_all(pattern, message, values);
    const char *value = json_text(values, name, NULL);
    return value ? xstrdup(value) : NULL;
}
