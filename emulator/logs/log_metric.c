#include "logs/log_metric.h"

#include "clock.h"
#include "cloudwatch/cloudwatch.h"
#include "logs/state.h"

/* Data in a record of the journal, which holds so many however long their names are. */
enum { PORTION_MAX = 100 };

/* Takes the first of the data that are good out of the list, which gets shorter. */
static cJSON *take_portion(cJSON *data, int64_t now_ms)
{
    cJSON *portion = cJSON_CreateArray();
    int count = 0;
    while (data->child && count < PORTION_MAX) {
        cJSON *datum = cJSON_DetachItemViaPointer(data, data->child);
        if (cloudwatch_datum_is_good(datum, now_ms)) {
            cJSON_AddItemToArray(portion, datum);
            count++;
        } else {
            cJSON_Delete(datum);
        }
    }
    return portion;
}

void log_metrics_publish(struct logs *logs, const struct group_key *key, const char *name_space,
                         cJSON *data)
{
    const struct metric_source source = { key->account, key->region, name_space };
    int64_t now_ms = clock_now_ms();
    if (!cloudwatch_namespace_is_good(name_space))
        return;
    while (data->child) {
        CLEANUP(json_deletep) cJSON *portion = take_portion(data, now_ms);
        if (portion->child)
            cloudwatch_publish(logs->parts.metrics, logs->journal, &source, portion);
    }
}
