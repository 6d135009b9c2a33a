/*
 * Metric data goes in: one journal record per call, and the same record applied. The record is the
 * request's tree as JSON with account, region and time of receipt beside it.
 */
#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "cloudwatch/fields.h"
#include "log.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000 };

cJSON *cloudwatch_datum(const char *name, const char *unit, double value, int64_t time_ms)
{
    cJSON *datum = cJSON_CreateObject();
    json_set_text(datum, "MetricName", name);
    json_set_text(datum, "Unit", unit);
    json_set_double(datum, "Value", value);
    json_set_double(datum, "Timestamp", (double)time_ms / MS_PER_SECOND);
    return datum;
}

void cloudwatch_add_dimension(cJSON *dimensions, const char *name, const char *value)
{
    cJSON *dimension = cJSON_CreateObject();
    json_set_text(dimension, "Name", name);
    json_set_text(dimension, "Value", value);
    cJSON_AddItemToArray(dimensions, dimension);
}

static void apply_value(struct metric_series *series, const cJSON *datum, int64_t time_ms,
                        double value, double count)
{
    if (count <= 0)
        return;
    if (json_int(datum, "StorageResolution", 60) == 1)
        metric_series_add_fine(series, time_ms, value, count);
    else
        metric_series_add(series, time_ms, value, count);
}

/* The source is read from the record once for all its data. */
static void apply_datum(struct metrics *metrics, const struct metric_source *source,
                        int64_t received_ms, const cJSON *datum)
{
    struct metric_dimension dimensions[DIMENSIONS_MAX];
    struct metric_identity identity = {
        .account = source->account,
        .region = source->region,
        .name_space = source->name_space,
        .name = json_text(datum, "MetricName", ""),
        .dimensions = dimensions,
        .dimension_count = cloudwatch_read_dimensions(json_get(datum, "Dimensions"), dimensions),
        .unit = json_text(datum, "Unit", "None"),
    };
    int64_t time_ms = cloudwatch_read_time_ms(datum, "Timestamp", received_ms);
    struct metric_series *series = metrics_series(metrics, &identity);
    const cJSON *set = json_get(datum, "StatisticValues");
    const cJSON *counts = json_get(datum, "Counts");
    const cJSON *value = json_get(datum, "Value");
    const cJSON *values = json_get(datum, "Values");
    if (value)
        apply_value(series, datum, time_ms, value->valuedouble, 1);
    int at = 0;
    cJSON_ArrayForEach(value, values)
    {
        const cJSON *count = cJSON_GetArrayItem(counts, at++);
        apply_value(series, datum, time_ms, value->valuedouble, count ? count->valuedouble : 1);
    }
    if (set && !(values && values->child)) {
        struct metric_statistics statistics = { json_double(set, "SampleCount", 0),
                                                json_double(set, "Sum", 0),
                                                json_double(set, "Minimum", 0),
                                                json_double(set, "Maximum", 0) };
        metric_series_add_set(series, time_ms, json_int(datum, "StorageResolution", 60) == 1,
                              &statistics);
    }
}

static void apply(struct metrics *metrics, const cJSON *record)
{
    const struct metric_source source = { json_text(record, "Account", ""),
                                          json_text(record, "Region", ""),
                                          json_text(record, "Namespace", "") };
    int64_t received_ms = json_int(record, "ReceivedMs", 0);
    const cJSON *datum;
    cJSON_ArrayForEach(datum, json_get(record, "MetricData"))
        apply_datum(metrics, &source, received_ms, datum);
}

static bool has_finite_numbers(const cJSON *tree)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, tree)
    {
        if (!has_finite_numbers(item))
            return false;
    }
    return !cJSON_IsNumber(tree) || isfinite(tree->valuedouble);
}

/* What PutMetricData has checked when it made the record, as far as memory relies on it. */
static bool is_sound(const cJSON *record)
{
    const cJSON *datum;
    const cJSON *dimension;
    cJSON_ArrayForEach(datum, json_get(record, "MetricData"))
    {
        cJSON_ArrayForEach(dimension, json_get(datum, "Dimensions"))
        {
            if (!json_text(dimension, "Value", NULL))
                return false;
        }
    }
    return has_finite_numbers(record);
}

void cloudwatch_replay(struct cloudwatch *cloudwatch, struct text record)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse(record);
    if (tree && is_sound(tree))
        apply(cloudwatch->metrics, tree);
    else
        log_warn("cloudwatch", "a journal record of metric data cannot be read; it is left out");
}

void cloudwatch_publish(struct metrics *metrics, struct journal *journal,
                        const struct metric_source *source, const cJSON *data)
{
    CLEANUP(json_deletep) cJSON *record = cJSON_CreateObject();
    json_set_text(record, "Account", source->account);
    json_set_text(record, "Region", source->region);
    json_set_text(record, "Namespace", source->name_space);
    json_set_double(record, "ReceivedMs", (double)clock_now_ms());
    /* Borrowed: a reference has no children of its own to delete. */
    cJSON_AddItemReferenceToObject(record, "MetricData", (cJSON *)(uintptr_t)data);
    CLEANUP(freep) char *text = json_print(record);
    journal_append(journal, JOURNAL_METRIC_DATA, text_from(text));
    apply(metrics, record);
}
