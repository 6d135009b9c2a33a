#include "rollout/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "aws/clock_api.h"
#include "clock.h"
#include "xalloc.h"

enum { LOOK_MS = 200, FAST_LOOKS = 200, FAST_LOOK_MIN_MS = 1000, FAST_LOOK_MAX_MS = 10000 };
enum { US_PER_MS = 1000, CHANGE_PATIENCE_MS = 60000, CLOCK_SET_MS = 1000 };

/* Of Coalmine or AWS, by its own clock. */
static int64_t their_ms(const struct world *world)
{
    return world->api->profile.is_local ? clock_true_ms() + world->offset_ms
                                        : api_aws_now_ms(world->api);
}

bool world_init(struct world *world, struct api *api, const struct plan *plan, bool is_fast,
                struct error *error)
{
    *world = (struct world){ .api = api, .plan = plan };
    if (is_fast && !coalmine_clock_freeze(api, &world->fast_now_ms, error))
        return false;
    if (!is_fast && api->profile.is_local)
        world->offset_ms = coalmine_clock_offset_ms(api);
    world->begun_ms = their_ms(world);
    world->begun_at_ms = clock_elapsed_ms();
    world->is_fast = is_fast;
    return true;
}

void world_clear(struct world *world)
{
    struct error error = { 0 };
    if (world->has_generator)
        generator_clear(&world->generator);
    api_clear(&world->traffic_api);
    /* If Coalmine is gone, so is its clock. */
    if (world->is_fast && !coalmine_clock_run(world->api, &error))
        error_clear(&error);
    for (size_t i = 0; i < world->alarm_count; i++)
        free(world->alarms[i]);
    free(world->alarms);
    for (size_t i = 0; i < world->named_count; i++)
        free(world->named[i].name);
    free(world->named);
    payloads_clear(&world->payloads);
    version_evidence_clear(&world->sent);
    version_evidence_clear(&world->others);
    version_evidence_clear(&world->live_base);
    version_evidence_clear(&world->live_canary);
    *world = (struct world){ 0 };
}

static void add_alarm(struct world *world, const char *name)
{
    for (size_t i = 0; i < world->alarm_count; i++) {
        if (strcmp(world->alarms[i], name) == 0)
            return;
    }
    world->alarms = xrealloc(world->alarms, (world->alarm_count + 1) * sizeof(*world->alarms));
    world->alarms[world->alarm_count++] = xstrdup(name);
}

static bool is_plan_metric(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->metric_count; i++) {
        if (strcmp(plan->metrics[i].name, name) == 0)
            return true;
    }
    return false;
}

/* A check may name one of AWS/Lambda's metrics without the plan describing it. */
static void add_metric(struct world *world, const char *name)
{
    if (is_plan_metric(world->plan, name))
        return;
    for (size_t i = 0; i < world->named_count; i++) {
        if (strcmp(world->named[i].name, name) == 0)
            return;
    }
    world->named = xrealloc(world->named, (world->named_count + 1) * sizeof(*world->named));
    world->named[world->named_count++] = (struct plan_metric){ .name = xstrdup(name) };
}

static void collect_from_checks(struct world *world, const cJSON *checks)
{
    const cJSON *check;
    cJSON_ArrayForEach(check, checks)
    {
        const char *alarm = json_text(check, "alarm", NULL);
        const char *metric = json_text(check, "metric", NULL);
        const cJSON *item;
        if (alarm)
            add_alarm(world, alarm);
        if (metric)
            add_metric(world, metric);
        cJSON_ArrayForEach(item, json_get(check, "metrics"))
        {
            const char *name =
                cJSON_IsString(item) ? item->valuestring : json_text(item, "metric", NULL);
            if (name)
                add_metric(world, name);
        }
    }
}

static void collect_names(struct world *world)
{
    const cJSON *step;
    const cJSON *steps = json_get(json_get(world->plan->json, "strategy"), "steps");
    for (size_t i = 0; i < world->plan->alarm_count; i++)
        add_alarm(world, world->plan->alarms[i]);
    collect_from_checks(world, json_get(world->plan->json, "checks"));
    cJSON_ArrayForEach(step, steps)
        collect_from_checks(world, json_get(json_get(step, "analysis"), "checks"));
}

void world_begin(struct world *world, const char *base, const char *canary, int64_t started_ms,
                 const struct version_evidence *sent, const struct version_evidence *others)
{
    snprintf(world->base, VERSION_SIZE, "%s", base);
    snprintf(world->canary, VERSION_SIZE, "%s", canary);
    world->started_ms = started_ms;
    if (sent)
        version_evidence_merge(&world->sent, sent);
    if (others)
        version_evidence_merge(&world->others, others);
    collect_names(world);
    /* Before anything is shifted; if it cannot be read now, the first step tries again. */
    struct error error = { 0 };
    if (world->plan->traffic.is_live && !world_live_begin(world, &error))
        error_clear(&error);
}

int64_t world_now_ms(void *owner)
{
    const struct world *world = owner;
    if (world->is_fast)
        return world->fast_now_ms;
    return world->begun_at_ms ? world->begun_ms + clock_elapsed_ms() - world->begun_at_ms
                              : clock_true_ms();
}

int64_t world_aws_ms(const struct world *world, int64_t time_ms)
{
    return time_ms + world->ahead_ms;
}

int64_t world_own_ms(const struct world *world, int64_t aws_ms)
{
    return aws_ms - world->ahead_ms;
}

struct aliased_version world_version(const struct world *world, const char *version)
{
    return (struct aliased_version){ world->plan->function, world->plan->alias, version };
}

void world_compare_clocks(struct world *world)
{
    if (world->is_fast)
        return;
    int64_t now_ms = world_now_ms(world);
    int64_t ahead_ms = their_ms(world) - now_ms;
    int64_t change_ms = ahead_ms - world->ahead_ms;
    bool was_held_up = world_now_ms(world) - now_ms >= CLOCK_SET_MS; /* between two readings */
    if (was_held_up || (change_ms < CLOCK_SET_MS && change_ms > -CLOCK_SET_MS))
        return;
    world->ahead_ms = ahead_ms;
    world->shifted_ms -= change_ms;
    if (change_ms < 0 && world->live_minutes.from_ms)
        minutes_set_back(&world->live_minutes, -change_ms);
}

bool world_is_interrupted(void *owner)
{
    const struct world *world = owner;
    return api_is_stopped(world->api);
}

void world_be_patient(struct world *world, int64_t ms)
{
    world->api->patient_until_us = clock_monotonic_us() + ms * US_PER_MS;
    world->api->was_throttled = false;
}

void world_be_as_usual(struct world *world)
{
    world->api->patient_until_us = 0;
}

/* On Coalmine's clock a watched slice is sent at once, then its time is turned past. */
static void pass(void *owner, int64_t ms)
{
    struct world *world = owner;
    struct error error = { 0 };
    if (!world->is_fast || !world->is_watching) {
        clock_sleep_ms(ms);
        return;
    }
    if (world->has_generator)
        generator_slice(&world->generator, ms);
    if (coalmine_clock_advance(world->api, ms, &world->fast_now_ms, &error))
        return;
    error_clear(&error);
    clock_sleep_ms(LOOK_MS); /* no answer: the silence is measured elsewhere */
}

static int64_t look_ms(void *owner, int64_t duration_ms)
{
    const struct world *world = owner;
    int64_t part_ms = duration_ms / FAST_LOOKS;
    if (!world->is_fast)
        return LOOK_MS;
    return part_ms < FAST_LOOK_MIN_MS   ? FAST_LOOK_MIN_MS
           : part_ms > FAST_LOOK_MAX_MS ? FAST_LOOK_MAX_MS
                                        : part_ms;
}

static bool get_alias(void *owner, struct lambda_alias *alias_out, struct error *error)
{
    struct world *world = owner;
    enum alias_found found =
        lambda_get_alias(world->api, world->plan->function, world->plan->alias, alias_out, error);
    if (found == ALIAS_ABSENT)
        return error_set(error, NULL, "function %s has no alias %s any more", world->plan->function,
                         world->plan->alias);
    return found == ALIAS_PRESENT;
}

static enum alias_change set_alias(void *owner, struct lambda_alias *alias, const char *version,
                                   const char *routed, double weight, struct error *error)
{
    struct world *world = owner;
    /* On AWS a change reaches invocations gradually; it may be made, whatever is said of it. */
    if (!world->api->profile.is_local)
        world->routed_ms = world_now_ms(world) + WORLD_ROUTING_MS;
    world_be_patient(world, CHANGE_PATIENCE_MS);
    enum alias_change change =
        lambda_update_alias(world->api, world->plan->function, world->plan->alias, alias, version,
                            routed, weight, error);
    world_be_as_usual(world);
    return change;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Who is asked nothing is not silent, nor who could not be heard, and one answer, to whatever was
 * asked, is a sign of life. */
static int64_t silence_ms(void *owner)
{
    struct world *world = owner;
    api_note_awake(world->api);
    struct contact calls = world->api->contact;
    struct contact traffic = { 0 };
    if (world->has_generator)
        traffic = generator_contact(&world->generator);
    int64_t asked_us = calls.asked_us;
    if (!asked_us || (traffic.asked_us && traffic.asked_us < asked_us))
        asked_us = traffic.asked_us;
    if (!asked_us)
        return 0;
    int64_t heard_us = later(later(world->watched_us, world->api->woken_us),
                             later(calls.answered_us, traffic.answered_us));
    return (clock_monotonic_us() - later(heard_us, asked_us)) / US_PER_MS;
}

struct ports world_ports(struct world *world)
{
    return (struct ports){
        .world = world,
        .now_ms = world_now_ms,
        .pass = pass,
        .look_ms = look_ms,
        .is_interrupted = world_is_interrupted,
        .get_alias = get_alias,
        .set_alias = set_alias,
        .traffic_begin = world_traffic_begin,
        .traffic_read = world_traffic_read,
        .traffic_end = world_traffic_end,
        .users_read = world_users_read,
        .is_behind = world_is_behind,
        .observe = world_observe,
        .silence_ms = silence_ms,
        .run_hook = world_run_hook,
    };
}
