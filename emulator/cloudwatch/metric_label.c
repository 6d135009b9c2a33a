#include "cloudwatch/metric_label.h"

#include <string.h>

struct metric_label_parts metric_label_compare(const struct metric_label_source *const *sources,
                                               size_t count)
{
    struct metric_label_parts parts = { 0 };
    for (size_t i = 1; i < count; i++) {
        parts.differs_in_stat |= strcmp(sources[i]->stat, sources[0]->stat) != 0;
        parts.differs_in_period |= sources[i]->period_s != sources[0]->period_s;
    }
    return parts;
}

const char *metric_label_default(const struct metric_label_source *source,
                                 const struct metric_label_parts *parts, struct arena *arena)
{
    const char *label = source->name;
    if (parts->differs_in_stat)
        label = arena_format(arena, "%s %s", label, source->stat);
    if (parts->differs_in_period)
        label = arena_format(arena, "%s %lld", label, (long long)source->period_s);
    return label;
}
