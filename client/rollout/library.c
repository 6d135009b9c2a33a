/*
 * include/canary.h: what the world sees of all this.
 */
#include "canary.h"

#include <stdio.h>
#include <stdlib.h>

#include "aws/package.h"
#include "plan/source.h"
#include "rollout/control.h"
#include "rollout/job.h"
#include "xalloc.h"

void canary_free(void *memory)
{
    free(memory);
}

static void add_problem(struct canary_problems *problems, const struct member_fault *fault,
                        struct text text)
{
    problems->items = xrealloc(problems->items, (problems->count + 1) * sizeof(*problems->items));
    problems->items[problems->count++] = (struct canary_problem){
        .line = plan_fault_line(text, fault),
        .path = xstrdup(fault->path),
        .message = xstrdup(fault->message),
    };
}

struct canary_plan *canary_plan_parse(const char *json, size_t size,
                                      struct canary_problems *problems)
{
    struct member_faults faults = { 0 };
    struct text text = { json, size };
    struct plan *plan = plan_parse(text, &faults);
    for (size_t i = 0; i < faults.count; i++)
        add_problem(problems, &faults.items[i], text);
    member_faults_clear(&faults);
    if (!plan)
        return NULL;
    struct canary_plan *outer = xcalloc(1, sizeof(*outer));
    outer->plan = plan;
    return outer;
}

void canary_plan_free(struct canary_plan *plan)
{
    if (!plan)
        return;
    plan_destroy(plan->plan);
    free(plan);
}

void canary_problems_clear(struct canary_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->items[i].path);
        free(problems->items[i].message);
    }
    free(problems->items);
    *problems = (struct canary_problems){ 0 };
}

char *canary_plan_schema(void)
{
    CLEANUP(json_deletep) cJSON *schema = plan_schema();
    return cJSON_Print(schema);
}

void canary_outcome_clear(struct canary_outcome *outcome)
{
    free(outcome->reason);
    free(outcome->deployment);
    free(outcome->version);
    free(outcome->base_version);
    free(outcome->report);
    *outcome = (struct canary_outcome){ 0 };
}

static void on_line(const cJSON *line, void *owner)
{
    const struct canary_observer *observer = owner;
    CLEANUP(freep) char *text = json_print(line);
    observer->on_event(json_text(line, "type", ""), text, observer->owner);
}

static void listen_to(struct job *job)
{
    job->has_deployment = true;
    if (!job->observer || !job->observer->on_event)
        return;
    job->deployment.on_line = on_line;
    job->deployment.owner = (void *)job->observer;
}

static bool open_world(struct job *job, bool is_fast)
{
    if (is_fast && job->api.profile.is_local &&
        !deployment_lock_clock(job->state, job->api.profile.lambda_endpoint, &job->clock_lock,
                               &job->error))
        return false;
    if (!world_init(&job->world, &job->api, job->plan, is_fast, &job->error))
        return false;
    job->has_world = true;
    return true;
}

/* deployment.json of one that has not come to the engine yet. */
static void save_preparing(struct job *job)
{
    cJSON *state = cJSON_CreateObject();
    json_set_text(state, "status", "running");
    json_set_bool(state, "isOver", false);
    json_set_text(state, "phase", "prepare");
    json_set_double(state, "weight", 0);
    json_set_double(state, "updatedAt", (double)world_now_ms(&job->world));
    deployment_save(&job->deployment, state);
}

/* What is on this machine is found missing before anything is done on AWS. */
static bool load_files(struct job *job)
{
    const struct plan_traffic *traffic = &job->plan->traffic;
    if (!payloads_check(traffic->payload_file, traffic->payload_lines, &job->error))
        return false;
    if (!job->plan->package)
        return true;
    job->package.data = package_load(job->plan->package, &job->package.size, &job->error);
    if (!job->package.data)
        return false;
    crypto_sha256_hex(job->package, job->package_hash);
    return true;
}

static bool begin(struct job *job, struct canary_outcome *outcome_out)
{
    struct alias_identity identity = job_identity(job, job->plan->function, job->plan->alias);
    if (!open_world(job, job->settings->is_fast))
        return false;
    int64_t now_ms = world_now_ms(&job->world);
    deployment_prune(job->state);
    if (!deployment_create(job->state, &identity, job->plan->json, job->settings->is_fast, now_ms,
                           &job->deployment, &job->error))
        return false;
    listen_to(job);
    json_set_text(job->deployment.facts, "codeSha256",
                  *job->package_hash ? job->package_hash : NULL);
    save_preparing(job);
    job_record_plan(job);
    if (job->unfinished)
        job_notice(job, "%s", job->unfinished);
    if (!job->api.profile.is_local)
        job_notice(job, "On AWS: account %s, region %s.", job->account, job->api.profile.region);
    if (job->settings->is_fast)
        job_notice(job, "On Coalmine's clock: nothing is waited for; times below are the clock's.");
    if (job_prepare(job, outcome_out) == PREPARED_OVER)
        return true;
    job_record_plan(job);
    world_begin(&job->world, job->base, job->canary, now_ms, NULL, NULL);
    world_count_before(&job->world);
    json_set(job->deployment.facts, "countedBefore", world_before_json(&job->world));
    if (!world_reads_metrics(&job->world, &job->error) && !world_is_interrupted(&job->world)) {
        job_end_early(job, CANARY_FAILED, job->error.message, outcome_out);
        return true;
    }
    error_clear(&job->error); /* whoever interrupts is heeded by the engine */
    job_set_up_engine(job);
    engine_start(&job->engine, &job->alias);
    engine_run(&job->engine);
    job_outcome(job, outcome_out);
    return true;
}

static bool read_saved_plan(struct job *job, const cJSON *saved)
{
    struct member_faults faults = { 0 };
    job->own_plan = plan_read(cJSON_Duplicate(json_get(saved, "plan"), true), &faults);
    job->plan = job->own_plan;
    if (!job->plan)
        error_set(&job->error, NULL, "the plan of deployment %s cannot be read any more: %s",
                  json_text(saved, "id", "?"), faults.count ? faults.items[0].message : "");
    member_faults_clear(&faults);
    return job->plan != NULL;
}

/* A promotion that nobody has been told of, and that still stands, can be taken back as part of the
 * deployment: its record then says so. */
static void reopen_promotion(struct engine *engine, enum control_verb word)
{
    if ((word == CONTROL_ABORT || word == CONTROL_ROLLBACK) &&
        engine_is_as_set(engine, &engine->alias))
        rollout_reopen(&engine->rollout);
}

/* Did the dead engine watch a step, and has nobody changed the weights since? */
static bool has_watched_alone(const struct job *job, const cJSON *saved)
{
    const struct engine *engine = &job->engine;
    return engine->rollout.phase == PHASE_WATCH &&
           engine->evidence_watch == engine->rollout.watch &&
           strcmp(json_text(saved, "revisionId", ""), engine->alias.revision_id) == 0;
}

bool job_take_up(struct job *job, const char *id, const char *verb, bool undoes_promotion,
                 struct canary_outcome *outcome_out)
{
    enum control_verb word;
    const char *refusal = NULL;
    if (verb && !control_verb_parse(verb, &word))
        return error_set(&job->error, NULL, "there is no verb '%s'", verb);
    if (!deployment_take_over(job->state, id, &job->deployment, &job->error))
        return false;
    listen_to(job);
    control_clear(&job->deployment);
    /* Not before it is ours: whoever worked on it may have ended it until then. */
    CLEANUP(json_deletep) cJSON *saved = deployment_read(job->state, id);
    if (json_bool(saved, "isOver", false))
        return error_set(&job->error, NULL, "deployment %s has just ended: see canary status", id);
    if (!read_saved_plan(job, saved))
        return false;
    /* Not before it is ours: the clock would be stopped under the feet of whoever works on it. */
    if (!open_world(job, json_bool(saved, "isFast", false)))
        return false;
    snprintf(job->base, VERSION_SIZE, "%s", json_text(saved, "baseVersion", ""));
    snprintf(job->canary, VERSION_SIZE, "%s", json_text(saved, "newVersion", ""));
    if (strcmp(json_text(saved, "phase", ""), "prepare") == 0) {
        job_end_early(job, CANARY_FAILED, "the client died before any traffic was shifted",
                      outcome_out);
        return true;
    }
    if (lambda_alias_is_gone(&job->api, job->plan->function, job->plan->alias, &job->error)) {
        job_end_early(job, CANARY_FAILED, job->error.message, outcome_out);
        return true;
    }
    job_record_plan(job);
    job_set_up_engine(job);
    if (!engine_take_up(&job->engine, saved, &job->error))
        return false;
    world_begin(&job->world, job->base, job->canary, json_int(saved, "startedAt", 0),
                &job->engine.canary_total, &job->engine.others_total);
    world_read_before(&job->world, json_get(saved, "countedBefore"));
    if (has_watched_alone(job, saved))
        world_take_up_step(&job->world, job->engine.evidence_watch, &job->engine.evidence);
    CLEANUP(freep) char *self = control_self();
    /* To take up what was not paused is to resume it; approval is waited for again. */
    enum rollout_hold held = job->engine.rollout.hold;
    bool is_said = verb && (word != CONTROL_RESUME || (held != HOLD_NONE && held != HOLD_APPROVAL));
    if (is_said && undoes_promotion)
        reopen_promotion(&job->engine, word);
    if (is_said && job->engine.rollout.phase != PHASE_OVER)
        refusal = engine_control(&job->engine, word, self);
    if (refusal)
        return error_set(&job->error, NULL, "%s", refusal);
    engine_run(&job->engine);
    job_outcome(job, outcome_out);
    return true;
}

/* True if the half-done deployment has the plan and the package that are to be deployed now. */
static bool is_same_deployment(const struct job *job, const cJSON *saved)
{
    return cJSON_Compare(json_get(saved, "plan"), job->plan->json, true) &&
           strcmp(json_text(saved, "codeSha256", ""), job->package_hash) == 0;
}

static bool refuse_second(struct job *job, const cJSON *saved)
{
    long pid = 0;
    const char *id = json_text(saved, "id", "");
    const char *status = json_text(saved, "status", "");
    if (deployment_is_alive(job->state, id, &pid))
        return error_set(&job->error, NULL,
                         "a deployment of %s:%s is under way (%s, process %ld): see canary watch; "
                         "canary abort ends it",
                         job->plan->function, job->plan->alias, id, pid);
    if (strcmp(status, "paused") == 0 || strcmp(status, "approval") == 0)
        return error_set(&job->error, NULL,
                         "deployment %s of %s:%s %s: canary %s lets it go on, canary abort ends "
                         "it",
                         id, job->plan->function, job->plan->alias,
                         *status == 'p' ? "is paused" : "waits for approval",
                         *status == 'p' ? "resume" : "approve");
    return true;
}

/* The alias is deleted, or sends all traffic to the old version again: its client could not write
 * that down, or somebody else did it. */
static bool is_taken_back(struct job *job, const cJSON *saved)
{
    CLEANUP(error_clear) struct error unused = { 0 };
    struct lambda_alias alias;
    /* On its way back it tells of that first; a change under way may be what has been done. */
    bool is_its_own =
        strcmp(json_text(saved, "phase", ""), "back") == 0 || json_get(saved, "intent");
    bool is_shifted = json_double(saved, "weight", 0) > 0 || json_bool(saved, "isPromoted", false);
    switch (lambda_get_alias(&job->api, job->plan->function, job->plan->alias, &alias, &unused)) {
    case ALIAS_PRESENT:
        return is_shifted && !is_its_own && !*alias.routed_version &&
               strcmp(alias.version, json_text(saved, "baseVersion", "")) == 0;
    case ALIAS_ABSENT:
        return true;
    default:
        return false;
    }
}

/* What has not begun, is taken back, or has come to its end but for telling. */
static bool makes_way(struct job *job, const cJSON *saved)
{
    const char *phase = json_text(saved, "phase", "");
    bool is_stuck = strcmp(json_text(saved, "status", ""), "stuck") == 0;
    return strcmp(phase, "prepare") == 0 || (strcmp(phase, "over") == 0 && !is_stuck) ||
           is_taken_back(job, saved);
}

/* What a dead client left half done: taken up, or rolled back to make way. */
static bool deal_with_unfinished(struct job *job, bool *is_done_out,
                                 struct canary_outcome *outcome_out)
{
    struct alias_identity identity = job_identity(job, job->plan->function, job->plan->alias);
    enum canary_unfinished policy = job->settings->unfinished;
    CLEANUP(json_deletep) cJSON *saved = deployment_find(job->state, &identity, true);
    *is_done_out = false;
    if (!saved)
        return true;
    if (!refuse_second(job, saved))
        return false;
    bool resumes = (policy == CANARY_UNFINISHED_RESUME ||
                    (policy == CANARY_UNFINISHED_AUTO && is_same_deployment(job, saved))) &&
                   !makes_way(job, saved);
    struct job other;
    struct canary_outcome outcome = { 0 };
    bool is_good = job_open(&other, job->settings, job->observer) &&
                   job_take_up(&other, json_text(saved, "id", ""), resumes ? NULL : "rollback",
                               false, &outcome);
    if (!is_good)
        error_set(&job->error, NULL, "%s", other.error.message);
    else if (!resumes && outcome.verdict == CANARY_STUCK)
        is_good = error_set(&job->error, NULL, "deployment %s could not be taken back: %s",
                            outcome.deployment, outcome.reason);
    job_close(&other);
    *is_done_out = resumes;
    if (is_good && resumes) {
        *outcome_out = outcome;
        return true;
    }
    if (is_good) {
        bool is_told_why = outcome.reason && *outcome.reason;
        const char *why = is_told_why ? outcome.reason : canary_verdict_name(outcome.verdict);
        job->unfinished = xformat("Deployment %s, whose client was gone, is over: %s%s",
                                  outcome.deployment, why, full_stop(why));
    }
    canary_outcome_clear(&outcome);
    return is_good;
}

static bool give_error(struct job *job, bool is_good, char **error_out)
{
    *error_out = is_good ? NULL : xstrdup(job->error.message ? job->error.message : "");
    job_close(job);
    return is_good;
}

bool canary_run(const struct canary_plan *plan, const struct canary_settings *settings,
                const struct canary_observer *observer, struct canary_outcome *outcome_out,
                char **error_out)
{
    struct job job;
    bool is_done = false;
    *outcome_out = (struct canary_outcome){ 0 };
    bool is_good = job_open(&job, settings, observer);
    job.plan = plan->plan;
    is_good = is_good && load_files(&job) && deal_with_unfinished(&job, &is_done, outcome_out) &&
              (is_done || begin(&job, outcome_out));
    return give_error(&job, is_good, error_out);
}

static cJSON *find_latest(struct job *job, const char *function, const char *alias,
                          bool is_unfinished)
{
    struct alias_identity identity = job_identity(job, function, alias);
    cJSON *saved = deployment_find(job->state, &identity, is_unfinished);
    if (!saved)
        error_set(&job->error, NULL, "there is no %sdeployment of %s:%s here",
                  is_unfinished ? "unfinished " : "", function, alias);
    return saved;
}

bool canary_take_up(const char *function, const char *alias, const char *verb,
                    const struct canary_settings *settings, const struct canary_observer *observer,
                    struct canary_outcome *outcome_out, char **error_out)
{
    struct job job;
    *outcome_out = (struct canary_outcome){ 0 };
    bool is_open = job_open(&job, settings, observer);
    CLEANUP(json_deletep) cJSON *saved = is_open ? find_latest(&job, function, alias, true) : NULL;
    bool is_good = saved && job_take_up(&job, json_text(saved, "id", ""), verb, true, outcome_out);
    return give_error(&job, is_good, error_out);
}

char *canary_status(const char *function, const char *alias, const struct canary_settings *settings,
                    char **error_out)
{
    struct job job;
    long pid;
    bool is_open = job_open(&job, settings, NULL);
    CLEANUP(json_deletep)
    cJSON *saved = is_open ? find_latest(&job, function, alias, false) : NULL;
    char *text = NULL;
    if (saved) {
        json_set_bool(saved, "isAlive",
                      deployment_is_alive(job.state, json_text(saved, "id", ""), &pid));
        text = json_print(saved);
    }
    give_error(&job, saved != NULL, error_out);
    return text;
}

bool canary_tell(const char *function, const char *alias, const char *verb,
                 const struct canary_settings *settings, char **error_out)
{
    struct job job;
    long pid;
    bool is_open = job_open(&job, settings, NULL);
    CLEANUP(json_deletep) cJSON *saved = is_open ? find_latest(&job, function, alias, true) : NULL;
    const char *id = json_text(saved, "id", "");
    bool is_good = saved != NULL;
    if (is_good && !deployment_is_alive(job.state, id, &pid))
        is_good = error_set(&job.error, NULL,
                            "the client of deployment %s is gone: canary resume "
                            "takes it up, canary rollback ends it",
                            id);
    is_good = is_good && control_ask(job.state, id, verb, NULL, &job.error);
    return give_error(&job, is_good, error_out);
}
