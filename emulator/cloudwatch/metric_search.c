#include "cloudwatch/metric_search.h"

#include <stdlib.h>

#include "cloudwatch/metric_query.h"
#include "cloudwatch/search.h"

static struct math_series *read_found(const struct metric_reader *reader,
                                      const struct metric *metric,
                                      const struct metric_label_source *source)
{
    struct metric_series_list series = { 0 };
    metric_series_list_add(&series, metric, NULL);
    struct math_series *answer = metric_read_series(reader, source, series.list, series.count);
    free(series.list);
    return answer;
}

struct math_value metric_search(const struct metric_reader *reader, struct text text,
                                struct text stat, int64_t period_s)
{
    struct arena *arena = reader->context->arena;
    const char *problem;
    const char *name = arena_copy(arena, stat);
    const struct search *wanted = search_parse(text, arena, &problem);
    struct math_series **list = arena_alloc(arena, SEARCH_FOUND_MAX * sizeof(*list));
    const struct metric_label_source **sources =
        arena_alloc(arena, SEARCH_FOUND_MAX * sizeof(*sources));
    size_t count = 0;
    const struct metric *metric = wanted ? metrics_first(reader->cloudwatch->metrics) : NULL;
    for (; metric && !reader->context->is_exhausted; metric = metric->next) {
        if (!metric_is_searched(reader, metric) || !search_finds(wanted, metric))
            continue;
        if (count == SEARCH_FOUND_MAX) {
            metric_note_too_many(reader);
            break;
        }
        sources[count] = metric_describe(arena, metric, name, period_s);
        list[count] = read_found(reader, metric, sources[count]);
        count++;
    }
    struct metric_label_parts parts = metric_label_compare(sources, count);
    for (size_t i = 0; i < count; i++)
        list[i]->label = metric_label_default(sources[i], &parts, arena);
    return math_array_value(list, count);
}
