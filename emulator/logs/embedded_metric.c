#include "logs/embedded_metric.h"

#include "cloudwatch/fields.h"
#include "logs/json_fragment.h"
#include "logs/log_metric.h"

enum { METRICS_MAX = 100, VALUES_MAX = 100, MS_PER_SECOND = 1000 };

static bool is_number_list(const cJSON *value)
{
    const cJSON *item;
    int count = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    cJSON_ArrayForEach(item, value)
    {
        if (!cJSON_IsNumber(item))
            return false;
    }
    return count > 0 && count <= VALUES_MAX;
}

/* The values of a set of dimensions; NULL if the event lacks one. If one is there but is empty or
 * no text, the set is an empty one: AWS drops all of its dimensions, as users of its libraries
 * found. */
static cJSON *make_dimensions(const cJSON *event, const cJSON *names)
{
    cJSON *dimensions = cJSON_CreateArray();
    const cJSON *name;
    bool is_dropped = false;
    cJSON_ArrayForEach(name, names)
    {
        const char *key = cJSON_GetStringValue(name);
        const char *value = key ? json_text(event, key, "") : "";
        if (!key || !json_get(event, key) || cJSON_GetArraySize(dimensions) == DIMENSIONS_MAX) {
            cJSON_Delete(dimensions);
            return NULL;
        }
        is_dropped = is_dropped || !*value;
        cloudwatch_add_dimension(dimensions, key, value);
    }
    while (is_dropped && dimensions->child)
        cJSON_DeleteItemFromArray(dimensions, 0);
    return dimensions;
}

/* As exporters of OpenTelemetry write histograms: Values with their Counts, or the four numbers of
 * a set of statistics. */
static bool add_distribution(cJSON *datum, const cJSON *value)
{
    static const struct {
        const char *name; /* here */
        const char *of_set;
    } members[] = {
        { "Count", "SampleCount" }, { "Sum", "Sum" }, { "Min", "Minimum" }, { "Max", "Maximum" }
    };
    const cJSON *values = json_get(value, "Values");
    const cJSON *counts = json_get(value, "Counts");
    if (is_number_list(values) && is_number_list(counts)) {
        json_set(datum, "Values", cJSON_Duplicate(values, true));
        json_set(datum, "Counts", cJSON_Duplicate(counts, true));
        return true;
    }
    cJSON *set = json_set_object(datum, "StatisticValues");
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const cJSON *number = json_get(value, members[i].name);
        if (!cJSON_IsNumber(number))
            return false;
        json_set(set, members[i].of_set, cJSON_Duplicate(number, true));
    }
    return true;
}

/* False if the member is nothing that a metric can be. */
static bool add_value(cJSON *datum, const cJSON *value)
{
    bool is_list = is_number_list(value);
    if (cJSON_IsObject(value))
        return add_distribution(datum, value);
    if (is_list || cJSON_IsNumber(value))
        json_set(datum, is_list ? "Values" : "Value", cJSON_Duplicate(value, true));
    return is_list || cJSON_IsNumber(value);
}

static void add_datum(cJSON *data, const cJSON *event, const cJSON *metric, const cJSON *dimensions)
{
    const char *name = json_text(metric, "Name", NULL);
    const cJSON *value = name ? json_get(event, name) : NULL;
    const cJSON *time = json_get(json_get(event, "_aws"), "Timestamp");
    cJSON *datum = cJSON_CreateObject();
    json_set_text(datum, "MetricName", name);
    json_set_text(datum, "Unit", json_text(metric, "Unit", "None"));
    if (!add_value(datum, value)) {
        cJSON_Delete(datum);
        return;
    }
    json_set_double(datum, "StorageResolution", json_double(metric, "StorageResolution", 60));
    if (cJSON_IsNumber(time))
        json_set_double(datum, "Timestamp", time->valuedouble / MS_PER_SECOND);
    json_set(datum, "Dimensions", cJSON_Duplicate(dimensions, true));
    cJSON_AddItemToArray(data, datum);
}

static void add_metrics(cJSON *data, const cJSON *event, const cJSON *directive,
                        const cJSON *dimensions)
{
    const cJSON *metric;
    int count = 0;
    cJSON_ArrayForEach(metric, json_get(directive, "Metrics"))
    {
        if (count++ < METRICS_MAX)
            add_datum(data, event, metric, dimensions);
    }
}

cJSON *embedded_metric_data(const cJSON *event, const cJSON *directive)
{
    cJSON *data = cJSON_CreateArray();
    const cJSON *sets = json_get(directive, "Dimensions");
    const cJSON *names;
    bool is_bare = !cJSON_GetArraySize(sets); /* the metrics without dimensions are there */
    if (is_bare) {
        CLEANUP(json_deletep) cJSON *none = cJSON_CreateArray();
        add_metrics(data, event, directive, none);
    }
    cJSON_ArrayForEach(names, sets)
    {
        CLEANUP(json_deletep) cJSON *dimensions = make_dimensions(event, names);
        bool is_empty = dimensions && !dimensions->child;
        if (dimensions && !(is_empty && is_bare))
            add_metrics(data, event, directive, dimensions);
        is_bare = is_bare || is_empty;
    }
    return data;
}

/* Most events have nothing of the kind, and are not parsed. */
static bool may_be_embedded(struct text message)
{
    static const char mark[] = "\"_aws\"";
    return message.size && memmem(message.data, message.size, mark, strlen(mark)) != NULL;
}

static void publish(struct logs *logs, const struct group_key *key, struct text message)
{
    CLEANUP(json_deletep) cJSON *event = json_fragment_find(message);
    const cJSON *directive;
    cJSON_ArrayForEach(directive, json_get(json_get(event, "_aws"), "CloudWatchMetrics"))
    {
        const char *name_space = json_text(directive, "Namespace", NULL);
        if (!name_space || text_starts_with(text_from(name_space), "AWS/"))
            continue;
        CLEANUP(json_deletep) cJSON *data = embedded_metric_data(event, directive);
        log_metrics_publish(logs, key, name_space, data);
    }
}

void embedded_metrics_publish(struct logs *logs, const struct ingest *ingest)
{
    for (size_t i = 0; i < ingest->count; i++) {
        if (may_be_embedded(ingest->events[i].message))
            publish(logs, &ingest->group->key, ingest->events[i].message);
    }
}
