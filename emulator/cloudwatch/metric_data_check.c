/*
 * What is wrong with a list of MetricDataQueries (cloudwatch-api.md section 2.4).
 */
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/metric_data.h"
#include "cloudwatch/metric_query.h"
#include "cloudwatch/statistic.h"

enum { QUERIES_MAX = 500, EXPRESSION_MAX = 2048 };

#define QUERY_ID "[a-z][a-zA-Z0-9_]*"

struct check {
    const char *path;
    struct metric_data_shape shape;
    struct error *error;
};

static bool check_stat(struct check *check, const cJSON *stat, int at)
{
    struct statistic statistic;
    int64_t period_s = json_int(stat, "Period", 0);
    if (!statistic_parse(json_text(stat, "Stat", ""), &statistic))
        return error_set(check->error, &CLOUDWATCH_VALIDATION,
                         "The value %s for parameter %s.member.%d.MetricStat.Stat is not "
                         "supported.",
                         json_text(stat, "Stat", ""), check->path, at);
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

static bool check_query(struct check *check, const cJSON *query, int at)
{
    const cJSON *stat = json_get(query, "MetricStat");
    const char *expression = json_text(query, "Expression", NULL);
    check->shape.returned_count += json_bool(query, "ReturnData", true);
    if (stat && expression)
        return error_set(check->error, &CLOUDWATCH_VALIDATION,
                         "The parameters %s.member.%d.Expression and %s.member.%d.MetricStat are "
                         "mutually exclusive and you have specified both.",
                         check->path, at, check->path, at);
    if (expression)
        return error_set(check->error, &CLOUDWATCH_VALIDATION,
                         "Error in expression '%s': Coalmine does not emulate metric math and "
                         "search expressions yet; query each metric with MetricStat",
                         json_text(query, "Id", ""));
    if (!stat)
        return error_set(check->error, &CLOUDWATCH_VALIDATION,
                         "The parameter %s.member.%d.MetricStat is required.\n", check->path, at);
    return check_stat(check, stat, at);
}

static bool ids_are_unique(struct check *check, const cJSON *queries)
{
    const cJSON *query;
    cJSON_ArrayForEach(query, queries)
    {
        for (const cJSON *other = query->next; other; other = other->next) {
            if (strcmp(json_text(query, "Id", ""), json_text(other, "Id", "")) == 0)
                return error_set(check->error, &CLOUDWATCH_VALIDATION,
                                 "The values for parameter id in %s are not unique.", check->path);
        }
    }
    return true;
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
    cJSON_ArrayForEach(query, queries)
    {
        if (!check_query(&check, query, ++at))
            return false;
    }
    if (!ids_are_unique(&check, queries))
        return false;
    if (shape_out)
        *shape_out = check.shape;
    return true;
}

const struct field cloudwatch_metric_item_fields[] = {
    { .name = "Namespace", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "MetricName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "Dimensions",
      .type = FIELD_LIST,
      .length = BETWEEN(0, DIMENSIONS_MAX),
      .item = &cloudwatch_dimension_item },
    { 0 },
};
static const struct field metric_stat_fields[] = {
    { .name = "Metric",
      .type = FIELD_STRUCTURE,
      .is_required = true,
      .members = cloudwatch_metric_item_fields },
    { .name = "Period", .type = FIELD_INTEGER, .is_required = true, .range = AT_LEAST(1) },
    { .name = "Stat", .type = FIELD_STRING, .is_required = true },
    { .name = "Unit", .type = FIELD_STRING, .values = cloudwatch_units },
    { 0 },
};
static const struct field query_fields[] = {
    { .name = "Id",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 255),
      .pattern = QUERY_ID },
    { .name = "MetricStat", .type = FIELD_STRUCTURE, .members = metric_stat_fields },
    { .name = "Expression", .type = FIELD_STRING, .length = BETWEEN(1, EXPRESSION_MAX) },
    { .name = "Label", .type = FIELD_STRING },
    { .name = "ReturnData", .type = FIELD_BOOLEAN },
    { .name = "Period", .type = FIELD_INTEGER, .range = AT_LEAST(1) },
    { .name = "AccountId", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { 0 },
};
const struct field cloudwatch_metric_data_query_item = { .type = FIELD_STRUCTURE,
                                                         .members = query_fields };
