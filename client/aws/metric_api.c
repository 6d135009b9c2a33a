#include "aws/metric_api.h"

#include <stdlib.h>

#include "clock.h"
#include "crypto.h"
#include "timestamp.h"
#include "xalloc.h"

enum { PAGES_MAX = 50 };

/* One awsJson call to CloudWatch: its answer, owned by the caller. */
static cJSON *call_cloudwatch(struct api *api, const char *operation, const cJSON *body,
                              const char *doing, struct error *error)
{
    CLEANUP(freep) char *target = xformat("GraniteServiceVersion20100801.%s", operation);
    CLEANUP(freep) char *text = json_print(body);
    struct api_request request = { .service = API_CLOUDWATCH,
                                   .method = "POST",
                                   .path = "/",
                                   .target = target,
                                   .body = text_from(text) };
    struct api_response response;
    bool is_read = api_call(api, &request, &response);
    cJSON *tree = is_read ? api_response_json(&response) : NULL;
    if (!tree)
        api_failure(&response, doing, error);
    api_response_clear(&response);
    return tree;
}

char *metric_picture(struct api *api, const cJSON *widget, size_t *size_out, struct error *error)
{
    CLEANUP(freep) char *text = json_print(widget);
    CLEANUP(json_deletep) cJSON *body = cJSON_CreateObject();
    json_set_text(body, "MetricWidget", text);
    CLEANUP(json_deletep)
    cJSON *tree = call_cloudwatch(api, "GetMetricWidgetImage", body, "have the graph drawn", error);
    if (!tree)
        return NULL;
    char *png = base64_decode(text_from(json_text(tree, "MetricWidgetImage", "")), size_out);
    if (!png || *size_out == 0) {
        free(png);
        error_set(error, NULL, "the answer to GetMetricWidgetImage holds no picture");
        return NULL;
    }
    return png;
}

static void move_items(cJSON *from, cJSON *to)
{
    cJSON *item;
    while (from && (item = cJSON_DetachItemFromArray(from, 0)))
        cJSON_AddItemToArray(to, item);
}

/* The series of earlier pages that this result goes on with; NULL if it is a new one. */
static cJSON *find_series(const cJSON *all, const cJSON *result)
{
    cJSON *series;
    cJSON_ArrayForEach(series, all)
    {
        if (strcmp(json_text(series, "Id", ""), json_text(result, "Id", "")) == 0 &&
            strcmp(json_text(series, "Label", ""), json_text(result, "Label", "")) == 0)
            return series;
    }
    return NULL;
}

/* A page may end within a series; the next one goes on with it. */
static void add_page(cJSON *all, cJSON *page, bool is_first)
{
    cJSON *result;
    while ((result = cJSON_DetachItemFromArray(page, 0))) {
        cJSON *series = is_first ? NULL : find_series(all, result);
        if (!series) {
            cJSON_AddItemToArray(all, result);
            continue;
        }
        move_items(json_get(result, "Timestamps"), json_get(series, "Timestamps"));
        move_items(json_get(result, "Values"), json_get(series, "Values"));
        cJSON_Delete(result);
    }
}

cJSON *metric_data(struct api *api, const cJSON *queries, int64_t start_ms, int64_t end_ms,
                   struct error *error)
{
    CLEANUP(json_deletep) cJSON *body = cJSON_CreateObject();
    json_set(body, "MetricDataQueries", cJSON_Duplicate(queries, true));
    json_set_double(body, "StartTime", (double)(start_ms / 1000));
    json_set_double(body, "EndTime", (double)((end_ms + 999) / 1000));
    json_set_text(body, "ScanBy", "TimestampAscending");
    cJSON *all = cJSON_CreateArray();
    for (int page = 0; page < PAGES_MAX; page++) {
        CLEANUP(json_deletep)
        cJSON *tree = call_cloudwatch(api, "GetMetricData", body, "read metrics", error);
        if (!tree) {
            cJSON_Delete(all);
            return NULL;
        }
        add_page(all, json_get(tree, "MetricDataResults"), page == 0);
        const char *token = json_text(tree, "NextToken", NULL);
        if (!token)
            break;
        cJSON_DeleteItemFromObjectCaseSensitive(body, "NextToken");
        json_set_text(body, "NextToken", token);
    }
    return all;
}

int64_t metric_now_ms(struct api *api)
{
    int64_t now_ms = clock_true_ms();
    if (!api->profile.is_local)
        return now_ms;
    struct api_request request = { .service = API_CLOUDWATCH,
                                   .method = "GET",
                                   .path = "/_coalmine/clock" };
    struct api_response response;
    int64_t told_ms;
    bool is_read = api_call(api, &request, &response);
    CLEANUP(json_deletep) cJSON *tree = is_read ? api_response_json(&response) : NULL;
    if (timestamp_parse(text_from(json_text(tree, "time", "")), &told_ms))
        now_ms = told_ms;
    api_response_clear(&response);
    return now_ms;
}
