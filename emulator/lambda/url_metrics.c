#include "lambda/url_metrics.h"

#include "cloudwatch/cloudwatch.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000, FIRST_OF_4XX = 400, FIRST_OF_5XX = 500 };

struct datum {
    const char *name;
    const char *unit;
    double value;
};

static void add_dimension(cJSON *datum, const char *name, const char *value)
{
    cJSON *dimensions = json_get(datum, "Dimensions");
    cJSON *dimension = cJSON_CreateObject();
    json_set_text(dimension, "Name", name);
    json_set_text(dimension, "Value", value);
    cJSON_AddItemToArray(dimensions ? dimensions : json_set_array(datum, "Dimensions"), dimension);
}

static void add_datum(cJSON *data, const struct url_request *request, const struct datum *wanted,
                      const char *resource)
{
    cJSON *datum = cJSON_CreateObject();
    json_set_text(datum, "MetricName", wanted->name);
    json_set_text(datum, "Unit", wanted->unit);
    json_set_double(datum, "Value", wanted->value);
    json_set_double(datum, "Timestamp", (double)request->time_ms / MS_PER_SECOND);
    add_dimension(datum, "FunctionName", request->url->key.name);
    if (resource)
        add_dimension(datum, "Resource", resource);
    cJSON_AddItemToArray(data, datum);
}

void url_metrics_publish(struct lambda *lambda, const struct url_request *request)
{
    const struct function_url *url = request->url;
    bool is_4xx = request->status >= FIRST_OF_4XX && request->status < FIRST_OF_5XX;
    const struct datum wanted[] = {
        { "UrlRequestCount", "Count", 1 },
        { "Url4xxCount", "Count", is_4xx },
        { "Url5xxCount", "Count", request->status >= FIRST_OF_5XX },
        { "UrlRequestLatency", "Milliseconds", request->duration_ms },
    };
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateArray();
    CLEANUP(freep)
    char *resource = xformat("%s%s%s", url->key.name, *url->qualifier ? ":" : "", url->qualifier);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        add_datum(data, request, &wanted[i], NULL);
        add_datum(data, request, &wanted[i], resource);
    }
    struct metric_source source = { url->key.account, url->key.region, "AWS/Lambda" };
    cloudwatch_publish(lambda->parts.metrics, lambda->parts.journal, &source, data);
}
