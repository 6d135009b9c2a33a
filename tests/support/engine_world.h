/*
 * A made-up world for the engine: an alias, a clock that only waiting moves, traffic and alarms as
 * the test sets them, and a process that may end in any call.
 */
#ifndef COALMINE_ENGINE_WORLD_H
#define COALMINE_ENGINE_WORLD_H

#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rollout/engine.h"
#include "support/suite.h"
#include "xalloc.h"

enum { DEATH = 9, LOOK_MS = 20000, CALLS_MAX = 2000 };

/* Shared with the process that is killed: the world outlives it. */
struct fake {
    struct lambda_alias alias;
    int revision;
    int calls;
    int die_at;          /* the call in which the process ends; 0: never */
    int errors;          /* of each 10 requests to the new version */
    int users_errors;    /* of 10 requests of users at each look while somebody is waited for */
    int unrun;           /* invocation errors at each look, besides */
    bool fires;          /* an alarm */
    int bad_hooks;       /* so many fail, the first ones */
    int fires_in_hook;   /* it comes to fire in that one; 0: in none */
    double most;         /* that ever went to the new version */
    const char *before;  /* its state as the deployment saw it first; NULL: it did not look */
    const char *reason;  /* its */
    const char *plan;    /* NULL: the usual one */
    bool is_idle;        /* nobody sends anything */
    int64_t period_ms;   /* of which a metric has its one value; 0: there is none */
    int64_t set_back_ms; /* by how much somebody sets the clock back before each look at it */
    int64_t deaf_ms;     /* from when on no alarm can be read; 0: never */
    int64_t fresh_ms;    /* deployment.json is never older while time passes; 0: not looked at */
    int64_t lose_ms;     /* when its directory is lost; 0: never */
    int64_t approve_ms;  /* when somebody says approve; 0: nobody does */
    int64_t pause_ms;    /* and pause, resume, abort */
    int64_t resume_ms;
    int64_t abort_ms;
    int busy;            /* so many changes are refused, as something else is in their way: */
    int busy_from;       /* the first of them, counted from 0 */
    int fires_when_busy; /* at so many of those left an alarm comes to fire; 0: at none */
    int lose_change;     /* the change of the alias whose answer is lost: the next try is refused */
    int bad_looks;       /* so many looks at the alias have no answer, the first ones */
    int64_t lag_ms;      /* for so long after a change the alias is told as it was before */
    struct lambda_alias old_alias;
    int64_t changed_ms;
    int64_t now_ms;
    int hooks;
    char told[1024]; /* to hooks and notifications: what it is about, status and weight */
};

static struct fake *fake;

static void one_call(void)
{
    if (++fake->calls == fake->die_at)
        _exit(DEATH);
    ck_assert_int_lt(fake->calls, CALLS_MAX);
}

static int64_t now_ms(void *world UNUSED)
{
    return fake->now_ms;
}

static const struct alias_identity identity = { "", "us-east-1", "http://x", "f", "a" };

static const char *state_of_world; /* where what passes by looks at deployments */

static void look_at_age(const cJSON *saved)
{
    int64_t age_ms = fake->now_ms - json_int(saved, "updatedAt", 0);
    ck_assert(!json_bool(saved, "isOver", true) && !json_get(saved, "endedAt"));
    ck_assert_msg(age_ms <= fake->fresh_ms, "%s: updatedAt is %lld ms old",
                  json_text(saved, "status", ""), (long long)age_ms);
}

/* Once it is time for it. */
static void say(const cJSON *saved, const char *verb, int64_t *due_ms)
{
    if (*due_ms == 0 || fake->now_ms < *due_ms)
        return;
    CLEANUP(freep)
    char *path = xformat("%s/%s/control/1.ask", state_of_world, json_text(saved, "id", ""));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "{\"verb\":\"%s\",\"by\":\"me\"}", verb);
    ck_assert_int_eq(fclose(file), 0);
    *due_ms = 0;
}

static void lose_directory(const cJSON *saved)
{
    CLEANUP(freep) char *path = xformat("%s/%s", state_of_world, json_text(saved, "id", ""));
    CLEANUP(freep) char *elsewhere = xformat("%s/.lost", state_of_world);
    ck_assert_int_eq(rename(path, elsewhere), 0);
    fake->lose_ms = 0;
}

static void pass(void *world UNUSED, int64_t ms)
{
    one_call();
    fake->now_ms += ms;
    if (!fake->fresh_ms && !fake->lose_ms && !fake->approve_ms && !fake->pause_ms &&
        !fake->resume_ms && !fake->abort_ms)
        return;
    CLEANUP(json_deletep) cJSON *saved = deployment_find(state_of_world, &identity, true);
    if (fake->fresh_ms)
        look_at_age(saved);
    say(saved, "approve", &fake->approve_ms);
    say(saved, "pause", &fake->pause_ms);
    say(saved, "abort", &fake->abort_ms);
    if (!fake->pause_ms)
        say(saved, "resume", &fake->resume_ms);
    if (fake->lose_ms && fake->now_ms >= fake->lose_ms)
        lose_directory(saved);
}

static int64_t look_ms(void *world UNUSED, int64_t duration_ms UNUSED)
{
    return LOOK_MS;
}

static bool never(void *world UNUSED)
{
    return false;
}

static bool get_alias(void *world UNUSED, struct lambda_alias *alias_out, struct error *error)
{
    one_call();
    if (fake->bad_looks > 0) {
        fake->bad_looks--;
        return error_set(error, NULL, "not to be seen");
    }
    bool is_known = fake->now_ms - fake->changed_ms >= fake->lag_ms;
    *alias_out = is_known ? fake->alias : fake->old_alias;
    return true;
}

static enum alias_change set_alias(void *world UNUSED, struct lambda_alias *alias,
                                   const char *version, const char *routed, double weight,
                                   struct error *error)
{
    one_call();
    if (fake->revision == fake->busy_from && fake->busy > 0) {
        fake->fires |= fake->busy == fake->fires_when_busy;
        fake->busy--;
        error_set(error, NULL, "busy");
        return ALIAS_CHANGE_BUSY;
    }
    if (strcmp(alias->revision_id, fake->alias.revision_id) != 0) {
        error_set(error, NULL, "stale");
        return ALIAS_CHANGE_STALE;
    }
    fake->old_alias = fake->alias;
    fake->changed_ms = fake->now_ms;
    snprintf(fake->alias.version, sizeof(fake->alias.version), "%s", version);
    snprintf(fake->alias.routed_version, sizeof(fake->alias.routed_version), "%s",
             routed ? routed : "");
    fake->alias.weight = routed ? weight : 0;
    fake->most = fmax(fake->most, strcmp(version, "2") == 0 ? 1 : fake->alias.weight);
    snprintf(fake->alias.revision_id, sizeof(fake->alias.revision_id), "r%d", ++fake->revision);
    one_call(); /* the change is made, and the answer is never seen */
    if (fake->revision == fake->lose_change) {
        error_set(error, NULL, "stale");
        return ALIAS_CHANGE_STALE;
    }
    *alias = fake->alias;
    return ALIAS_CHANGE_DONE;
}

static bool begin_traffic(void *world UNUSED, const struct plan_step *step UNUSED, int watch UNUSED,
                          int64_t left_ms UNUSED, struct error *error UNUSED)
{
    one_call();
    return true;
}

static bool read_traffic(void *world UNUSED, bool is_last, struct traffic_sample *sample_out,
                         struct error *error UNUSED)
{
    one_call();
    if (is_last || fake->is_idle)
        return true;
    sample_out->base.requests = 10;
    sample_out->canary.requests = 10;
    sample_out->canary.errors = (uint64_t)fake->errors;
    sample_out->invocation_errors = (uint64_t)fake->unrun;
    sample_out->throttled = 2;
    sample_out->failed = 1;
    return true;
}

static bool read_users(void *world UNUSED, const struct plan_step *step UNUSED, int watch UNUSED,
                       struct traffic_sample *sample_out, struct error *error UNUSED)
{
    one_call();
    sample_out->others.requests = 10;
    sample_out->others.errors = (uint64_t)fake->users_errors;
    return true;
}

static void end_traffic(void *world UNUSED, enum traffic_word word UNUSED)
{
    one_call();
}

static bool observe(void *world UNUSED, bool is_last UNUSED, struct evidence *evidence,
                    struct error *error UNUSED)
{
    one_call();
    if (fake->deaf_ms && ++fake->now_ms >= fake->deaf_ms)
        return error_set(error, NULL, "no answer");
    if (fake->period_ms) {
        fake->period_ms += fake->set_back_ms;
        evidence->shifted_ms = fake->set_back_ms;
        evidence_set_metric(evidence, "m", false, fake->period_ms, 1);
    }
    evidence_set_alarm(evidence, "al", fake->fires ? "ALARM" : "OK", fake->reason);
    return true;
}

static int64_t silence_ms(void *world UNUSED)
{
    return 0;
}

/* Notifications come here, too. */
static void run_hook(void *world UNUSED, const struct hook *hook, const cJSON *context,
                     struct hook_result *result_out)
{
    one_call();
    size_t size = strlen(fake->told);
    snprintf(fake->told + size, sizeof(fake->told) - size, "%s %s %g\n",
             json_text(context, "event", json_text(context, "when", "")),
             json_text(context, "status", ""), json_double(context, "weight", -1));
    *result_out = (struct hook_result){ .is_good = true, .output = "said", .duration_ms = 7 };
    if (strcmp(hook->name, "tell") == 0)
        return;
    fake->fires |= ++fake->hooks == fake->fires_in_hook;
    result_out->is_good = fake->hooks > fake->bad_hooks;
}

static const struct ports ports = {
    .now_ms = now_ms,
    .pass = pass,
    .look_ms = look_ms,
    .is_interrupted = never,
    .get_alias = get_alias,
    .set_alias = set_alias,
    .traffic_begin = begin_traffic,
    .traffic_read = read_traffic,
    .traffic_end = end_traffic,
    .users_read = read_users,
    .is_behind = never,
    .observe = observe,
    .silence_ms = silence_ms,
    .run_hook = run_hook,
};

static void reset(int die_at)
{
    *fake = (struct fake){ .die_at = die_at, .now_ms = 1000000 };
    fake->alias = (struct lambda_alias){ .version = "1", .revision_id = "r0" };
}

static void share_world(void)
{
    fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(fake != MAP_FAILED);
}

static const char plan_text[] =
    "{\"function\":\"f\",\"alias\":\"a\",\"alarms\":[\"al\"],"
    "\"checks\":[{\"kind\":\"errors\",\"maxRate\":\"5%\",\"minRequests\":20},"
    "{\"kind\":\"invocation-errors\",\"maxRate\":\"10%\"}],"
    "\"hooks\":{\"before\":[{\"command\":\"x\"}],\"between\":[{\"command\":\"y\"}],"
    "\"after\":[{\"command\":\"z\"}]},\"strategy\":{\"steps\":[{\"weight\":\"10%\","
    "\"for\":\"1m\"},{\"pause\":\"1m\"},{\"weight\":\"50%\",\"for\":\"1m\"}]}}";

static struct plan *make_plan(void)
{
    struct member_faults faults = { 0 };
    struct plan *plan = plan_parse(text_from(fake->plan ? fake->plan : plan_text), &faults);
    ck_assert_msg(plan != NULL, "%s", faults.count ? faults.items[0].message : "");
    return plan;
}

static struct engine make_engine(const struct plan *plan, struct deployment *deployment)
{
    return (struct engine){
        .ports = ports, .deployment = deployment, .plan = plan, .base = "1", .canary = "2"
    };
}

static void record_plan(struct deployment *deployment)
{
    cJSON *line = record_line("plan", fake->now_ms);
    json_set(line, "plan", cJSON_Duplicate(json_get(deployment->facts, "plan"), true));
    json_set_text(line, "baseVersion", "1");
    json_set_text(line, "newVersion", "2");
    deployment_record(deployment, line);
}

/* A process may end between two things that it writes, too. */
static void on_line(const cJSON *line UNUSED, void *owner UNUSED)
{
    one_call();
}

/* A whole deployment; what it came to. */
static enum rollout_outcome deploy(const char *state)
{
    struct error error = { 0 };
    struct deployment deployment;
    struct plan *plan = make_plan();
    state_of_world = state;
    ck_assert_msg(
        deployment_create(state, &identity, plan->json, false, fake->now_ms, &deployment, &error),
        "%s", error.message);
    struct engine engine = make_engine(plan, &deployment);
    if (fake->before)
        evidence_set_alarm(&engine.evidence, "al", fake->before, NULL);
    record_plan(&deployment);
    engine_start(&engine, &fake->alias);
    deployment.on_line = on_line;
    engine_run(&engine);
    enum rollout_outcome outcome = engine.rollout.outcome;
    engine_clear(&engine);
    deployment_close(&deployment);
    plan_destroy(plan);
    return outcome;
}

/* By another process, after the first one has died; what it came to. */
static inline enum rollout_outcome take_up(const char *state)
{
    struct error error = { 0 };
    struct deployment deployment;
    struct plan *plan = make_plan();
    cJSON *saved = deployment_find(state, &identity, true);
    ck_assert_ptr_nonnull(saved);
    ck_assert_msg(deployment_take_over(state, json_text(saved, "id", ""), &deployment, &error),
                  "%s", error.message);
    struct engine engine = make_engine(plan, &deployment);
    record_plan(&deployment);
    ck_assert_msg(engine_take_up(&engine, saved, &error), "%s", error.message);
    engine_run(&engine);
    enum rollout_outcome outcome = engine.rollout.outcome;
    engine_clear(&engine);
    deployment_close(&deployment);
    plan_destroy(plan);
    cJSON_Delete(saved);
    return outcome;
}

static void check_alias(const char *version, int die_at)
{
    ck_assert_msg(strcmp(fake->alias.version, version) == 0 && !*fake->alias.routed_version,
                  "died at call %d: alias at %s and %s", die_at, fake->alias.version,
                  fake->alias.routed_version);
}

#endif
