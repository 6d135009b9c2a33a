/*
 * What CloudWatch says while a step is watched, or somebody is waited for: metrics and alarms come
 * into the evidence and the record.
 */
#include "rollout/engine.h"
#include "xalloc.h"

enum { OBSERVE_MS = 5000 };

static void record_metrics(struct engine *engine, const struct metric_evidence *metric,
                           const struct metric_series *series, const char *side)
{
    for (size_t i = 0; i < series->count; i++) {
        cJSON *line = record_line("metric", engine_now_ms(engine));
        json_set_text(line, "name", metric->name);
        json_set_text(line, "side", side);
        json_set_double(line, "time", (double)series->times_ms[i]);
        json_set_double(line, "value", series->values[i]);
        deployment_record(engine->deployment, line);
    }
}

static bool is_known_value(const struct metric_series *series, int64_t time_ms, double value)
{
    for (size_t i = 0; i < series->count; i++) {
        if (series->times_ms[i] == time_ms)
            return !(series->values[i] < value) && !(series->values[i] > value);
    }
    return false;
}

/* Lines only for what is new. */
static void merge_series(struct engine *engine, const struct metric_evidence *metric,
                         bool is_baseline)
{
    const struct metric_series *series = is_baseline ? &metric->baseline : &metric->canary;
    for (size_t i = 0; i < series->count; i++) {
        const struct metric_evidence *known = evidence_metric(&engine->evidence, metric->name);
        const struct metric_series *before = !known        ? NULL
                                             : is_baseline ? &known->baseline
                                                           : &known->canary;
        struct metric_series one = { &series->times_ms[i], &series->values[i], 1 };
        if (before && is_known_value(before, series->times_ms[i], series->values[i]))
            continue;
        evidence_set_metric(&engine->evidence, metric->name, is_baseline, series->times_ms[i],
                            series->values[i]);
        record_metrics(engine, metric, &one, is_baseline ? "baseline" : "canary");
    }
}

void engine_record_alarm(struct engine *engine, const struct alarm_evidence *alarm)
{
    cJSON *line = record_line("alarm", engine_now_ms(engine));
    json_set_text(line, "name", alarm->name);
    json_set_text(line, "state", alarm->state);
    json_set_text(line, "reason", alarm->reason);
    deployment_record(engine->deployment, line);
}

static bool is_of_plan(const struct engine *engine, const char *name)
{
    for (size_t i = 0; i < engine->plan->alarm_count; i++) {
        if (strcmp(engine->plan->alarms[i], name) == 0)
            return true;
    }
    return false;
}

/* The present step's checks; where there is no step, the plan's. */
static const struct check *present_checks(const struct engine *engine, size_t *count_out)
{
    const struct plan *plan = engine->plan;
    if ((size_t)engine->rollout.step < plan->step_count)
        return plan_checks(plan, &plan->steps[engine->rollout.step], count_out);
    *count_out = plan->check_count;
    return plan->checks;
}

/* What an `alarm` check of the present step looks at; NULL: this is none, or a dry run. */
static const char *alarm_of(const struct check *check)
{
    return check->is_dry_run ? NULL : check->alarm;
}

static bool is_of_check(const struct engine *engine, const char *name)
{
    size_t count;
    const struct check *checks = present_checks(engine, &count);
    for (size_t i = 0; i < count; i++) {
        if (alarm_of(&checks[i]) && strcmp(alarm_of(&checks[i]), name) == 0)
            return true;
    }
    return false;
}

/* Do the checks look at what was read? They do not while hooks run, or the rollout stands still. */
static bool is_judged(const struct engine *engine)
{
    const struct rollout *rollout = &engine->rollout;
    return rollout->hold == HOLD_APPROVAL || (rollout_next(rollout).kind == ACTION_WATCH &&
                                              engine->plan->steps[rollout->step].duration_ms > 0);
}

/* An alarm of the plan that comes to fire is a failure; so is a check's where no check is asked. */
static void heed_alarm(struct engine *engine, const struct alarm_evidence *alarm)
{
    bool counts =
        is_of_plan(engine, alarm->name) || (!is_judged(engine) && is_of_check(engine, alarm->name));
    if (strcmp(alarm->state, "ALARM") != 0 || !counts)
        return;
    CLEANUP(freep)
    char *sentence = xformat("alarm %s is in state ALARM%s%s", alarm->name,
                             alarm->reason ? ": " : "", alarm->reason ? alarm->reason : "");
    rollout_alarmed(&engine->rollout, sentence, engine_now_ms(engine));
}

static void merge_alarm(struct engine *engine, const struct alarm_evidence *alarm)
{
    const struct alarm_evidence *known = evidence_alarm(&engine->evidence, alarm->name);
    if (known && strcmp(known->state, alarm->state) == 0)
        return;
    evidence_set_alarm(&engine->evidence, alarm->name, alarm->state, alarm->reason);
    engine_record_alarm(engine, alarm);
    heed_alarm(engine, alarm);
}

/* Once, until CloudWatch can be read again; how long there is no answer is measured elsewhere. */
static void tell_blindness(struct engine *engine, const char *sentence)
{
    if (!engine->is_blind)
        engine_notice(engine, "CloudWatch is not to be read just now: %s", sentence);
    engine->is_blind = true;
}

/* The plan's, and those of the present checks. */
static bool has_all_alarms(const struct engine *engine, const struct evidence *seen)
{
    size_t count;
    const struct check *checks = present_checks(engine, &count);
    for (size_t i = 0; i < engine->plan->alarm_count; i++) {
        if (!evidence_alarm(seen, engine->plan->alarms[i]))
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (alarm_of(&checks[i]) && !evidence_alarm(seen, alarm_of(&checks[i])))
            return false;
    }
    return true;
}

static bool has_alarms(const struct engine *engine)
{
    static const struct evidence nothing;
    return !has_all_alarms(engine, &nothing);
}

static void observe(struct engine *engine, bool is_last)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(evidence_clear)
    struct evidence seen = { .started_ms = engine->rollout.step_started_ms };
    bool is_whole = engine->ports.observe(engine->ports.world, is_last, &seen, &error);
    engine->is_blind = engine->is_blind && !is_whole;
    if (is_whole)
        engine->all_read_ms = engine_now_ms(engine);
    else if (!engine->ports.is_interrupted(engine->ports.world))
        tell_blindness(engine, error.message);
    evidence_shift_metrics(&engine->evidence, seen.shifted_ms);
    if (has_all_alarms(engine, &seen))
        engine->heard_ms = engine_now_ms(engine);
    /* Between two steps there is no evidence that they would belong to. */
    for (size_t i = 0; i < seen.metric_count && engine->rollout.phase == PHASE_WATCH; i++) {
        merge_series(engine, &seen.metrics[i], false);
        merge_series(engine, &seen.metrics[i], true);
    }
    for (size_t i = 0; i < seen.alarm_count; i++)
        merge_alarm(engine, &seen.alarms[i]);
}

void engine_observe(struct engine *engine, bool is_final)
{
    int64_t now_ms = engine_now_ms(engine);
    if (!is_final && engine->observed_ms && now_ms - engine->observed_ms < OBSERVE_MS)
        return;
    engine->observed_ms = now_ms;
    observe(engine, is_final);
}

void engine_look_at_alarms(struct engine *engine)
{
    if (has_alarms(engine))
        engine_observe(engine, false);
}

static bool is_long_ago(const struct engine *engine, int64_t time_ms)
{
    return engine_now_ms(engine) - time_ms >= engine->plan->lost_after_ms;
}

const char *engine_unread_alarms(const struct engine *engine)
{
    bool is_known = !has_alarms(engine) || !is_long_ago(engine, engine->heard_ms);
    return is_known ? NULL
                    : "not all of the plan's alarms could be read: nobody knows whether one fires";
}

void engine_look_after_hook(struct engine *engine)
{
    if (!has_alarms(engine))
        return;
    engine_observe(engine, true);
    const char *unread = engine_unread_alarms(engine);
    if (unread && !engine->ports.is_interrupted(engine->ports.world))
        rollout_troubled(&engine->rollout, unread);
}

bool engine_has_checks(const struct engine *engine)
{
    for (size_t i = 0; i < engine->check_count; i++) {
        if (!engine->checks[i].is_dry_run)
            return true;
    }
    return false;
}

static bool asks_cloudwatch(const struct check *check)
{
    return !check->is_dry_run && (check->metric || check->alarm || check->score);
}

const char *engine_unknown(const struct engine *engine)
{
    const char *unread = engine_unread_alarms(engine);
    if (unread)
        return unread;
    if (engine->plan->traffic.is_live && engine_has_checks(engine) &&
        is_long_ago(engine, engine->counted_ms))
        return "CloudWatch did not tell any more what users met: nobody knows how they fare";
    for (size_t i = 0; i < engine->check_count; i++) {
        if (asks_cloudwatch(&engine->checks[i]) && is_long_ago(engine, engine->all_read_ms))
            return "CloudWatch could not be read any more: nobody knows what its metrics and "
                   "alarms would say";
    }
    return NULL;
}
