#include "judge/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

void version_evidence_clear(struct version_evidence *version)
{
    histogram_clear(&version->latency);
    *version = (struct version_evidence){ 0 };
}

void evidence_clear(struct evidence *evidence)
{
    version_evidence_clear(&evidence->base);
    version_evidence_clear(&evidence->canary);
    version_evidence_clear(&evidence->others);
    for (size_t i = 0; i < evidence->metric_count; i++) {
        free(evidence->metrics[i].name);
        free(evidence->metrics[i].canary.times_ms);
        free(evidence->metrics[i].canary.values);
        free(evidence->metrics[i].baseline.times_ms);
        free(evidence->metrics[i].baseline.values);
    }
    for (size_t i = 0; i < evidence->alarm_count; i++) {
        free(evidence->alarms[i].name);
        free(evidence->alarms[i].reason);
    }
    free(evidence->metrics);
    free(evidence->alarms);
    *evidence = (struct evidence){ 0 };
}

void version_evidence_merge(struct version_evidence *version, const struct version_evidence *more)
{
    version->requests += more->requests;
    version->errors += more->errors;
    version->early += more->early;
    version->throttles += more->throttles;
    version->cold_starts += more->cold_starts;
    histogram_merge(&version->latency, &more->latency);
}

struct version_evidence version_evidence_since(const struct version_evidence *now,
                                               const struct version_evidence *before)
{
    struct version_evidence since = *now;
    since.requests -= before->requests;
    since.errors -= before->errors;
    since.early -= before->early;
    since.throttles -= before->throttles;
    since.cold_starts -= before->cold_starts;
    since.latency = (struct histogram){ 0 };
    histogram_difference(&now->latency, &before->latency, &since.latency);
    return since;
}

static struct metric_evidence *find_metric(const struct evidence *evidence, const char *name)
{
    for (size_t i = 0; i < evidence->metric_count; i++) {
        if (strcmp(evidence->metrics[i].name, name) == 0)
            return &evidence->metrics[i];
    }
    return NULL;
}

const struct metric_evidence *evidence_metric(const struct evidence *evidence, const char *name)
{
    return find_metric(evidence, name);
}

static struct alarm_evidence *find_alarm(const struct evidence *evidence, const char *name)
{
    for (size_t i = 0; i < evidence->alarm_count; i++) {
        if (strcmp(evidence->alarms[i].name, name) == 0)
            return &evidence->alarms[i];
    }
    return NULL;
}

const struct alarm_evidence *evidence_alarm(const struct evidence *evidence, const char *name)
{
    return find_alarm(evidence, name);
}

static struct metric_evidence *add_metric(struct evidence *evidence, const char *name)
{
    size_t count = evidence->metric_count++;
    evidence->metrics =
        xrealloc(evidence->metrics, evidence->metric_count * sizeof(*evidence->metrics));
    evidence->metrics[count] = (struct metric_evidence){ .name = xstrdup(name) };
    return &evidence->metrics[count];
}

/* Makes room at `at` for one more. */
static void series_insert(struct metric_series *series, size_t at)
{
    size_t rest = series->count - at;
    series->count++;
    series->times_ms = xrealloc(series->times_ms, series->count * sizeof(*series->times_ms));
    series->values = xrealloc(series->values, series->count * sizeof(*series->values));
    memmove(&series->times_ms[at + 1], &series->times_ms[at], rest * sizeof(*series->times_ms));
    memmove(&series->values[at + 1], &series->values[at], rest * sizeof(*series->values));
}

void evidence_set_metric(struct evidence *evidence, const char *name, bool is_baseline,
                         int64_t time_ms, double value)
{
    struct metric_evidence *metric = find_metric(evidence, name);
    if (!metric)
        metric = add_metric(evidence, name);
    struct metric_series *series = is_baseline ? &metric->baseline : &metric->canary;
    size_t at = series->count;
    while (at > 0 && series->times_ms[at - 1] >= time_ms)
        at--;
    if (at == series->count || series->times_ms[at] != time_ms)
        series_insert(series, at);
    series->times_ms[at] = time_ms;
    series->values[at] = value;
}

int64_t evidence_first_period(const struct evidence *evidence, int64_t period_ms)
{
    return (evidence->started_ms + period_ms - 1) / period_ms * period_ms;
}

static void shift(struct metric_series *series, int64_t ms)
{
    for (size_t i = 0; i < series->count; i++)
        series->times_ms[i] += ms;
}

void evidence_shift_metrics(struct evidence *evidence, int64_t ms)
{
    for (size_t i = 0; i < evidence->metric_count; i++) {
        shift(&evidence->metrics[i].canary, ms);
        shift(&evidence->metrics[i].baseline, ms);
    }
}

void evidence_set_alarm(struct evidence *evidence, const char *name, const char *state,
                        const char *reason)
{
    struct alarm_evidence *alarm = find_alarm(evidence, name);
    if (!alarm) {
        evidence->alarms =
            xrealloc(evidence->alarms, (evidence->alarm_count + 1) * sizeof(*evidence->alarms));
        alarm = &evidence->alarms[evidence->alarm_count++];
        *alarm = (struct alarm_evidence){ .name = xstrdup(name) };
    }
    snprintf(alarm->state, sizeof(alarm->state), "%s", state);
    free(alarm->reason);
    alarm->reason = reason ? xstrdup(reason) : NULL;
}

cJSON *version_evidence_json(const struct version_evidence *version)
{
    cJSON *json = cJSON_CreateObject();
    json_set_double(json, "requests", (double)version->requests);
    json_set_double(json, "errors", (double)version->errors);
    if (version->early)
        json_set_double(json, "early", (double)version->early);
    json_set_double(json, "throttles", (double)version->throttles);
    if (version->cold_starts)
        json_set_double(json, "coldStarts", (double)version->cold_starts);
    json_set(json, "latency", histogram_json(&version->latency));
    return json;
}

static bool add_count(uint64_t *count, const cJSON *json, const char *name)
{
    double value = json_double(json, name, 0);
    if (value < 0 || value > 9e15)
        return false;
    *count += (uint64_t)value;
    return true;
}

bool version_evidence_add_json(struct version_evidence *version, const cJSON *json)
{
    const cJSON *latency = json_get(json, "latency");
    return cJSON_IsObject(json) && add_count(&version->requests, json, "requests") &&
           add_count(&version->errors, json, "errors") &&
           add_count(&version->early, json, "early") &&
           add_count(&version->throttles, json, "throttles") &&
           add_count(&version->cold_starts, json, "coldStarts") &&
           (!latency || histogram_add_json(&version->latency, latency));
}
