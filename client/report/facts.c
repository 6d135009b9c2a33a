#include "report/facts.h"

#include "statistics/binomial.h"

cJSON *share_json(uint64_t part, uint64_t whole)
{
    struct interval interval = clopper_pearson(part, whole, 0.95);
    cJSON *share = cJSON_CreateObject();
    json_set_double(share, "value", share_of(part, whole));
    json_set_double(share, "low", interval.low);
    json_set_double(share, "high", interval.high);
    return share;
}

cJSON *latency_json(const struct histogram *latency)
{
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {
        { "p50", 0.5 }, { "p90", 0.9 }, { "p95", 0.95 }, { "p99", 0.99 }, { "max", 1 },
    };
    cJSON *item = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT_OF(quantiles); i++)
        json_set_double(item, quantiles[i].name,
                        (double)histogram_quantile_us(latency, quantiles[i].share) / 1000);
    return item;
}
