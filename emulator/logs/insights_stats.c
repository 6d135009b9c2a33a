#include "logs/insights_stats.h"

#include <string.h>
#include <strings.h>

#include "logs/insights_aggregation.h"

static const struct {
    const char *name;
    enum insights_aggregate aggregate;
} aggregates[] = {
    { "count", AGGREGATE_COUNT },
    { "count_distinct", AGGREGATE_COUNT_DISTINCT },
    { "sum", AGGREGATE_SUM },
    { "avg", AGGREGATE_AVG },
    { "min", AGGREGATE_MIN },
    { "max", AGGREGATE_MAX },
    { "stddev", AGGREGATE_STDDEV },
    { "pct", AGGREGATE_PCT },
    { "percentile", AGGREGATE_PCT }, /* not on AWS's page, but in its Lambda Operator Guide */
    { "median", AGGREGATE_MEDIAN },
    { "earliest", AGGREGATE_EARLIEST },
    { "latest", AGGREGATE_LATEST },
    { "sortsfirst", AGGREGATE_SORTS_FIRST },
    { "sortslast", AGGREGATE_SORTS_LAST },
};

/* `as name`, or else the expression as it stands in the query from `start` on. */
static const char *read_alias(struct insights_lexer *lexer, size_t start)
{
    size_t end = insights_position(lexer);
    while (end > start && strchr(" \t\r\n", lexer->query.data[end - 1]))
        end--;
    if (insights_take_word(lexer, "as")) {
        const char *name = lexer->token.text;
        if (lexer->token.kind != TOKEN_NAME) {
            insights_unexpected(lexer, "a name");
            return NULL;
        }
        insights_next(lexer);
        return insights_make(lexer, name, start, false) ? name : NULL;
    }
    return arena_copy(lexer->arena, (struct text){ lexer->query.data + start, end - start });
}

static bool find_aggregate(const char *name, enum insights_aggregate *aggregate_out)
{
    for (size_t i = 0; i < COUNT_OF(aggregates); i++) {
        if (strcasecmp(aggregates[i].name, name) == 0) {
            *aggregate_out = aggregates[i].aggregate;
            return true;
        }
    }
    return false;
}

static bool read_arguments(struct insights_lexer *lexer, struct insights_aggregation *aggregation)
{
    if (aggregation->aggregate == AGGREGATE_COUNT &&
        (insights_take_sign(lexer, "*") || insights_is_sign(lexer, ")")))
        return insights_take_sign(lexer, ")") || insights_unexpected(lexer, ")");
    aggregation->expression = insights_expression_parse(lexer);
    if (!aggregation->expression)
        return false;
    aggregation->percentile = 50;
    if (aggregation->aggregate == AGGREGATE_PCT) {
        if (!insights_take_sign(lexer, ","))
            return insights_unexpected(lexer, ",");
        aggregation->percentile = lexer->token.number;
        if (lexer->token.kind != TOKEN_NUMBER || aggregation->percentile > 100)
            return insights_unexpected(lexer, "a percentile from 0 to 100");
        insights_next(lexer);
    }
    return insights_take_sign(lexer, ")") || insights_unexpected(lexer, ")");
}

static bool read_aggregate(struct insights_lexer *lexer, const char *name, const char **field_out)
{
    struct insights_stats *stats = lexer->stats;
    enum insights_aggregate aggregate;
    if (!find_aggregate(name, &aggregate))
        return true;
    if (stats->aggregation_count == INSIGHTS_STATS_ITEMS_MAX)
        return insights_unexpected(lexer, "fewer aggregates");
    struct insights_aggregation *aggregation = &stats->aggregations[stats->aggregation_count];
    aggregation->aggregate = aggregate;
    aggregation->field = arena_format(lexer->arena, "\x01%zu", stats->aggregation_count++);
    *field_out = aggregation->field;
    lexer->read_aggregate = NULL; /* none stands within another */
    bool is_good = read_arguments(lexer, aggregation);
    lexer->read_aggregate = read_aggregate;
    return is_good;
}

static bool is_earlier_column(const struct insights_stats *stats, const char *name)
{
    for (size_t i = 0; i < stats->item_count; i++) {
        if (strcmp(stats->items[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool read_item(struct insights_lexer *lexer, struct insights_stats *stats)
{
    struct insights_stats_item *item = &stats->items[stats->item_count];
    size_t aggregations = stats->aggregation_count;
    size_t start = insights_position(lexer);
    struct insights_token first = lexer->token;
    lexer->read_aggregate = read_aggregate;
    lexer->stats = stats;
    item->expression = insights_expression_parse(lexer);
    lexer->read_aggregate = NULL;
    if (!item->expression)
        return false;
    const char *field = insights_field_name(item->expression);
    if (field && aggregations == stats->aggregation_count && !is_earlier_column(stats, field)) {
        lexer->token = first; /* a group has no single value of it */
        return insights_unexpected(lexer, "count, sum, avg, min, max, pct, ...");
    }
    item->name = read_alias(lexer, start);
    stats->item_count++;
    return item->name != NULL;
}

static bool read_group(struct insights_lexer *lexer, struct insights_stats *stats)
{
    size_t start = insights_position(lexer);
    size_t at = stats->group_count++;
    stats->groups[at].expression = insights_expression_parse(lexer);
    return stats->groups[at].expression && (stats->groups[at].name = read_alias(lexer, start));
}

struct insights_stats *insights_stats_parse(struct insights_lexer *lexer)
{
    struct insights_stats *stats = arena_alloc(lexer->arena, sizeof(*stats));
    do {
        if (stats->item_count == INSIGHTS_STATS_ITEMS_MAX) {
            insights_unexpected(lexer, "fewer items");
            return NULL;
        }
        if (!read_item(lexer, stats))
            return NULL;
    } while (insights_take_sign(lexer, ","));
    if (!insights_take_word(lexer, "by"))
        return stats;
    do {
        if (stats->group_count == INSIGHTS_STATS_ITEMS_MAX) {
            insights_unexpected(lexer, "fewer items");
            return NULL;
        }
        if (!read_group(lexer, stats))
            return NULL;
    } while (insights_take_sign(lexer, ","));
    return stats;
}

/* Two columns of one name are one. */
static size_t add_column(const char **names, size_t count, size_t most, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return count;
    }
    if (count < most)
        names[count++] = name;
    return count;
}

size_t insights_stats_columns(const struct insights_stats *stats, const char **names_out,
                              size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < stats->group_count; i++)
        count = add_column(names_out, count, most, stats->groups[i].name);
    for (size_t i = 0; i < stats->item_count; i++)
        count = add_column(names_out, count, most, stats->items[i].name);
    return count;
}
