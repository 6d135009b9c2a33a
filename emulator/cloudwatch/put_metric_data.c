/*
 * PutMetricData (cloudwatch-api.md section 2.1): what may go in. The whole request is judged
 * before anything is stored.
 */
#include <math.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/put_entity.h"
#include "xalloc.h"

enum {
    DATA_MAX = 1000,
    VALUES_MAX = 150,
    NAME_MAX_SIZE = 255, /* characters, as those of dimensions' values */
    DIMENSION_VALUE_MAX_SIZE = 1024,
};

static const int64_t PAST_MAX_MS = 14LL * 86400 * 1000;
static const int64_t FUTURE_MAX_MS = 2LL * 3600 * 1000;

/* One datum under judgement. */
struct check {
    struct call *call;
    const cJSON *datum;
    int number;
    int entity;    /* that it belongs to; 0: none */
    char path[80]; /* once it was asked for */
    int64_t now_ms;
    struct buffer late; /* what is wrong with timestamps: told all at once */
};

/* "MetricData.member.1": only what is refused is named. */
static const char *path_of(struct check *check)
{
    char prefix[40] = "";
    if (check->entity)
        snprintf(prefix, sizeof(prefix), "EntityMetricData.member.%d.", check->entity);
    snprintf(check->path, sizeof(check->path), "%sMetricData.member.%d", prefix, check->number);
    return check->path;
}

static bool invalid(struct check *check, const char *member, const char *problem)
{
    return error_set(&check->call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "The parameter %s.%s %s", path_of(check), member, problem);
}

static bool exclude(struct check *check, const char *first, const char *second)
{
    return error_set(&check->call->error, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION,
                     "The parameters %s.%s and %s.%s are mutually exclusive and you have "
                     "specified both.",
                     path_of(check), first, path_of(check), second);
}

static bool too_many(struct check *check, const char *member, int max)
{
    return error_set(&check->call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "The collection %s.%s must not have a size greater than %d.", path_of(check),
                     member, max);
}

/* Finite, and inside -2^360 ... 2^360. */
static bool check_number(struct check *check, const cJSON *value, const char *member, double least)
{
    if (!value || (cJSON_IsNumber(value) && fabs(value->valuedouble) <= 0x1p360 &&
                   value->valuedouble >= least))
        return true;
    char number[40];
    snprintf(number, sizeof(number), "%.17g", value->valuedouble);
    return error_set(&check->call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "The value %s for parameter %s.%s is invalid.",
                     cJSON_IsString(value) ? value->valuestring : number, path_of(check), member);
}

static bool check_values(struct check *check)
{
    const cJSON *values = json_get(check->datum, "Values");
    const cJSON *counts = json_get(check->datum, "Counts");
    const cJSON *value;
    if (cJSON_GetArraySize(values) > VALUES_MAX)
        return too_many(check, "Values", VALUES_MAX);
    if (counts && cJSON_GetArraySize(values) != cJSON_GetArraySize(counts))
        return error_set(&check->call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The parameters %s.Values and %s.Counts must be of the same size.",
                         path_of(check), path_of(check));
    cJSON_ArrayForEach(value, values)
    {
        if (!check_number(check, value, "Values", -INFINITY))
            return false;
    }
    cJSON_ArrayForEach(value, counts)
    {
        if (!check_number(check, value, "Counts", 0))
            return false;
    }
    return true;
}

static bool check_set(struct check *check)
{
    static const struct {
        const char *name;
        const char *path;
        double least;
    } members[] = {
        { "SampleCount", "StatisticValues.SampleCount", 0 },
        { "Sum", "StatisticValues.Sum", -INFINITY },
        { "Minimum", "StatisticValues.Minimum", -INFINITY },
        { "Maximum", "StatisticValues.Maximum", -INFINITY },
    };
    const cJSON *set = json_get(check->datum, "StatisticValues");
    for (size_t i = 0; set && i < COUNT_OF(members); i++) {
        if (!check_number(check, json_get(set, members[i].name), members[i].path, members[i].least))
            return false;
    }
    return true;
}

/* AWS tells of all timestamps that are wrong, a line each. */
static void check_time(struct check *check)
{
    int64_t time_ms = cloudwatch_read_time_ms(check->datum, "Timestamp", check->now_ms);
    const char *problem = time_ms < check->now_ms - PAST_MAX_MS ? "within the past two weeks."
                          : time_ms > check->now_ms + FUTURE_MAX_MS
                              ? "no more than two hours in the future."
                              : NULL;
    if (problem)
        buffer_add_format(&check->late, "%sThe parameter %s.Timestamp must specify a time %s",
                          check->late.size ? "\n" : "", path_of(check), problem);
}

/* No name or value may hold a control character; the metric's key relies on it. */
static bool is_printable(const char *text, bool is_ascii)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c == 0x7F || (is_ascii && c > 0x7F))
            return false;
    }
    return true;
}

static bool is_repeated(const cJSON *item)
{
    for (const cJSON *other = item->next; other; other = other->next) {
        if (strcmp(json_text(item, "Name", ""), json_text(other, "Name", "")) == 0)
            return true;
    }
    return false;
}

static bool check_dimensions(struct check *check)
{
    const cJSON *dimensions = json_get(check->datum, "Dimensions");
    const cJSON *item;
    if (cJSON_GetArraySize(dimensions) > DIMENSIONS_MAX)
        return too_many(check, "Dimensions", DIMENSIONS_MAX);
    cJSON_ArrayForEach(item, dimensions)
    {
        const char *name = json_text(item, "Name", "");
        const char *value = json_text(item, "Value", "");
        if (name[0] == ':' || name[strspn(name, " ")] == '\0' || !is_printable(name, true))
            return invalid(check, "Dimensions", "has a Name that is invalid.");
        if (value[strspn(value, " ")] == '\0' || !is_printable(value, true))
            return invalid(check, "Dimensions", "has a Value that is invalid.");
        if (is_repeated(item))
            return invalid(check, "Dimensions", "has the same Name twice.");
    }
    return true;
}

static bool is_unit(const char *name)
{
    for (const char *const *unit = cloudwatch_units; *unit; unit++)
        if (strcmp(*unit, name) == 0)
            return true;
    return false;
}

static bool check_unit(struct check *check)
{
    struct buffer set = { 0 };
    if (is_unit(json_text(check->datum, "Unit", "None")))
        return true;
    for (const char *const *unit = cloudwatch_units; *unit; unit++)
        buffer_add_format(&set, "%s%s", set.size ? ", " : "", *unit);
    error_set(&check->call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
              "The parameter %s.Unit must be a value in the set [ %s ].", path_of(check), set.data);
    buffer_clear(&set);
    return false;
}

static bool check_datum(struct check *check)
{
    const cJSON *value = json_get(check->datum, "Value");
    const cJSON *values = json_get(check->datum, "Values");
    const cJSON *set = json_get(check->datum, "StatisticValues");
    int64_t resolution = json_int(check->datum, "StorageResolution", 60);
    bool has_values = values && values->child;
    if (value && has_values)
        return exclude(check, "Value", "Values");
    if (value && set)
        return exclude(check, "Value", "StatisticValues");
    if (!value && !has_values && !set)
        return error_set(&check->call->error, &CLOUDWATCH_MISSING_PARAMETER,
                         "At least one of the parameters %s.Value, Values or StatisticValues must "
                         "be specified.",
                         path_of(check));
    if (!is_printable(json_text(check->datum, "MetricName", ""), false))
        return invalid(check, "MetricName", "holds a control character.");
    if (resolution != 1 && resolution != 60)
        return invalid(check, "StorageResolution", "must be 1 or 60.");
    check_time(check);
    return check_unit(check) && check_number(check, value, "Value", -INFINITY) &&
           check_values(check) && check_set(check) && check_dimensions(check);
}

static bool check_data(struct check *check, const cJSON *data, int entity)
{
    const cJSON *datum;
    check->number = 0;
    check->entity = entity;
    cJSON_ArrayForEach(datum, data)
    {
        check->datum = datum;
        check->number++;
        if (!check_datum(check))
            return false;
    }
    return true;
}

static bool check_all_data(struct check *check)
{
    const cJSON *entity;
    int at = 0;
    if (!check_data(check, json_get(check->call->input, "MetricData"), 0))
        return false;
    cJSON_ArrayForEach(entity, json_get(check->call->input, "EntityMetricData"))
    {
        if (!check_data(check, json_get(entity, "MetricData"), ++at))
            return false;
    }
    return check->late.size == 0 ||
           error_set(&check->call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE, "%s",
                     check->late.data);
}

static int count_data(const cJSON *input)
{
    const cJSON *entity;
    int count = cJSON_GetArraySize(json_get(input, "MetricData"));
    cJSON_ArrayForEach(entity, json_get(input, "EntityMetricData")) count +=
        cJSON_GetArraySize(json_get(entity, "MetricData"));
    return count;
}

static bool check_request(struct call *call)
{
    const char *name_space = json_text(call->input, "Namespace", "");
    int count = count_data(call->input);
    if (strncmp(name_space, "AWS/", 4) == 0 || !is_printable(name_space, false))
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The value %s for parameter Namespace is invalid.", name_space);
    if (count > DATA_MAX)
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "The collection MetricData must not have a size greater than %d.",
                         DATA_MAX);
    if (count == 0)
        return error_set(&call->error, &CLOUDWATCH_MISSING_PARAMETER,
                         "The parameter MetricData is required.");
    struct check check = { .call = call, .now_ms = clock_now_ms() };
    bool is_good = check_all_data(&check);
    buffer_clear(&check.late);
    return is_good;
}

static bool has_size(const char *text, size_t characters_max)
{
    return *text && text_front(text_from(text), characters_max).size == strlen(text);
}

bool cloudwatch_namespace_is_good(const char *name_space)
{
    return has_size(name_space, NAME_MAX_SIZE) && *name_space != ':' &&
           is_printable(name_space, false);
}

bool cloudwatch_datum_is_good(const cJSON *datum, int64_t now_ms)
{
    struct call call = { 0 };
    struct check check = { .call = &call, .datum = datum, .now_ms = now_ms };
    bool is_good = has_size(json_text(datum, "MetricName", ""), NAME_MAX_SIZE) &&
                   check_datum(&check) && !check.late.size;
    const cJSON *item;
    cJSON_ArrayForEach(item, json_get(datum, "Dimensions")) is_good =
        is_good && has_size(json_text(item, "Name", ""), NAME_MAX_SIZE) &&
        has_size(json_text(item, "Value", ""), DIMENSION_VALUE_MAX_SIZE);
    buffer_clear(&check.late);
    error_clear(&call.error);
    return is_good;
}

static void publish(struct cloudwatch *cloudwatch, const struct metric_source *source,
                    const cJSON *data)
{
    if (data && data->child)
        cloudwatch_publish(cloudwatch->metrics, cloudwatch->journal, source, data);
}

static enum outcome put_metric_data(struct call *call)
{
    struct cloudwatch *cloudwatch = call->state;
    struct metric_source source = { call->account, call->region,
                                    json_text(call->input, "Namespace", "") };
    const cJSON *entity;
    if (!check_request(call) || !put_entity_check(call))
        return OUTCOME_FAULT;
    publish(cloudwatch, &source, json_get(call->input, "MetricData"));
    cJSON_ArrayForEach(entity, json_get(call->input, "EntityMetricData"))
        publish(cloudwatch, &source, json_get(entity, "MetricData"));
    return OUTCOME_OK;
}

static const struct field number_item = { .type = FIELD_DOUBLE };
static const struct field statistic_set_fields[] = {
    { .name = "SampleCount", .type = FIELD_DOUBLE, .is_required = true },
    { .name = "Sum", .type = FIELD_DOUBLE, .is_required = true },
    { .name = "Minimum", .type = FIELD_DOUBLE, .is_required = true },
    { .name = "Maximum", .type = FIELD_DOUBLE, .is_required = true },
    { 0 },
};
static const struct field datum_fields[] = {
    { .name = "MetricName", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    { .name = "Dimensions", .type = FIELD_LIST, .item = &cloudwatch_dimension_item },
    { .name = "Timestamp", .type = FIELD_TIMESTAMP },
    { .name = "Value", .type = FIELD_DOUBLE },
    { .name = "StatisticValues", .type = FIELD_STRUCTURE, .members = statistic_set_fields },
    { .name = "Values", .type = FIELD_LIST, .item = &number_item },
    { .name = "Counts", .type = FIELD_LIST, .item = &number_item },
    { .name = "Unit", .type = FIELD_STRING },
    { .name = "StorageResolution", .type = FIELD_INTEGER, .range = AT_LEAST(1) },
    { 0 },
};
static const struct field datum_item = { .type = FIELD_STRUCTURE, .members = datum_fields };
static const struct field entity_data_fields[] = {
    { .name = "Entity", .type = FIELD_STRUCTURE, .members = put_entity_fields },
    { .name = "MetricData", .type = FIELD_LIST, .item = &datum_item },
    { 0 },
};
static const struct field entity_data_item = { .type = FIELD_STRUCTURE,
                                               .members = entity_data_fields };
static const struct field put_metric_data_fields[] = {
    { .name = "Namespace",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 255),
      .pattern = "[^:].*" },
    { .name = "MetricData", .type = FIELD_LIST, .item = &datum_item },
    { .name = "EntityMetricData",
      .type = FIELD_LIST,
      .length = BETWEEN(0, 2),
      .item = &entity_data_item },
    { .name = "StrictEntityValidation", .type = FIELD_BOOLEAN },
    { 0 },
};

const struct operation put_metric_data_operations[] = {
    { .name = "PutMetricData",
      .input = put_metric_data_fields,
      .handle = put_metric_data,
      .note = "Entities are judged, and their data stored; nothing can be asked by entity." },
    { 0 },
};
