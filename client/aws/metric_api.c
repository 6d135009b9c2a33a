#include "aws/metric_api.h"

#include <stdlib.h>

#include "aws/clock_api.h"
#include "aws/cloudwatch_api.h"
#include "clock.h"
#include "crypto.h"
#include "xalloc.h"

enum { PAGES_MAX = 50 };

char *metric_picture(struct api *api, const cJSON *widget, size_t *size_out, struct error *error)
{
    CLEANUP(freep) char *text = json_print(widget);
    CLEANUP(json_deletep) cJSON *body = cJSON_CreateObject();
    json_set_text(body, "MetricWidget", text);
    CLEANUP(json_deletep)
    cJSON *tree = cloudwatch_call(api, "GetMetricWidgetImage", body, "have the graph drawn", error);
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
        cJSON *tree = cloudwatch_call(api, "GetMetricData", body, "read metrics", error);
        if (!tree) {
            cJSON_Delete(all);
            return NULL;
        }
        add_page(all, json_get(tree, "MetricDataResults"), page == 0);
        const char *token = json_text(tree, "NextToken", NULL);
        if (!token)
            break;
        json_replace(body, "NextToken", cJSON_CreateString(token));
    }
    return all;
}

int64_t metric_now_ms(struct api *api)
{
    return api->profile.is_local ? coalmine_clock_now_ms(api) : api_aws_now_ms(api);
}
