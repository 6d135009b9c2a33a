#include "alarms/reason.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "json.h"
#include "number.h"
#include "timestamp.h"

enum {
    DATE_SIZE = 24,
    MS_PER_SECOND = 1000,
    LISTED_MAX =
        5, /* datapoints in a reason; where there are so many, in a sentence of their own */
};

static const char *const phrases[] = {
    [ALARM_GREATER_OR_EQUAL] = "greater than or equal to",
    [ALARM_GREATER] = "greater than",
    [ALARM_LESS] = "less than",
    [ALARM_LESS_OR_EQUAL] = "less than or equal to",
};

static const char *noun(int count)
{
    return count == 1 ? "datapoint" : "datapoints";
}

static const char *verb(int count)
{
    return count == 1 ? "was" : "were";
}

static void add_point(struct buffer *buffer, const struct alarm_datapoint *point)
{
    char number[NUMBER_JAVA_SIZE];
    char date[DATE_SIZE];
    struct tm parts;
    time_t seconds = (time_t)point->start_s;
    gmtime_r(&seconds, &parts);
    strftime(date, sizeof(date), "%d/%m/%y %H:%M:%S", &parts);
    buffer_add_format(buffer, "%s (%s)", number_java(point->value, number), date);
}

/* The real points that speak for the verdict, newest first, as far as they are listed; how many
 * there are. */
static int add_witnesses(struct buffer *buffer, const struct alarm_finding *finding)
{
    int seen = 0;
    int told = 0;
    bool wants_breaching = finding->verdict.state == ALARM_STATE_ALARM;
    for (int i = 0; i < finding->count && seen < finding->verdict.real_count; i++) {
        const struct alarm_datapoint *point = &finding->points[i];
        if (!point->is_real)
            continue;
        seen++;
        if (alarm_is_breaching(finding->criteria, point->value) != wants_breaching)
            continue;
        if (told++ >= LISTED_MAX)
            continue;
        if (told > 1)
            buffer_add_string(buffer, ", ");
        add_point(buffer, point);
    }
    return told;
}

/* " and 2 missing datapoints were treated as [Breaching]"; the other two treatments are silent. */
static void add_fillers(struct buffer *buffer, const struct alarm_finding *finding)
{
    int count = finding->verdict.filler_count;
    enum alarm_missing missing = finding->criteria->missing;
    if (count && (missing == ALARM_MISSING_BREACHING || missing == ALARM_MISSING_NOT_BREACHING))
        buffer_add_format(buffer, " and %d missing %s %s treated as [%s]", count, noun(count),
                          verb(count),
                          missing == ALARM_MISSING_BREACHING ? "Breaching" : "NonBreaching");
}

/* " (minimum 2 datapoints for OK -> ALARM transition)" */
static void add_minimum(struct buffer *buffer, const struct alarm_finding *finding)
{
    bool is_alarm = finding->verdict.state == ALARM_STATE_ALARM;
    int needed = alarm_datapoints_to_alarm(finding->criteria);
    int minimum = is_alarm ? needed : finding->criteria->evaluation_periods - needed + 1;
    buffer_add_format(buffer, " (minimum %d %s for %s transition)", minimum, noun(minimum),
                      is_alarm ? "OK -> ALARM" : "ALARM -> OK");
}

static void add_crossing(struct buffer *reason, const struct alarm_finding *finding, int told,
                         const char *witnesses)
{
    char threshold[NUMBER_JAVA_SIZE];
    const struct alarm_criteria *criteria = finding->criteria;
    bool are_many = told >= LISTED_MAX;
    if (criteria->datapoints_to_alarm)
        buffer_add_format(reason, "%d out of the last %d datapoints", told,
                          criteria->evaluation_periods);
    else
        buffer_add_format(reason, "%d %s", told, noun(told));
    if (!are_many)
        buffer_add_format(reason, " [%s]", witnesses);
    buffer_add_format(reason, " %s %s%s the threshold (%s)", verb(told),
                      finding->verdict.state == ALARM_STATE_ALARM ? "" : "not ",
                      phrases[criteria->comparison], number_java(criteria->threshold, threshold));
    add_fillers(reason, finding);
    if (are_many)
        buffer_add_format(reason, ". The most recent datapoints which crossed the threshold: [%s]",
                          witnesses);
    if (criteria->datapoints_to_alarm)
        add_minimum(reason, finding);
}

/* Nothing that came speaks for the verdict: the fillers do. */
static void add_receipt(struct buffer *reason, const struct alarm_finding *finding)
{
    int real = finding->verdict.real_count;
    int periods = finding->criteria->evaluation_periods;
    if (real)
        buffer_add_format(reason, "%d %s %s", real, noun(real), verb(real));
    else
        buffer_add_string(reason, "no datapoints were");
    buffer_add_format(reason, " received for %d %s", periods, periods == 1 ? "period" : "periods");
    add_fillers(reason, finding);
}

char *alarm_reason_print(const struct alarm_finding *finding)
{
    struct buffer reason = { 0 };
    struct buffer witnesses = { 0 };
    int periods = finding->criteria->evaluation_periods;
    if (finding->verdict.state == ALARM_STATE_INSUFFICIENT_DATA) {
        buffer_add_format(&reason, "Insufficient Data: %d %s %s unknown.", periods, noun(periods),
                          verb(periods));
        return buffer_take(&reason, NULL);
    }
    int told = add_witnesses(&witnesses, finding);
    buffer_add_string(&reason, "Threshold Crossed: ");
    if (told)
        add_crossing(&reason, finding, told, witnesses.data);
    else
        add_receipt(&reason, finding);
    buffer_add_char(&reason, '.');
    buffer_clear(&witnesses);
    return buffer_take(&reason, NULL);
}

static cJSON *number(double value)
{
    char text[NUMBER_JAVA_SIZE];
    return cJSON_CreateRaw(number_java(value, text));
}

void alarm_set_time(cJSON *object, const char *name, int64_t ms)
{
    char text[TIMESTAMP_SIZE];
    json_set_text(object, name, timestamp_print(ms, TIMESTAMP_LAMBDA, text));
}

static cJSON *evaluated_point(const struct alarm_datapoint *point)
{
    cJSON *item = cJSON_CreateObject();
    alarm_set_time(item, "timestamp", point->start_s * MS_PER_SECOND);
    if (!point->is_real)
        return item;
    if (point->sample_count > 0)
        json_set(item, "sampleCount", number(point->sample_count));
    json_set(item, "value", number(point->value));
    return item;
}

/* The points that count: the newest real ones, and the newest missing ones that were filled in.
 * Values oldest first, datapoints newest first. */
static void add_points(const struct alarm_finding *finding, cJSON *recent, cJSON *evaluated,
                       int limit)
{
    int real = finding->verdict.real_count;
    int fillers = finding->verdict.filler_count;
    for (int i = 0; i < finding->count && limit > 0; i++) {
        const struct alarm_datapoint *point = &finding->points[i];
        int *left = point->is_real ? &real : &fillers;
        if ((*left)-- <= 0)
            continue;
        if (point->is_real)
            cJSON_InsertItemInArray(recent, 0, number(point->value));
        cJSON_AddItemToArray(evaluated, evaluated_point(point));
        limit--;
    }
}

static const struct alarm_datapoint *oldest_used(const struct alarm_finding *finding)
{
    const struct alarm_datapoint *oldest = NULL;
    int real = finding->verdict.real_count;
    for (int i = 0; i < finding->count && real > 0; i++) {
        if (!finding->points[i].is_real)
            continue;
        oldest = &finding->points[i];
        real--;
    }
    return oldest;
}

static char *print_data(const struct alarm_finding *finding, int limit)
{
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateObject();
    const struct alarm_datapoint *oldest = oldest_used(finding);
    json_set_text(data, "version", "1.0");
    alarm_set_time(data, "queryDate", finding->query_ms);
    if (oldest)
        alarm_set_time(data, "startDate", oldest->start_s * MS_PER_SECOND);
    json_set_text(data, "unit", finding->unit);
    json_set_text(data, "statistic", finding->statistic);
    json_set_double(data, "period", (double)finding->period_s);
    cJSON *recent = json_set_array(data, "recentDatapoints");
    json_set(data, "threshold", number(finding->criteria->threshold));
    add_points(finding, recent, json_set_array(data, "evaluatedDatapoints"), limit);
    return json_print(data);
}

char *alarm_reason_data_print(const struct alarm_finding *finding)
{
    int limit = finding->count;
    char *text = print_data(finding, limit);
    while (strlen(text) > ALARM_REASON_DATA_MAX) {
        free(text);
        limit /= 2;
        text = print_data(finding, limit);
    }
    return text;
}
