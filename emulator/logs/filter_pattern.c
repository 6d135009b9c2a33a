/*
 * Unstructured terms: plain and quoted ones, -excluded and ?optional ones. If there is a plain
 * term the optional ones do not matter.
 */
#include "logs/filter_pattern.h"

#include <stdlib.h>

#include "buffer.h"
#include "logs/faults.h"
#include "logs/selector.h"
#include "xalloc.h"

enum term_kind { TERM_NEEDED, TERM_EXCLUDED, TERM_OPTIONAL };

struct term {
    enum term_kind kind;
    char *text;
    size_t size;
};

struct filter_pattern {
    struct term *terms;
    size_t count;
};

static void add_term(struct filter_pattern *pattern, enum term_kind kind, struct buffer *text)
{
    pattern->terms = xrealloc(pattern->terms, (pattern->count + 1) * sizeof(*pattern->terms));
    struct term *term = &pattern->terms[pattern->count++];
    term->kind = kind;
    term->text = buffer_take(text, &term->size);
}

static bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

/* What stands between quotes, a backslash keeping a quote; false without a closing one. */
static bool take_quoted(struct text *rest, struct buffer *term)
{
    for (rest->data++, rest->size--; rest->size; rest->data++, rest->size--) {
        if (*rest->data == '"') {
            rest->data++;
            rest->size--;
            return true;
        }
        if (*rest->data == '\\' && rest->size > 1 && rest->data[1] == '"') {
            rest->data++;
            rest->size--;
        }
        buffer_add_char(term, *rest->data);
    }
    return false;
}

static void take_plain(struct text *rest, struct buffer *term)
{
    for (; rest->size && !is_space(*rest->data); rest->data++, rest->size--)
        buffer_add_char(term, *rest->data);
}

static bool take_term(struct filter_pattern *pattern, struct text *rest)
{
    CLEANUP(buffer_clear) struct buffer term = { 0 };
    enum term_kind kind = *rest->data == '-'   ? TERM_EXCLUDED
                          : *rest->data == '?' ? TERM_OPTIONAL
                                               : TERM_NEEDED;
    if (kind != TERM_NEEDED) {
        rest->data++;
        rest->size--;
    }
    bool is_quoted = rest->size && *rest->data == '"';
    bool is_good = true;
    if (is_quoted)
        is_good = take_quoted(rest, &term);
    else
        take_plain(rest, &term);
    if (!is_good || term.size == 0)
        return false;
    add_term(pattern, kind, &term);
    return true;
}

static struct filter_pattern *refuse(struct filter_pattern *pattern, struct error *error,
                                     const char *sentence)
{
    filter_pattern_destroy(pattern);
    error_set(error, &LOGS_INVALID_PARAMETER, "%s", sentence);
    return NULL;
}

struct filter_pattern *filter_pattern_parse(struct text text, struct error *error)
{
    struct filter_pattern *pattern = xcalloc(1, sizeof(*pattern));
    struct text rest = text;
    while (rest.size && is_space(*rest.data)) {
        rest.data++;
        rest.size--;
    }
    if (rest.size && strchr("{[%", *rest.data))
        return refuse(pattern, error,
                      "Invalid filter pattern: Coalmine does not know JSON, space-delimited and "
                      "regular-expression patterns");
    while (rest.size) {
        if (is_space(*rest.data)) {
            rest.data++;
            rest.size--;
        } else if (!take_term(pattern, &rest)) {
            return refuse(pattern, error, "Invalid filter pattern");
        }
    }
    return pattern;
}

void filter_pattern_destroy(struct filter_pattern *pattern)
{
    if (!pattern)
        return;
    for (size_t i = 0; i < pattern->count; i++)
        free(pattern->terms[i].text);
    free(pattern->terms);
    free(pattern);
}

bool filter_pattern_matches(const struct filter_pattern *pattern, struct text message)
{
    bool has_needed = false;
    bool has_optional = false;
    bool has_found_optional = false;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct term *term = &pattern->terms[i];
        bool is_there =
            message.size && memmem(message.data, message.size, term->text, term->size) != NULL;
        if ((term->kind == TERM_NEEDED && !is_there) || (term->kind == TERM_EXCLUDED && is_there))
            return false;
        has_needed |= term->kind == TERM_NEEDED;
        has_optional |= term->kind == TERM_OPTIONAL;
        has_found_optional |= term->kind == TERM_OPTIONAL && is_there;
    }
    return has_needed || !has_optional || has_found_optional;
}

static char *print_scalar(const cJSON *value)
{
    if (cJSON_IsString(value))
        return xstrdup(value->valuestring);
    return value && !cJSON_IsObject(value) && !cJSON_IsArray(value) ? json_print(value) : NULL;
}

char *filter_pattern_extract(const struct filter_pattern *pattern UNUSED, struct text message,
                             struct text selector)
{
    CLEANUP(json_deletep) cJSON *event = NULL;
    if (!text_starts_with(selector, "$.") || !(event = json_parse(message)))
        return NULL;
    return print_scalar(selector_find(event, selector));
}

/* Terms name nothing. */
void filter_pattern_extract_all(const struct filter_pattern *pattern UNUSED,
                                struct text message UNUSED, cJSON *values UNUSED)
{
}
