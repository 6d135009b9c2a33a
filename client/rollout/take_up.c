/*
 * A dead engine's work is taken up from what it has written: deployment.json, and what the record
 * has beyond it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rollout/engine.h"
#include "xalloc.h"

struct saved_counts {
    struct version_evidence *into;
    const cJSON *from;
};

static void read_counts(const struct saved_counts *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].from && !version_evidence_add_json(parts[i].into, parts[i].from))
            version_evidence_clear(parts[i].into); /* damaged: it is seen anew */
    }
}

static void read_totals(struct engine *engine, const cJSON *totals)
{
    const struct saved_counts parts[] = {
        { &engine->base_total, json_get(totals, "base") },
        { &engine->canary_total, json_get(totals, "canary") },
        { &engine->others_total, json_get(totals, "others") },
    };
    read_counts(parts, COUNT_OF(parts));
    engine->throttled_total = (uint64_t)json_int(totals, "throttled", 0);
    engine->failed_total = (uint64_t)json_int(totals, "failed", 0);
    engine->watched_ms = json_int(totals, "watchedMs", 0);
}

/* What the present watch had seen; nothing, if the engine died before it had begun. */
static void read_watch(struct engine *engine, const cJSON *saved)
{
    const cJSON *memories = json_get(saved, "memories");
    const cJSON *evidence = json_get(saved, "evidence");
    const struct rollout *rollout = &engine->rollout;
    if ((size_t)rollout->step >= engine->plan->step_count || rollout->phase != PHASE_WATCH ||
        json_int(evidence, "watch", rollout->watch) != rollout->watch)
        return;
    const struct saved_counts parts[] = {
        { &engine->evidence.base, json_get(evidence, "base") },
        { &engine->evidence.canary, json_get(evidence, "canary") },
        { &engine->evidence.others, json_get(evidence, "others") },
    };
    read_counts(parts, COUNT_OF(parts));
    engine->evidence.invocation_errors = (uint64_t)json_int(evidence, "invocationErrors", 0);
    engine->checks =
        plan_checks(engine->plan, &engine->plan->steps[rollout->step], &engine->check_count);
    engine->memories = xcalloc(engine->check_count + 1, sizeof(*engine->memories));
    engine->verdicts = xcalloc(engine->check_count + 1, sizeof(*engine->verdicts));
    for (size_t i = 0; i < engine->check_count; i++)
        check_memory_read(cJSON_GetArrayItem(memories, (int)i), &engine->memories[i]);
    engine->evidence_watch = rollout->watch;
    engine->evidence.step = rollout->step;
    engine->evidence.weight = rollout->weight;
    engine->evidence.started_ms = rollout->step_started_ms;
    engine->evidence.is_live = engine->plan->traffic.is_live;
    snprintf(engine->evidence.base.version, VERSION_SIZE, "%s", engine->base);
    snprintf(engine->evidence.canary.version, VERSION_SIZE, "%s", engine->canary);
}

static void read_alarms(struct engine *engine, const cJSON *alarms)
{
    const cJSON *alarm;
    cJSON_ArrayForEach(alarm, alarms)
    {
        if (cJSON_IsString(alarm))
            evidence_set_alarm(&engine->evidence, alarm->string, alarm->valuestring, NULL);
    }
}

/* What the record has that deployment.json does not count yet. */
static void read_missed(struct engine *engine, const cJSON *saved)
{
    CLEANUP(json_deletep) cJSON *lines = deployment_lines_since(engine->deployment, saved);
    const cJSON *line;
    cJSON_ArrayForEach(line, lines)
    {
        struct traffic_sample sample = { .throttled = (uint64_t)json_int(line, "throttled", 0),
                                         .failed = (uint64_t)json_int(line, "failed", 0),
                                         .invocation_errors =
                                             (uint64_t)json_int(line, "invocationErrors", 0) };
        const cJSON *versions = json_get(line, "versions");
        const struct saved_counts parts[] = {
            { &sample.base, json_get(versions, engine->base) },
            { &sample.canary, json_get(versions, engine->canary) },
            { &sample.others, json_get(line, "others") },
        };
        if (strcmp(json_text(line, "type", ""), "sample") == 0) {
            read_counts(parts, COUNT_OF(parts));
            engine_add_sample(engine, &sample);
        }
        traffic_sample_clear(&sample);
    }
    traffic_sample_clear(&engine->pending); /* it is in the record already */
}

bool engine_take_up(struct engine *engine, const cJSON *saved, struct error *error)
{
    engine->rollout.plan = engine->plan;
    if (!rollout_read(&engine->rollout, saved))
        return error_set(error, NULL, "what deployment %s has written cannot be taken up",
                         engine->deployment->id);
    if (!engine->ports.get_alias(engine->ports.world, &engine->alias, error))
        return false;
    read_totals(engine, json_get(saved, "totals"));
    read_watch(engine, saved);
    read_alarms(engine, json_get(saved, "alarms"));
    read_missed(engine, saved);
    struct rollout_action next = rollout_next(&engine->rollout);
    bool was_intended = json_get(saved, "intent") && next.kind == ACTION_SET_ALIAS &&
                        engine_is_as_intended(engine, &engine->alias, &next);
    size_t step = (size_t)engine->rollout.step + 1;
    engine_notice(engine, "Deployment %s is taken up where it was left (%s, step %zu of %zu).",
                  engine->deployment->id, rollout_phase_name(engine->rollout.phase),
                  step < engine->plan->step_count ? step : engine->plan->step_count,
                  engine->plan->step_count);
    rollout_taken_up(&engine->rollout, engine_is_as_set(engine, &engine->alias),
                     was_intended ? &next : NULL, engine_is_back(engine, &engine->alias),
                     json_int(saved, "updatedAt", 0), engine_now_ms(engine));
    engine->was_taken_up = true;
    engine_save(engine, NULL);
    return true;
}
