/*
 * Why an alarm is in its state, for people: the datapoints it looks at, which window, what is
 * missing, and what the state follows from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/actions.h"
#include "alarms/reason.h"
#include "alarms/state.h"
#include "alarms/window.h"
#include "buffer.h"
#include "clock.h"
#include "cloudwatch/explain.h"
#include "number.h"
#include "timestamp.h"

enum { TOLD_MAX = 10 };

static const char *const treatments[] = {
    [ALARM_MISSING_MISSING] = "count as missing",
    [ALARM_MISSING_IGNORE] = "are ignored",
    [ALARM_MISSING_BREACHING] = "count as breaching",
    [ALARM_MISSING_NOT_BREACHING] = "count as not breaching",
};
static const char *const comparisons[] = {
    [ALARM_GREATER_OR_EQUAL] = ">=",
    [ALARM_GREATER] = ">",
    [ALARM_LESS] = "<",
    [ALARM_LESS_OR_EQUAL] = "<=",
};

static void set_time(cJSON *object, const char *name, int64_t ms)
{
    char text[TIMESTAMP_SIZE];
    json_set_text(object, name, timestamp_print(ms, TIMESTAMP_ISO, text));
}

static void write_points(cJSON *list, const struct alarm *alarm,
                         const struct alarm_datapoint *points, int count)
{
    for (int i = 0; i < count; i++) {
        cJSON *item = cJSON_CreateObject();
        set_time(item, "time", points[i].start_s * ALARM_MS_PER_SECOND);
        json_set_bool(item, "missing", !points[i].is_real);
        if (points[i].is_real) {
            json_set_double(item, "value", points[i].value);
            json_set_bool(item, "breaching", alarm_is_breaching(&alarm->criteria, points[i].value));
        }
        cJSON_AddItemToArray(list, item);
    }
}

static void tell_points(struct buffer *sentence, const struct alarm *alarm,
                        const struct alarm_datapoint *points, int count)
{
    int told = 0;
    for (int i = 0; i < count; i++) {
        char number[NUMBER_JAVA_SIZE];
        char time[TIMESTAMP_SIZE];
        if (!points[i].is_real || told++ >= TOLD_MAX)
            continue;
        buffer_add_format(
            sentence, "%s%s at %s (%s)", told > 1 ? ", " : ": ",
            number_java(points[i].value, number),
            timestamp_print(points[i].start_s * ALARM_MS_PER_SECOND, TIMESTAMP_ISO, time),
            alarm_is_breaching(&alarm->criteria, points[i].value) ? "breaching" : "well");
    }
    if (told > TOLD_MAX)
        buffer_add_format(sentence, " and %d more", told - TOLD_MAX);
}

static int count_real(const struct alarm_datapoint *points, int count)
{
    int real = 0;
    for (int i = 0; i < count; i++)
        real += points[i].is_real;
    return real;
}

static void tell_window(struct buffer *sentence, const struct alarm *alarm,
                        const struct alarm_datapoint *points, int count, int64_t end_s)
{
    char start[TIMESTAMP_SIZE];
    char end[TIMESTAMP_SIZE];
    char threshold[NUMBER_JAVA_SIZE];
    const struct alarm_criteria *criteria = &alarm->criteria;
    int real = count_real(points, count);
    struct alarm_verdict verdict = alarm_evaluate(criteria, points, count, alarm->state);
    timestamp_print((end_s - count * alarm->period_s) * ALARM_MS_PER_SECOND, TIMESTAMP_ISO, start);
    timestamp_print(end_s * ALARM_MS_PER_SECOND, TIMESTAMP_ISO, end);
    buffer_add_format(sentence,
                      " It wants %d of %d datapoints of %lld s to be %s %s. Its window now, %s to "
                      "%s, has %d of %d datapoints",
                      alarm_datapoints_to_alarm(criteria), criteria->evaluation_periods,
                      (long long)alarm->period_s, comparisons[criteria->comparison],
                      number_java(criteria->threshold, threshold), start, end, real, count);
    tell_points(sentence, alarm, points, count);
    if (real < count)
        buffer_add_format(
            sentence, "; missing ones %s%s", treatments[criteria->missing],
            real >= criteria->evaluation_periods ? ", but there are enough without them" : "");
    buffer_add_format(sentence, ". From these follows %s%s.",
                      verdict.is_kept ? "nothing, so it stays " : "",
                      alarm_state_name(verdict.state));
}

/* Metrics that have no data at all are most often spelled wrongly. */
static void tell_metrics(cJSON *output, struct buffer *sentence, struct alarms *alarms,
                         struct alarm *alarm)
{
    cJSON *list = json_set_array(output, "metrics");
    for (size_t i = 0; i < alarm->metric_count; i++) {
        cJSON *metric = metric_explain(alarms->parts.metrics, &alarm->metrics[i].identity);
        if (!json_bool(metric, "found", false))
            buffer_add_format(sentence, " %s", json_text(metric, "sentence", ""));
        cJSON_AddItemToArray(list, metric);
    }
}

static void explain_metric_alarm(cJSON *output, struct buffer *sentence, struct alarms *alarms,
                                 struct alarm *alarm)
{
    int64_t now_s = clock_now_ms() / ALARM_MS_PER_SECOND;
    int64_t end_s = now_s - now_s % alarm->tick_s;
    int count = alarm_evaluation_range(alarm->criteria.evaluation_periods);
    struct alarm_datapoint *points = alarm_window_read(alarms, alarm, end_s);
    cJSON *window = json_set_object(output, "window");
    set_time(window, "start", (end_s - count * alarm->period_s) * ALARM_MS_PER_SECOND);
    set_time(window, "end", end_s * ALARM_MS_PER_SECOND);
    json_set_double(window, "periodSeconds", (double)alarm->period_s);
    write_points(json_set_array(window, "datapoints"), alarm, points, count);
    tell_window(sentence, alarm, points, count, end_s);
    tell_metrics(output, sentence, alarms, alarm);
    free(points);
}

static void explain_composite(cJSON *output, struct buffer *sentence, struct alarms *alarms,
                              const struct alarm *alarm, const cJSON *configuration)
{
    const char *rule = json_text(configuration, "AlarmRule", "");
    cJSON *children = json_set_array(output, "children");
    json_set_text(output, "rule", rule);
    buffer_add_format(sentence, " Its rule is %s;", rule);
    for (size_t i = 0; i < alarm->rule.child_count; i++) {
        struct alarm_key key = alarm->key;
        key.name = alarm_name_of(&alarm->key, alarm->rule.children[i]);
        const struct alarm *child = key.name ? alarms_find(alarms, &key) : NULL;
        const char *state = child ? alarm_state_name(child->state) : "not there";
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "alarm", key.name ? key.name : alarm->rule.children[i]);
        json_set_text(item, "state", child ? state : NULL);
        cJSON_AddItemToArray(children, item);
        buffer_add_format(sentence, "%s %s is %s", i ? "," : "", alarm->rule.children[i], state);
    }
    buffer_add_char(sentence, '.');
}

static void explain_row(cJSON *output, struct buffer *sentence, const struct alarm_row *row)
{
    char since[TIMESTAMP_SIZE];
    timestamp_print(row->transitioned_ms, TIMESTAMP_ISO, since);
    json_set_text(output, "alarm", row->key.name);
    json_set_text(output, "state", alarm_state_name(row->state));
    json_set_text(output, "since", since);
    json_set_text(output, "reason", row->reason);
    size_t size = strlen(row->reason);
    if (size && row->reason[size - 1] == '.')
        size--;
    buffer_add_format(sentence, "Alarm %s is %s since %s (StateReason: %.*s).", row->key.name,
                      alarm_state_name(row->state), since, (int)size, row->reason);
}

cJSON *alarms_explain(struct alarms *alarms, const struct alarm_key *key, const struct fault *fault,
                      struct error *error)
{
    struct arena arena = { 0 };
    struct buffer sentence = { 0 };
    struct alarm_row row;
    cJSON *output = NULL;
    if (alarm_row_find(alarms->parts.store, key, &arena, &row)) {
        struct alarm *alarm = alarm_read(&row);
        CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(row.configuration));
        output = cJSON_CreateObject();
        explain_row(output, &sentence, &row);
        if (row.is_composite)
            explain_composite(output, &sentence, alarms, alarm, configuration);
        else
            explain_metric_alarm(output, &sentence, alarms, alarm);
        alarm_actions_write_suppression(&row, output);
        if (alarm_actions_are_waiting(&row))
            buffer_add_string(&sentence, " Its actions wait for a mute rule or a suppressor.");
        json_set_text(output, "sentence", buffer_text(&sentence).data);
        alarm_free(alarm);
    } else {
        error_set(error, fault, "there is no alarm %s in region %s", key->name, key->region);
    }
    buffer_clear(&sentence);
    arena_clear(&arena);
    return output;
}
