#include "logs/log_metric.h"

#include "clock.h"
#include "cloudwatch/cloudwatch.h"
#include "logs/state.h"

void log_metrics_publish(struct logs *logs, const struct group_key *key, const char *name_space,
                         cJSON *data)
{
    const struct metric_source source = { key->account, key->region, name_space };
    int64_t now_ms = clock_now_ms();
    cJSON *next;
    if (!cloudwatch_namespace_is_good(name_space))
        return;
    for (cJSON *datum = data->child; datum; datum = next) {
        next = datum->next;
        if (!cloudwatch_datum_is_good(datum, now_ms))
            cJSON_Delete(cJSON_DetachItemViaPointer(data, datum));
    }
    if (data->child)
        cloudwatch_publish(logs->parts.metrics, logs->journal, &source, data);
}
