/* stats over records: groups, and what each aggregate has seen in each of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "logs/insights_aggregation.h"
#include "logs/insights_stats.h"
#include "map.h"
#include "xalloc.h"

enum {
    GROUP_BYTES = 1500, /* of a group, and of the record that it becomes */
    TEXT_BYTES = 48,    /* of a text in a map, without its characters */
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
    if (run->count == run->capacity)
        run->groups = xgrow(run->groups, &run->capacity, 16, sizeof(struct group *));
    run->groups[run->count++] = group;
    run->kept_bytes += GROUP_BYTES + tally_bytes;
    return group;
}

/* The record's group, made if new. */
static struct group *find_group(struct insights_stats_run *run, const struct insights_scope *scope)
{
    struct insights_value keys[INSIGHTS_STATS_ITEMS_MAX];
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    const struct insights_stats *stats = run->stats;
    for (size_t i = 0; i < stats->group_count; i++) {
        keys[i] = insights_evaluate_scalar(stats->groups[i].expression, scope);
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
                       enum insights_aggregate aggregate, double number)
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

static void add_value(struct insights_stats_run *run, struct tally *tally,
                      enum insights_aggregate aggregate, const struct insights_value *value,
                      int64_t time_ms, struct arena *arena)
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
        const struct insights_aggregation *aggregation = &run->stats->aggregations[i];
        struct insights_value value =
            aggregation->expression ? insights_evaluate_scalar(aggregation->expression, &scope)
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

static struct insights_value finish(struct tally *tally,
                                    const struct insights_aggregation *aggregation)
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
