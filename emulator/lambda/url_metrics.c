#include "lambda/url_metrics.h"

#include "cloudwatch/cloudwatch.h"
#include "xalloc.h"

enum { FIRST_OF_4XX = 400, FIRST_OF_5XX = 500 };

struct datum {
    const char *name;
    const char *unit;
    double value;
};

static void add_datum(cJSON *data, const struct url_request *request, const struct datum *wanted,
                      const char *resource)
{
    cJSON *datum = cloudwatch_datum(wanted->name, wanted->unit, wanted->value, request->time_ms);
    cJSON *dimensions = json_set_array(datum, "Dimensions");
    cloudwatch_add_dimension(dimensions, "FunctionName", request->url->key.name);
    if (resource)
        cloudwatch_add_dimension(dimensions, "Resource", resource);
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
