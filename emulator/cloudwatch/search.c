/*
 * Names are cut into parts at humps, digits and everything that is no letter or digit. A plain
 * term finds a name if its own parts stand in it one after the other; a part that was cut out of
 * mixed case is compared as written, others whatever their case.
 */
#include "cloudwatch/search.h"

#include <ctype.h>
#include <strings.h>

enum { PARTS_MAX = 64 };

enum term_kind { TERM_ANY, TERM_AND, TERM_OR, TERM_NOT, TERM_PLAIN, TERM_EXACT };

struct term {
    enum term_kind kind;
    struct term *left;
    struct term *right;
    struct text property; /* MetricName, Namespace, a dimension; data NULL: any name */
    struct text text;
};

struct search {
    bool has_schema;
    struct text name_space;
    struct text dimensions[DIMENSIONS_MAX];
    size_t dimension_count;
    struct term *term;
};

struct parser {
    struct text rest;
    struct arena *arena;
    const char *problem;
    int depth;
};

static void *fail(struct parser *parser, const char *problem)
{
    if (!parser->problem)
        parser->problem = problem;
    return NULL;
}

static void skip(struct parser *parser, size_t size)
{
    parser->rest.data += size;
    parser->rest.size -= size;
}

static char peek(struct parser *parser)
{
    while (parser->rest.size && strchr(" \t\r\n", parser->rest.data[0]))
        skip(parser, 1);
    return parser->rest.size ? parser->rest.data[0] : '\0';
}

static bool ends_word(char c)
{
    return strchr(" \t\r\n()\"=,{}", c) != NULL;
}

/* "quoted", with \" and other escapes resolved. */
static struct text read_quoted(struct parser *parser)
{
    char *copy = arena_alloc(parser->arena, parser->rest.size + 1);
    size_t size = 0;
    for (size_t at = 1; at < parser->rest.size; at++) {
        char c = parser->rest.data[at];
        if (c == '"') {
            skip(parser, at + 1);
            return (struct text){ copy, size };
        }
        if (c == '\\' && at + 1 < parser->rest.size)
            c = parser->rest.data[++at];
        copy[size++] = c;
    }
    fail(parser, "a quote has no end");
    return (struct text){ NULL, 0 };
}

/* A bare word; a backslash takes the next character as it is. data NULL if there is none. */
static struct text read_bare(struct parser *parser)
{
    char *copy = arena_alloc(parser->arena, parser->rest.size + 1);
    size_t size = 0;
    size_t at = 0;
    while (at < parser->rest.size && !ends_word(parser->rest.data[at])) {
        if (parser->rest.data[at] == '\\' && at + 1 < parser->rest.size)
            at++;
        copy[size++] = parser->rest.data[at++];
    }
    skip(parser, at);
    return (struct text){ size ? copy : NULL, size };
}

static bool read_schema(struct parser *parser, struct search *search)
{
    search->has_schema = true;
    skip(parser, 1);
    for (size_t i = 0;; i++) {
        struct text name = peek(parser) == '"' ? read_quoted(parser) : read_bare(parser);
        if (!name.data)
            return fail(parser, "a name is missing in the schema") != NULL;
        if (i == 0)
            search->name_space = name;
        else if (search->dimension_count == COUNT_OF(search->dimensions))
            return fail(parser, "the schema has too many dimensions") != NULL;
        else
            search->dimensions[search->dimension_count++] = name;
        char mark = peek(parser);
        if (mark != ',' && mark != '}')
            return fail(parser, "the schema has no end") != NULL;
        skip(parser, 1);
        if (mark == '}')
            return true;
    }
}

static struct term *make_term(struct parser *parser, enum term_kind kind, struct term *left,
                              struct term *right)
{
    struct term *term = arena_alloc(parser->arena, sizeof(*term));
    term->kind = kind;
    term->left = left;
    term->right = right;
    return term;
}

static struct term *read_or(struct parser *parser, struct text property);

static struct term *read_group(struct parser *parser, struct text property)
{
    if (parser->depth == SEARCH_DEPTH_MAX)
        return fail(parser, "nested too deep");
    parser->depth++;
    skip(parser, 1);
    struct term *term = read_or(parser, property);
    parser->depth--;
    if (term && peek(parser) != ')')
        return fail(parser, "a bracket has no end");
    if (term)
        skip(parser, 1);
    return term;
}

static struct term *read_term(struct parser *parser, struct text property)
{
    char first = peek(parser);
    if (first == '(')
        return read_group(parser, property);
    struct term *term = make_term(parser, first == '"' ? TERM_EXACT : TERM_PLAIN, NULL, NULL);
    term->text = first == '"' ? read_quoted(parser) : read_bare(parser);
    term->property = property;
    if (!term->text.data)
        return fail(parser, first ? "a term was expected" : "it ends too early");
    if (peek(parser) != '=' || property.data)
        return term;
    skip(parser, 1);
    return read_term(parser, term->text);
}

/* A word, standing alone. */
static bool accept_word(struct parser *parser, const char *word)
{
    size_t size = strlen(word);
    peek(parser);
    if (!text_starts_with(parser->rest, word) ||
        (parser->rest.size > size && !ends_word(parser->rest.data[size])))
        return false;
    skip(parser, size);
    return true;
}

static struct term *read_not(struct parser *parser, struct text property)
{
    bool is_negated = false;
    while (accept_word(parser, "NOT"))
        is_negated = !is_negated;
    struct term *term = read_term(parser, property);
    return term && is_negated ? make_term(parser, TERM_NOT, term, NULL) : term;
}

/* Is this the end of a run of terms? OR is looked at, not taken. */
static bool at_end_of_run(struct parser *parser)
{
    struct text rest = parser->rest;
    char next = peek(parser);
    bool is_or = accept_word(parser, "OR");
    if (is_or)
        parser->rest = rest;
    return next == '\0' || next == ')' || is_or;
}

static struct term *read_and(struct parser *parser, struct text property)
{
    struct term *term = read_not(parser, property);
    while (term && !at_end_of_run(parser)) {
        accept_word(parser, "AND");
        struct term *right = read_not(parser, property);
        term = right ? make_term(parser, TERM_AND, term, right) : NULL;
    }
    return term;
}

static struct term *read_or(struct parser *parser, struct text property)
{
    struct term *term = read_and(parser, property);
    while (term && accept_word(parser, "OR")) {
        struct term *right = read_and(parser, property);
        term = right ? make_term(parser, TERM_OR, term, right) : NULL;
    }
    return term;
}

struct search *search_parse(struct text text, struct arena *arena, const char **problem_out)
{
    struct parser parser = { .rest = text, .arena = arena };
    struct search *search = arena_alloc(arena, sizeof(*search));
    if (text.size > SEARCH_MAX)
        fail(&parser, "it is longer than 1024 characters");
    else if (peek(&parser) == '{' && !read_schema(&parser, search))
        fail(&parser, "the schema is malformed");
    else if (peek(&parser) == '\0')
        search->term = search->has_schema ? make_term(&parser, TERM_ANY, NULL, NULL)
                                          : fail(&parser, "neither a schema nor a term");
    else
        search->term = read_or(&parser, (struct text){ NULL, 0 });
    if (search->term && peek(&parser) != '\0')
        fail(&parser, "an unexpected character");
    if (!parser.problem)
        return search;
    *problem_out = parser.problem;
    return NULL;
}

struct part {
    const char *data;
    size_t size;
    bool is_mixed; /* cut out at a hump */
};

static bool is_hump(const char *data, size_t at, size_t size)
{
    unsigned char before = (unsigned char)data[at - 1];
    unsigned char own = (unsigned char)data[at];
    if (islower(before) && isupper(own))
        return true;
    /* SDBFailure: the last capital of a run begins the next part. */
    return isupper(before) && isupper(own) && at + 1 < size && islower((unsigned char)data[at + 1]);
}

static size_t cut_name(struct text name, struct part *parts)
{
    size_t count = 0;
    size_t segment = 0; /* first part of a run of letters and digits */
    for (size_t at = 0; at < name.size && count < PARTS_MAX;) {
        if (!isalnum((unsigned char)name.data[at])) {
            segment = count;
            at++;
            continue;
        }
        size_t from = at++;
        bool is_digit = isdigit((unsigned char)name.data[from]);
        while (at < name.size && isalnum((unsigned char)name.data[at]) &&
               (isdigit((unsigned char)name.data[at]) != 0) == is_digit &&
               !is_hump(name.data, at, name.size))
            at++;
        parts[count++] = (struct part){ name.data + from, at - from, false };
        bool goes_on = at < name.size && isalnum((unsigned char)name.data[at]);
        for (size_t i = segment; !goes_on && count - segment > 1 && i < count; i++)
            parts[i].is_mixed = true;
    }
    return count;
}

static bool part_finds(const struct part *wanted, const struct part *part)
{
    return wanted->size == part->size &&
           (wanted->is_mixed ? memcmp(wanted->data, part->data, part->size)
                             : strncasecmp(wanted->data, part->data, part->size)) == 0;
}

/* The whole name without what is no letter or digit. */
static bool whole_finds(struct text term, struct text name)
{
    size_t a = 0;
    size_t b = 0;
    for (;;) {
        while (a < term.size && !isalnum((unsigned char)term.data[a]))
            a++;
        while (b < name.size && !isalnum((unsigned char)name.data[b]))
            b++;
        if (a == term.size || b == name.size)
            return a == term.size && b == name.size;
        if (tolower((unsigned char)term.data[a++]) != tolower((unsigned char)name.data[b++]))
            return false;
    }
}

static bool has_hump(struct text text)
{
    for (size_t at = 1; at < text.size; at++) {
        if (is_hump(text.data, at, text.size))
            return true;
    }
    return false;
}

static bool plain_finds(const struct term *term, const char *string)
{
    struct part wanted[PARTS_MAX];
    struct part parts[PARTS_MAX];
    struct text name = text_from(string);
    size_t wanted_count = cut_name(term->text, wanted);
    size_t count = cut_name(name, parts);
    if (!has_hump(term->text) && whole_finds(term->text, name))
        return true;
    for (size_t from = 0; wanted_count && from + wanted_count <= count; from++) {
        size_t same = 0;
        while (same < wanted_count && part_finds(&wanted[same], &parts[from + same]))
            same++;
        if (same == wanted_count)
            return true;
    }
    return false;
}

static bool name_finds(const struct term *term, const char *name)
{
    return term->kind == TERM_EXACT ? text_equal(term->text, name) : plain_finds(term, name);
}

static bool dimension_finds(const struct term *term, const struct metric *metric)
{
    for (size_t i = 0; i < metric->dimension_count; i++) {
        const struct metric_dimension *dimension = &metric->dimensions[i];
        bool is_meant = !term->property.data || text_equal(term->property, dimension->name);
        if (is_meant && (name_finds(term, dimension->value) ||
                         (!term->property.data && name_finds(term, dimension->name))))
            return true;
    }
    return false;
}

static bool leaf_finds(const struct term *term, const struct metric *metric)
{
    if (!term->property.data)
        return name_finds(term, metric->name_space) || name_finds(term, metric->name) ||
               dimension_finds(term, metric);
    if (text_equal(term->property, "MetricName"))
        return name_finds(term, metric->name);
    if (text_equal(term->property, "Namespace"))
        return name_finds(term, metric->name_space);
    if (text_equal(term->property, ":aws.AccountId"))
        return text_equal(term->text, metric->account) || text_equal(term->text, "LOCAL") ||
               text_equal(term->text, "'LOCAL'");
    return dimension_finds(term, metric);
}

static bool term_finds(const struct term *term, const struct metric *metric)
{
    switch (term->kind) {
    case TERM_ANY:
        return true;
    case TERM_AND:
        return term_finds(term->left, metric) && term_finds(term->right, metric);
    case TERM_OR:
        return term_finds(term->left, metric) || term_finds(term->right, metric);
    case TERM_NOT:
        return !term_finds(term->left, metric);
    default:
        return leaf_finds(term, metric);
    }
}

/* Exactly the schema's dimensions, in any order. */
static bool schema_finds(const struct search *search, const struct metric *metric)
{
    if (!text_equal(search->name_space, metric->name_space) ||
        search->dimension_count != metric->dimension_count)
        return false;
    for (size_t i = 0; i < search->dimension_count; i++) {
        size_t at = 0;
        while (at < metric->dimension_count &&
               !text_equal(search->dimensions[i], metric->dimensions[at].name))
            at++;
        if (at == metric->dimension_count)
            return false;
    }
    return true;
}

bool search_finds(const struct search *search, const struct metric *metric)
{
    return (!search->has_schema || schema_finds(search, metric)) &&
           term_finds(search->term, metric);
}
