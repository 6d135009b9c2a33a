#include "cloudwatch/metric_insights.h"

#include <stdlib.h>

#include "cloudwatch/metric_query.h"

struct grouped {
    const char *group;
    const struct metric *metric;
};

static int compare_groups(const void *a, const void *b)
{
    return strcmp(((const struct grouped *)a)->group, ((const struct grouped *)b)->group);
}

/* All metrics that a query selects, ordered by group. */
static struct grouped *select_metrics(const struct metric_reader *reader,
                                      const struct insights *insights, size_t *count_out)
{
    struct arena *arena = reader->context->arena;
    struct grouped *list = arena_alloc(arena, INSIGHTS_METRICS_MAX * sizeof(*list));
    size_t count = 0;
    const struct metric *metric = metrics_first(reader->cloudwatch->metrics);
    for (; metric; metric = metric->next) {
        if (!metric_is_searched(reader, metric) || !insights_selects(insights, metric))
            continue;
        if (count == INSIGHTS_METRICS_MAX) {
            metric_note_too_many(reader);
            break;
        }
        list[count++] = (struct grouped){ insights_group(insights, metric, arena), metric };
    }
    qsort(list, count, sizeof(*list), compare_groups);
    *count_out = count;
    return list;
}

/* What the metrics of one group come to together. */
static struct math_series *read_group(const struct metric_reader *reader,
                                      const struct grouped *group, size_t count, const char *stat,
                                      int64_t period_s)
{
    struct metric_series_list series = { 0 };
    for (size_t i = 0; i < count; i++)
        metric_series_list_add(&series, group[i].metric, NULL);
    metric_series_list_sort(&series);
    struct math_series *answer = metric_read_series(
        reader, metric_describe(reader->context->arena, group->metric, stat, period_s), series.list,
        series.count);
    answer->source = NULL; /* it stands for several metrics */
    answer->label = group->group;
    free(series.list);
    return answer;
}

static struct math_value order_groups(const struct metric_reader *reader,
                                      const struct insights *insights,
                                      struct math_series *const *list, size_t count)
{
    const char *function = insights->order && strcmp(insights->order, "COUNT") == 0
                               ? "DATAPOINT_COUNT"
                               : insights->order;
    const struct math_value arguments[] = {
        math_array_value(list, count),
        { .text = text_from(function) },
        { .text = text_from(insights->is_descending ? "DESC" : "ASC") },
        math_scalar_value((double)insights->limit),
    };
    if (function)
        return math_call_sort(reader->context, arguments, COUNT_OF(arguments));
    return math_array_value(list, count < insights->limit ? count : insights->limit);
}

struct math_value metric_insights(const struct metric_reader *reader,
                                  const struct insights *insights, int64_t period_s)
{
    size_t selected;
    size_t count = 0;
    struct grouped *metrics = select_metrics(reader, insights, &selected);
    struct math_series **list = arena_alloc(reader->context->arena, (selected + 1) * sizeof(*list));
    for (size_t from = 0; from < selected && !reader->context->is_exhausted;) {
        size_t to = from + 1;
        while (to < selected && strcmp(metrics[to].group, metrics[from].group) == 0)
            to++;
        list[count++] = read_group(reader, &metrics[from], to - from, insights->stat, period_s);
        from = to;
    }
    if (insights->group_count)
        return order_groups(reader, insights, list, count);
    return math_series_value(reader->context,
                             count ? list[0] : math_series_make(reader->context, period_s, 0));
}
