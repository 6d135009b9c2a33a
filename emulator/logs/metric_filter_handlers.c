/*
 * PutMetricFilter and its siblings (cloudwatch-api.md section 6.8).
 */
#include <math.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "cloudwatch/fields.h"
#include "logs/faults.h"
#include "logs/filter_pattern.h"
#include "logs/handlers.h"
#include "xalloc.h"

enum { FILTERS_MAX = 100, LIST_MAX = 50, METRIC_DIMENSIONS_MAX = 3, MESSAGES_MAX = 50 };

/* A number, or the name of a value in the event. */
static bool check_transformation(struct call *call, const cJSON *transformation)
{
    const char *value = json_text(transformation, "metricValue", "");
    const cJSON *dimensions = json_get(transformation, "dimensions");
    const cJSON *dimension;
    double number;
    if (*value != '$' && (!text_to_double(text_from(value), &number) || !isfinite(number)))
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "Invalid metric transformation: the metricValue '%s' is neither a number "
                         "nor the name of a field.",
                         value);
    if (text_starts_with(text_from(json_text(transformation, "metricNamespace", "")), "AWS/"))
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "Metric namespaces starting with AWS/ are reserved for AWS.");
    if (dimensions && json_get(transformation, "defaultValue"))
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "Invalid metric transformation: dimensions and default value are "
                         "mutually exclusive properties");
    cJSON_ArrayForEach(dimension, dimensions)
    {
        if (!filter_is_selector(dimension->valuestring))
            return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                             "Invalid metric transformation: dimension value must be valid "
                             "selector");
    }
    return true;
}

/* A transformation as AWS's server prints the object that it has for one. */
static void print_transformation(struct buffer *out, const cJSON *transformation)
{
    static const char *const members[] = { "metricName",  "metricNamespace",
                                           "metricValue", "defaultValue",
                                           "unit",        "dimensions" };
    buffer_add_string(out, "MetricTransformation(");
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const cJSON *value = json_get(transformation, members[i]);
        CLEANUP(freep) char *text = value && !cJSON_IsString(value) ? json_print(value) : NULL;
        buffer_add_format(out, "%s%s=%s", i ? ", " : "", members[i],
                          text ? text : json_text(transformation, members[i], "null"));
    }
    buffer_add_char(out, ')');
}

static bool check_count(struct call *call, const cJSON *list)
{
    CLEANUP(buffer_clear) struct buffer printed = { 0 };
    const cJSON *transformation;
    if (cJSON_GetArraySize(list) == 1)
        return true;
    cJSON_ArrayForEach(transformation, list)
    {
        buffer_add_string(&printed, printed.size ? ", " : "");
        print_transformation(&printed, transformation);
    }
    return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "1 validation error detected: Value '[%s]' at 'metricTransformations' failed "
                     "to satisfy constraint: Member must have length less than or equal to 1",
                     printed.data);
}

/* AWS has a text of its own for the patterns of metric filters. */
static struct filter_pattern *parse_pattern(struct call *call)
{
    struct filter_pattern *pattern =
        filter_pattern_parse(text_from(json_text(call->input, "filterPattern", "")), &call->error);
    if (!pattern && strcmp(call->error.message, FILTER_PATTERN_INVALID) == 0)
        error_set(&call->error, &LOGS_INVALID_PARAMETER, "Invalid metric filter pattern");
    return pattern;
}

static bool check_pattern(struct call *call, const cJSON *transformation)
{
    struct filter_pattern *pattern = parse_pattern(call);
    bool has_dimensions = cJSON_GetArraySize(json_get(transformation, "dimensions")) > 0;
    bool is_good =
        pattern && (!has_dimensions || filter_pattern_has_values(pattern) ||
                    error_set(&call->error, &LOGS_INVALID_PARAMETER,
                              "The specified filter pattern does not support dimensions"));
    filter_pattern_destroy(pattern);
    return is_good;
}

/* They tell events of other accounts and regions apart, of which a group here has none. */
static const char *const without_effect[] = { "fieldSelectionCriteria", "emitSystemFieldDimensions",
                                              NULL };

static char *print_configuration(const struct call *call)
{
    static const char *const members[] = { "filterPattern", "metricTransformations" };
    CLEANUP(json_deletep) cJSON *configuration = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT_OF(members); i++)
        json_set(configuration, members[i],
                 cJSON_Duplicate(json_get(call->input, members[i]), true));
    json_set_bool(configuration, "applyOnTransformedLogs",
                  json_bool(call->input, "applyOnTransformedLogs", false));
    members_keep(call, without_effect, configuration);
    return json_print(configuration);
}

static enum outcome put_metric_filter(struct call *call)
{
    struct log_group group;
    const char *name = json_text(call->input, "filterName", "");
    const cJSON *list = json_get(call->input, "metricTransformations");
    if (!check_count(call, list) || !check_transformation(call, list->child) ||
        !check_pattern(call, list->child) || !group_read(call, &group) ||
        !group_check_standard(call, &group))
        return OUTCOME_FAULT;
    if (metric_filter_count(call->store, group.id) >= FILTERS_MAX &&
        !metric_filter_exists(call->store, group.id, name))
        return call_fault(call, &LOGS_LIMIT_EXCEEDED, "Resource limit exceeded.");
    if (!filter_check_regexes(call, group.id, FILTER_TABLE_METRIC))
        return OUTCOME_FAULT;
    CLEANUP(freep) char *configuration = print_configuration(call);
    filter_keep(call, FILTER_TABLE_METRIC, group.id, configuration);
    return OUTCOME_OK;
}

static enum outcome delete_metric_filter(struct call *call)
{
    return filter_delete(call, FILTER_TABLE_METRIC);
}

/* A page of filters under construction. */
struct listing {
    struct call *call;
    const char *metric_name; /* NULL: any */
    const char *name_space;  /* NULL: any */
    cJSON *list;
    int limit;
    char *last; /* "group:filter" of the last one that was added */
    bool is_cut;
};

static bool is_wanted(const struct listing *listing, const cJSON *configuration)
{
    const cJSON *list = json_get(configuration, "metricTransformations");
    const cJSON *transformation = cJSON_GetArrayItem(list, 0);
    return (!listing->metric_name ||
            strcmp(listing->metric_name, json_text(transformation, "metricName", "")) == 0) &&
           (!listing->name_space ||
            strcmp(listing->name_space, json_text(transformation, "metricNamespace", "")) == 0);
}

static bool add_filter(const struct filter_row *row, void *owner)
{
    struct listing *listing = owner;
    cJSON *item = json_parse(text_from(row->configuration));
    if (!is_wanted(listing, item) || cJSON_GetArraySize(listing->list) == listing->limit) {
        listing->is_cut = is_wanted(listing, item);
        cJSON_Delete(item);
        return !listing->is_cut;
    }
    json_set_text(item, "filterName", row->name);
    json_set_text(item, "logGroupName", row->group_name);
    json_set_double(item, "creationTime", (double)row->created_ms);
    cJSON_AddItemToArray(listing->list, item);
    listing->last = arena_format(&listing->call->arena, "%s:%s", row->group_name, row->name);
    return true;
}

static bool read_search(struct call *call, struct metric_filter_search *search_out)
{
    struct log_group group;
    const char *key;
    *search_out = (struct metric_filter_search){
        .account = call->account,
        .region = call->region,
        .prefix = json_text(call->input, "filterNamePrefix", ""),
        .after_group = "",
        .after_name = "",
    };
    if (!token_read(call, &key))
        return false;
    const char *colon = strchr(key, ':');
    if (colon) {
        search_out->after_group =
            arena_copy(&call->arena, (struct text){ key, (size_t)(colon - key) });
        search_out->after_name = colon + 1;
    }
    if (!json_get(call->input, "logGroupName"))
        return true;
    if (!group_read(call, &group) || !group_check_standard(call, &group))
        return false;
    search_out->group_id = group.id;
    return true;
}

static enum outcome describe_metric_filters(struct call *call)
{
    struct metric_filter_search search;
    struct listing listing = { .call = call,
                               .metric_name = json_text(call->input, "metricName", NULL),
                               .name_space = json_text(call->input, "metricNamespace", NULL),
                               .limit = (int)json_int(call->input, "limit", LIST_MAX) };
    if (!listing.metric_name != !listing.name_space)
        return call_fault(call, &LOGS_INVALID_PARAMETER,
                          "If you include the metricName parameter in your request, you must also "
                          "include the metricNamespace parameter.");
    if (!read_search(call, &search))
        return OUTCOME_FAULT;
    listing.list = json_set_array(call_output(call), "metricFilters");
    metric_filter_each(call->store, &search, add_filter, &listing);
    if (listing.is_cut)
        token_write(call, listing.last);
    return OUTCOME_OK;
}

static enum outcome test_metric_filter(struct call *call)
{
    struct filter_pattern *pattern = parse_pattern(call);
    if (!pattern)
        return OUTCOME_FAULT;
    cJSON *list = json_set_array(call_output(call), "matches");
    const cJSON *message;
    int number = 0;
    cJSON_ArrayForEach(message, json_get(call->input, "logEventMessages"))
    {
        struct text text = text_from(message->valuestring);
        number++;
        if (!filter_pattern_matches(pattern, text))
            continue;
        cJSON *match = cJSON_CreateObject();
        json_set_double(match, "eventNumber", number);
        json_set_text(match, "eventMessage", message->valuestring);
        filter_pattern_extract_all(pattern, text, json_set_object(match, "extractedValues"));
        cJSON_AddItemToArray(list, match);
    }
    filter_pattern_destroy(pattern);
    return OUTCOME_OK;
}

#define METRIC_ROW(member, is_needed)                                                              \
    {                                                                                              \
        .name = member, .type = FIELD_STRING, .is_required = (is_needed),                          \
        .length = BETWEEN(0, 255), .pattern = "[^:*$]*"                                            \
    }

static const struct field dimension_text = { .type = FIELD_STRING, .length = BETWEEN(0, 255) };
static const struct field transformation_fields[] = {
    METRIC_ROW("metricName", true),
    METRIC_ROW("metricNamespace", true),
    { .name = "metricValue", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(0, 100) },
    { .name = "defaultValue", .type = FIELD_DOUBLE },
    { .name = "dimensions",
      .type = FIELD_MAP,
      .length = BETWEEN(0, METRIC_DIMENSIONS_MAX),
      .key = &dimension_text,
      .item = &dimension_text },
    { .name = "unit", .type = FIELD_STRING, .values = cloudwatch_units },
    { 0 },
};
static const struct field transformation_item = { .type = FIELD_STRUCTURE,
                                                  .members = transformation_fields };
static const struct field message_item = { .type = FIELD_STRING, .length = AT_LEAST(1) };
static const struct field system_field = { .type = FIELD_STRING };
static const struct field put_fields[] = {
    GROUP_NAME_ROW(true),
    FILTER_NAME_ROW("filterName", true),
    FILTER_PATTERN_ROW,
    { .name = "metricTransformations",
      .type = FIELD_LIST,
      .is_required = true,
      .length = AT_LEAST(1), /* and at most one: check_count() */
      .item = &transformation_item },
    { .name = "applyOnTransformedLogs", .type = FIELD_BOOLEAN },
    { .name = "fieldSelectionCriteria", .type = FIELD_STRING, .length = BETWEEN(0, 2000) },
    { .name = "emitSystemFieldDimensions", .type = FIELD_LIST, .item = &system_field },
    { 0 },
};
static const struct field delete_fields[] = { GROUP_NAME_ROW(true),
                                              FILTER_NAME_ROW("filterName", true),
                                              { 0 } };
static const struct field describe_fields[] = {
    GROUP_NAME_ROW(false),
    FILTER_NAME_ROW("filterNamePrefix", false),
    TOKEN_ROW,
    LIMIT_ROW(LIST_MAX),
    METRIC_ROW("metricName", false),
    METRIC_ROW("metricNamespace", false),
    { 0 },
};
static const struct field test_fields[] = {
    FILTER_PATTERN_ROW,
    { .name = "logEventMessages",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(1, MESSAGES_MAX),
      .item = &message_item },
    { 0 },
};

const struct operation metric_filter_operations[] = {
    { .name = "PutMetricFilter",
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_metric_filter,
      .note =
          "`fieldSelectionCriteria` and `emitSystemFieldDimensions` are kept and shown, without "
          "effect, and the log says so." },
    { .name = "DeleteMetricFilter",
      .flags = OPERATION_WRITES,
      .input = delete_fields,
      .handle = delete_metric_filter },
    { .name = "DescribeMetricFilters",
      .input = describe_fields,
      .handle = describe_metric_filters },
    { .name = "TestMetricFilter", .input = test_fields, .handle = test_metric_filter },
    { 0 },
};
