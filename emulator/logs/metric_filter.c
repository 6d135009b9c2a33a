#include "logs/metric_filter.h"

#include <stdlib.h>

#include "clock.h"
#include "cloudwatch/cloudwatch.h"
#include "log.h"
#include "logs/filter_row.h"
#include "logs/log_metric.h"
#include "xalloc.h"

enum { MINUTE_MS = 60000 };

/* Events came within the minute, and whether any matched. */
struct quiet_minute {
    struct quiet_minute *next;
    int64_t group_id;
    char *filter;
    char *account;
    char *region;
    cJSON *transformation;
    int64_t start_ms;
    bool has_matched;
};

static cJSON *make_datum(const cJSON *transformation, int64_t time_ms, double value)
{
    return cloudwatch_datum(json_text(transformation, "metricName", ""),
                            json_text(transformation, "unit", "None"), value, time_ms);
}

static bool read_value(const struct metric_filter *filter, struct text message, double *value_out)
{
    struct text value = text_from(json_text(filter->transformation, "metricValue", ""));
    if (!text_starts_with(value, "$"))
        return text_to_double(value, value_out);
    CLEANUP(freep) char *found = filter_pattern_extract(filter->pattern, message, value);
    return found && text_to_double(text_from(found), value_out);
}

/* False if a dimension has no value in the message: then there is no datum. */
static bool add_dimensions(const struct metric_filter *filter, struct text message, cJSON *datum)
{
    const cJSON *dimensions = json_get(filter->transformation, "dimensions");
    const cJSON *dimension;
    cJSON *list = dimensions ? json_set_array(datum, "Dimensions") : NULL;
    cJSON_ArrayForEach(dimension, dimensions)
    {
        CLEANUP(freep)
        char *value =
            filter_pattern_extract(filter->pattern, message, text_from(dimension->valuestring));
        if (!value || !*value)
            return false;
        cloudwatch_add_dimension(list, dimension->string, value);
    }
    return true;
}

static void add_datum(const struct metric_filter *filter, const struct log_event *event,
                      cJSON *data)
{
    double value;
    if (!read_value(filter, event->message, &value))
        return;
    cJSON *datum = make_datum(filter->transformation, event->time_ms, value);
    if (add_dimensions(filter, event->message, datum))
        cJSON_AddItemToArray(data, datum);
    else
        cJSON_Delete(datum);
}

static void free_minute(struct quiet_minute *minute)
{
    free(minute->filter);
    free(minute->account);
    free(minute->region);
    cJSON_Delete(minute->transformation);
    free(minute);
}

void metric_filters_forget_minutes(struct logs *logs)
{
    schedule_clear(logs->parts.schedule, &logs->minute_end);
    while (logs->quiet) {
        struct quiet_minute *next = logs->quiet->next;
        free_minute(logs->quiet);
        logs->quiet = next;
    }
}

static void publish_default(struct logs *logs, const struct quiet_minute *minute)
{
    const cJSON *transformation = minute->transformation;
    const struct group_key key = { minute->account, minute->region, "" };
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateArray();
    cJSON_AddItemToArray(data, make_datum(transformation, minute->start_ms,
                                          json_double(transformation, "defaultValue", 0)));
    log_metrics_publish(logs, &key, json_text(transformation, "metricNamespace", ""), data);
}

static void on_minute_end(void *owner)
{
    struct logs *logs = owner;
    for (const struct quiet_minute *minute = logs->quiet; minute; minute = minute->next)
        if (!minute->has_matched)
            publish_default(logs, minute);
    metric_filters_forget_minutes(logs);
}

static struct quiet_minute *get_minute(struct logs *logs, const struct ingest_group *group,
                                       const struct metric_filter *filter)
{
    struct quiet_minute *minute = logs->quiet;
    while (minute && (minute->group_id != group->id || strcmp(minute->filter, filter->name) != 0))
        minute = minute->next;
    if (minute)
        return minute;
    int64_t now_ms = clock_now_ms();
    int64_t start_ms = now_ms - now_ms % MINUTE_MS;
    if (!logs->quiet)
        schedule_set(logs->parts.schedule, &logs->minute_end, start_ms + MINUTE_MS, on_minute_end,
                     logs);
    minute = xcalloc(1, sizeof(*minute));
    *minute =
        (struct quiet_minute){ .next = logs->quiet,
                               .group_id = group->id,
                               .filter = xstrdup(filter->name),
                               .account = xstrdup(group->key.account),
                               .region = xstrdup(group->key.region),
                               .transformation = cJSON_Duplicate(filter->transformation, true),
                               .start_ms = start_ms };
    logs->quiet = minute;
    return minute;
}

static void apply(struct logs *logs, const struct metric_filter *filter,
                  const struct ingest *ingest)
{
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateArray();
    bool has_matched = false;
    for (size_t i = 0; i < ingest->count; i++) {
        if (!filter_pattern_matches(filter->pattern, ingest->events[i].message))
            continue;
        has_matched = true;
        add_datum(filter, &ingest->events[i], data);
    }
    log_metrics_publish(logs, &ingest->group->key,
                        json_text(filter->transformation, "metricNamespace", ""), data);
    if (json_get(filter->transformation, "defaultValue"))
        get_minute(logs, ingest->group, filter)->has_matched |= has_matched;
}

/* Its timer may be late; and when the clock was set back, it would come in a long time. */
static void end_minute_that_passed(struct logs *logs)
{
    if (!logs->quiet)
        return;
    int64_t age_ms = clock_now_ms() - logs->quiet->start_ms;
    if (age_ms < 0 || age_ms >= MINUTE_MS)
        on_minute_end(logs);
}

void metric_filters_apply(struct logs *logs, const struct ingest *ingest)
{
    const struct metric_filter *filter = ingest->group->filters;
    end_minute_that_passed(logs);
    for (; filter; filter = filter->next)
        apply(logs, filter, ingest);
}

void metric_filters_destroy(struct metric_filter *filters)
{
    while (filters) {
        struct metric_filter *next = filters->next;
        free(filters->name);
        filter_pattern_destroy(filters->pattern);
        cJSON_Delete(filters->transformation);
        free(filters);
        filters = next;
    }
}

struct loading {
    struct metric_filter *filters;
};

/* A pattern that was good when it was put and is not now was put by another version. */
static bool load_one(const struct filter_row *row, void *owner)
{
    struct loading *loading = owner;
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(row->configuration));
    struct filter_pattern *pattern =
        filter_pattern_parse(text_from(json_text(configuration, "filterPattern", "")), &error);
    if (!pattern) {
        log_error("logs", "metric filter %s of log group %s does nothing, put it again: %s",
                  row->name, row->group_name, error.message);
        return true;
    }
    struct metric_filter *filter = xcalloc(1, sizeof(*filter));
    const cJSON *list = json_get(configuration, "metricTransformations");
    *filter = (struct metric_filter){ .next = loading->filters,
                                      .name = xstrdup(row->name),
                                      .pattern = pattern,
                                      .transformation =
                                          cJSON_Duplicate(cJSON_GetArrayItem(list, 0), true) };
    loading->filters = filter;
    return true;
}

struct metric_filter *metric_filters_load(struct store *store, int64_t group_id)
{
    struct loading loading = { 0 };
    const struct metric_filter_search search = { "", "", group_id, "", "", "" };
    metric_filter_each(store, &search, load_one, &loading);
    return loading.filters;
}
