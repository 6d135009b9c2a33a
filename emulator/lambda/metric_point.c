#include "lambda/metric_point.h"

#include "clock.h"
#include "cloudwatch/cloudwatch.h"

static cJSON *make_datum(const struct metric_point *point, bool names_function)
{
    cJSON *datum = cloudwatch_datum(point->name, point->unit, point->value, clock_now_ms());
    if (names_function)
        cloudwatch_add_dimension(json_set_array(datum, "Dimensions"), "FunctionName",
                                 point->key->name);
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
