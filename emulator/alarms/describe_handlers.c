/*
 * DescribeAlarms and DescribeAlarmsForMetric (cloudwatch-api.md section 4.2).
 */
#include <stdlib.h>
#include <string.h>

#include "alarms/configuration.h"
#include "alarms/fields.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"

enum { PAGE_DEFAULT = 50, MS_PER_SECOND = 1000 };

struct filter {
    const cJSON *names;
    const char *prefix;
    const char *state;
    const char *action_prefix;
    bool takes_metric;
    bool takes_composite;
};

/* Without AlarmTypes only metric alarms are shown, even if AlarmNames names a composite. */
static struct filter read_filter(const cJSON *input)
{
    const cJSON *types = json_get(input, "AlarmTypes");
    bool has_types = types && types->child;
    return (struct filter){
        .names = json_get(input, "AlarmNames"),
        .prefix = json_text(input, "AlarmNamePrefix", NULL),
        .state = json_text(input, "StateValue", NULL),
        .action_prefix = json_text(input, "ActionPrefix", NULL),
        .takes_metric = !has_types || alarm_is_listed(types, "MetricAlarm"),
        .takes_composite = has_types && alarm_is_listed(types, "CompositeAlarm"),
    };
}

static bool has_action(const struct alarm_row *row, const char *prefix)
{
    static const char *const lists[] = { "OKActions", "AlarmActions", "InsufficientDataActions" };
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(row->configuration));
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const cJSON *action;
        cJSON_ArrayForEach(action, json_get(configuration, lists[i]))
        {
            if (text_starts_with(text_from(action->valuestring), prefix))
                return true;
        }
    }
    return false;
}

static bool matches(const struct filter *filter, const struct alarm_row *row)
{
    return (row->is_composite ? filter->takes_composite : filter->takes_metric) &&
           (!filter->state || strcmp(filter->state, alarm_state_name(row->state)) == 0) &&
           (!filter->action_prefix || has_action(row, filter->action_prefix));
}

/* The first of the names behind `after` that an alarm has. */
static bool next_named(struct call *call, const cJSON *names, const char *after,
                       struct alarm_row *row_out)
{
    const cJSON *item;
    const char *first;
    do {
        first = NULL;
        cJSON_ArrayForEach(item, names)
        {
            if (strcmp(item->valuestring, after) > 0 &&
                (!first || strcmp(item->valuestring, first) < 0))
                first = item->valuestring;
        }
        if (!first)
            return false;
        after = first;
    } while (!alarm_row_find(call->store,
                             &(const struct alarm_key){ call->account, call->region, first },
                             &call->arena, row_out));
    return true;
}

/* The next alarm that may match: asking for a few names, or a prefix, does not read all alarms. */
static bool next_candidate(struct call *call, const struct filter *filter, const char *after,
                           struct alarm_row *row_out)
{
    if (filter->names && filter->names->child)
        return next_named(call, filter->names, after, row_out);
    if (filter->prefix && strcmp(after, filter->prefix) < 0) {
        const struct alarm_key exact = { call->account, call->region, filter->prefix };
        if (alarm_row_find(call->store, &exact, &call->arena, row_out))
            return true;
        after = filter->prefix;
    }
    return alarm_row_next(call->store, call->account, call->region, after, &call->arena, row_out) &&
           (!filter->prefix || text_starts_with(text_from(row_out->key.name), filter->prefix));
}

static cJSON *list_of(struct call *call, const struct alarm_row *row)
{
    return json_get(call_output(call), row->is_composite ? "CompositeAlarms" : "MetricAlarms");
}

static void begin_lists(struct call *call)
{
    json_set_array(call_output(call), "CompositeAlarms");
    json_set_array(call_output(call), "MetricAlarms");
    json_set_array(call_output(call), "LogAlarms"); /* not in the model; AWS answers it */
}

/* What a relation shows: children with their state, parents without. */
static cJSON *write_relative(struct call *call, const struct alarm_row *row, bool is_child)
{
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "AlarmName", row->key.name);
    json_set_text(item, "AlarmArn", alarm_arn(&call->arena, &row->key));
    if (is_child) {
        json_set_text(item, "StateValue", alarm_state_name(row->state));
        json_set_double(item, "StateUpdatedTimestamp", (double)row->updated_ms / MS_PER_SECOND);
    }
    return item;
}

static bool rule_names(const struct alarm_row *composite, const char *child)
{
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(composite->configuration));
    struct alarm_rule rule;
    bool found = false;
    if (!composite->is_composite)
        return false;
    alarm_read_rule(configuration, &rule);
    for (size_t i = 0; i < rule.child_count && !found; i++) {
        const char *name = alarm_name_of(&composite->key, rule.children[i]);
        found = name && strcmp(name, child) == 0;
    }
    alarm_rule_clear(&rule);
    return found;
}

/* An empty list is none. */
static bool is_given(const struct call *call, const char *member)
{
    const cJSON *value = json_get(call->input, member);
    return value && (!cJSON_IsArray(value) || value->child);
}

/* One of ChildrenOfAlarmName and ParentsOfAlarmName; nothing else may narrow it. */
static enum outcome describe_relatives(struct call *call, const char *of, bool is_children)
{
    static const char *const excluded[] = { "AlarmNames", "AlarmNamePrefix", "AlarmTypes",
                                            "StateValue", "ActionPrefix" };
    struct alarm_row row;
    struct alarm_row composite;
    const struct alarm_key key = { call->account, call->region, of };
    for (size_t i = 0; i < COUNT_OF(excluded); i++)
        if (is_given(call, excluded[i]))
            return call_fault(call, &CLOUDWATCH_VALIDATION,
                              "%s cannot be specified together with %s", excluded[i],
                              is_children ? "ChildrenOfAlarmName" : "ParentsOfAlarmName");
    const char *after;
    int64_t left = json_int(call->input, "MaxRecords", PAGE_DEFAULT);
    if (!alarm_page_begin(call, &after))
        return OUTCOME_FAULT;
    bool has_composite = alarm_row_find(call->store, &key, &call->arena, &composite);
    while (alarm_row_next(call->store, call->account, call->region, after, &call->arena, &row)) {
        bool is_relative = is_children ? has_composite && rule_names(&composite, row.key.name)
                                       : rule_names(&row, of);
        if (is_relative && left-- == 0) {
            alarm_page_end(call, after);
            break;
        }
        if (is_relative)
            cJSON_AddItemToArray(list_of(call, &row), write_relative(call, &row, is_children));
        after = row.key.name;
    }
    return OUTCOME_OK;
}

static enum outcome describe_alarms(struct call *call)
{
    const char *children_of = json_text(call->input, "ChildrenOfAlarmName", NULL);
    const char *parents_of = json_text(call->input, "ParentsOfAlarmName", NULL);
    struct filter filter = read_filter(call->input);
    const char *after;
    struct alarm_row row;
    int64_t left = json_int(call->input, "MaxRecords", PAGE_DEFAULT);
    begin_lists(call);
    if (children_of && parents_of)
        return call_fault(
            call, &CLOUDWATCH_VALIDATION,
            "ChildrenOfAlarmName and ParentsOfAlarmName cannot be specified together");
    if (children_of || parents_of)
        return describe_relatives(call, children_of ? children_of : parents_of,
                                  children_of != NULL);
    if (filter.names && filter.names->child && filter.prefix)
        return call_fault(call, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION,
                          "AlarmNamePrefix and AlarmNames cannot be specified together");
    if (!alarm_page_begin(call, &after))
        return OUTCOME_FAULT;
    while (next_candidate(call, &filter, after, &row)) {
        bool is_wanted = matches(&filter, &row);
        if (is_wanted && left-- == 0) {
            alarm_page_end(call, after);
            break;
        }
        if (is_wanted)
            cJSON_AddItemToArray(list_of(call, &row), alarm_write(&row));
        after = row.key.name;
    }
    return OUTCOME_OK;
}

/* Both name the same dimensions with the same values, in any order. */
static bool same_dimensions(const cJSON *given, const cJSON *wanted)
{
    const cJSON *first;
    const cJSON *second;
    if (cJSON_GetArraySize(given) != cJSON_GetArraySize(wanted))
        return false;
    cJSON_ArrayForEach(first, wanted)
    {
        bool found = false;
        cJSON_ArrayForEach(second, given)
        {
            found |= strcmp(json_text(first, "Name", ""), json_text(second, "Name", "")) == 0 &&
                     strcmp(json_text(first, "Value", ""), json_text(second, "Value", "")) == 0;
        }
        if (!found)
            return false;
    }
    return true;
}

static bool same_text(const cJSON *given, const cJSON *wanted, const char *member)
{
    const char *value = json_text(wanted, member, NULL);
    return !value || strcmp(json_text(given, member, ""), value) == 0;
}

static bool is_for_metric(const struct alarm_row *row, const cJSON *input)
{
    static const char *const texts[] = { "MetricName", "Namespace", "Statistic",
                                         "ExtendedStatistic", "Unit" };
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(row->configuration));
    if (row->is_composite || json_get(configuration, "Metrics"))
        return false;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (!same_text(configuration, input, texts[i]))
            return false;
    int64_t period_s = json_int(input, "Period", 0);
    return (!period_s || period_s == json_int(configuration, "Period", 0)) &&
           same_dimensions(json_get(configuration, "Dimensions"), json_get(input, "Dimensions"));
}

static enum outcome describe_alarms_for_metric(struct call *call)
{
    struct alarm_row row = { .key.name = "" };
    cJSON *list = json_set_array(call_output(call), "MetricAlarms");
    while (alarm_row_next(call->store, call->account, call->region, row.key.name, &call->arena,
                          &row)) {
        if (is_for_metric(&row, call->input))
            cJSON_AddItemToArray(list, alarm_write(&row));
    }
    return OUTCOME_OK;
}

static const struct field type_item = { .type = FIELD_STRING, .values = alarm_type_values };
static const struct field describe_fields[] = {
    { .name = "AlarmNames",
      .type = FIELD_LIST,
      .length = BETWEEN(0, 100),
      .item = &alarm_name_item },
    { .name = "AlarmNamePrefix", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "AlarmTypes", .type = FIELD_LIST, .item = &type_item },
    { .name = "ChildrenOfAlarmName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "ParentsOfAlarmName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "StateValue", .type = FIELD_STRING, .values = alarm_state_values },
    { .name = "ActionPrefix", .type = FIELD_STRING, .length = BETWEEN(1, 1024) },
    { .name = "MaxRecords", .type = FIELD_INTEGER, .range = BETWEEN(1, 100) },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};
static const struct field log_alarm_fields[] = { { 0 } };
static const struct field log_alarm_item = { .type = FIELD_STRUCTURE, .members = log_alarm_fields };
static const struct field describe_output[] = {
    { .name = "CompositeAlarms", .type = FIELD_LIST, .item = &alarm_composite_item },
    { .name = "LogAlarms", .type = FIELD_LIST, .item = &log_alarm_item },
    { .name = "MetricAlarms", .type = FIELD_LIST, .item = &alarm_metric_alarm_item },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};
static const struct field for_metric_fields[] = {
    { .name = "MetricName", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    { .name = "Namespace",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 255),
      .pattern = "[^:].*" },
    ALARM_METRIC_ROWS,
    { 0 },
};
static const struct field for_metric_output[] = {
    { .name = "MetricAlarms", .type = FIELD_LIST, .item = &alarm_metric_alarm_item },
    { 0 },
};

const struct operation alarm_describe_operations[] = {
    { .name = "DescribeAlarms",
      .input = describe_fields,
      .output = describe_output,
      .handle = describe_alarms },
    { .name = "DescribeAlarmsForMetric",
      .input = for_metric_fields,
      .output = for_metric_output,
      .handle = describe_alarms_for_metric },
    { 0 },
};
