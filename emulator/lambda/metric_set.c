#include "lambda/metric_set.h"

#include <stdlib.h>

#include "xalloc.h"

/* Layout 1 had no throttles and nothing of provisioned concurrency. */
enum { LAYOUT_VERSION = 2, OLDEST_LAYOUT = 1, SETS = 4, KEY_MAX = 512, RECORD_GUESS = 255 };
static const int64_t STARTED_MAX_MS = 253402300799999; /* the year 9999 ends */
enum { IS_ALIAS = 1, IS_ERROR = 2, IS_THROTTLED = 4, IS_PROVISIONED = 8 };

enum set_metric {
    INVOCATIONS,
    ERRORS,
    THROTTLES,
    DURATION,
    CONCURRENCY,
    UNRESERVED,
    CLAIMED,
    PROVISIONED_INVOCATIONS,
    PROVISIONED_SPILLOVER,
    PROVISIONED_EXECUTIONS,
    PROVISIONED_UTILIZATION,
    SET_METRICS
};

/* The series of one dimension set; those that are rare are made at their first datum. */
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
    [UNRESERVED] = { "UnreservedConcurrentExecutions", "Count" },
    [CLAIMED] = { "ClaimedAccountConcurrency", "Count" },
    [PROVISIONED_INVOCATIONS] = { "ProvisionedConcurrencyInvocations", "Count" },
    [PROVISIONED_SPILLOVER] = { "ProvisionedConcurrencySpilloverInvocations", "Count" },
    [PROVISIONED_EXECUTIONS] = { "ProvisionedConcurrentExecutions", "Count" },
    [PROVISIONED_UTILIZATION] = { "ProvisionedConcurrencyUtilization", "Count" },
};

static void add_text(struct buffer *buffer, const char *text)
{
    uint16_t size = (uint16_t)strlen(text);
    buffer_add(buffer, &size, sizeof(size));
    buffer_add(buffer, text, size);
}

void invocation_record_encode(const struct invocation_record *record, struct buffer *buffer)
{
    buffer_reserve(buffer, RECORD_GUESS);
    buffer_add_char(buffer, LAYOUT_VERSION);
    buffer_add_char(buffer,
                    (char)((record->is_alias ? IS_ALIAS : 0) | (record->is_error ? IS_ERROR : 0) |
                           (record->is_throttled ? IS_THROTTLED : 0) |
                           (record->is_provisioned ? IS_PROVISIONED : 0)));
    buffer_add(buffer, &record->started_ms, sizeof(record->started_ms));
    buffer_add(buffer, &record->duration_ms, sizeof(record->duration_ms));
    buffer_add(buffer, record->concurrency, sizeof(record->concurrency));
    buffer_add(buffer, &record->unreserved, sizeof(record->unreserved));
    buffer_add(buffer, &record->claimed, sizeof(record->claimed));
    buffer_add(buffer, &record->allocated, sizeof(record->allocated));
    buffer_add(buffer, &record->provisioned, sizeof(record->provisioned));
    add_text(buffer, record->account);
    add_text(buffer, record->region);
    add_text(buffer, record->function);
    add_text(buffer, record->resource);
    add_text(buffer, record->version);
}

static bool take_text(struct text *rest, struct arena *arena, const char **text_out)
{
    uint16_t size;
    struct text text;
    if (!text_take_value(rest, &size, sizeof(size)) || !text_take(rest, size, &text) ||
        memchr(text.data, '\0', size) || !text_is_utf8(text, NULL))
        return false;
    *text_out = arena_copy(arena, text);
    return true;
}

static bool take_limits(struct text *rest, char layout, struct invocation_record *record_out)
{
    if (layout == OLDEST_LAYOUT) {
        record_out->unreserved = record_out->concurrency[0];
        record_out->claimed = record_out->concurrency[0];
        return true;
    }
    return text_take_value(rest, &record_out->unreserved, sizeof(record_out->unreserved)) &&
           text_take_value(rest, &record_out->claimed, sizeof(record_out->claimed)) &&
           text_take_value(rest, &record_out->allocated, sizeof(record_out->allocated)) &&
           text_take_value(rest, &record_out->provisioned, sizeof(record_out->provisioned));
}

bool invocation_record_decode(struct text bytes, struct arena *arena,
                              struct invocation_record *record_out)
{
    struct text rest = bytes;
    char layout;
    char flags;
    *record_out = (struct invocation_record){ 0 };
    if (!text_take_value(&rest, &layout, 1) || layout < OLDEST_LAYOUT || layout > LAYOUT_VERSION ||
        !text_take_value(&rest, &flags, 1) ||
        !text_take_value(&rest, &record_out->started_ms, sizeof(record_out->started_ms)) ||
        !text_take_value(&rest, &record_out->duration_ms, sizeof(record_out->duration_ms)) ||
        !text_take_value(&rest, record_out->concurrency, sizeof(record_out->concurrency)) ||
        !take_limits(&rest, layout, record_out) || !take_text(&rest, arena, &record_out->account) ||
        !take_text(&rest, arena, &record_out->region) ||
        !take_text(&rest, arena, &record_out->function) ||
        !take_text(&rest, arena, &record_out->resource) ||
        !take_text(&rest, arena, &record_out->version))
        return false;
    record_out->is_alias = flags & IS_ALIAS;
    record_out->is_error = flags & IS_ERROR;
    record_out->is_throttled = flags & IS_THROTTLED;
    record_out->is_provisioned = flags & IS_PROVISIONED;
    return rest.size == 0 && record_out->started_ms >= 0 &&
           record_out->started_ms <= STARTED_MAX_MS && record_out->duration_ms >= 0 &&
           record_out->duration_ms <= (double)STARTED_MAX_MS;
}

/* The keys of a record's dimension sets begin like each other (0: none ... 3: all three): one text,
 * cut where each set's ends. Printed for every invocation, so by hand. */
struct set_keys {
    char text[KEY_MAX];
    size_t ends[SETS];
};

static void add_key_part(struct set_keys *keys, size_t *size, const char *part)
{
    size_t left = sizeof(keys->text) - 1 - *size;
    size_t part_size = strnlen(part, left);
    memcpy(keys->text + *size, part, part_size);
    *size += part_size;
}

static void make_keys(const struct invocation_record *record, struct set_keys *keys_out)
{
    const char *const parts[SETS] = { record->region, record->function, record->resource,
                                      record->version };
    size_t size = 0;
    add_key_part(keys_out, &size, record->account);
    for (int set = 0; set < SETS; set++) {
        add_key_part(keys_out, &size, "/");
        add_key_part(keys_out, &size, parts[set]);
        keys_out->ends[set] = size;
    }
}

/* The series of a set, made at its first datum. */
static struct metric_series *get_series(struct lambda *lambda, struct metric_set *metric_set,
                                        const struct invocation_record *record, int set,
                                        enum set_metric which)
{
    struct metric_series **series = &metric_set->series[which];
    if (*series)
        return *series;
    const struct metric_dimension dimensions[] = {
        { "FunctionName", record->function },
        { "Resource", record->resource },
        { "ExecutedVersion", record->version },
    };
    struct metric_identity identity = {
        .account = record->account,
        .region = record->region,
        .name_space = "AWS/Lambda",
        .name = set_metrics[which].name,
        .dimensions = dimensions,
        .dimension_count = (size_t)set,
        .unit = set_metrics[which].unit,
    };
    *series = metrics_series(lambda->parts.metrics, &identity);
    return *series;
}

/* From the largest set to the smallest: each cuts the text of the keys. */
static struct metric_set *get_set(struct lambda *lambda, struct set_keys *keys, int set)
{
    const char *key = keys->text;
    keys->text[keys->ends[set]] = '\0';
    struct metric_set *found = map_find(&lambda->published, key);
    if (!found) {
        found = xcalloc(1, sizeof(*found));
        map_set(&lambda->published, key, found);
    }
    return found;
}

void metric_sets_forget(struct lambda *lambda)
{
    map_clear(&lambda->published, free);
}

struct publication {
    struct lambda *lambda;
    const struct invocation_record *record;
    struct metric_set *metric_set;
    int set;
};

static void add(const struct publication *to, enum set_metric which, double value)
{
    metric_series_add(get_series(to->lambda, to->metric_set, to->record, to->set, which),
                      to->record->started_ms, value, 1);
}

static void add_provisioned(const struct publication *to)
{
    const struct invocation_record *record = to->record;
    if (!record->allocated || to->set == 0)
        return;
    add(to, record->is_provisioned ? PROVISIONED_INVOCATIONS : PROVISIONED_SPILLOVER, 1);
    add(to, PROVISIONED_EXECUTIONS, record->provisioned);
    if (to->set > 1) /* of a version or alias, not of the function */
        add(to, PROVISIONED_UTILIZATION, (double)record->provisioned / record->allocated);
}

static void publish_run(const struct publication *to)
{
    const struct invocation_record *record = to->record;
    add(to, INVOCATIONS, 1);
    add(to, ERRORS, record->is_error);
    add(to, THROTTLES, 0);
    add(to, DURATION, record->duration_ms);
    add(to, CONCURRENCY, record->concurrency[to->set]);
    if (to->set == 0) {
        add(to, UNRESERVED, record->unreserved);
        add(to, CLAIMED, record->claimed);
    }
    add_provisioned(to);
}

/* A throttled invocation has no version that it would have executed. */
static int count_sets(const struct invocation_record *record)
{
    return record->is_alias && !record->is_throttled ? SETS : SETS - 1;
}

void invocation_record_publish(struct lambda *lambda, const struct invocation_record *record)
{
    uint64_t generation = metrics_generation(lambda->parts.metrics);
    if (lambda->metrics_generation != generation) {
        metric_sets_forget(lambda);
        lambda->metrics_generation = generation;
    }
    struct set_keys keys;
    make_keys(record, &keys);
    for (int i = count_sets(record) - 1; i >= 0; i--) {
        struct publication to = { lambda, record, get_set(lambda, &keys, i), i };
        if (record->is_throttled)
            add(&to, THROTTLES, 1);
        else
            publish_run(&to);
    }
}
