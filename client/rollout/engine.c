#include "rollout/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rollout/control.h"
#include "xalloc.h"

enum { POLL_MS = 200, LOOK_MS = 5000, FRESH_MS = 10000, RETRY_MS = 5000, MINUTE_MS = 60000 };
enum { LATE_LOOKS = 20, LATE_LOOK_MS = 1000 }; /* at an alias that AWS has changed */

int64_t engine_now_ms(const struct engine *engine)
{
    return engine->ports.now_ms(engine->ports.world);
}

void engine_notice(struct engine *engine, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CLEANUP(freep) char *text = xvformat(format, arguments);
    va_end(arguments);
    cJSON *line = record_line("notice", engine_now_ms(engine));
    json_set_text(line, "text", text);
    deployment_record(engine->deployment, line);
}

/* The step that goes on, for those who have not seen its beginning, and the time that is left. */
static void set_step(const struct engine *engine, cJSON *line)
{
    const struct rollout *rollout = &engine->rollout;
    if (rollout->phase != PHASE_WATCH || rollout->hold != HOLD_NONE)
        return;
    const struct plan_step *step = &engine->plan->steps[rollout->step];
    json_set_double(line, "step", rollout->step);
    json_set_text(line, "stepName", step->name ? step->name : step_kind_name(step->kind));
    json_set_double(line, "weight", rollout->weight);
    if (step->duration_ms > 0)
        json_set_double(line, "endsAt", (double)rollout->step_ends_ms);
}

void engine_decide(struct engine *engine, const char *action, const char *reason)
{
    cJSON *line = record_line("decision", engine_now_ms(engine));
    json_set_text(line, "action", action);
    json_set_text(line, "reason", reason);
    if (strcmp(action, "extend") == 0)
        set_step(engine, line);
    deployment_record(engine->deployment, line);
}

static void record_resume(struct engine *engine, const char *reason)
{
    cJSON *line = record_line("resume", engine_now_ms(engine));
    json_set_text(line, "reason", reason);
    set_step(engine, line);
    deployment_record(engine->deployment, line);
}

static void write_intent(const struct engine *engine, const struct rollout_action *intent,
                         cJSON *json)
{
    cJSON *item = json_set_object(json, "intent");
    json_set_text(item, "version", intent->target == TARGET_NEW ? engine->canary : engine->base);
    if (intent->target != TARGET_SPLIT)
        return;
    json_set_text(item, "routedVersion", engine->canary);
    json_set_double(item, "weight", intent->weight);
}

static void write_evidence(const struct engine *engine, cJSON *json)
{
    cJSON *evidence = json_set_object(json, "evidence");
    json_set(evidence, "base", version_evidence_json(&engine->evidence.base));
    json_set(evidence, "canary", version_evidence_json(&engine->evidence.canary));
    json_set(evidence, "others", version_evidence_json(&engine->evidence.others));
    json_set_double(evidence, "invocationErrors", (double)engine->evidence.invocation_errors);
    json_set_double(evidence, "watch", engine->evidence_watch);
    cJSON *alarms = json_set_object(json, "alarms");
    for (size_t i = 0; i < engine->evidence.alarm_count; i++)
        json_set_text(alarms, engine->evidence.alarms[i].name, engine->evidence.alarms[i].state);
    cJSON *memories = json_set_array(json, "memories");
    for (size_t i = 0; i < engine->check_count; i++)
        cJSON_AddItemToArray(memories, check_memory_json(&engine->memories[i]));
    cJSON *totals = json_set_object(json, "totals");
    json_set(totals, "base", version_evidence_json(&engine->base_total));
    json_set(totals, "canary", version_evidence_json(&engine->canary_total));
    json_set(totals, "others", version_evidence_json(&engine->others_total));
    json_set_double(totals, "throttled", (double)engine->throttled_total);
    json_set_double(totals, "failed", (double)engine->failed_total);
    json_set_double(totals, "watchedMs", (double)engine->watched_ms);
}

/* The record comes first: what deployment.json counts is always there. */
void engine_save(struct engine *engine, const struct rollout_action *intent)
{
    cJSON *json = cJSON_CreateObject();
    int64_t now_ms = engine_now_ms(engine);
    bool is_over = engine->rollout.phase == PHASE_OVER;
    engine_record_pending(engine);
    json_set_text(json, "revisionId", engine->alias.revision_id);
    rollout_write(&engine->rollout, json);
    json_set_bool(json, "isOver",
                  is_over && engine->is_end_told && engine->rollout.outcome != OUTCOME_STUCK);
    if (intent)
        write_intent(engine, intent, json);
    write_evidence(engine, json);
    json_set_double(json, "updatedAt", (double)now_ms);
    if (is_over)
        json_set_double(json, "endedAt", (double)now_ms);
    deployment_save(engine->deployment, json);
    engine->saved_ms = now_ms;
}

void engine_save_if_old(struct engine *engine, int64_t age_ms)
{
    if (engine_now_ms(engine) - engine->saved_ms >= (age_ms > FRESH_MS ? age_ms : FRESH_MS))
        engine_save(engine, NULL);
}

void engine_start(struct engine *engine, const struct lambda_alias *alias)
{
    engine->alias = *alias;
    engine->heard_ms = engine->all_read_ms = engine->counted_ms = engine_now_ms(engine);
    rollout_start(&engine->rollout, engine->plan, engine_now_ms(engine));
    for (size_t i = 0; i < engine->evidence.alarm_count; i++)
        engine_record_alarm(engine, &engine->evidence.alarms[i]);
    engine_save(engine, NULL);
}

static bool alias_is(const struct lambda_alias *alias, const char *version, const char *routed,
                     double weight)
{
    if (strcmp(alias->version, version) != 0)
        return false;
    if (!routed || weight <= 0)
        return !*alias->routed_version || alias->weight <= 0;
    double difference = alias->weight - weight;
    return strcmp(alias->routed_version, routed) == 0 && difference < 1e-9 && difference > -1e-9;
}

bool engine_is_as_set(const struct engine *engine, const struct lambda_alias *alias)
{
    if (alias_is(alias, engine->canary, NULL, 0))
        return rollout_expects(&engine->rollout, true, 0);
    double weight = *alias->routed_version ? alias->weight : 0;
    return alias_is(alias, engine->base, engine->canary, weight) &&
           rollout_expects(&engine->rollout, false, weight);
}

bool engine_is_back(const struct engine *engine, const struct lambda_alias *alias)
{
    return alias_is(alias, engine->base, NULL, 0);
}

bool engine_is_as_intended(const struct engine *engine, const struct lambda_alias *alias,
                           const struct rollout_action *action)
{
    if (action->target == TARGET_NEW)
        return alias_is(alias, engine->canary, NULL, 0);
    if (action->target == TARGET_BASE)
        return engine_is_back(engine, alias);
    return alias_is(alias, engine->base, engine->canary, action->weight);
}

static void record_alias(struct engine *engine)
{
    cJSON *line = record_line("alias", engine_now_ms(engine));
    json_set_text(line, "version", engine->alias.version);
    if (*engine->alias.routed_version)
        json_set_text(line, "routedVersion", engine->alias.routed_version);
    json_set_double(line, "weight", engine->rollout.is_promoted ? 1 : engine->rollout.weight);
    json_set_text(line, "revisionId", engine->alias.revision_id);
    deployment_record(engine->deployment, line);
}

/* On the way back every failure is told; before it, it is the reason of what comes now. */
static void tell_failure(struct engine *engine, enum alias_result result, const char *sentence)
{
    if (result == ALIAS_THROTTLED)
        return; /* told as long as it lasted */
    if (result == ALIAS_CHANGED_OURS && engine->rollout.is_uncertain)
        engine_notice(engine, "The change that had no answer was made: it is taken back.");
    else
        engine_notice(engine, "%s", sentence);
}

/* The alias is not in the revision any more that a change was refused for; who is told that one has
 * been told what was before: AWS tells of changes some seconds late. */
static bool get_changed_alias(struct engine *engine, struct lambda_alias *seen_out,
                              struct error *error)
{
    struct ports *ports = &engine->ports;
    for (int look = 0; look < LATE_LOOKS; look++) {
        if (!ports->get_alias(ports->world, seen_out, error))
            return false;
        if (strcmp(seen_out->revision_id, engine->alias.revision_id) != 0)
            return true;
        if (ports->is_interrupted(ports->world))
            break; /* the weights are taken back, or that is tried again */
        ports->pass(ports->world, LATE_LOOK_MS);
    }
    return error_set(error, NULL,
                     "alias %s has been changed, says AWS, but does not tell yet how it is now",
                     engine->plan->alias);
}

/* Somebody changed the alias: do we still find our own routing, and is it ours to touch? */
static enum alias_result find_out(struct engine *engine, const struct rollout_action *action,
                                  struct error *error)
{
    struct lambda_alias seen;
    if (!get_changed_alias(engine, &seen, error))
        return ALIAS_FAILED_TO_SET;
    bool was_ours = engine_is_as_set(engine, &seen);
    bool is_wanted = engine_is_as_intended(engine, &seen, action);
    engine->alias = seen;
    if (is_wanted)
        return ALIAS_SET; /* our own change, whose answer was lost; or somebody did the same */
    return was_ours ? ALIAS_CHANGED_OURS : ALIAS_CHANGED_THEIRS;
}

static enum alias_result change_alias(struct engine *engine, const struct rollout_action *action,
                                      struct error *error)
{
    bool is_new = action->target == TARGET_NEW;
    switch (engine->ports.set_alias(
        engine->ports.world, &engine->alias, is_new ? engine->canary : engine->base,
        action->target == TARGET_SPLIT ? engine->canary : NULL, action->weight, error)) {
    case ALIAS_CHANGE_DONE:
        return ALIAS_SET;
    case ALIAS_CHANGE_GONE:
        return ALIAS_GONE;
    case ALIAS_CHANGE_REFUSED:
        return ALIAS_REFUSED;
    case ALIAS_CHANGE_THROTTLED:
        return ALIAS_THROTTLED;
    case ALIAS_CHANGE_BUSY:
        return ALIAS_BUSY;
    case ALIAS_CHANGE_VERSION_ABSENT:
        return ALIAS_VERSION_ABSENT;
    case ALIAS_CHANGE_STALE:
        return find_out(engine, action, error);
    default:
        return ALIAS_FAILED_TO_SET;
    }
}

/* Before what failed is tried again; words and alarms are heeded meanwhile, and may end it. */
static void wait_to_try_again(struct engine *engine, int64_t wait_ms)
{
    const struct rollout *rollout = &engine->rollout;
    enum rollout_phase phase = rollout->phase;
    engine->observed_ms = 0; /* a clock that stands still would never have it due */
    for (int64_t waited_ms = 0; waited_ms < wait_ms; waited_ms += POLL_MS) {
        if (engine->ports.is_interrupted(engine->ports.world) || engine_take_word(engine) ||
            rollout->phase != phase || rollout->hold != HOLD_NONE)
            return;
        engine_look_at_alarms(engine);
        engine_save_if_old(engine, 0);
        engine->ports.pass(engine->ports.world, POLL_MS);
    }
}

/* At first, and then each minute. */
static void tell_why_it_waits(struct engine *engine, const char *sentence)
{
    const struct rollout *rollout = &engine->rollout;
    int64_t before_ms = rollout->waited_ms - rollout->wait_ms;
    if (rollout->tries == 1 || before_ms / MINUTE_MS != rollout->waited_ms / MINUTE_MS)
        engine_notice(engine, "It is tried again for a while: %s", sentence);
}

/* The rollout has decided already: on the way back, or to try the same once more? */
static void wait_after_failure(struct engine *engine, enum alias_result result, bool is_back,
                               const char *sentence)
{
    const struct rollout *rollout = &engine->rollout;
    bool is_due_again =
        rollout_next(rollout).kind == ACTION_SET_ALIAS && is_back == (rollout->phase == PHASE_BACK);
    if (!is_due_again || result == ALIAS_SET || result == ALIAS_THROTTLED ||
        result == ALIAS_CHANGED_OURS)
        return;
    if (is_back) {
        engine->ports.pass(engine->ports.world, rollout->wait_ms);
        return;
    }
    tell_why_it_waits(engine, sentence);
    wait_to_try_again(engine, rollout->wait_ms);
}

static void set_alias(struct engine *engine, const struct rollout_action *action)
{
    CLEANUP(error_clear) struct error error = { 0 };
    bool is_back = engine->rollout.phase == PHASE_BACK;
    engine_save(engine, action);
    enum alias_result result = change_alias(engine, action, &error);
    if (result == ALIAS_THROTTLED && engine->ports.is_interrupted(engine->ports.world)) {
        engine_save(engine, NULL); /* it was not changed: the loop heeds the user first */
        return;
    }
    rollout_alias_done(&engine->rollout, result, error.message ? error.message : "",
                       engine_now_ms(engine));
    if (result == ALIAS_SET)
        record_alias(engine);
    else if (is_back)
        tell_failure(engine, result, error.message);
    if (result == ALIAS_CHANGED_THEIRS)
        engine_notice(engine, "Alias %s now points to version %s%s%s: left as it is.",
                      engine->plan->alias, engine->alias.version,
                      *engine->alias.routed_version ? " and " : "", engine->alias.routed_version);
    wait_after_failure(engine, result, is_back, error.message);
    engine_save(engine, NULL);
}

static cJSON *make_context(const struct engine *engine)
{
    cJSON *context = cJSON_CreateObject();
    json_set_text(context, "deploymentId", engine->deployment->id);
    json_set_text(context, "function", engine->plan->function);
    json_set_text(context, "alias", engine->plan->alias);
    json_set_text(context, "version", engine->canary);
    json_set_text(context, "baseVersion", engine->base);
    json_set_double(context, "weight", engine->rollout.weight);
    json_set_double(context, "step", engine->rollout.step);
    json_set_text(context, "status", rollout_status(&engine->rollout));
    json_set_text(context, "reason", engine->rollout.reason);
    return context;
}

static const char *const whens[] = { [HOOK_BEFORE] = "before",
                                     [HOOK_BETWEEN] = "between",
                                     [HOOK_AFTER] = "after",
                                     [HOOK_STEP] = "step" };
static const char *const kinds[] = {
    [HOOK_LAMBDA] = "lambda", [HOOK_COMMAND] = "command", [HOOK_HTTP] = "http"
};

/* A hook's or a notification's line; `when` or the event goes by `word`. */
static void record_hook(struct engine *engine, const char *type, const char *word,
                        const struct hook *hook, const struct hook_result *result)
{
    cJSON *line = record_line(type, engine_now_ms(engine));
    json_set_text(line, strcmp(type, "hook") == 0 ? "when" : "event", word);
    json_set_text(line, "name", hook->name);
    json_set_text(line, "kind", kinds[hook->kind]);
    json_set_text(line, "outcome", result->is_good ? "ok" : "failed");
    json_set_text(line, "output", result->output);
    json_set_double(line, "durationMs", (double)result->duration_ms);
    if (result->is_retried)
        json_set_bool(line, "isRetried", true);
    deployment_record(engine->deployment, line);
}

/* The end of what a hook said tells why it failed. */
static const char *last_words(const char *output)
{
    enum { MOST = 300 };
    size_t size = strlen(output);
    const char *words = size > MOST ? output + size - MOST : output;
    while (*words && !text_begins_character(*words))
        words++;
    return words;
}

static bool may_try_again(struct engine *engine, const struct hook *hook)
{
    if (engine->failed_hook != hook)
        engine->hook_failures = 0;
    engine->failed_hook = hook;
    return engine->hook_failures++ < hook->retries;
}

static void run_hook(struct engine *engine, const struct rollout_action *action)
{
    struct hook_result result = { 0 };
    CLEANUP(json_deletep) cJSON *context = make_context(engine);
    json_set_text(context, "when", whens[action->when]);
    engine_save(engine, NULL);
    engine->ports.run_hook(engine->ports.world, action->hook, context, &result);
    bool is_interrupted = engine->ports.is_interrupted(engine->ports.world);
    result.is_retried = !result.is_good && !is_interrupted && may_try_again(engine, action->hook);
    record_hook(engine, "hook", whens[action->when], action->hook, &result);
    if (is_interrupted)
        return; /* the loop deals with that first; the hook runs again if it goes on */
    if (result.is_retried) {
        wait_to_try_again(engine, RETRY_MS);
        return;
    }
    if (result.is_good)
        engine_look_after_hook(engine);
    CLEANUP(freep)
    char *sentence = xformat("hook %s failed: %s", action->hook->name, last_words(result.output));
    rollout_hook_done(&engine->rollout, result.is_good, sentence, engine_now_ms(engine));
    engine_save(engine, NULL);
}

void engine_notify(struct engine *engine, const char *event)
{
    for (size_t i = 0; i < engine->plan->notify_count; i++) {
        const struct notify *notify = &engine->plan->notify[i];
        struct hook hook = { .kind = notify->command ? HOOK_COMMAND : HOOK_HTTP,
                             .name = notify->command ? notify->command : notify->url,
                             .command = notify->command,
                             .url = notify->url,
                             .timeout_ms = 10000 };
        struct hook_result result = { 0 };
        CLEANUP(json_deletep) cJSON *context = make_context(engine);
        json_set_text(context, "event", event);
        engine->ports.run_hook(engine->ports.world, &hook, context, &result);
        record_hook(engine, "notify", event, &hook, &result);
    }
}

const char *engine_control(struct engine *engine, enum control_verb verb, const char *by)
{
    const char *refusal = rollout_control(&engine->rollout, verb, by, engine_now_ms(engine));
    cJSON *line = record_line("control", engine_now_ms(engine));
    json_set_text(line, "verb", control_verb_name(verb));
    json_set_text(line, "by", by);
    json_set_text(line, "refusal", refusal);
    deployment_record(engine->deployment, line);
    engine_save(engine, NULL);
    return refusal;
}

bool engine_take_word(struct engine *engine)
{
    struct control_request request;
    enum control_verb verb;
    if (!control_take(engine->deployment, &request))
        return false;
    const char *refusal = control_verb_parse(request.verb, &verb)
                              ? engine_control(engine, verb, request.by)
                              : "there is no such verb";
    control_answer(engine->deployment, &request, refusal);
    return refusal == NULL;
}

/* On a clock that stands still (Coalmine's, by --fast) nothing would come to be due. */
static void look_while_held(struct engine *engine, int poll)
{
    if (poll % (LOOK_MS / POLL_MS) == 0)
        engine->observed_ms = 0;
    if (engine->rollout.hold == HOLD_APPROVAL)
        engine_look_while_waiting(engine);
    else
        engine_look_at_alarms(engine);
}

/* Stands still until somebody says how to go on, or until there is a failure. */
static void wait_for_word(struct engine *engine)
{
    int poll = 0;
    enum rollout_hold hold = engine->rollout.hold;
    cJSON *line = record_line("pause", engine_now_ms(engine));
    json_set_text(line, "reason",
                  hold == HOLD_APPROVAL ? "waits for approval" : engine->rollout.reason);
    json_set_text(line, "hold", rollout_hold_name(hold));
    deployment_record(engine->deployment, line);
    engine_save(engine, NULL);
    engine_notify(engine, hold == HOLD_APPROVAL ? "approval" : "paused");
    while (engine->rollout.hold == hold && !engine->is_left && !engine->deployment->failure) {
        if (engine->ports.is_interrupted(engine->ports.world) || engine_take_word(engine))
            break;
        engine->is_left = engine->leaves_when_held;
        look_while_held(engine, poll++);
        engine_save_if_old(engine, 0);
        if (engine->rollout.hold == hold && !engine->is_left)
            engine->ports.pass(engine->ports.world, POLL_MS);
    }
    enum rollout_phase phase = engine->rollout.phase;
    if (engine->rollout.hold == HOLD_NONE && phase != PHASE_BACK && phase != PHASE_OVER)
        record_resume(engine, NULL); /* the word before it says why */
}

/* Who comes to stop what is being taken back already may think that nobody has heard. */
static void tell_way_back(struct engine *engine)
{
    if (engine->rollout.phase == PHASE_BACK && !engine->is_stop_heeded)
        engine_notice(engine,
                      "You want to stop, but all traffic is being taken back to version %s, and "
                      "that goes on: a second Ctrl-C leaves the alias as it is.",
                      engine->base);
    engine->is_stop_heeded = true;
}

/* The first thing after each action: what the user or another terminal wants. */
static void heed(struct engine *engine)
{
    if (engine->ports.is_interrupted(engine->ports.world)) {
        tell_way_back(engine);
        rollout_interrupted(&engine->rollout, engine->pauses_when_interrupted,
                            engine_now_ms(engine));
        engine->is_left = engine->rollout.hold != HOLD_NONE;
    }
    if (engine->deployment->failure)
        rollout_troubled(&engine->rollout, engine->deployment->failure);
}

static void perform(struct engine *engine, const struct rollout_action *action)
{
    if (engine->rollout.phase == PHASE_WATCH)
        engine_begin_step(engine);
    switch (action->kind) {
    case ACTION_SET_ALIAS:
        set_alias(engine, action);
        break;
    case ACTION_HOOK:
        run_hook(engine, action);
        break;
    case ACTION_WATCH:
        engine_watch(engine);
        break;
    case ACTION_HOLD:
        wait_for_word(engine);
        break;
    case ACTION_END:
        break;
    }
}

static void end(struct engine *engine)
{
    const char *status = rollout_status(&engine->rollout);
    engine_notify(engine, status);
    cJSON *line = record_line("end", engine_now_ms(engine));
    json_set_text(line, "outcome", status);
    json_set_text(line, "reason", engine->rollout.reason);
    json_set_double(line, "exitCode", rollout_exit_status(&engine->rollout));
    deployment_record(engine->deployment, line);
    engine->is_end_told = true;
    engine_save(engine, NULL);
}

void engine_run(struct engine *engine)
{
    enum rollout_phase phase = PHASE_COUNT;
    engine_notify(engine, "started");
    if (engine->was_taken_up && engine->rollout.phase == PHASE_WATCH &&
        engine->rollout.hold == HOLD_NONE)
        record_resume(engine, "taken up again");
    while (!engine->is_left) {
        heed(engine);
        engine_take_word(engine);
        struct rollout_action action = rollout_next(&engine->rollout);
        if (engine->rollout.phase != phase &&
            (engine->rollout.phase == PHASE_BACK || engine->rollout.phase == PHASE_PROMOTE))
            engine_decide(engine, engine->rollout.phase == PHASE_BACK ? "rollback" : "promote",
                          engine->rollout.reason);
        phase = engine->rollout.phase;
        if (action.kind == ACTION_END)
            break;
        if (!engine->is_left)
            perform(engine, &action);
    }
    engine_save(engine, NULL);
    if (engine->owes_reading)
        engine_read_last(engine);
    if (engine->rollout.phase == PHASE_OVER)
        end(engine);
}

void engine_clear(struct engine *engine)
{
    evidence_clear(&engine->evidence);
    version_evidence_clear(&engine->base_total);
    version_evidence_clear(&engine->canary_total);
    version_evidence_clear(&engine->others_total);
    traffic_sample_clear(&engine->pending);
    free(engine->memories);
    free(engine->verdicts);
}
