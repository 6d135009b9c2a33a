#include "rollout/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/sts_api.h"
#include "clock.h"
#include "rollout/control.h"
#include "xalloc.h"

enum { EXIT_DONE = 0, EXIT_WRONG = 1, EXIT_BACK = 3, EXIT_UNSURE = 4, EXIT_HELD = 5 };

/* On AWS the account must be known before anything is written; Coalmine may not tell. */
static bool find_account(struct job *job)
{
    struct identity identity = { 0 };
    if (!sts_identity(&job->api, &identity, &job->error)) {
        if (!job->api.profile.is_local)
            return false;
        error_clear(&job->error);
    }
    snprintf(job->account, sizeof(job->account), "%s", identity.account);
    return true;
}

/* Before there is a deployment, in its record's form all the same. */
static void on_throttled(const char *sentence, void *owner)
{
    struct job *job = owner;
    if (job->has_deployment) {
        job_notice(job, "%s.", sentence);
    } else if (job->observer && job->observer->on_event) {
        CLEANUP(json_deletep) cJSON *line = record_line("notice", clock_true_ms());
        CLEANUP(freep) char *text = xformat("%s.", sentence);
        json_set_text(line, "text", text);
        CLEANUP(freep) char *printed = json_print(line);
        job->observer->on_event("notice", printed, job->observer->owner);
    }
}

bool job_open(struct job *job, const struct canary_settings *settings,
              const struct canary_observer *observer)
{
    struct profile profile;
    const struct patience patience = { observer ? observer->should_stop : NULL,
                                       observer ? observer->owner : NULL, 0 };
    const struct profile_choice choice = { settings->profile, settings->region,
                                           settings->endpoint_url, &patience };
    *job = (struct job){ .settings = settings, .observer = observer, .clock_lock = -1 };
    if (!profile_load(&choice, &profile, &job->error))
        return false;
    api_init(&job->api, &profile);
    job->has_api = true;
    job->api.on_throttled = on_throttled;
    job->api.throttled_owner = job;
    if (observer && observer->should_stop) {
        job->api.should_stop = observer->should_stop;
        job->api.owner = observer->owner;
    }
    job->state = state_directory(settings->state_directory, &job->error);
    return job->state && profile_guard(&job->api.profile, settings->allows_aws, &job->error) &&
           find_account(job);
}

void job_close(struct job *job)
{
    engine_clear(&job->engine);
    if (job->has_world)
        world_clear(&job->world);
    if (job->clock_lock >= 0)
        close(job->clock_lock);
    if (job->has_deployment)
        deployment_close(&job->deployment);
    if (job->has_api)
        api_clear(&job->api);
    plan_destroy(job->own_plan);
    free(job->state);
    free((char *)job->package.data);
    free(job->unfinished);
    error_clear(&job->error);
}

struct alias_identity job_identity(const struct job *job, const char *function, const char *alias)
{
    return (struct alias_identity){ job->account, job->api.profile.region,
                                    job->api.profile.lambda_endpoint, function, alias };
}

static int64_t job_now_ms(const struct job *job)
{
    return world_now_ms((void *)&job->world);
}

void job_notice(struct job *job, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CLEANUP(freep) char *text = xvformat(format, arguments);
    va_end(arguments);
    cJSON *line = record_line("notice", job_now_ms(job));
    json_set_text(line, "text", text);
    deployment_record(&job->deployment, line);
}

static void add_fact(struct job *job, const char *name, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(job->deployment.facts, name);
    json_set_text(job->deployment.facts, name, *value ? value : NULL);
}

void job_record_plan(struct job *job)
{
    static const char *const names[] = { "id",         "function", "alias",  "baseVersion",
                                         "newVersion", "account",  "region", "endpoint",
                                         "isFast",     "plan" };
    cJSON *line = record_line("plan", job_now_ms(job));
    add_fact(job, "baseVersion", job->base);
    add_fact(job, "newVersion", job->canary);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const cJSON *member = json_get(job->deployment.facts, names[i]);
        if (member)
            json_set(line, names[i], cJSON_Duplicate(member, true));
    }
    deployment_record(&job->deployment, line);
}

const char *canary_verdict_name(enum canary_verdict verdict)
{
    static const char *const names[] = {
        [CANARY_PROMOTED] = "promoted",
        [CANARY_CREATED] = "created",
        [CANARY_UNCHANGED] = "unchanged",
        [CANARY_ROLLED_BACK] = "rolled back",
        [CANARY_INCONCLUSIVE] = "inconclusive",
        [CANARY_HELD] = "held",
        [CANARY_FAILED] = "failed",
        [CANARY_STUCK] = "stuck",
    };
    return names[verdict];
}

static int verdict_exit_status(enum canary_verdict verdict)
{
    static const int statuses[] = {
        [CANARY_PROMOTED] = EXIT_DONE,       [CANARY_CREATED] = EXIT_DONE,
        [CANARY_UNCHANGED] = EXIT_DONE,      [CANARY_ROLLED_BACK] = EXIT_BACK,
        [CANARY_INCONCLUSIVE] = EXIT_UNSURE, [CANARY_HELD] = EXIT_HELD,
        [CANARY_FAILED] = EXIT_WRONG,        [CANARY_STUCK] = EXIT_WRONG,
    };
    return statuses[verdict];
}

static enum canary_verdict verdict_of(const struct engine *engine)
{
    static const enum canary_verdict verdicts[] = {
        [OUTCOME_NONE] = CANARY_HELD,
        [OUTCOME_PROMOTED] = CANARY_PROMOTED,
        [OUTCOME_ROLLED_BACK] = CANARY_ROLLED_BACK,
        [OUTCOME_INCONCLUSIVE] = CANARY_INCONCLUSIVE,
        [OUTCOME_FAILED] = CANARY_FAILED,
        [OUTCOME_STUCK] = CANARY_STUCK,
    };
    if (engine->rollout.outcome == OUTCOME_NONE && engine->rollout.hold == HOLD_UNSURE)
        return CANARY_INCONCLUSIVE;
    return verdicts[engine->rollout.outcome];
}

static void add_version(cJSON *list, const char *version, const struct version_evidence *seen)
{
    if (seen->requests == 0)
        return;
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "version", version);
    json_set_double(item, "requests", (double)seen->requests);
    json_set_double(item, "errors", (double)seen->errors);
    json_set_double(item, "throttles", (double)seen->throttles);
    json_set_double(item, "p50Ms", (double)histogram_quantile_us(&seen->latency, 0.5) / 1000);
    json_set_double(item, "p95Ms", (double)histogram_quantile_us(&seen->latency, 0.95) / 1000);
    json_set_double(item, "p99Ms", (double)histogram_quantile_us(&seen->latency, 0.99) / 1000);
    cJSON_AddItemToArray(list, item);
}

static void add_traffic(const struct job *job, cJSON *report)
{
    const struct engine *engine = &job->engine;
    uint64_t answered = engine->base_total.requests + engine->canary_total.requests;
    cJSON *traffic = json_set_object(report, "traffic");
    json_set_double(traffic, "sent",
                    (double)(answered + engine->throttled_total + engine->failed_total));
    json_set_double(traffic, "answered", (double)answered);
    json_set_double(traffic, "throttled", (double)engine->throttled_total);
    json_set_double(traffic, "failed", (double)engine->failed_total);
    json_set_text(traffic, "lastFailure", *engine->last_failure ? engine->last_failure : NULL);
    json_set_double(traffic, "elapsedMs", (double)engine->watched_ms);
    cJSON *versions = json_set_array(traffic, "versions");
    add_version(versions, job->base, &engine->base_total);
    add_version(versions, job->canary, &engine->canary_total);
    if (engine->split_weight <= 0)
        return;
    cJSON *split = json_set_object(traffic, "split");
    json_set_double(split, "configured", engine->split_weight);
    json_set_double(split, "baseRequests", (double)engine->split_base);
    json_set_double(split, "newRequests", (double)engine->split_canary);
}

/* What the checks of the last step said last, whatever it was. */
static void add_verdicts(const struct engine *engine, cJSON *report)
{
    cJSON *list = json_set_array(report, "verdicts");
    for (size_t i = 0; i < engine->check_count; i++) {
        if (!*engine->verdicts[i].sentence)
            continue; /* the step ended before it was judged */
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "check", engine->checks[i].name);
        json_set_text(item, "kind", engine->checks[i].kind->name);
        check_verdict_write(&engine->verdicts[i], item);
        cJSON_AddItemToArray(list, item);
    }
}

static cJSON *make_report(const struct job *job, const struct canary_outcome *outcome)
{
    cJSON *report = cJSON_CreateObject();
    json_set_text(report, "decision", canary_verdict_name(outcome->verdict));
    json_set_text(report, "reason", outcome->reason);
    json_set_bool(report, "isOver",
                  outcome->verdict != CANARY_STUCK && job->engine.rollout.hold == HOLD_NONE);
    json_set_text(report, "deployment", outcome->deployment);
    json_set_text(report, "function", job->plan->function);
    json_set_text(report, "alias", job->plan->alias);
    json_set_text(report, "version", *outcome->version ? outcome->version : NULL);
    json_set_text(report, "baseVersion", *outcome->base_version ? outcome->base_version : NULL);
    if (job->engine.watched_ms > 0 || job->engine.evidence_watch > 0) {
        add_traffic(job, report);
        add_verdicts(&job->engine, report);
    }
    if (job->world.count.is_known) {
        cJSON *count = json_set_object(report, "cloudWatch");
        json_set_double(count, "invocations", job->world.count.invocations);
        json_set_double(count, "errors", job->world.count.errors);
    }
    return report;
}

static void fill_outcome(const struct job *job, enum canary_verdict verdict, const char *reason,
                         struct canary_outcome *outcome_out)
{
    *outcome_out = (struct canary_outcome){
        .verdict = verdict,
        .exit_status = verdict_exit_status(verdict),
        .reason = xstrdup(reason),
        .deployment = xstrdup(job->deployment.id),
        .version = xstrdup(job->canary),
        .base_version = xstrdup(job->base),
        .requests = job->engine.canary_total.requests,
        .errors = job->engine.canary_total.errors,
        .base_requests = job->engine.base_total.requests,
        .base_errors = job->engine.base_total.errors,
    };
    text_mend_utf8(outcome_out->reason);
    CLEANUP(json_deletep) cJSON *report = make_report(job, outcome_out);
    json_mend_utf8(report);
    outcome_out->report = json_print(report);
}

void job_outcome(const struct job *job, struct canary_outcome *outcome_out)
{
    fill_outcome(job, verdict_of(&job->engine), job->engine.rollout.reason, outcome_out);
}

void job_set_up_engine(struct job *job)
{
    struct engine *engine = &job->engine;
    engine->ports = world_ports(&job->world);
    engine->deployment = &job->deployment;
    engine->plan = job->plan;
    engine->pauses_when_interrupted = job->settings->pauses_when_stopped;
    engine->leaves_when_held = job->settings->leaves_when_held;
    snprintf(engine->base, VERSION_SIZE, "%s", job->base);
    snprintf(engine->canary, VERSION_SIZE, "%s", job->canary);
}

/* Those who are notified are told of a failure, however early it came. */
static void tell_early_end(struct job *job, enum canary_verdict verdict, const char *reason)
{
    struct rollout *rollout = &job->engine.rollout;
    if (verdict != CANARY_FAILED && verdict != CANARY_ROLLED_BACK)
        return;
    job_set_up_engine(job);
    rollout->phase = PHASE_OVER;
    rollout->outcome = verdict == CANARY_FAILED ? OUTCOME_FAILED : OUTCOME_ROLLED_BACK;
    snprintf(rollout->reason, sizeof(rollout->reason), "%s", reason);
    engine_notify(&job->engine, rollout_status(rollout));
}

void job_end_early(struct job *job, enum canary_verdict verdict, const char *reason,
                   struct canary_outcome *outcome_out)
{
    cJSON *state = cJSON_CreateObject();
    if (*job->base || *job->canary)
        job_record_plan(job);
    tell_early_end(job, verdict, reason);
    json_set_text(state, "status", canary_verdict_name(verdict));
    json_set_bool(state, "isOver", true);
    json_set_text(state, "reason", reason);
    json_set_text(state, "phase", "prepare");
    json_set_double(state, "weight", 0);
    json_set_double(state, "endedAt", (double)job_now_ms(job));
    json_set_double(state, "updatedAt", (double)job_now_ms(job));
    json_set_double(state, "exitCode", verdict_exit_status(verdict));
    deployment_save(&job->deployment, state);
    cJSON *line = record_line("end", job_now_ms(job));
    json_set_text(line, "outcome", canary_verdict_name(verdict));
    json_set_text(line, "reason", reason);
    json_set_double(line, "exitCode", verdict_exit_status(verdict));
    deployment_record(&job->deployment, line);
    fill_outcome(job, verdict, reason, outcome_out);
}
