#include "aws/cloudwatch_api.h"

#include "xalloc.h"

enum { PERIOD_S = 60, MINUTE_MS = 60000 };

static void add_dimension(cJSON *list, const char *name, const char *value)
{
    cJSON *dimension = cJSON_CreateObject();
    json_set_text(dimension, "Name", name);
    json_set_text(dimension, "Value", value);
    cJSON_AddItemToArray(list, dimension);
}

static void add_query(cJSON *queries, const char *id, const char *metric_name, const char *function,
                      const char *resource, const char *version)
{
    cJSON *query = cJSON_CreateObject();
    json_set_text(query, "Id", id);
    cJSON *stat = json_set_object(query, "MetricStat");
    cJSON *metric = json_set_object(stat, "Metric");
    json_set_text(metric, "Namespace", "AWS/Lambda");
    json_set_text(metric, "MetricName", metric_name);
    cJSON *dimensions = json_set_array(metric, "Dimensions");
    add_dimension(dimensions, "FunctionName", function);
    add_dimension(dimensions, "Resource", resource);
    add_dimension(dimensions, "ExecutedVersion", version);
    json_set_double(stat, "Period", PERIOD_S);
    json_set_text(stat, "Stat", "Sum");
    cJSON_AddItemToArray(queries, query);
}

static double sum_of(const cJSON *tree, const char *id)
{
    const cJSON *result;
    const cJSON *value;
    double sum = 0;
    cJSON_ArrayForEach(result, json_get(tree, "MetricDataResults"))
    {
        if (strcmp(json_text(result, "Id", ""), id) != 0)
            continue;
        cJSON_ArrayForEach(value, json_get(result, "Values")) sum += value->valuedouble;
    }
    return sum;
}

bool cloudwatch_version_metrics(struct api *api, const char *function, const char *alias,
                                const char *version, int64_t start_ms, int64_t end_ms,
                                struct version_metrics *metrics_out, struct error *error)
{
    CLEANUP(freep) char *resource = xformat("%s:%s", function, alias);
    CLEANUP(json_deletep) cJSON *body = cJSON_CreateObject();
    cJSON *queries = json_set_array(body, "MetricDataQueries");
    add_query(queries, "invocations", "Invocations", function, resource, version);
    add_query(queries, "errors", "Errors", function, resource, version);
    int64_t first_ms = start_ms / MINUTE_MS * MINUTE_MS;
    int64_t last_ms = (end_ms / MINUTE_MS + 1) * MINUTE_MS;
    json_set_double(body, "StartTime", (double)(first_ms / 1000));
    json_set_double(body, "EndTime", (double)(last_ms / 1000));
    CLEANUP(freep) char *text = json_print(body);
    struct api_request request = { .service = API_CLOUDWATCH,
                                   .method = "POST",
                                   .path = "/",
                                   .target = "GraniteServiceVersion20100801.GetMetricData",
                                   .body = text_from(text) };
    struct api_response response;
    bool is_read = api_call(api, &request, &response);
    CLEANUP(json_deletep) cJSON *tree = is_read ? api_response_json(&response) : NULL;
    if (tree)
        *metrics_out =
            (struct version_metrics){ sum_of(tree, "invocations"), sum_of(tree, "errors") };
    else
        api_failure(&response, "read CloudWatch's metrics", error);
    api_response_clear(&response);
    return tree != NULL;
}
