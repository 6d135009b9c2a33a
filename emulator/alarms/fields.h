/*
 * Field rows and small things that several of the alarm operations share.
 */
#ifndef COALMINE_ALARM_FIELDS_H
#define COALMINE_ALARM_FIELDS_H

#include "alarms/state.h"
#include "cloudwatch/tags.h"
#include "operation/operation.h"

extern const struct fault ALARM_NOT_FOUND;          /* ResourceNotFound, 404 */
extern const struct fault ALARM_RESOURCE_NOT_FOUND; /* ResourceNotFoundException, 404 */
extern const struct fault ALARM_INVALID_FORMAT;
extern const struct fault ALARM_LIMIT_EXCEEDED;

extern const struct field alarm_name_item;         /* 1 to 255 characters */
extern const struct field alarm_metric_alarm_item; /* output */
extern const struct field alarm_composite_item;    /* output */
extern const char *const alarm_state_values[];     /* in the order the service prints */
extern const char *const alarm_statistic_values[];
extern const char *const alarm_type_values[];

#define ALARM_NAME_ROW                                                                             \
    {                                                                                              \
        .name = "AlarmName", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255)  \
    }

extern const struct field alarm_action_item;
#define ALARM_ACTIONS_ROW(member)                                                                  \
    {                                                                                              \
        .name = (member), .type = FIELD_LIST, .length = BETWEEN(0, 5), .item = &alarm_action_item  \
    }
#define ALARM_ACTION_ROWS                                                                          \
    ALARM_ACTIONS_ROW("OKActions"), ALARM_ACTIONS_ROW("AlarmActions"),                             \
        ALARM_ACTIONS_ROW("InsufficientDataActions")
/* What an alarm on one metric asks of it, beside its name; needs cloudwatch/fields.h. */
#define ALARM_METRIC_ROWS                                                                          \
    { .name = "Statistic", .type = FIELD_STRING, .values = alarm_statistic_values },               \
        { .name = "ExtendedStatistic", .type = FIELD_STRING },                                     \
        { .name = "Dimensions",                                                                    \
          .type = FIELD_LIST,                                                                      \
          .length = BETWEEN(0, DIMENSIONS_MAX),                                                    \
          .item = &cloudwatch_dimension_item },                                                    \
        { .name = "Period", .type = FIELD_INTEGER, .range = AT_LEAST(1) },                         \
    {                                                                                              \
        .name = "Unit", .type = FIELD_STRING, .values = cloudwatch_units                           \
    }
#define ALARM_TAGS_ROW                                                                             \
    {                                                                                              \
        .name = "Tags", .type = FIELD_LIST, .item = &cloudwatch_tag_item                           \
    }

extern const struct field alarm_evaluation_window_fields[];
#define ALARM_EVALUATION_WINDOW_ROW                                                                \
    {                                                                                              \
        .name = "EvaluationWindow", .type = FIELD_STRUCTURE,                                       \
        .members = alarm_evaluation_window_fields                                                  \
    }
extern const struct field alarm_action_configuration_fields[];
#define ALARM_ACTION_CONFIGURATION_ROW                                                             \
    {                                                                                              \
        .name = "ActionConfiguration", .type = FIELD_STRUCTURE,                                    \
        .members = alarm_action_configuration_fields                                               \
    }

/* The alarm that the call names in `member`. */
struct alarm_key alarm_key_of(const struct call *call, const char *member);

/* A list of texts has this one. */
bool alarm_is_listed(const cJSON *list, const char *text);

/* The input's members but for those named (NULL-ended), as compact JSON in the call's arena. */
const char *alarm_take_configuration(struct call *call, const char *const *left_out);

/* All actions are ARNs of services that alarms of this kind may have. */
MUST_CHECK bool alarm_check_actions(struct call *call, bool is_composite);

/* There is no ActionConfiguration: an alarm's tags stay out of what its actions are told. */
MUST_CHECK bool alarm_check_action_configuration(struct call *call);

/* Saves what was put, with its history and news: a new alarm, or another configuration. */
void alarm_put(struct call *call, const struct alarm_key *key, bool is_composite,
               const char *configuration, const char *tags);

/* Not more alarms than an account may have; and a composite does not replace a metric alarm. */
MUST_CHECK bool alarm_check_place(struct call *call, const struct alarm_key *key,
                                  bool is_composite);

/* An alarm as DescribeAlarms shows it. */
cJSON *alarm_write(const struct alarm_row *row);

/* The key behind NextToken ("" at first), in the arena; false with InvalidNextToken. */
MUST_CHECK bool alarm_page_begin(struct call *call, const char **after_out);
void alarm_page_end(struct call *call, const char *last);

#endif
