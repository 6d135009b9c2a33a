#include "aws/cloudwatch_api.h"

#include "timestamp.h"
#include "xalloc.h"

enum { PERIOD_S = 60, MINUTE_MS = 60000, PAGES_MAX = 1000, ALARMS_PER_CALL = 100 };

cJSON *cloudwatch_call(struct api *api, const char *operation, const cJSON *input,
                       const char *doing, struct error *error)
{
    CLEANUP(freep) char *text = json_print(input);
    CLEANUP(freep) char *target = xformat("GraniteServiceVersion20100801.%s", operation);
    struct api_request request = { .service = API_CLOUDWATCH,
                                   .operation = operation,
                                   .method = "POST",
                                   .path = "/",
                                   .target = target,
                                   .body = text_from(text) };
    struct api_response response;
    cJSON *tree = NULL;
    if (!api_call(api, &request, &response))
        api_failure(&response, doing, error);
    else if (!(tree = api_response_json(&response)))
        error_set(error, NULL, "cannot %s: the answer is no JSON", doing);
    api_response_clear(&response);
    return tree;
}

static void add_dimension(cJSON *list, const char *name, const char *value)
{
    cJSON *dimension = cJSON_CreateObject();
    json_set_text(dimension, "Name", name);
    json_set_text(dimension, "Value", value);
    cJSON_AddItemToArray(list, dimension);
}

cJSON *cloudwatch_version_dimensions(const struct aliased_version *of)
{
    CLEANUP(freep) char *resource = xformat("%s:%s", of->function, of->alias);
    cJSON *dimensions = cJSON_CreateObject();
    json_set_text(dimensions, "FunctionName", of->function);
    json_set_text(dimensions, "Resource", resource);
    json_set_text(dimensions, "ExecutedVersion", of->version);
    return dimensions;
}

cJSON *cloudwatch_metric_query(const char *id, const char *metric_namespace, const char *metric,
                               const char *stat, int64_t period_s, const cJSON *dimensions,
                               bool returns_data)
{
    const cJSON *dimension;
    cJSON *query = cJSON_CreateObject();
    json_set_text(query, "Id", id);
    cJSON *metric_stat = json_set_object(query, "MetricStat");
    cJSON *target = json_set_object(metric_stat, "Metric");
    json_set_text(target, "Namespace", metric_namespace);
    json_set_text(target, "MetricName", metric);
    cJSON *list = json_set_array(target, "Dimensions");
    cJSON_ArrayForEach(dimension, dimensions)
        add_dimension(list, dimension->string, dimension->valuestring);
    json_set_double(metric_stat, "Period", (double)period_s);
    json_set_text(metric_stat, "Stat", stat);
    if (!returns_data)
        json_set_bool(query, "ReturnData", false);
    return query;
}

/* Timestamps are seconds since 1970, or ISO 8601 from some servers. */
static int64_t time_of(const cJSON *item)
{
    int64_t ms = 0;
    if (cJSON_IsNumber(item))
        return (int64_t)(item->valuedouble * 1000 + 0.5);
    if (cJSON_IsString(item) && !timestamp_parse(text_from(item->valuestring), &ms))
        return 0;
    return ms;
}

static void tell_values(const cJSON *tree, metric_value_handler *on_value, void *owner)
{
    const cJSON *result;
    cJSON_ArrayForEach(result, json_get(tree, "MetricDataResults"))
    {
        const cJSON *times = json_get(result, "Timestamps");
        const cJSON *values = json_get(result, "Values");
        const cJSON *time = times ? times->child : NULL;
        const cJSON *value = values ? values->child : NULL;
        for (; time && value; time = time->next, value = value->next) {
            if (cJSON_IsNumber(value)) /* "NaN" is a string */
                on_value(json_text(result, "Id", ""), time_of(time), value->valuedouble, owner);
        }
    }
}

/* A result may have failed alone. What fails within CloudWatch, or is not all there, may come with
 * a later page. */
static const char *failure_of(const cJSON *tree, bool is_last)
{
    const cJSON *result;
    cJSON_ArrayForEach(result, json_get(tree, "MetricDataResults"))
    {
        const char *status = json_text(result, "StatusCode", "");
        bool may_come = strcmp(status, "InternalError") == 0 || strcmp(status, "PartialData") == 0;
        if (strcmp(status, "Forbidden") == 0 || (is_last && may_come))
            return status;
    }
    return NULL;
}

bool cloudwatch_query(struct api *api, cJSON *takes, int64_t start_ms, int64_t end_ms,
                      metric_value_handler *on_value, void *owner, struct error *error)
{
    CLEANUP(json_deletep) cJSON *input = cJSON_CreateObject();
    json_set(input, "MetricDataQueries", takes);
    json_set_double(input, "StartTime", (double)(start_ms / 1000));
    json_set_double(input, "EndTime", (double)(end_ms / 1000));
    json_set_text(input, "ScanBy", "TimestampAscending");
    for (int page = 0; page < PAGES_MAX; page++) {
        CLEANUP(json_deletep)
        cJSON *tree =
            cloudwatch_call(api, "GetMetricData", input, "read CloudWatch's metrics", error);
        if (!tree)
            return false;
        const char *next = json_text(tree, "NextToken", NULL);
        const char *failure = failure_of(tree, !next);
        if (failure)
            return error_set(error, NULL, "CloudWatch has no answer to that: %s", failure);
        tell_values(tree, on_value, owner);
        if (!next)
            return true;
        json_replace(input, "NextToken", cJSON_CreateString(next));
    }
    return error_set(error, NULL, "CloudWatch's metrics have no end");
}

void version_metrics_add(struct version_metrics *metrics, const char *id, double value)
{
    if (strcmp(id, "invocations") == 0)
        metrics->invocations += value;
    else if (strcmp(id, "errors") == 0)
        metrics->errors += value;
    else
        metrics->throttles += value;
}

static void on_sum(const char *id, int64_t time_ms, double value, void *owner)
{
    (void)time_ms;
    version_metrics_add(owner, id, value);
}

bool cloudwatch_version_values(struct api *api, const struct aliased_version *of, int64_t start_ms,
                               int64_t end_ms, metric_value_handler *on_value, void *owner,
                               struct error *error)
{
    static const struct {
        const char *id;
        const char *metric;
    } sums[] = { { "invocations", "Invocations" },
                 { "errors", "Errors" },
                 { "throttles", "Throttles" } };
    CLEANUP(json_deletep)
    cJSON *dimensions = cloudwatch_version_dimensions(of);
    cJSON *queries = cJSON_CreateArray();
    for (size_t i = 0; i < COUNT_OF(sums); i++)
        cJSON_AddItemToArray(queries,
                             cloudwatch_metric_query(sums[i].id, "AWS/Lambda", sums[i].metric,
                                                     "Sum", PERIOD_S, dimensions, true));
    return cloudwatch_query(api, queries, start_ms / MINUTE_MS * MINUTE_MS,
                            (end_ms / MINUTE_MS + 1) * MINUTE_MS, on_value, owner, error);
}

bool cloudwatch_version_metrics(struct api *api, const struct aliased_version *of, int64_t start_ms,
                                int64_t end_ms, struct version_metrics *metrics_out,
                                struct error *error)
{
    *metrics_out = (struct version_metrics){ 0 };
    return cloudwatch_version_values(api, of, start_ms, end_ms, on_sum, metrics_out, error);
}

static void tell_alarms(const cJSON *list,
                        void (*on_alarm)(const char *name, const char *state, const char *reason,
                                         void *owner),
                        void *owner)
{
    const cJSON *alarm;
    cJSON_ArrayForEach(alarm, list)
        on_alarm(json_text(alarm, "AlarmName", ""), json_text(alarm, "StateValue", ""),
                 json_text(alarm, "StateReason", NULL), owner);
}

static cJSON *alarms_input(const char *const *names, size_t count)
{
    static const char *const types[] = { "MetricAlarm", "CompositeAlarm" };
    cJSON *input = cJSON_CreateObject();
    json_set(input, "AlarmNames", cJSON_CreateStringArray(names, (int)count));
    json_set(input, "AlarmTypes", cJSON_CreateStringArray(types, COUNT_OF(types)));
    json_set_double(input, "MaxRecords", ALARMS_PER_CALL);
    return input;
}

bool cloudwatch_alarms(struct api *api, const char *const *names, size_t count,
                       void (*on_alarm)(const char *name, const char *state, const char *reason,
                                        void *owner),
                       void *owner, struct error *error)
{
    for (size_t at = 0; at < count; at += ALARMS_PER_CALL) {
        size_t part = count - at < ALARMS_PER_CALL ? count - at : ALARMS_PER_CALL;
        CLEANUP(json_deletep) cJSON *input = alarms_input(names + at, part);
        CLEANUP(json_deletep)
        cJSON *tree =
            cloudwatch_call(api, "DescribeAlarms", input, "read the alarms' states", error);
        if (!tree)
            return false;
        tell_alarms(json_get(tree, "MetricAlarms"), on_alarm, owner);
        tell_alarms(json_get(tree, "CompositeAlarms"), on_alarm, owner);
    }
    return true;
}
