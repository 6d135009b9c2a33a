/*
 * The slices of operations, and what several of them share.
 */
#ifndef COALMINE_LOGS_HANDLERS_H
#define COALMINE_LOGS_HANDLERS_H

#include "logs/filter_row.h"
#include "logs/state.h"
#include "operation/operation.h"

extern const struct operation group_operations[];
extern const struct operation log_stream_operations[];
extern const struct operation log_tag_operations[];
extern const struct operation put_log_events_operations[];
extern const struct operation get_log_events_operations[];
extern const struct operation filter_log_events_operations[];
extern const struct operation metric_filter_operations[];
extern const struct operation subscription_operations[];
extern const struct operation live_tail_operations[];
extern const struct operation query_operations[];
extern const struct operation log_record_operations[];
extern const struct operation query_definition_operations[];
extern const struct operation log_resource_policy_operations[];

/* The key behind the call's nextToken ("" without one); false with the fault. The key lives in the
 * arena. */
MUST_CHECK bool token_read(struct call *call, const char **key_out);
/* Sets nextToken. */
void token_write(struct call *call, const char *key);

/* A page of events holds at most 10,000 of them and about 1 MB. */
enum { EVENTS_MAX = 10000, EVENT_BYTES_MAX = 1 << 20 };

/* Later than any event. */
#define TIME_END_MS (INT64_C(1) << 52)

/* From when on the group's events are kept. */
int64_t retention_start_ms(int64_t retention_days);

/* An event's timestamp, message and ingestionTime. */
cJSON *event_write(struct call *call, const struct event_row *row);

/* Whether the group is of the Standard class, as what has to do with filters demands; else false
 * with the fault. */
MUST_CHECK bool group_check_standard(struct call *call, const struct log_group *group);

/* Whether the call's filter may have its pattern: at most five filters of a group, of both kinds,
 * have regular expressions in theirs. Else false with the fault. */
MUST_CHECK bool filter_check_regexes(struct call *call, int64_t group_id, enum filter_table table);

/* Keeps the call's filter, for whom all is checked; `configuration` as in struct filter_row. */
void filter_keep(struct call *call, enum filter_table table, int64_t group_id,
                 const char *configuration);

/* DeleteMetricFilter and DeleteSubscriptionFilter. */
enum outcome filter_delete(struct call *call, enum filter_table table);

/* Puts those of the members (NULL-ended) that the request has into `configuration`, so that they
 * are shown as they were given (Terraform plans a change otherwise), and says in the log that they
 * do nothing. */
void members_keep(const struct call *call, const char *const *names, cJSON *configuration);

/* What nextSequenceToken and uploadSequenceToken look like; nobody needs them any more. */
const char *sequence_token(struct call *call, int64_t stream_id, int64_t time_ms);

/* Of filters of both kinds. */
#define FILTER_NAME_ROW(member, is_needed)                                                         \
    {                                                                                              \
        .name = member, .type = FIELD_STRING, .is_required = (is_needed),                          \
        .length = BETWEEN(1, 512), .pattern = "[^:*]*", .hides_misfit = true                       \
    }
#define FILTER_PATTERN_ROW                                                                         \
    {                                                                                              \
        .name = "filterPattern", .type = FIELD_STRING, .is_required = true,                        \
        .length = BETWEEN(0, 1024)                                                                 \
    }

/* The first is that of Logs Insights, the default. */
extern const char *const query_languages[];

#define QUERY_LANGUAGE_ROW                                                                         \
    {                                                                                              \
        .name = "queryLanguage", .type = FIELD_STRING, .values = query_languages                   \
    }
#define LIMIT_ROW(most)                                                                            \
    {                                                                                              \
        .name = "limit", .type = FIELD_INTEGER, .range = BETWEEN(1, most)                          \
    }
#define TOKEN_ROW                                                                                  \
    {                                                                                              \
        .name = "nextToken", .type = FIELD_STRING, .length = BETWEEN(1, 2048)                      \
    }

#endif
