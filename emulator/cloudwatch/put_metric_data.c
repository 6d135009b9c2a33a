/*
 * PutMetricData (cloudwatch-api.md section 2.1): what may go in. The whole request is judged
 * before anything is stored.
 */
#include <float.h>
#include <math.h>
#include <stdarg.h>
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

enum complaint { COMPLAINT_MISSING, COMPLAINT_COMBINATION, COMPLAINT_VALUE, COMPLAINTS };

static const struct fault *const complaint_faults[COMPLAINTS] = {
    [COMPLAINT_MISSING] = &CLOUDWATCH_MISSING_PARAMETER,
    [COMPLAINT_COMBINATION] = &CLOUDWATCH_INVALID_PARAMETER_COMBINATION,
    [COMPLAINT_VALUE] = &CLOUDWATCH_INVALID_PARAMETER_VALUE,
};

/* The datum under judgement, and what is wrong with it and those before it: AWS tells of all data,
 * a line each. */
struct check {
    const cJSON *datum;
    int number;
    int entity;    /* that it belongs to; 0: none */
    char path[80]; /* once it was asked for */
    int64_t now_ms;
    struct buffer lines[COMPLAINTS];
};

static bool check_is_good(const struct check *check)
{
    for (size_t i = 0; i < COMPLAINTS; i++) {
        if (check->lines[i].size)
            return false;
    }
    return true;
}

static void check_clear(struct check *check)
{
    for (size_t i = 0; i < COMPLAINTS; i++)
        buffer_clear(&check->lines[i]);
}

/* "MetricData.member.1": only what is refused is named. */
static const char *path_of(struct check *check)
{
    char prefix[40] = "";
    if (check->entity)
        snprintf(prefix, sizeof(prefix), "EntityMetricData.member.%d.", check->entity);
    snprintf(check->path, sizeof(check->path), "%sMetricData.member.%d", prefix, check->number);
    return check->path;
}

PRINTF_LIKE(3, 4)
static void tell(struct check *check, enum complaint complaint, const char *format, ...)
{
    struct buffer *lines = &check->lines[complaint];
    va_list arguments;
    if (lines->size)
        buffer_add_char(lines, '\n');
    va_start(arguments, format);
    buffer_add_vformat(lines, format, arguments);
    va_end(arguments);
}

static void tell_excluded(struct check *check, const char *first, const char *second)
{
    tell(check, COMPLAINT_COMBINATION,
         "The parameters %s.%s and %s.%s are mutually exclusive and you have specified both.",
         path_of(check), first, path_of(check), second);
}

static void tell_too_many(struct check *check, const char *member, int max)
{
    tell(check, COMPLAINT_VALUE, "The collection %s.%s must not have a size greater than %d.",
         path_of(check), member, max);
}

/* Finite, and inside -2^360 ... 2^360. */
static void check_number(struct check *check, const cJSON *value, const char *member, double least)
{
    if (!value || (cJSON_IsNumber(value) && fabs(value->valuedouble) <= 0x1p360 &&
                   value->valuedouble >= least))
        return;
    char number[40];
    snprintf(number, sizeof(number), "%.17g", value->valuedouble);
    tell(check, COMPLAINT_VALUE, "The value %s for parameter %s.%s is invalid.",
         cJSON_IsString(value) ? value->valuestring : number, path_of(check), member);
}

static void check_values(struct check *check)
{
    const cJSON *values = json_get(check->datum, "Values");
    const cJSON *counts = json_get(check->datum, "Counts");
    const cJSON *value;
    if (cJSON_GetArraySize(values) > VALUES_MAX) {
        tell_too_many(check, "Values", VALUES_MAX);
        return;
    }
    if (counts && cJSON_GetArraySize(values) != cJSON_GetArraySize(counts)) {
        tell(check, COMPLAINT_VALUE,
             "The parameters %s.Values and %s.Counts must be of the same size.", path_of(check),
             path_of(check));
        return;
    }
    cJSON_ArrayForEach(value, values) check_number(check, value, "Values", -INFINITY);
    cJSON_ArrayForEach(value, counts) check_number(check, value, "Counts", 0);
}

/* A set of no samples is refused, too. */
static void check_set(struct check *check)
{
    static const struct {
        const char *name;
        const char *path;
        double least;
    } members[] = {
        { "SampleCount", "StatisticValues.SampleCount", DBL_MIN },
        { "Sum", "StatisticValues.Sum", -INFINITY },
        { "Minimum", "StatisticValues.Minimum", -INFINITY },
        { "Maximum", "StatisticValues.Maximum", -INFINITY },
    };
    const cJSON *set = json_get(check->datum, "StatisticValues");
    for (size_t i = 0; set && i < COUNT_OF(members); i++)
        check_number(check, json_get(set, members[i].name), members[i].path, members[i].least);
}

static void check_time(struct check *check)
{
    int64_t time_ms = cloudwatch_read_time_ms(check->datum, "Timestamp", check->now_ms);
    const char *problem = time_ms < check->now_ms - PAST_MAX_MS ? "within the past two weeks."
                          : time_ms > check->now_ms + FUTURE_MAX_MS
                              ? "no more than two hours in the future."
                              : NULL;
    if (problem)
        tell(check, COMPLAINT_VALUE, "The parameter %s.Timestamp must specify a time %s",
             path_of(check), problem);
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

static bool is_too_long(const char *text, size_t characters_max)
{
    return text_front(text_from(text), characters_max).size != strlen(text);
}

static bool is_repeated(const cJSON *item)
{
    for (const cJSON *other = item->next; other; other = other->next) {
        if (strcmp(json_text(item, "Name", ""), json_text(other, "Name", "")) == 0)
            return true;
    }
    return false;
}

/* A dimension's Name or Value. What is blank counts as missing, and control characters as not ASCII
 * (cloudwatch-api.md section 2.1). */
static void check_dimension_text(struct check *check, const cJSON *dimension, int at,
                                 const char *member, int characters_max)
{
    const char *text = json_text(dimension, member, "");
    if (text[strspn(text, " \t\n\v\f\r")] == '\0')
        tell(check, COMPLAINT_MISSING, "The parameter %s.Dimensions.member.%d.%s is required.",
             path_of(check), at, member);
    if (!is_printable(text, true))
        tell(check, COMPLAINT_VALUE,
             "The value for parameter %s.Dimensions.member.%d.%s contains non-ASCII characters.",
             path_of(check), at, member);
    if (is_too_long(text, (size_t)characters_max))
        tell(check, COMPLAINT_VALUE,
             "The parameter %s.Dimensions.member.%d.%s must be shorter than %d characters.",
             path_of(check), at, member, characters_max + 1);
}

static void check_dimension(struct check *check, const cJSON *dimension, int at)
{
    const char *name = json_text(dimension, "Name", "");
    check_dimension_text(check, dimension, at, "Name", NAME_MAX_SIZE);
    if (name[0] == ':')
        tell(check, COMPLAINT_VALUE,
             "The value %s for parameter %s.Dimensions.member.%d.Name is invalid.", name,
             path_of(check), at);
    check_dimension_text(check, dimension, at, "Value", DIMENSION_VALUE_MAX_SIZE);
}

static void check_dimensions(struct check *check)
{
    const cJSON *dimensions = json_get(check->datum, "Dimensions");
    const cJSON *item;
    bool is_twice = false;
    int at = 0;
    if (cJSON_GetArraySize(dimensions) > DIMENSIONS_MAX) {
        tell_too_many(check, "Dimensions", DIMENSIONS_MAX);
        return;
    }
    cJSON_ArrayForEach(item, dimensions)
    {
        check_dimension(check, item, ++at);
        is_twice = is_twice || is_repeated(item);
    }
    if (is_twice)
        tell(check, COMPLAINT_VALUE, "No metric may specify the same dimension name twice.");
}

static void check_metric_name(struct check *check)
{
    const char *name = json_text(check->datum, "MetricName", "");
    if (!*name)
        tell(check, COMPLAINT_MISSING, "The parameter %s.MetricName is required.", path_of(check));
    if (!is_printable(name, false))
        tell(check, COMPLAINT_VALUE, "The parameter %s.MetricName holds a control character.",
             path_of(check));
    if (is_too_long(name, NAME_MAX_SIZE))
        tell(check, COMPLAINT_VALUE,
             "The parameter %s.MetricName must be shorter than %d characters.", path_of(check),
             NAME_MAX_SIZE + 1);
}

static bool is_unit(const char *name)
{
    for (const char *const *unit = cloudwatch_units; *unit; unit++)
        if (strcmp(*unit, name) == 0)
            return true;
    return false;
}

static void check_unit(struct check *check)
{
    struct buffer set = { 0 };
    if (is_unit(json_text(check->datum, "Unit", "None")))
        return;
    for (const char *const *unit = cloudwatch_units; *unit; unit++)
        buffer_add_format(&set, "%s%s", set.size ? ", " : "", *unit);
    tell(check, COMPLAINT_VALUE, "The parameter %s.Unit must be a value in the set [ %s ].",
         path_of(check), set.data);
    buffer_clear(&set);
}

/* One of Value, Values and StatisticValues; the last two may come together. */
static void check_kind(struct check *check)
{
    const cJSON *value = json_get(check->datum, "Value");
    const cJSON *values = json_get(check->datum, "Values");
    const cJSON *set = json_get(check->datum, "StatisticValues");
    bool has_values = values && values->child;
    if (value && has_values)
        tell_excluded(check, "Value", "Values");
    if (value && set)
        tell_excluded(check, "Value", "StatisticValues");
    if (!value && !has_values && !set)
        tell(check, COMPLAINT_COMBINATION, "At least one of the parameters must be specified.");
}

static void check_datum(struct check *check)
{
    int64_t resolution = json_int(check->datum, "StorageResolution", 60);
    check_kind(check);
    check_metric_name(check);
    if (resolution != 1 && resolution != 60)
        tell(check, COMPLAINT_VALUE,
             "The parameter %s.StorageResolution must be a value in the set [ 1, 60 ].",
             path_of(check));
    check_time(check);
    check_unit(check);
    check_number(check, json_get(check->datum, "Value"), "Value", -INFINITY);
    check_values(check);
    check_set(check);
    check_dimensions(check);
}

static void check_data(struct check *check, const cJSON *data, int entity)
{
    const cJSON *datum;
    check->number = 0;
    check->entity = entity;
    cJSON_ArrayForEach(datum, data)
    {
        check->datum = datum;
        check->number++;
        check_datum(check);
    }
}

static bool check_all_data(struct call *call)
{
    struct check check = { .now_ms = clock_now_ms() };
    const cJSON *entity;
    bool is_good = true;
    int at = 0;
    check_data(&check, json_get(call->input, "MetricData"), 0);
    cJSON_ArrayForEach(entity, json_get(call->input, "EntityMetricData"))
        check_data(&check, json_get(entity, "MetricData"), ++at);
    for (size_t i = 0; i < COMPLAINTS && is_good; i++) {
        if (check.lines[i].size)
            is_good = error_set(&call->error, complaint_faults[i], "%s", check.lines[i].data);
    }
    check_clear(&check);
    return is_good;
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
    return check_all_data(call);
}

bool cloudwatch_namespace_is_good(const char *name_space)
{
    return *name_space && !is_too_long(name_space, NAME_MAX_SIZE) && *name_space != ':' &&
           is_printable(name_space, false);
}

bool cloudwatch_datum_is_good(const cJSON *datum, int64_t now_ms)
{
    struct check check = { .datum = datum, .now_ms = now_ms };
    check_datum(&check);
    bool is_good = check_is_good(&check);
    check_clear(&check);
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
/* Their texts are judged with the data. */
static const struct field dimension_fields[] = {
    { .name = "Name", .type = FIELD_STRING, .is_required = true },
    { .name = "Value", .type = FIELD_STRING, .is_required = true },
    { 0 },
};
static const struct field dimension_item = { .type = FIELD_STRUCTURE, .members = dimension_fields };
static const struct field datum_fields[] = {
    { .name = "MetricName", .type = FIELD_STRING, .is_required = true },
    { .name = "Dimensions", .type = FIELD_LIST, .item = &dimension_item },
    { .name = "Timestamp", .type = FIELD_TIMESTAMP },
    { .name = "Value", .type = FIELD_DOUBLE },
    { .name = "StatisticValues", .type = FIELD_STRUCTURE, .members = statistic_set_fields },
    { .name = "Values", .type = FIELD_LIST, .item = &number_item },
    { .name = "Counts", .type = FIELD_LIST, .item = &number_item },
    { .name = "Unit", .type = FIELD_STRING },
    { .name = "StorageResolution", .type = FIELD_INTEGER },
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
