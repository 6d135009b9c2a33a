/*
 * From a row to its entry in the plan.
 */
#include <stdlib.h>
#include <string.h>

#include "alarms/configuration.h"
#include "alarms/state.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/insights.h"
#include "xalloc.h"

static const char *copy(struct alarm *alarm, const char *text)
{
    return arena_copy_string(&alarm->texts, text);
}

/* The members of `source` that name a metric: of the alarm itself, or of a MetricStat's Metric. */
static void read_metric(struct alarm *alarm, const cJSON *source, const char *unit,
                        struct alarm_metric *metric)
{
    struct metric_dimension borrowed[DIMENSIONS_MAX];
    size_t count = cloudwatch_read_dimensions(json_get(source, "Dimensions"), borrowed);
    struct metric_dimension *dimensions =
        arena_alloc(&alarm->texts, count * sizeof(*dimensions) + 1);
    for (size_t i = 0; i < count; i++)
        dimensions[i] = (struct metric_dimension){ copy(alarm, borrowed[i].name),
                                                   copy(alarm, borrowed[i].value) };
    metric->alarm = alarm;
    metric->identity = (struct metric_identity){
        .account = alarm->key.account,
        .region = alarm->key.region,
        .name_space = copy(alarm, json_text(source, "Namespace", "")),
        .name = copy(alarm, json_text(source, "MetricName", "")),
        .dimensions = dimensions,
        .dimension_count = count,
        .unit = copy(alarm, unit),
    };
    CLEANUP(freep) char *key = metric_key(&metric->identity);
    metric->key = copy(alarm, key);
}

/* Functions of the time of day give other values each minute, without any data. */
static bool tells_time(const char *expression)
{
    static const char *const functions[] = { "MINUTE", "HOUR", "DAY",  "DATE",
                                             "MONTH",  "YEAR", "EPOCH" };
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (strcasestr(expression, functions[i]))
            return true;
    return false;
}

static void read_math(struct alarm *alarm, const cJSON *queries)
{
    const cJSON *query;
    alarm->queries = cJSON_Duplicate(queries, true);
    alarm->metrics = xcalloc((size_t)cJSON_GetArraySize(queries) + 1, sizeof(*alarm->metrics));
    cJSON_ArrayForEach(query, alarm->queries)
    {
        const cJSON *stat = json_get(query, "MetricStat");
        const char *expression = json_text(query, "Expression", "");
        alarm->is_time_dependent |=
            tells_time(expression) || insights_begins(text_from(expression));
        if (stat)
            read_metric(alarm, json_get(stat, "Metric"), json_text(stat, "Unit", NULL),
                        &alarm->metrics[alarm->metric_count++]);
    }
}

static void read_single(struct alarm *alarm, const cJSON *configuration)
{
    alarm->unit = copy(alarm, json_text(configuration, "Unit", NULL));
    alarm->statistic_name = copy(alarm, alarm_statistic(configuration));
    if (!statistic_parse(alarm->statistic_name, &alarm->statistic))
        alarm->statistic = (struct statistic){ .kind = STATISTIC_SUM };
    alarm->metrics = xcalloc(1, sizeof(*alarm->metrics));
    alarm->metric_count = 1;
    read_metric(alarm, configuration, alarm->unit, alarm->metrics);
}

static void read_metric_alarm(struct alarm *alarm, const cJSON *configuration)
{
    const cJSON *queries = json_get(configuration, "Metrics");
    alarm->criteria = alarm_read_criteria(configuration);
    alarm->period_s = alarm_period_s(configuration);
    alarm->tick_s = alarm->period_s < ALARM_TICK_S ? ALARM_FINE_TICK_S : ALARM_TICK_S;
    if (queries && queries->child)
        read_math(alarm, queries);
    else
        read_single(alarm, configuration);
}

static void read_composite(struct alarm *alarm, const cJSON *configuration)
{
    const char *suppressor = json_text(configuration, "ActionsSuppressor", NULL);
    alarm_read_rule(configuration, &alarm->rule);
    if (suppressor)
        alarm->suppressor = copy(alarm, alarm_name_of(&alarm->key, suppressor));
}

struct alarm *alarm_read(const struct alarm_row *row)
{
    struct alarm *alarm = xcalloc(1, sizeof(*alarm));
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(row->configuration));
    alarm->key = (struct alarm_key){ copy(alarm, row->key.account), copy(alarm, row->key.region),
                                     copy(alarm, row->key.name) };
    alarm->is_composite = row->is_composite;
    alarm->state = row->state;
    alarm->due_ms = ALARM_NEVER;
    alarm->withheld_due_ms = ALARM_NEVER;
    if (row->is_composite)
        read_composite(alarm, configuration);
    else
        read_metric_alarm(alarm, configuration);
    return alarm;
}

void alarm_free(struct alarm *alarm)
{
    for (size_t i = 0; i < alarm->metric_count; i++)
        metric_await_no_more(&alarm->metrics[i].waiter);
    alarm_rule_clear(&alarm->rule);
    cJSON_Delete(alarm->queries);
    free(alarm->metrics);
    arena_clear(&alarm->texts);
    free(alarm);
}
