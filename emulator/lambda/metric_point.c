#include "lambda/metric_point.h"

#include "clock.h"
#include "cloudwatch/cloudwatch.h"

enum { MS_PER_SECOND = 1000 };

static cJSON *make_datum(const struct metric_point *point, bool names_function)
{
    cJSON *datum = cJSON_CreateObject();
    json_set_text(datum, "MetricName", point->name);
    json_set_text(datum, "Unit", point->unit);
    json_set_double(datum, "Value", point->value);
    json_set_double(datum, "Timestamp", (double)clock_now_ms() / MS_PER_SECOND);
    if (names_function) {
        cJSON *dimension = cJSON_CreateObject();
        json_set_text(dimension, "Name", "FunctionName");
        json_set_text(dimension, "Value", point->key->name);
        cJSON_AddItemToArray(json_set_array(datum, "Dimensions"), dimension);
    }
    return datum;
}

void metric_point_publish(struct lambda *lambda, const struct metric_point *point)
{
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateArray();
    cJSON_AddItemToArray(data, make_datum(point, true));
    cJSON_AddItemToArray(data, make_datum(point, false));
    struct metric_source source = { point->key->account, point->key->region, "AWS/Lambda" };
    cloudwatch_publish(lambda->parts.metrics, lambda->parts.journal, &source, data);
}
