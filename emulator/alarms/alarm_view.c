/*
 * An alarm as DescribeAlarms shows it.
 */
#include "alarms/actions.h"
#include "alarms/fields.h"

enum { MS_PER_SECOND = 1000 };

static void set_time(cJSON *object, const char *name, int64_t ms)
{
    json_set_double(object, name, (double)ms / MS_PER_SECOND);
}

static void add_lists(cJSON *output, bool is_composite)
{
    static const char *const lists[] = { "OKActions", "AlarmActions", "InsufficientDataActions",
                                         "Dimensions" };
    for (size_t i = 0; i < COUNT_OF(lists) - is_composite; i++)
        if (!json_get(output, lists[i]))
            json_set_array(output, lists[i]);
}

/* AWS says of each query whether it returns data, also where the caller did not. */
static void add_return_data(cJSON *output)
{
    cJSON *query;
    cJSON_ArrayForEach(query, json_get(output, "Metrics"))
    {
        if (!json_get(query, "ReturnData"))
            json_set_bool(query, "ReturnData", true);
    }
}

cJSON *alarm_write(const struct alarm_row *row)
{
    struct arena arena = { 0 };
    cJSON *output = json_parse(text_from(row->configuration));
    if (!json_get(output, "ActionsEnabled"))
        json_set_bool(output, "ActionsEnabled", true);
    add_lists(output, row->is_composite);
    add_return_data(output);
    json_set_text(output, "AlarmName", row->key.name);
    json_set_text(output, "AlarmArn", alarm_arn(&arena, &row->key));
    set_time(output, "AlarmConfigurationUpdatedTimestamp", row->configured_ms);
    json_set_text(output, "StateValue", alarm_state_name(row->state));
    json_set_text(output, "StateReason", row->reason);
    json_set_text(output, "StateReasonData", row->reason_data);
    set_time(output, "StateUpdatedTimestamp", row->updated_ms);
    set_time(output, "StateTransitionedTimestamp", row->transitioned_ms);
    if (row->is_composite)
        alarm_actions_write_suppression(row, output);
    arena_clear(&arena);
    return output;
}
