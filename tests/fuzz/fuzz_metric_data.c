/*
 * Whole requests: each line is an Expression (e0, e1, ...), beside two metrics (m1, m2). What the
 * check lets pass can be evaluated, or asks for too much.
 */
#include "cloudwatch/metric_data.h"
#include "support/fuzz.h"

enum { LINES_MAX = 20 };

static const int64_t NOW_MS = 1760954400000;

static struct metrics *make_metrics(void)
{
    static const char *const names[] = { "m1", "m2" };
    struct metrics *metrics = metrics_create();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct metric_identity identity = {
            .account = "1", .region = "r", .name_space = "N", .name = names[i], .unit = "None"
        };
        struct metric_series *series = metrics_series(metrics, &identity);
        for (int64_t minute = 0; minute < 30; minute += 1 + (int64_t)i)
            metric_series_add(series, NOW_MS - minute * 60000, (double)minute, 1);
    }
    return metrics;
}

static cJSON *add_query(cJSON *queries, const char *id)
{
    cJSON *query = cJSON_CreateObject();
    json_set_text(query, "Id", id);
    cJSON_AddItemToArray(queries, query);
    return query;
}

static void add_metric(cJSON *queries, const char *id, double period_s)
{
    cJSON *stat = json_set_object(add_query(queries, id), "MetricStat");
    cJSON *metric = json_set_object(stat, "Metric");
    json_set_text(metric, "Namespace", "N");
    json_set_text(metric, "MetricName", id);
    json_set_text(stat, "Stat", "Sum");
    json_set_double(stat, "Period", period_s);
}

static cJSON *make_queries(struct text rest, struct arena *arena)
{
    cJSON *queries = cJSON_CreateArray();
    add_metric(queries, "m1", 60);
    add_metric(queries, "m2", 300);
    for (int i = 0; rest.size && i < LINES_MAX; i++) {
        cJSON *query = add_query(queries, arena_format(arena, "e%d", i));
        json_set_text(query, "Expression", arena_copy(arena, text_cut(&rest, '\n')));
        json_set_bool(query, "ReturnData", i % 2 == 0);
        json_set_double(query, "Period", 60);
        json_set_text(query, "Label", i % 3 ? "${LABEL} ${MAX} ${MAX_TIME}" : NULL);
    }
    return queries;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cloudwatch cloudwatch;
    struct arena arena = { 0 };
    struct error error = { 0 };
    struct metric_data_result result = { 0 };
    if (!cloudwatch.metrics)
        cloudwatch.metrics = make_metrics();
    cJSON *queries = make_queries((struct text){ (const char *)data, size }, &arena);
    const struct metric_data_request request = { .account = "1",
                                                 .region = "r",
                                                 .queries = queries,
                                                 .start_ms = NOW_MS - 3600000,
                                                 .end_ms = NOW_MS,
                                                 .now_ms = NOW_MS };
    if (!metric_data_check(queries, "MetricDataQueries", NULL, &error) ||
        !metric_data_evaluate(&cloudwatch, &request, &result, &error))
        fuzz_assert(error.fault && error.message);
    for (size_t i = 0; i < result.count; i++)
        fuzz_assert(result.series[i].id && result.series[i].label && result.series[i].period_s > 0);
    metric_data_result_clear(&result);
    error_clear(&error);
    cJSON_Delete(queries);
    arena_clear(&arena);
    return 0;
}
