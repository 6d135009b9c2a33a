/*
 * What is wrong with a list of MetricDataQueries (cloudwatch-api.md section 2.4).
 */
#include <stdarg.h>

#include "buffer.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/insights.h"
#include "cloudwatch/metric_data.h"
#include "cloudwatch/metric_plan.h"
#include "cloudwatch/metric_query.h"
#include "cloudwatch/statistic.h"
#include "pattern.h"

enum { QUERIES_MAX = 500, DYNAMIC_VALUES_MAX = 6, SEARCHES_MAX = 100 };

#define QUERY_ID "[a-z][a-zA-Z0-9_]*"

struct check {
    const char *path;
    struct metric_data_shape shape;
    struct buffer lines; /* what is told of all queries together; not of an alarm's */
    struct error *error;
};

PRINTF_LIKE(2, 3)
static void tell(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buffer_add_vformat(&check->lines, format, arguments);
    va_end(arguments);
    buffer_add_char(&check->lines, '\n');
}

/* PutMetricAlarm has sentences of its own. */
static bool is_alarm(const struct check *check)
{
    return strcmp(check->path, "Metrics") == 0;
}

static void check_metric(struct check *check, const cJSON *metric, int at)
{
    static const char *const needed[] = { "Namespace", "MetricName" };
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (!json_get(metric, needed[i]))
            tell(check, "The parameter %s.member.%d.MetricStat.Metric.%s is required.", check->path,
                 at, needed[i]);
    }
}

static bool check_stat(struct check *check, const cJSON *stat, int at)
{
    struct statistic statistic;
    int64_t period_s = json_int(stat, "Period", 0);
    check_metric(check, json_get(stat, "Metric"), at);
    if (!statistic_parse(json_text(stat, "Stat", ""), &statistic))
        tell(check,
             "The value %s for parameter %s.member.%d.MetricStat.Stat is not a valid statistic.",
             json_text(stat, "Stat", ""), check->path, at);
    if (!metric_period_is_valid(period_s) && is_alarm(check))
        return error_set(check->error, &CLOUDWATCH_VALIDATION,
                         "Period must be 10, 20, 30 or a multiple of 60");
    if (!metric_period_is_valid(period_s))
        return error_set(check->error, &CLOUDWATCH_VALIDATION,
                         "The parameter %s.member.%d.MetricStat.Period must be 1, 5, 10, 20, 30 "
                         "or a multiple of 60.",
                         check->path, at);
    struct metric_data_shape *shape = &check->shape;
    shape->metric_count++;
    if (shape->min_period_s == 0 || period_s < shape->min_period_s)
        shape->min_period_s = period_s;
    return true;
}

static bool check_expression(struct check *check, const cJSON *query, int at)
{
    int64_t period_s = json_int(query, "Period", 60);
    check->shape.expression_count++;
    return metric_period_is_valid(period_s) ||
           error_set(check->error, &CLOUDWATCH_VALIDATION,
                     "The parameter %s.member.%d.Period must be 1, 5, 10, 20, 30 or a multiple of "
                     "60.",
                     check->path, at);
}

/* At most six ${...} in one label (cloudwatch-api.md section 2.9). */
static bool check_label(struct check *check, const cJSON *query, int at)
{
    int count = 0;
    const char *rest = json_text(query, "Label", "");
    while ((rest = strstr(rest, "${"))) {
        rest += 2;
        count++;
    }
    return count <= DYNAMIC_VALUES_MAX ||
           error_set(check->error, &CLOUDWATCH_VALIDATION,
                     "The parameter %s.member.%d.Label must not have more than %d dynamic values.",
                     check->path, at, DYNAMIC_VALUES_MAX);
}

static void check_id(struct check *check, const cJSON *query, int at)
{
    const char *id = json_text(query, "Id", "");
    if (!pattern_matches(QUERY_ID, text_from(id)))
        tell(check,
             "The value %s for parameter %s.member.%d.Id is not matching the expected pattern "
             "^" QUERY_ID "$.",
             id, check->path, at);
}

static bool check_query(struct check *check, const cJSON *query, int at)
{
    const cJSON *stat = json_get(query, "MetricStat");
    const char *expression = json_text(query, "Expression", NULL);
    check->shape.returned_count += json_bool(query, "ReturnData", true);
    if (stat && expression && is_alarm(check))
        return error_set(check->error, &CLOUDWATCH_VALIDATION,
                         "The parameters MetricDataQuery Expression and MetricStat are mutually "
                         "exclusive and you have specified both.");
    if (stat && expression)
        return error_set(check->error, &CLOUDWATCH_VALIDATION,
                         "The parameters %s.member.%d.Expression and %s.member.%d.MetricStat are "
                         "mutually exclusive and you have specified both.",
                         check->path, at, check->path, at);
    check_id(check, query, at);
    if (!check_label(check, query, at))
        return false;
    if (expression)
        return check_expression(check, query, at);
    if (!stat && is_alarm(check))
        return error_set(check->error, &CLOUDWATCH_VALIDATION, "Period must not be null");
    if (!stat) {
        tell(check, "The parameter %s.member.%d.MetricStat is required.", check->path, at);
        return true;
    }
    if (json_get(query, "Period") && !is_alarm(check))
        tell(
            check,
            "The parameters %s.member.%d.Period and %s.member.%d.MetricStat are mutually exclusive "
            "and you have specified both.",
            check->path, at, check->path, at);
    return check_stat(check, stat, at);
}

/* The expressions themselves: syntax, names, types and cycles. */
static bool check_plan(struct check *check, const cJSON *queries)
{
    struct metric_plan plan;
    int searches = 0;
    bool is_good = metric_plan_make(&plan, queries, check->path, check->error);
    for (size_t i = 0; i < plan.count && is_good; i++) {
        const struct metric_plan_item *item = &plan.items[i];
        searches += item->node ? math_count_calls(item->node, "SEARCH") : 0;
        if (item->type == MATH_ARRAY && json_bool(item->query, "ReturnData", true)) {
            check->shape.returns_array = true;
            check->shape.returns_groups |= item->insights && item->insights->order;
        }
        if (searches > SEARCHES_MAX)
            is_good = error_set(check->error, &CLOUDWATCH_VALIDATION,
                                "Error in expression '%s': A request can have at most %d SEARCH "
                                "functions",
                                item->id, SEARCHES_MAX);
    }
    check->shape.uses_search = searches > 0;
    metric_plan_clear(&plan);
    return is_good;
}

bool metric_data_check(const cJSON *queries, const char *path, struct metric_data_shape *shape_out,
                       struct error *error)
{
    struct check check = { .path = path, .error = error };
    const cJSON *query;
    int at = 0;
    int count = cJSON_GetArraySize(queries);
    if (count == 0)
        return error_set(error, &CLOUDWATCH_VALIDATION, "The parameter %s must not be empty.",
                         path);
    if (count > QUERIES_MAX)
        return error_set(error, &CLOUDWATCH_VALIDATION,
                         "The collection %s must not have a size greater than %d.", path,
                         QUERIES_MAX);
    bool is_good = true;
    cJSON_ArrayForEach(query, queries) is_good = is_good && check_query(&check, query, ++at);
    if (is_good && check.lines.size)
        is_good = error_set(error, &CLOUDWATCH_VALIDATION, "%s",
                            is_alarm(&check) ? "Invalid metrics list" : check.lines.data);
    buffer_clear(&check.lines);
    if (!is_good || !check_plan(&check, queries))
        return false;
    if (shape_out)
        *shape_out = check.shape;
    return true;
}

static const struct field metric_fields[] = {
    { .name = "Namespace", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "MetricName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "Dimensions",
      .type = FIELD_LIST,
      .length = BETWEEN(0, DIMENSIONS_MAX),
      .item = &cloudwatch_dimension_item },
    { 0 },
};
static const struct field metric_stat_fields[] = {
    { .name = "Metric", .type = FIELD_STRUCTURE, .is_required = true, .members = metric_fields },
    { .name = "Period", .type = FIELD_INTEGER, .is_required = true, .range = AT_LEAST(1) },
    { .name = "Stat", .type = FIELD_STRING, .is_required = true },
    { .name = "Unit", .type = FIELD_STRING, .values = cloudwatch_units },
    { 0 },
};
static const struct field query_fields[] = {
    { .name = "Id", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    { .name = "MetricStat", .type = FIELD_STRUCTURE, .members = metric_stat_fields },
    { .name = "Expression", .type = FIELD_STRING, .length = BETWEEN(1, MATH_EXPRESSION_MAX) },
    { .name = "Label", .type = FIELD_STRING },
    { .name = "ReturnData", .type = FIELD_BOOLEAN },
    { .name = "Period", .type = FIELD_INTEGER, .range = AT_LEAST(1) },
    { .name = "AccountId", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { 0 },
};
const struct field cloudwatch_metric_data_query_item = { .type = FIELD_STRUCTURE,
                                                         .members = query_fields };
