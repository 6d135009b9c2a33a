/*
 * The engine's watching: traffic and CloudWatch are read, judged and recorded while a step runs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rollout/engine.h"
#include "xalloc.h"

enum { COUNT_POLL_MS = 100, TOLD_WAIT_MS = 3000 };
enum { SAMPLE_MS = 1000, SAMPLES_MAX = 3600 };

static const struct plan_step *step_of(const struct engine *engine)
{
    return &engine->plan->steps[engine->evidence.step]; /* the rollout may be further on */
}

static void record_step(struct engine *engine)
{
    const struct plan_step *step = step_of(engine);
    cJSON *line = record_line("step", engine_now_ms(engine));
    json_set_double(line, "index", engine->rollout.step);
    json_set_text(line, "kind", step_kind_name(step->kind));
    json_set_double(line, "weight", engine->rollout.weight);
    json_set_double(line, "durationMs", (double)step->duration_ms);
    json_set_text(line, "name", step->name);
    deployment_record(engine->deployment, line);
}

/* Each beginning of a step has evidence of its own; alarms are carried on. */
void engine_begin_step(struct engine *engine)
{
    const struct rollout *rollout = &engine->rollout;
    struct evidence fresh = { .step = rollout->step,
                              .weight = rollout->weight,
                              .started_ms = rollout->step_started_ms };
    if (engine->evidence_watch == rollout->watch)
        return;
    fresh.alarms = engine->evidence.alarms;
    fresh.alarm_count = engine->evidence.alarm_count;
    engine->evidence.alarms = NULL;
    engine->evidence.alarm_count = 0;
    evidence_clear(&engine->evidence);
    engine->evidence = fresh;
    snprintf(engine->evidence.base.version, VERSION_SIZE, "%s", engine->base);
    snprintf(engine->evidence.canary.version, VERSION_SIZE, "%s", engine->canary);
    engine->evidence_watch = rollout->watch;
    engine->checks = plan_checks(engine->plan, step_of(engine), &engine->check_count);
    free(engine->memories);
    free(engine->verdicts);
    engine->memories = xcalloc(engine->check_count + 1, sizeof(*engine->memories));
    engine->verdicts = xcalloc(engine->check_count + 1, sizeof(*engine->verdicts));
    record_step(engine);
    engine_save(engine, NULL);
    rollout_watch_begun(&engine->rollout, engine_now_ms(engine));
    engine->evidence.started_ms = engine->rollout.step_started_ms;
    engine->evidence.is_live = engine->plan->traffic.is_live;
}

static bool is_empty(const struct traffic_sample *sample)
{
    return sample->base.requests + sample->canary.requests + sample->others.requests +
               sample->throttled + sample->failed + sample->base.throttles +
               sample->canary.throttles ==
           0;
}

void engine_record_pending(struct engine *engine)
{
    struct traffic_sample *pending = &engine->pending;
    if (is_empty(pending))
        return;
    cJSON *line = record_line("sample", engine_now_ms(engine));
    json_set_double(line, "step", engine->evidence.step);
    json_set_double(line, "throttled", (double)pending->throttled);
    json_set_double(line, "failed", (double)pending->failed);
    json_set_double(line, "invocationErrors", (double)pending->invocation_errors);
    cJSON *versions = json_set_object(line, "versions");
    json_set(versions, engine->base, version_evidence_json(&pending->base));
    json_set(versions, engine->canary, version_evidence_json(&pending->canary));
    if (pending->others.requests)
        json_set(line, "others", version_evidence_json(&pending->others));
    deployment_record(engine->deployment, line);
    traffic_sample_clear(pending);
    engine->sampled_ms = engine_now_ms(engine);
}

void engine_add_sample(struct engine *engine, const struct traffic_sample *sample)
{
    struct {
        struct version_evidence *into;
        const struct version_evidence *from;
    } sums[] = {
        { &engine->evidence.base, &sample->base },
        { &engine->evidence.canary, &sample->canary },
        { &engine->base_total, &sample->base },
        { &engine->canary_total, &sample->canary },
        { &engine->pending.base, &sample->base },
        { &engine->pending.canary, &sample->canary },
        { &engine->evidence.others, &sample->others },
        { &engine->others_total, &sample->others },
        { &engine->pending.others, &sample->others },
    };
    for (size_t i = 0; i < COUNT_OF(sums); i++)
        version_evidence_merge(sums[i].into, sums[i].from);
    engine->pending.throttled += sample->throttled;
    engine->pending.failed += sample->failed;
    engine->evidence.invocation_errors += sample->invocation_errors;
    engine->pending.invocation_errors += sample->invocation_errors;
    engine->throttled_total += sample->throttled;
    engine->failed_total += sample->failed;
    if (sample->failed > 0) {
        snprintf(engine->last_failure, sizeof(engine->last_failure), "%s", sample->last_failure);
        engine->failed_ms = engine_now_ms(engine);
    }
}

/* Between samples: the record of a long step is no larger than that of a short one. */
static int64_t sample_gap_ms(const struct engine *engine)
{
    int64_t part_ms = step_of(engine)->duration_ms / SAMPLES_MAX;
    return part_ms > SAMPLE_MS ? part_ms : SAMPLE_MS;
}

/* Once a step: what is missing is seen in its verdicts. */
static void tell_uncounted(struct engine *engine, const char *sentence)
{
    if (engine->uncounted_watch != engine->evidence_watch)
        engine_notice(engine, "Not all traffic is to be counted just now: %s", sentence);
    engine->uncounted_watch = engine->evidence_watch;
}

/* Once a step: how many there are is the checks' to say. */
static void tell_invocation_error(struct engine *engine)
{
    if (engine->unrun_watch != engine->evidence_watch)
        engine_notice(engine, "Lambda ran no version for a request: %s", engine->last_failure);
    engine->unrun_watch = engine->evidence_watch;
}

/* Once a step: they count for no check, which may be left without any request. */
static void tell_refused(struct engine *engine)
{
    if (engine->refused_watch != engine->evidence_watch)
        engine_notice(engine, "A request through the alias got no good answer: %s",
                      engine->last_failure);
    engine->refused_watch = engine->evidence_watch;
}

/* The alias sends requests where no deployment of ours does. */
static void heed_strangers(struct engine *engine, const struct traffic_sample *sample)
{
    if (sample->strange == 0)
        return;
    CLEANUP(freep)
    char *sentence =
        *sample->strange_version
            ? xformat("requests through alias %s are answered by version %s: somebody else has "
                      "changed it",
                      engine->plan->alias, sample->strange_version)
            : xformat("requests through alias %s are answered without a word of which version did "
                      "(X-Amz-Executed-Version)",
                      engine->plan->alias);
    rollout_troubled(&engine->rollout, sentence);
}

static void take_sample(struct engine *engine, const struct traffic_sample *sample, bool is_whole,
                        const struct error *error)
{
    engine_add_sample(engine, sample);
    if (is_whole)
        engine->counted_ms = engine_now_ms(engine);
    else if (!engine->ports.is_interrupted(engine->ports.world))
        tell_uncounted(engine, error->message);
}

static void read_traffic(struct engine *engine, bool is_last)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct traffic_sample sample = { 0 };
    bool is_whole = engine->ports.traffic_read(engine->ports.world, is_last, &sample, &error);
    take_sample(engine, &sample, is_whole, &error);
    if (sample.invocation_errors > 0)
        tell_invocation_error(engine);
    else if (sample.failed > 0)
        tell_refused(engine);
    heed_strangers(engine, &sample);
    traffic_sample_clear(&sample);
    bool is_due = is_last || engine_now_ms(engine) - engine->sampled_ms >= sample_gap_ms(engine);
    if (is_due && !is_empty(&engine->pending))
        engine_save(engine, NULL);
}

void engine_read_last(struct engine *engine)
{
    read_traffic(engine, true);
    engine->owes_reading = false;
}

static void record_verdict(struct engine *engine, size_t index, bool is_final)
{
    const struct check *check = &engine->checks[index];
    cJSON *line = record_line("verdict", engine_now_ms(engine));
    json_set_double(line, "step", engine->evidence.step);
    json_set_double(line, "check", (double)index);
    json_set_text(line, "name", check->name);
    json_set_text(line, "kind", check->kind->name);
    json_set_bool(line, "isFinal", is_final);
    check_verdict_write(&engine->verdicts[index], line);
    deployment_record(engine->deployment, line);
}

/* What each check says is in its verdict. Borrowed. */
static const char *describe(const struct engine *engine, enum check_result result, size_t deciding)
{
    if (result != CHECK_PASS && engine->check_count > 0)
        return engine->verdicts[deciding].sentence;
    return engine_has_checks(engine) ? "every check passes"
                                     : "the step's time is over, and nothing was to be checked";
}

/* Where something is unknown nothing is well, whatever the checks say of what they know. */
static void heed_silence(const char *unknown, bool is_final, enum check_result *result,
                         const char **sentence)
{
    if (*result != CHECK_PASS || !unknown)
        return;
    *result = is_final ? CHECK_INCONCLUSIVE : CHECK_CONTINUE;
    *sentence = unknown;
}

static void judge(struct engine *engine, bool is_final)
{
    size_t deciding = 0;
    CLEANUP(freep)
    struct check_verdict *before =
        xmemdup(engine->verdicts, (engine->check_count + 1) * sizeof(*engine->verdicts));
    engine->evidence.now_ms = engine_now_ms(engine);
    engine->evidence.is_final = is_final;
    enum check_result result = judge_step(engine->checks, engine->check_count, &engine->evidence,
                                          engine->memories, engine->verdicts, &deciding);
    /* A step without checks that count has nothing to wait for but its time. */
    if (result == CHECK_PASS && !is_final && !engine_has_checks(engine))
        result = CHECK_CONTINUE;
    enum rollout_hold hold = engine->rollout.hold;
    const char *sentence = describe(engine, result, deciding);
    heed_silence(engine_unknown(engine), is_final, &result, &sentence);
    rollout_judged(&engine->rollout, result, is_final, sentence, engine_now_ms(engine));
    bool is_decided = is_final || engine->rollout.watch != engine->evidence_watch ||
                      engine->rollout.phase != PHASE_WATCH || engine->rollout.hold != hold;
    bool has_changed = is_decided;
    for (size_t i = 0; i < engine->check_count; i++)
        has_changed |= engine->verdicts[i].result != before[i].result;
    if (has_changed) /* what verdicts are recorded upon is written down before them */
        engine_save(engine, NULL);
    for (size_t i = 0; i < engine->check_count; i++) {
        if (is_decided || engine->verdicts[i].result != before[i].result)
            record_verdict(engine, i, is_final);
    }
}

static void remember_split(struct engine *engine)
{
    const struct evidence *evidence = &engine->evidence;
    uint64_t early = evidence->base.early + evidence->canary.early;
    if (evidence->weight <= 0 || evidence->weight >= 1 ||
        (early && early == evidence->base.requests + evidence->canary.requests))
        return;
    engine->split_weight = evidence->weight;
    engine->split_base = evidence->base.requests - evidence->base.early;
    engine->split_canary = evidence->canary.requests - evidence->canary.early;
}

static bool is_still_watched(const struct engine *engine)
{
    return engine->rollout.phase == PHASE_WATCH && engine->rollout.hold == HOLD_NONE &&
           engine->rollout.watch == engine->evidence_watch && !engine->deployment->failure &&
           !engine->ports.is_interrupted(engine->ports.world);
}

static void check_silence(struct engine *engine)
{
    int64_t silence_ms = engine->ports.silence_ms(engine->ports.world);
    if (silence_ms < engine->plan->lost_after_ms)
        return;
    bool is_refused = engine->failed_ms && engine_now_ms(engine) - engine->failed_ms <= silence_ms;
    CLEANUP(freep)
    char *sentence =
        xformat("AWS has not answered%s for %lld s%s%s", is_refused ? " well" : "",
                (long long)(silence_ms / 1000), is_refused ? "; the last failure: " : "",
                is_refused ? engine->last_failure : "");
    rollout_troubled(&engine->rollout, sentence);
}

static void look(struct engine *engine)
{
    read_traffic(engine, false);
    engine_observe(engine, false);
    if (is_still_watched(engine) && step_of(engine)->duration_ms > 0)
        judge(engine, false);
    if (is_still_watched(engine))
        check_silence(engine);
    engine_take_word(engine);
    engine_save_if_old(engine, sample_gap_ms(engine));
}

static void read_users(struct engine *engine)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct traffic_sample sample = { 0 };
    struct ports *ports = &engine->ports;
    bool is_whole =
        ports->users_read(ports->world, step_of(engine), engine->evidence_watch, &sample, &error);
    take_sample(engine, &sample, is_whole, &error);
    traffic_sample_clear(&sample);
}

void engine_look_while_waiting(struct engine *engine)
{
    if (engine->rollout.weight > 0)
        read_users(engine);
    engine_observe(engine, false);
    if (engine->rollout.hold == HOLD_APPROVAL && engine_has_checks(engine))
        judge(engine, false);
}

/* Upon the step that was watched: the next one may be that somebody is waited for. */
static const char *decision_of(const struct engine *engine)
{
    const struct rollout *rollout = &engine->rollout;
    if (rollout->phase != PHASE_WATCH || rollout->watch != engine->evidence_watch)
        return "advance";
    return rollout->hold != HOLD_NONE ? "pause" : "extend";
}

static void wait_for_counts(struct engine *engine, int64_t *waited_ms)
{
    engine->ports.pass(engine->ports.world, COUNT_POLL_MS);
    *waited_ms += COUNT_POLL_MS;
    if (*waited_ms == TOLD_WAIT_MS)
        engine_notice(engine, "All is sent. CloudWatch lags behind: it may take some three minutes "
                              "until it has counted that.");
}

/* The step is still to be judged, so that words and alarms are heeded meanwhile. */
static void watch_until_counted(struct engine *engine)
{
    int64_t waited_ms = 0;
    while (is_still_watched(engine) && engine->ports.is_behind(engine->ports.world)) {
        wait_for_counts(engine, &waited_ms);
        engine_look_at_alarms(engine);
        engine_take_word(engine);
        engine_save_if_old(engine, 0);
    }
}

/* A step without a time of its own. */
static void pass_by(struct engine *engine)
{
    enum check_result result = CHECK_PASS;
    const char *sentence = "";
    heed_silence(engine_unread_alarms(engine), true, &result, &sentence);
    rollout_judged(&engine->rollout, result, true, sentence, engine_now_ms(engine));
}

/* The last word on a step whose time is over. */
static void conclude(struct engine *engine)
{
    engine->ports.traffic_end(engine->ports.world, TRAFFIC_GO_ON);
    read_traffic(engine, false);
    watch_until_counted(engine);
    if (engine->rollout.phase == PHASE_BACK) {
        engine->owes_reading = true;
        return;
    }
    read_traffic(engine, true);
    engine_observe(engine, true);
    if (!is_still_watched(engine))
        return;
    if (step_of(engine)->duration_ms > 0)
        judge(engine, true);
    else
        pass_by(engine);
}

/* Is it broken off because the weights go back, or the user goes? */
static bool has_to_hurry(const struct engine *engine)
{
    return engine->rollout.phase == PHASE_BACK || engine->deployment->failure ||
           engine->ports.is_interrupted(engine->ports.world);
}

/* What CloudWatch counted is asked when the weights are back: that may take a while. */
static void break_off(struct engine *engine)
{
    int64_t waited_ms = 0;
    struct ports *ports = &engine->ports;
    bool hurries = has_to_hurry(engine);
    ports->traffic_end(ports->world, hurries ? TRAFFIC_LEAVE : TRAFFIC_NO_MORE);
    read_traffic(engine, false);
    engine->owes_reading = hurries;
    if (hurries)
        return;
    while (!ports->is_interrupted(ports->world) && ports->is_behind(ports->world))
        wait_for_counts(engine, &waited_ms);
    read_traffic(engine, true);
}

/* Users' traffic is not over when the step is, and is judged on until CloudWatch has told of all
 * of the step. */
static void watch_until_told(struct engine *engine, int64_t look_ms)
{
    struct ports *ports = &engine->ports;
    bool is_told = false;
    while (is_still_watched(engine) && ports->is_behind(ports->world)) {
        if (!is_told)
            engine_notice(engine, "The step's time is over. CloudWatch lags behind: it may take "
                                  "some three minutes until it has told of that.");
        is_told = true;
        ports->pass(ports->world, look_ms);
        look(engine);
    }
}

void engine_watch(struct engine *engine)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct ports *ports = &engine->ports;
    int64_t begun_ms = engine_now_ms(engine);
    int64_t until_ms = engine->rollout.step_ends_ms;
    int64_t look_ms = ports->look_ms(ports->world, step_of(engine)->duration_ms);
    if (!ports->traffic_begin(ports->world, step_of(engine), engine->evidence_watch,
                              until_ms - begun_ms, &error)) {
        rollout_troubled(&engine->rollout, error.message);
        return;
    }
    while (is_still_watched(engine) && engine_now_ms(engine) < until_ms) {
        int64_t left_ms = until_ms - engine_now_ms(engine);
        ports->pass(ports->world, left_ms < look_ms ? left_ms : look_ms);
        look(engine);
    }
    watch_until_told(engine, look_ms);
    bool is_whole = is_still_watched(engine);
    engine->watched_ms += engine_now_ms(engine) - begun_ms;
    if (is_whole)
        conclude(engine);
    else
        break_off(engine);
    remember_split(engine);
    if (engine->rollout.phase != PHASE_BACK && engine->rollout.phase != PHASE_OVER &&
        !ports->is_interrupted(ports->world))
        engine_decide(engine, decision_of(engine), engine->rollout.reason);
    engine_save(engine, NULL);
}

void traffic_sample_clear(struct traffic_sample *sample)
{
    version_evidence_clear(&sample->base);
    version_evidence_clear(&sample->canary);
    version_evidence_clear(&sample->others);
    *sample = (struct traffic_sample){ 0 };
}
