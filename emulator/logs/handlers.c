#include "logs/handlers.h"

#include "clock.h"
#include "log.h"
#include "logs/faults.h"
#include "logs/filter_pattern.h"
#include "operation/page.h"

enum { MS_PER_DAY = 24 * 3600 * 1000, REGEX_FILTERS_MAX = 5 };

bool token_read(struct call *call, const char **key_out)
{
    return page_begin(call, "nextToken", key_out) ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER, "The specified nextToken is invalid.");
}

void token_write(struct call *call, const char *key)
{
    page_end(call, "nextToken", key);
}

int64_t retention_start_ms(int64_t retention_days)
{
    return retention_days ? clock_now_ms() - retention_days * MS_PER_DAY : 0;
}

bool group_check_standard(struct call *call, const struct log_group *group)
{
    return strcmp(group->group_class, "STANDARD") == 0 ||
           error_set(&call->error, &LOGS_VALIDATION,
                     "This operation is only supported on the Standard log class.");
}

/* AWS's sentence for this limit is not recorded: it is that of the others. */
bool filter_check_regexes(struct call *call, int64_t group_id, enum filter_table table)
{
    return !filter_text_has_regex(text_from(json_text(call->input, "filterPattern", ""))) ||
           filter_row_count_regexes(call->store, group_id, table,
                                    json_text(call->input, "filterName", "")) < REGEX_FILTERS_MAX ||
           error_set(&call->error, &LOGS_LIMIT_EXCEEDED, "Resource limit exceeded.");
}

void filter_keep(struct call *call, enum filter_table table, int64_t group_id,
                 const char *configuration)
{
    const struct filter_row row = { .group_id = group_id,
                                    .name = json_text(call->input, "filterName", ""),
                                    .configuration = configuration,
                                    .created_ms = clock_now_ms() };
    filter_row_put(call->store, table, &row);
    logs_forget(logs_of(call));
}

enum outcome filter_delete(struct call *call, enum filter_table table)
{
    struct log_group group;
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    if (!filter_row_delete(call->store, table, group.id, json_text(call->input, "filterName", "")))
        return call_fault(call, &LOGS_NOT_FOUND, "The specified %s filter does not exist.",
                          table == FILTER_TABLE_METRIC ? "metric" : "subscription");
    logs_forget(logs_of(call));
    return OUTCOME_OK;
}

void members_keep(const struct call *call, const char *const *names, cJSON *configuration)
{
    for (; *names; names++) {
        const cJSON *given = json_get(call->input, *names);
        if (!given)
            continue;
        log_warn("logs", "%s: %s has no effect", call->operation->name, *names);
        json_set(configuration, *names, cJSON_Duplicate(given, true));
    }
}

cJSON *event_write(struct call *call, const struct event_row *row)
{
    cJSON *event = cJSON_CreateObject();
    json_set_double(event, "timestamp", (double)row->time_ms);
    json_set_text(event, "message", arena_copy(&call->arena, row->message));
    json_set_double(event, "ingestionTime", (double)row->ingested_ms);
    return event;
}

const char *sequence_token(struct call *call, int64_t stream_id, int64_t time_ms)
{
    return arena_format(&call->arena, "49%018lld%019lld%017d", (long long)time_ms,
                        (long long)stream_id, 0);
}
