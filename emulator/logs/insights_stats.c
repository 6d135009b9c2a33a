#include "logs/insights_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "map.h"
#include "xalloc.h"

enum {
    ITEMS_MAX = 32,
    GROUP_BYTES = 1500, /* of a group, and of the record that it becomes */
    TEXT_BYTES = 48,    /* of a text in a map, without its characters */
};

enum aggregate {
    AGGREGATE_COUNT,
    AGGREGATE_COUNT_DISTINCT,
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_STDDEV,
    AGGREGATE_PCT,
    AGGREGATE_MEDIAN,
    AGGREGATE_EARLIEST,
    AGGREGATE_LATEST,
    AGGREGATE_SORTS_FIRST,
    AGGREGATE_SORTS_LAST,
};

static const struct {
    const char *name;
    enum aggregate aggregate;
} aggregates[] = {
    { "count", AGGREGATE_COUNT },
    { "count_distinct", AGGREGATE_COUNT_DISTINCT },
    { "sum", AGGREGATE_SUM },
    { "avg", AGGREGATE_AVG },
    { "min", AGGREGATE_MIN },
    { "max", AGGREGATE_MAX },
    { "stddev", AGGREGATE_STDDEV },
    { "pct", AGGREGATE_PCT },
    { "median", AGGREGATE_MEDIAN },
    { "earliest", AGGREGATE_EARLIEST },
    { "latest", AGGREGATE_LATEST },
    { "sortsfirst", AGGREGATE_SORTS_FIRST },
    { "sortslast", AGGREGATE_SORTS_LAST },
};

/* count(x), pct(x, 95), ... in one of the items. */
struct aggregation {
    enum aggregate aggregate;
    const struct insights_expression *expression; /* NULL: count(*) */
    double percentile;
    const char *field; /* in which the groups' records have its value */
};

/* A column: an expression of aggregates, constants, and the columns before it. */
struct item {
    const char *name;
    const struct insights_expression *expression;
};

struct insights_stats {
    struct item items[ITEMS_MAX];
    size_t item_count;
    struct aggregation aggregations[ITEMS_MAX];
    size_t aggregation_count;
    struct {
        const char *name;
        const struct insights_expression *expression;
    } groups[ITEMS_MAX];
    size_t group_count;
};

/* What one aggregate has seen in one group. */
struct tally {
    double count;
    double sum;
    double mean;
    double squares;             /* sum of squared differences from the mean (Welford) */
    struct insights_value best; /* min, max, earliest, ... */
    char *best_text;            /* which `best` borrows, if it is a text */
    int64_t best_ms;
    double *values; /* percentiles */
    size_t value_count;
    struct map distinct;
};

struct group {
    struct insights_value *keys; /* in the run's arena, as their texts */
    struct tally tallies[];
};

struct insights_stats_run {
    const struct insights_stats *stats;
    struct arena arena;
    struct map by_key;
    struct group **groups;
    size_t count;
    size_t capacity;
    size_t kept_bytes;
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

static bool find_aggregate(const char *name, enum aggregate *aggregate_out)
{
    for (size_t i = 0; i < COUNT_OF(aggregates); i++) {
        if (strcasecmp(aggregates[i].name, name) == 0) {
            *aggregate_out = aggregates[i].aggregate;
            return true;
        }
    }
    return false;
}

static bool read_arguments(struct insights_lexer *lexer, struct aggregation *aggregation)
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
    enum aggregate aggregate;
    if (!find_aggregate(name, &aggregate))
        return true;
    if (stats->aggregation_count == ITEMS_MAX)
        return insights_unexpected(lexer, "fewer aggregates");
    struct aggregation *aggregation = &stats->aggregations[stats->aggregation_count];
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
    struct item *item = &stats->items[stats->item_count];
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
        if (stats->item_count == ITEMS_MAX) {
            insights_unexpected(lexer, "fewer items");
            return NULL;
        }
        if (!read_item(lexer, stats))
            return NULL;
    } while (insights_take_sign(lexer, ","));
    if (!insights_take_word(lexer, "by"))
        return stats;
    do {
        if (stats->group_count == ITEMS_MAX) {
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

struct insights_stats_run *insights_stats_start(const struct insights_stats *stats)
{
    struct insights_stats_run *run = xcalloc(1, sizeof(*run));
    run->stats = stats;
    return run;
}

void insights_stats_destroy(struct insights_stats_run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->count; i++) {
        for (size_t j = 0; j < run->stats->aggregation_count; j++) {
            free(run->groups[i]->tallies[j].values);
            free(run->groups[i]->tallies[j].best_text);
            map_clear(&run->groups[i]->tallies[j].distinct, NULL);
        }
        free(run->groups[i]);
    }
    map_clear(&run->by_key, NULL);
    arena_clear(&run->arena);
    free(run->groups);
    free(run);
}

static struct insights_value look_up(const char *name, void *owner)
{
    return insights_record_get(owner, name);
}

static struct group *make_group(struct insights_stats_run *run, const struct insights_value *keys)
{
    const struct insights_stats *stats = run->stats;
    size_t tally_bytes = stats->aggregation_count * sizeof(struct tally);
    struct group *group = xcalloc(1, sizeof(*group) + tally_bytes);
    group->keys = arena_alloc(&run->arena, stats->group_count * sizeof(*keys));
    for (size_t i = 0; i < stats->group_count; i++) {
        group->keys[i] = keys[i];
        if (keys[i].kind == INSIGHTS_TEXT)
            group->keys[i].text = arena_copy(&run->arena, text_from(keys[i].text));
    }
    if (run->count == run->capacity) {
        run->capacity = run->capacity ? 2 * run->capacity : 16;
        run->groups = xrealloc(run->groups, run->capacity * sizeof(struct group *));
    }
    run->groups[run->count++] = group;
    run->kept_bytes += GROUP_BYTES + tally_bytes;
    return group;
}

/* The record's group, made if new. */
static struct group *find_group(struct insights_stats_run *run, const struct insights_scope *scope)
{
    struct insights_value keys[ITEMS_MAX];
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    const struct insights_stats *stats = run->stats;
    for (size_t i = 0; i < stats->group_count; i++) {
        keys[i] = insights_evaluate(stats->groups[i].expression, scope);
        buffer_add_format(&text, "%d\x1f%s\x1e", keys[i].kind != INSIGHTS_MISSING,
                          insights_print(&keys[i], scope->arena));
    }
    const char *key = text.data ? text.data : "";
    struct group *group = map_find(&run->by_key, key);
    if (group)
        return group;
    group = make_group(run, keys);
    map_set(&run->by_key, key, group);
    run->kept_bytes += 3 * text.size; /* in the map, in the group, in its record */
    return group;
}

static void keep_best(struct insights_stats_run *run, struct tally *tally,
                      const struct insights_value *value, int64_t time_ms, bool is_better)
{
    if (tally->count > 0 && !is_better)
        return;
    if (tally->best_text)
        run->kept_bytes -= strlen(tally->best_text);
    free(tally->best_text);
    tally->best = *value;
    tally->best.text = tally->best_text =
        value->kind == INSIGHTS_TEXT ? xstrdup(value->text) : NULL;
    if (tally->best_text)
        run->kept_bytes += strlen(tally->best_text);
    if (value->kind == INSIGHTS_TIME) /* of a time they show the milliseconds; fromMillis() helps */
        tally->best.kind = INSIGHTS_NUMBER;
    tally->best_ms = time_ms;
}

/* Where a field has numbers and texts, the least and the greatest are numbers. */
static bool is_smaller(const struct insights_value *value, const struct insights_value *best)
{
    double number;
    bool is_number = insights_to_number(value, &number);
    return is_number == insights_to_number(best, &number) ? insights_compare(value, best) < 0
                                                          : is_number;
}

static void keep_value(struct insights_stats_run *run, struct tally *tally, double number)
{
    size_t count = tally->value_count;
    if ((count & (count - 1)) == 0) { /* grows at powers of two */
        size_t capacity = count ? 2 * count : 1;
        tally->values = xrealloc(tally->values, capacity * sizeof(double));
        run->kept_bytes += (capacity - count) * sizeof(double);
    }
    tally->values[tally->value_count++] = number;
}

static void add_number(struct insights_stats_run *run, struct tally *tally,
                       enum aggregate aggregate, double number)
{
    double difference = number - tally->mean;
    tally->sum += number;
    tally->mean += difference / (tally->count + 1);
    tally->squares += difference * (number - tally->mean);
    if (aggregate == AGGREGATE_PCT || aggregate == AGGREGATE_MEDIAN)
        keep_value(run, tally, number);
}

static void add_distinct(struct insights_stats_run *run, struct tally *tally, const char *text)
{
    if (map_find(&tally->distinct, text))
        return;
    map_set(&tally->distinct, text, tally);
    run->kept_bytes += TEXT_BYTES + strlen(text);
}

static void add_value(struct insights_stats_run *run, struct tally *tally, enum aggregate aggregate,
                      const struct insights_value *value, int64_t time_ms, struct arena *arena)
{
    double number;
    switch (aggregate) {
    case AGGREGATE_COUNT:
        break;
    case AGGREGATE_COUNT_DISTINCT:
        add_distinct(run, tally, insights_print(value, arena));
        break;
    case AGGREGATE_MIN:
        keep_best(run, tally, value, time_ms, is_smaller(value, &tally->best));
        break;
    case AGGREGATE_SORTS_FIRST:
        keep_best(run, tally, value, time_ms, insights_compare(value, &tally->best) < 0);
        break;
    case AGGREGATE_MAX:
    case AGGREGATE_SORTS_LAST:
        keep_best(run, tally, value, time_ms, insights_compare(value, &tally->best) > 0);
        break;
    case AGGREGATE_EARLIEST:
        keep_best(run, tally, value, time_ms, time_ms <= tally->best_ms);
        break;
    case AGGREGATE_LATEST:
        keep_best(run, tally, value, time_ms, time_ms > tally->best_ms);
        break;
    default:
        if (!insights_to_number(value, &number))
            return;
        add_number(run, tally, aggregate, number);
    }
    tally->count++;
}

bool insights_stats_add(struct insights_stats_run *run, struct insights_record *record)
{
    const struct insights_scope scope = { look_up, record, &record->arena };
    struct group *group = find_group(run, &scope);
    for (size_t i = 0; i < run->stats->aggregation_count; i++) {
        const struct aggregation *aggregation = &run->stats->aggregations[i];
        struct insights_value value = aggregation->expression
                                          ? insights_evaluate(aggregation->expression, &scope)
                                          : insights_number(1);
        if (value.kind != INSIGHTS_MISSING)
            add_value(run, &group->tallies[i], aggregation->aggregate, &value, record->timestamp_ms,
                      &record->arena);
    }
    return run->kept_bytes <= INSIGHTS_KEPT_BYTES_MAX;
}

static int compare_numbers(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return (first > second) - (first < second);
}

/* Linear between the two nearest ranks. */
static double percentile_of(struct tally *tally, double percentile)
{
    if (tally->value_count == 0)
        return NAN;
    qsort(tally->values, tally->value_count, sizeof(double), compare_numbers);
    double at = percentile / 100 * (double)(tally->value_count - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < tally->value_count ? below + 1 : below;
    return tally->values[below] +
           (at - (double)below) * (tally->values[above] - tally->values[below]);
}

static struct insights_value finish(struct tally *tally, const struct aggregation *aggregation)
{
    switch (aggregation->aggregate) {
    case AGGREGATE_COUNT:
        return insights_number(tally->count);
    case AGGREGATE_COUNT_DISTINCT:
        return insights_number((double)tally->distinct.count);
    case AGGREGATE_SUM:
        return insights_number(tally->count > 0 ? tally->sum : NAN);
    case AGGREGATE_AVG:
        return insights_number(tally->count > 0 ? tally->mean : NAN);
    case AGGREGATE_STDDEV:
        return insights_number(tally->count > 1 ? sqrt(tally->squares / (tally->count - 1)) : NAN);
    case AGGREGATE_PCT:
    case AGGREGATE_MEDIAN:
        return insights_number(percentile_of(tally, aggregation->percentile));
    default:
        return tally->best;
    }
}

static void set_copy(struct insights_record *record, const char *name, struct insights_value value)
{
    if (value.kind == INSIGHTS_TEXT)
        value.text = arena_copy(&record->arena, text_from(value.text));
    insights_record_set(record, name, value);
}

static struct insights_record *make_record(const struct insights_stats *stats, struct group *group)
{
    struct insights_record *record = xcalloc(1, sizeof(*record));
    const struct insights_scope scope = { look_up, record, &record->arena };
    record->is_examined = true; /* there is no message to look into */
    for (size_t i = 0; i < stats->group_count; i++)
        set_copy(record, stats->groups[i].name, group->keys[i]);
    for (size_t i = 0; i < stats->aggregation_count; i++)
        set_copy(record, stats->aggregations[i].field,
                 finish(&group->tallies[i], &stats->aggregations[i]));
    for (size_t i = 0; i < stats->item_count; i++)
        insights_record_set(record, stats->items[i].name,
                            insights_evaluate(stats->items[i].expression, &scope));
    return record;
}

struct insights_record **insights_stats_end(struct insights_stats_run *run, size_t *count_out)
{
    struct insights_record **records = xcalloc(run->count + 1, sizeof(struct insights_record *));
    for (size_t i = 0; i < run->count; i++)
        records[i] = make_record(run->stats, run->groups[i]);
    *count_out = run->count;
    return records;
}
