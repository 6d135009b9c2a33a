#include "lambda/invocation_log.h"

#include "logs/logs.h"

enum { FIRST_EVENTS = 16 };

struct events {
    struct arena arena;
    struct log_event *list;
    size_t count;
    size_t capacity;
};

static void add_event(struct text event, int64_t time_ms, void *owner)
{
    struct events *events = owner;
    if (events->count == events->capacity)
        events->list = arena_grow(&events->arena, events->list, &events->capacity, FIRST_EVENTS,
                                  sizeof(*events->list));
    events->list[events->count++] = (struct log_event){ time_ms, event };
}

void invocation_log_save(struct lambda *lambda, const struct invocation_record *record,
                         const struct invocation_log_place *place,
                         const struct invocation_result *result)
{
    struct events events = { 0 };
    const struct logs_target target = { record->account, record->region, place->log_group,
                                        result->log_stream, place->trace_id };
    if (!*result->log_stream || !lambda->parts.logs) /* there was no environment */
        return;
    function_log_each(result->init_log, result->init_log_marks, add_event, &events);
    function_log_each((struct text){ result->log, result->log_size }, result->log_marks, add_event,
                      &events);
    logs_append(lambda->parts.logs, &target, events.list, events.count);
    arena_clear(&events.arena);
}
