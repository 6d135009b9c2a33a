#include "lambda/metric_set.h"

#include <stdio.h>
#include <stdlib.h>

#include "xalloc.h"

enum { LAYOUT_VERSION = 1, SETS = 4 };

enum set_metric { INVOCATIONS, ERRORS, THROTTLES, DURATION, CONCURRENCY, SET_METRICS };

/* The five series of one dimension set. */
struct metric_set {
    struct metric_series *series[SET_METRICS];
};

static const struct {
    const char *name;
    const char *unit;
} set_metrics[SET_METRICS] = {
    [INVOCATIONS] = { "Invocations", "Count" },
    [ERRORS] = { "Errors", "Count" },
    [THROTTLES] = { "Throttles", "Count" },
    [DURATION] = { "Duration", "Milliseconds" },
    [CONCURRENCY] = { "ConcurrentExecutions", "Count" },
};

static void add_text(struct buffer *buffer, const char *text)
{
    uint16_t size = (uint16_t)strlen(text);
    buffer_add(buffer, &size, sizeof(size));
    buffer_add(buffer, text, size);
}

void invocation_record_encode(const struct invocation_record *record, struct buffer *buffer)
{
    buffer_add_char(buffer, LAYOUT_VERSION);
    buffer_add_char(buffer, (char)(record->is_alias | record->is_error << 1));
    buffer_add(buffer, &record->started_ms, sizeof(record->started_ms));
    buffer_add(buffer, &record->duration_ms, sizeof(record->duration_ms));
    buffer_add(buffer, record->concurrency, sizeof(record->concurrency));
    add_text(buffer, record->account);
    add_text(buffer, record->region);
    add_text(buffer, record->function);
    add_text(buffer, record->resource);
    add_text(buffer, record->version);
}

static bool take(struct text *rest, void *value_out, size_t size)
{
    if (rest->size < size)
        return false;
    memcpy(value_out, rest->data, size);
    rest->data += size;
    rest->size -= size;
    return true;
}

static bool take_text(struct text *rest, struct arena *arena, const char **text_out)
{
    uint16_t size;
    if (!take(rest, &size, sizeof(size)) || rest->size < size)
        return false;
    *text_out = arena_copy(arena, (struct text){ rest->data, size });
    rest->data += size;
    rest->size -= size;
    return true;
}

bool invocation_record_decode(struct text bytes, struct arena *arena,
                              struct invocation_record *record_out)
{
    struct text rest = bytes;
    char layout;
    char flags;
    if (!take(&rest, &layout, 1) || layout != LAYOUT_VERSION || !take(&rest, &flags, 1) ||
        !take(&rest, &record_out->started_ms, sizeof(record_out->started_ms)) ||
        !take(&rest, &record_out->duration_ms, sizeof(record_out->duration_ms)) ||
        !take(&rest, record_out->concurrency, sizeof(record_out->concurrency)) ||
        !take_text(&rest, arena, &record_out->account) ||
        !take_text(&rest, arena, &record_out->region) ||
        !take_text(&rest, arena, &record_out->function) ||
        !take_text(&rest, arena, &record_out->resource) ||
        !take_text(&rest, arena, &record_out->version))
        return false;
    record_out->is_alias = flags & 1;
    record_out->is_error = flags & 2;
    return rest.size == 0;
}

/* The key of dimension set `set` (0: none ... 3: all three) of a record. */
static void print_key(const struct invocation_record *record, int set, char *key_out, size_t size)
{
    snprintf(key_out, size, "%s/%s%s%s%s%s%s%s", record->account, record->region,
             set > 0 ? "/" : "", set > 0 ? record->function : "", set > 1 ? "/" : "",
             set > 1 ? record->resource : "", set > 2 ? "/" : "", set > 2 ? record->version : "");
}

static struct metric_set *make_set(struct lambda *lambda, const struct invocation_record *record,
                                   int set)
{
    const struct metric_dimension dimensions[] = {
        { "FunctionName", record->function },
        { "Resource", record->resource },
        { "ExecutedVersion", record->version },
    };
    struct metric_set *made = xcalloc(1, sizeof(*made));
    for (int i = 0; i < SET_METRICS; i++) {
        struct metric_identity identity = {
            .account = record->account,
            .region = record->region,
            .name_space = "AWS/Lambda",
            .name = set_metrics[i].name,
            .dimensions = dimensions,
            .dimension_count = (size_t)set,
            .unit = set_metrics[i].unit,
        };
        made->series[i] = metrics_series(lambda->parts.metrics, &identity);
    }
    return made;
}

static struct metric_set *get_set(struct lambda *lambda, const struct invocation_record *record,
                                  int set)
{
    char key[512];
    print_key(record, set, key, sizeof(key));
    struct metric_set *found = map_find(&lambda->published, key);
    if (!found) {
        found = make_set(lambda, record, set);
        map_set(&lambda->published, key, found);
    }
    return found;
}

void metric_sets_forget(struct lambda *lambda)
{
    map_clear(&lambda->published, free);
}

void invocation_record_publish(struct lambda *lambda, const struct invocation_record *record)
{
    uint64_t generation = metrics_generation(lambda->parts.metrics);
    if (lambda->metrics_generation != generation) {
        metric_sets_forget(lambda);
        lambda->metrics_generation = generation;
    }
    int sets = record->is_alias ? SETS : SETS - 1;
    for (int i = 0; i < sets; i++) {
        const struct metric_set *set = get_set(lambda, record, i);
        int64_t time_ms = record->started_ms;
        metric_series_add(set->series[INVOCATIONS], time_ms, 1, 1);
        metric_series_add(set->series[ERRORS], time_ms, record->is_error, 1);
        metric_series_add(set->series[THROTTLES], time_ms, 0, 1);
        metric_series_add(set->series[DURATION], time_ms, record->duration_ms, 1);
        metric_series_add(set->series[CONCURRENCY], time_ms, record->concurrency[i], 1);
    }
}

static uint32_t *counter_of(struct lambda *lambda, const struct invocation_record *record, int set)
{
    char key[512];
    print_key(record, set, key, sizeof(key));
    uint32_t *counter = map_find(&lambda->in_flight, key);
    if (!counter) {
        counter = xcalloc(1, sizeof(*counter));
        map_set(&lambda->in_flight, key, counter);
    }
    return counter;
}

void in_flight_begin(struct lambda *lambda, struct invocation_record *record)
{
    for (int i = 0; i < SETS; i++)
        record->concurrency[i] = ++*counter_of(lambda, record, i);
}

void in_flight_end(struct lambda *lambda, const struct invocation_record *record)
{
    for (int i = 0; i < SETS; i++)
        --*counter_of(lambda, record, i);
}
