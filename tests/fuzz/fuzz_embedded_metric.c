/* Events that functions print in the embedded metric format: any JSON gives metric data or none. */
#include "json.h"
#include "logs/embedded_metric.h"
#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const cJSON *directive;
    cJSON *event = json_parse((struct text){ (const char *)data, size });
    cJSON_ArrayForEach(directive, json_get(json_get(event, "_aws"), "CloudWatchMetrics"))
    {
        cJSON *metrics = embedded_metric_data(event, directive);
        fuzz_assert(cJSON_IsArray(metrics));
        cJSON_Delete(metrics);
    }
    cJSON_Delete(event);
    return 0;
}
