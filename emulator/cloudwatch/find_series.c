/*
 * From what a query names to the series that answer it.
 */
#include <stdlib.h>
#include <string.h>

#include "cloudwatch/fields.h"
#include "cloudwatch/metric_query.h"
#include "log.h"
#include "xalloc.h"

/* Far beyond all data, and far from what an int64_t of milliseconds can hold. */
static const double TIME_MAX_S = 1e12;

size_t cloudwatch_read_dimensions(const cJSON *list,
                                  struct metric_dimension dimensions_out[DIMENSIONS_MAX])
{
    size_t count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (count == DIMENSIONS_MAX)
            break;
        dimensions_out[count++] = (struct metric_dimension){ json_text(item, "Name", ""),
                                                             json_text(item, "Value", NULL) };
    }
    return count;
}

int64_t cloudwatch_read_time_ms(const cJSON *object, const char *name, int64_t fallback_ms)
{
    double seconds = json_double(object, name, (double)fallback_ms / 1000);
    seconds = seconds > TIME_MAX_S ? TIME_MAX_S : seconds < -TIME_MAX_S ? -TIME_MAX_S : seconds;
    return (int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5));
}

static bool has_dimension(const struct metric *metric, const char *name, const char *value)
{
    const char *own =
        metric_dimension_value(metric->dimensions, metric->dimension_count, text_from(name));
    return own && strcmp(own, value) == 0;
}

/* Does this metric hold data of version or alias `qualifier` of `function`? Version 2's data is
 * what was invoked as fn:2, and what aliases sent to it. */
static bool belongs(const struct metric *metric, const struct metric_identity *wanted,
                    const char *function, const char *resource, const char *qualifier)
{
    if (strcmp(metric->account, wanted->account) != 0 ||
        strcmp(metric->region, wanted->region) != 0 ||
        strcmp(metric->name_space, wanted->name_space) != 0 ||
        strcmp(metric->name, wanted->name) != 0 || !has_dimension(metric, "FunctionName", function))
        return false;
    if (metric->dimension_count == 2)
        return has_dimension(metric, "Resource", resource);
    return metric->dimension_count == 3 && has_dimension(metric, "ExecutedVersion", qualifier);
}

/* The workshop's query: FunctionName=myfunction:2 and nothing else. */
static void add_qualified_function(const struct cloudwatch *cloudwatch,
                                   const struct metric_identity *identity,
                                   struct metric_series_list *list)
{
    const char *resource = identity->dimensions[0].value;
    const char *colon = resource ? strchr(resource, ':') : NULL;
    if (!colon)
        return;
    CLEANUP(freep) char *function = xstrndup(resource, (size_t)(colon - resource));
    const struct metric *metric = metrics_first(cloudwatch->metrics);
    for (; metric; metric = metric->next) {
        if (belongs(metric, identity, function, resource, colon + 1))
            metric_series_list_add(list, metric, identity->unit);
    }
    log_warn("cloudwatch",
             "AWS answers no datapoints for FunctionName=%s: FunctionName is the bare name there. "
             "Use FunctionName=%s with Resource=%s (invoked as such), or with "
             "Resource=%s:ALIAS and ExecutedVersion=%s. Answered here with that data; --strict "
             "turns this off",
             resource, function, resource, function, colon + 1);
}

size_t cloudwatch_find_series(const struct cloudwatch *cloudwatch,
                              const struct metric_identity *identity,
                              const struct metric_series ***series_out)
{
    struct metric_series_list list = { 0 };
    const struct metric *metric = metrics_find(cloudwatch->metrics, identity);
    if (metric)
        metric_series_list_add(&list, metric, identity->unit);
    if (list.count == 0 && !cloudwatch->is_strict && identity->dimension_count == 1 &&
        strcmp(identity->name_space, "AWS/Lambda") == 0 &&
        strcmp(identity->dimensions[0].name, "FunctionName") == 0)
        add_qualified_function(cloudwatch, identity, &list);
    metric_series_list_sort(&list);
    *series_out = list.list;
    return list.count;
}
