#include "cloudwatch/insights.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *function;
    const char *stat;
} functions[] = {
    { "AVG", "Average" }, { "COUNT", "SampleCount" }, { "MAX", "Maximum" },
    { "MIN", "Minimum" }, { "SUM", "Sum" },
};

struct parser {
    struct text rest;
    struct arena *arena;
    const char *problem;
};

static bool fail(struct parser *parser, const char *problem)
{
    if (!parser->problem)
        parser->problem = problem;
    return false;
}

static void skip(struct parser *parser, size_t size)
{
    parser->rest.data += size;
    parser->rest.size -= size;
}

static char peek(struct parser *parser)
{
    while (parser->rest.size && isspace((unsigned char)parser->rest.data[0]))
        skip(parser, 1);
    return parser->rest.size ? parser->rest.data[0] : '\0';
}

static bool accept_mark(struct parser *parser, const char *mark)
{
    peek(parser);
    if (!text_starts_with(parser->rest, mark))
        return false;
    skip(parser, strlen(mark));
    return true;
}

static bool expect_mark(struct parser *parser, const char *mark)
{
    return accept_mark(parser, mark) ||
           fail(parser, arena_format(parser->arena, "'%s' was expected", mark));
}

static size_t word_size(struct text rest)
{
    size_t size = 0;
    while (size < rest.size && (isalnum((unsigned char)rest.data[size]) || rest.data[size] == '_'))
        size++;
    return size;
}

/* Keywords are known whatever their case. */
static bool accept_word(struct parser *parser, const char *word)
{
    peek(parser);
    size_t size = word_size(parser->rest);
    if (size != strlen(word) || strncasecmp(parser->rest.data, word, size) != 0)
        return false;
    skip(parser, size);
    return true;
}

static bool expect_word(struct parser *parser, const char *word)
{
    return accept_word(parser, word) ||
           fail(parser, arena_format(parser->arena, "%s was expected", word));
}

static bool read_quoted(struct parser *parser, char quote, struct text *text_out)
{
    const char *end = memchr(parser->rest.data + 1, quote, parser->rest.size - 1);
    if (!end)
        return fail(parser, "a quote has no end");
    *text_out = (struct text){ parser->rest.data + 1, (size_t)(end - parser->rest.data) - 1 };
    skip(parser, text_out->size + 2);
    return true;
}

static bool read_name(struct parser *parser, struct text *name_out)
{
    if (peek(parser) == '"')
        return read_quoted(parser, '"', name_out);
    size_t size = word_size(parser->rest);
    if (size == 0)
        return fail(parser, "a name was expected (names with other characters than letters, digits "
                            "and _ stand in double quotes)");
    *name_out = (struct text){ parser->rest.data, size };
    skip(parser, size);
    return true;
}

/* One of the five, with the brackets behind it still to come. */
static bool read_function(struct parser *parser, size_t *at_out)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (accept_word(parser, functions[i].function)) {
            *at_out = i;
            return expect_mark(parser, "(");
        }
    }
    return fail(parser, "one of AVG, COUNT, MAX, MIN, SUM was expected");
}

/* name, name, ... */
static bool read_names(struct parser *parser, struct text *names, size_t *count)
{
    do {
        if (*count == INSIGHTS_LABELS_MAX)
            return fail(parser, "there are too many labels");
        if (!read_name(parser, &names[(*count)++]))
            return false;
    } while (accept_mark(parser, ","));
    return true;
}

static bool read_select(struct parser *parser, struct insights *insights)
{
    size_t at;
    if (!expect_word(parser, "SELECT") || !read_function(parser, &at) ||
        !read_name(parser, &insights->metric) || !expect_mark(parser, ")"))
        return false;
    insights->function = text_from(functions[at].function);
    insights->stat = functions[at].stat;
    return true;
}

static bool read_from(struct parser *parser, struct insights *insights)
{
    if (!expect_word(parser, "FROM"))
        return false;
    insights->has_schema = accept_word(parser, "SCHEMA");
    if (!insights->has_schema)
        return read_name(parser, &insights->name_space);
    if (!expect_mark(parser, "(") || !read_name(parser, &insights->name_space))
        return false;
    if (accept_mark(parser, ",") && !read_names(parser, insights->schema, &insights->schema_count))
        return false;
    return expect_mark(parser, ")");
}

static bool read_condition(struct parser *parser, struct insights_condition *condition)
{
    if (!read_name(parser, &condition->label))
        return false;
    condition->is_negated = accept_mark(parser, "!=");
    if (!condition->is_negated && !expect_mark(parser, "="))
        return false;
    return peek(parser) == '\'' ? read_quoted(parser, '\'', &condition->value)
                                : fail(parser, "a value in single quotes was expected");
}

static bool read_where(struct parser *parser, struct insights *insights)
{
    if (!accept_word(parser, "WHERE"))
        return true;
    do {
        if (insights->condition_count == INSIGHTS_LABELS_MAX)
            return fail(parser, "there are too many conditions");
        if (!read_condition(parser, &insights->conditions[insights->condition_count++]))
            return false;
    } while (accept_word(parser, "AND"));
    return true;
}

static bool read_group(struct parser *parser, struct insights *insights)
{
    return !accept_word(parser, "GROUP") ||
           (expect_word(parser, "BY") &&
            read_names(parser, insights->groups, &insights->group_count));
}

static bool read_order(struct parser *parser, struct insights *insights)
{
    size_t at;
    if (!accept_word(parser, "ORDER"))
        return true;
    if (!expect_word(parser, "BY") || !read_function(parser, &at) || !expect_mark(parser, ")"))
        return false;
    insights->order = functions[at].function;
    insights->is_descending = accept_word(parser, "DESC");
    if (!insights->is_descending)
        accept_word(parser, "ASC");
    return true;
}

static bool read_limit(struct parser *parser, struct insights *insights)
{
    int64_t limit;
    insights->limit = INSIGHTS_SERIES_MAX;
    if (!accept_word(parser, "LIMIT"))
        return true;
    peek(parser);
    struct text number = { parser->rest.data, word_size(parser->rest) };
    if (!text_to_int64(number, &limit) || limit < 1 || limit > INSIGHTS_SERIES_MAX)
        return fail(parser, "LIMIT must be from 1 to 500");
    insights->limit = (size_t)limit;
    skip(parser, number.size);
    return true;
}

bool insights_begins(struct text expression)
{
    struct parser parser = { .rest = expression };
    return accept_word(&parser, "SELECT");
}

struct insights *insights_parse(struct text text, struct arena *arena, const char **problem_out)
{
    struct parser parser = { .rest = text, .arena = arena };
    struct insights *insights = arena_alloc(arena, sizeof(*insights));
    if (read_select(&parser, insights) && read_from(&parser, insights) &&
        read_where(&parser, insights) && read_group(&parser, insights) &&
        read_order(&parser, insights) && read_limit(&parser, insights) && peek(&parser) != '\0')
        fail(&parser,
             arena_format(arena, "unexpected text behind the query: %.*s",
                          (int)(parser.rest.size < 20 ? parser.rest.size : 20), parser.rest.data));
    if (!parser.problem)
        return insights;
    *problem_out = parser.problem;
    return NULL;
}

static const char *label_value(const struct metric *metric, struct text label)
{
    return metric_dimension_value(metric->dimensions, metric->dimension_count, label);
}

bool insights_selects(const struct insights *insights, const struct metric *metric)
{
    if (!text_equal(insights->metric, metric->name) ||
        !text_equal(insights->name_space, metric->name_space) ||
        (insights->has_schema && insights->schema_count != metric->dimension_count))
        return false;
    for (size_t i = 0; i < insights->schema_count; i++) {
        if (!label_value(metric, insights->schema[i]))
            return false;
    }
    for (size_t i = 0; i < insights->condition_count; i++) {
        const struct insights_condition *condition = &insights->conditions[i];
        const char *value = label_value(metric, condition->label);
        if ((value && text_equal(condition->value, value)) == condition->is_negated)
            return false;
    }
    return true;
}

const char *insights_group(const struct insights *insights, const struct metric *metric,
                           struct arena *arena)
{
    const char *group = "";
    if (insights->group_count == 0)
        return metric->name;
    for (size_t i = 0; i < insights->group_count; i++) {
        const char *value = label_value(metric, insights->groups[i]);
        group = arena_format(arena, "%s%s%s", group, i ? " " : "", value ? value : "Other");
    }
    return group;
}
