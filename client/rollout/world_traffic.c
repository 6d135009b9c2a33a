/*
 * Traffic of the real world: the generator's, or the users' as CloudWatch counts them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/cloudwatch_api.h"
#include "clock.h"

#include "rollout/world.h"
#include "xalloc.h"

enum { LIVE_INTERVAL_LOCAL_MS = 1000, LIVE_INTERVAL_AWS_MS = 10000, US_PER_MS = 1000 };
enum { LIVE_MARGIN_MS = 20000 }; /* a reading or two */
enum { COUNT_WAIT_LOCAL_MS = 2000, COUNT_WAIT_AWS_MS = 180000 };
enum { COUNT_POLL_LOCAL_MS = 100, COUNT_POLL_AWS_MS = 9000 };

static bool load_payloads(struct world *world, struct error *error)
{
    const struct plan_traffic *traffic = &world->plan->traffic;
    const char *file = traffic->payload_lines ? traffic->payload_lines : traffic->payload_file;
    if (world->has_payloads || !file)
        return true;
    world->has_payloads =
        payloads_read(file, traffic->payload_lines != NULL, &world->payloads, error);
    return world->has_payloads;
}

static bool is_last_timed_step(const struct plan *plan, const struct plan_step *step)
{
    for (const struct plan_step *later = step + 1; later < plan->steps + plan->step_count;
         later++) {
        if (later->duration_ms > 0)
            return false;
    }
    return true;
}

/* At a step's beginning; no thread runs now. */
static void refresh_traffic_api(struct world *world)
{
    api_clear(&world->traffic_api);
    api_copy(&world->traffic_api, world->api);
    world->traffic_renewals = world->api->renewals;
    if (world->has_generator)
        profile_clear(&world->generator.renewed); /* what it did not come to take is old */
}

/* A step may last longer than credentials do. */
static void renew_credentials(struct world *world)
{
    api_renew_in_time(world->api);
    if (world->traffic_renewals == world->api->renewals)
        return;
    world->traffic_renewals = world->api->renewals;
    generator_renew(&world->generator, &world->api->profile);
}

static bool begin_generator(struct world *world, int64_t left_ms, struct error *error)
{
    const struct plan *plan = world->plan;
    if (!load_payloads(world, error))
        return false;
    refresh_traffic_api(world);
    if (!world->has_generator) {
        const struct traffic_plan traffic = { .function = plan->function,
                                              .qualifier = plan->alias,
                                              .payload = text_from(plan->traffic.payload),
                                              .payloads = world->payloads.items,
                                              .payload_count = world->payloads.count,
                                              .rate = plan->traffic.rate,
                                              .arrivals = (enum arrivals)plan->traffic.arrivals,
                                              .ramp_ms = plan->traffic.ramp_ms,
                                              .concurrency = plan->traffic.concurrency };
        generator_init(&world->generator, &world->traffic_api, &traffic, world->base,
                       world->canary);
        world->generator.is_interrupted = world_is_interrupted;
        world->generator.owner = world;
        world->has_generator = true;
    }
    if (!world->is_fast)
        generator_start(&world->generator, left_ms);
    return true;
}

/* What of a sum that only grows is new. Of CloudWatch's servers not each knows the latest, so that
 * what was counted once may be missing for a while. */
static uint64_t take_more(uint64_t *known, uint64_t now)
{
    uint64_t more = now > *known ? now - *known : 0;
    *known += more;
    return more;
}

/* Nor are errors counted at the moment when their requests are. */
static void add_live(struct version_evidence *known, const struct version_metrics *metrics,
                     double early, struct version_evidence *more)
{
    more->requests = take_more(&known->requests, (uint64_t)metrics->invocations);
    more->early = take_more(&known->early, (uint64_t)early);
    uint64_t errors = (uint64_t)metrics->errors;
    more->errors = take_more(&known->errors, errors < known->requests ? errors : known->requests);
    more->throttles = take_more(&known->throttles, (uint64_t)metrics->throttles);
}

/* Coalmine counts at once, so that what is new since the last reading is of the present step. On
 * AWS it may be minutes old, of another weight: there a step has the minutes that began in it. */
static bool counts_by_minutes(const struct world *world)
{
    return !world->api->profile.is_local;
}

static int64_t aws_now_ms(struct world *world)
{
    return world_aws_ms(world, world_now_ms(world));
}

static bool read_sums(struct world *world, struct minute_counts *sums_out, struct error *error)
{
    *sums_out = (struct minute_counts){ 0 };
    int64_t from_ms = world_aws_ms(world, world->started_ms);
    int64_t now_ms = aws_now_ms(world);
    struct aliased_version base = world_version(world, world->base);
    struct aliased_version canary = world_version(world, world->canary);
    return cloudwatch_version_metrics(world->api, &base, from_ms, now_ms, &sums_out->base, error) &&
           cloudwatch_version_metrics(world->api, &canary, from_ms, now_ms, &sums_out->canary,
                                      error);
}

struct told {
    int64_t from_ms;
    size_t count;
    struct minute_counts *minutes;
    bool is_canary; /* of which is told now */
};

static void on_minute(const char *id, int64_t time_ms, double value, void *owner)
{
    const struct told *told = owner;
    int64_t index = (time_ms - told->from_ms) / MINUTES_MS;
    if (time_ms < told->from_ms || index >= (int64_t)told->count)
        return;
    struct minute_counts *minute = &told->minutes[index];
    if (strcmp(id, "errors") == 0)
        *(told->is_canary ? &minute->has_canary_errors : &minute->has_base_errors) = true;
    version_metrics_add(told->is_canary ? &minute->canary : &minute->base, id, value);
}

static bool ask_minutes(struct world *world, struct told *told, int64_t now_ms, struct error *error)
{
    struct aliased_version base = world_version(world, world->base);
    struct aliased_version canary = world_version(world, world->canary);
    if (!cloudwatch_version_values(world->api, &base, told->from_ms, now_ms, on_minute, told,
                                   error))
        return false;
    told->is_canary = true;
    return cloudwatch_version_values(world->api, &canary, told->from_ms, now_ms, on_minute, told,
                                     error);
}

/* Nothing yet, if the first of them has not begun. */
static bool read_minutes(struct world *world, struct minute_counts *sums_out, struct error *error)
{
    int64_t now_ms = aws_now_ms(world);
    struct told told = { .from_ms = world->live_minutes.from_ms };
    *sums_out = (struct minute_counts){ 0 };
    if (now_ms < told.from_ms)
        return true;
    told.count = (size_t)((now_ms - told.from_ms) / MINUTES_MS) + 1;
    told.minutes = xcalloc(told.count, sizeof(*told.minutes));
    bool is_good = ask_minutes(world, &told, now_ms, error);
    if (is_good)
        *sums_out = minutes_take(&world->live_minutes, told.minutes, told.count, now_ms);
    free(told.minutes);
    return is_good;
}

/* Both versions or none: what is taken is counted. */
static bool read_live(struct world *world, struct traffic_sample *sample, struct error *error)
{
    struct minute_counts sums;
    world->live_read_us = clock_monotonic_us();
    if (!(counts_by_minutes(world) ? read_minutes(world, &sums, error)
                                   : read_sums(world, &sums, error)))
        return false;
    add_live(&world->live_base, &sums.base, sums.base_early, &sample->base);
    add_live(&world->live_canary, &sums.canary, sums.canary_early, &sample->canary);
    return true;
}

bool world_live_begin(struct world *world, struct error *error)
{
    struct traffic_sample before = { 0 };
    if (counts_by_minutes(world))
        return true;
    world->has_live = world->has_live || read_live(world, &before, error);
    traffic_sample_clear(&before);
    return world->has_live;
}

/* A watch that goes on (after a pause, or for want of an answer) goes on with its minutes. */
static void begin_minutes(struct world *world, const struct plan_step *step, int watch,
                          int64_t from_ms)
{
    if (!counts_by_minutes(world) || world->live_watch == watch)
        return;
    world->live_step = step;
    world->live_watch = watch;
    minutes_begin(&world->live_minutes, world_aws_ms(world, from_ms));
    world->live_minutes.routed_ms = world_aws_ms(world, world->routed_ms);
    version_evidence_clear(&world->live_base);
    version_evidence_clear(&world->live_canary);
}

void world_take_up_step(struct world *world, int watch, const struct evidence *seen)
{
    if (!counts_by_minutes(world))
        return;
    world->routed_ms = seen->started_ms + WORLD_ROUTING_MS; /* if it began with new weights */
    if (!world->plan->traffic.is_live)
        return;
    begin_minutes(world, &world->plan->steps[seen->step], watch, seen->started_ms);
    version_evidence_merge(&world->live_base, &seen->base);
    version_evidence_merge(&world->live_canary, &seen->canary);
}

bool world_traffic_begin(void *owner, const struct plan_step *step, int watch, int64_t left_ms,
                         struct error *error)
{
    struct world *world = owner;
    world->is_last_step = is_last_timed_step(world->plan, step);
    world->leaves = false;
    world->watched_us = clock_monotonic_us();
    world_compare_clocks(world);
    world->waits_for_counts = false;
    if (left_ms <= 0)
        return true;
    world->is_watching = true;
    world->live_until_ms = world_now_ms(world) + left_ms;
    if (!world->plan->traffic.is_live)
        return begin_generator(world, left_ms, error);
    begin_minutes(world, step, watch, world_now_ms(world));
    return world_live_begin(world, error);
}

void world_traffic_end(void *owner, enum traffic_word word)
{
    struct world *world = owner;
    world->is_watching = false;
    if (world->has_generator)
        generator_stop(&world->generator, word);
    bool is_local = world->api->profile.is_local;
    world->leaves = word == TRAFFIC_LEAVE;
    /* On AWS it takes minutes, so only what is still to be judged is worth it. */
    world->waits_for_counts = word == TRAFFIC_GO_ON || (word == TRAFFIC_NO_MORE && is_local);
    world->count_deadline_us =
        clock_monotonic_us() +
        (is_local ? COUNT_WAIT_LOCAL_MS : COUNT_WAIT_AWS_MS) * (int64_t)US_PER_MS;
    world->count_next_us = 0;
}

static bool read_counts(struct world *world, struct version_metrics *metrics_out,
                        struct error *error)
{
    struct aliased_version canary = world_version(world, world->canary);
    if (!cloudwatch_version_metrics(world->api, &canary, world_aws_ms(world, world->started_ms),
                                    aws_now_ms(world), metrics_out, error))
        return false;
    metrics_out->invocations = fmax(metrics_out->invocations - world->before.invocations, 0);
    metrics_out->errors = fmax(metrics_out->errors - world->before.errors, 0);
    return true;
}

/* Have the step's minutes not been told to their end? Without weight there is nothing to tell. */
static bool is_live_behind(const struct world *world)
{
    return counts_by_minutes(world) && world->live_step && world->live_step->weight > 0 &&
           minutes_are_behind(&world->live_minutes, world_aws_ms(world, world->live_until_ms)) &&
           world_now_ms((void *)world) < world->live_until_ms + MINUTES_LATE_MS + LIVE_MARGIN_MS;
}

/* CloudWatch lags behind on AWS. If it cannot be asked, the last reading will say so. */
bool world_is_behind(void *owner)
{
    struct world *world = owner;
    struct version_metrics metrics;
    if (world->plan->traffic.is_live)
        return is_live_behind(world);
    struct error error = { 0 };
    int64_t now_us = clock_monotonic_us();
    int64_t left_us = world->count_deadline_us - now_us;
    if (!world->waits_for_counts || !world->is_last_step || world->sent.requests == 0 ||
        left_us <= 0)
        return false;
    if (now_us < world->count_next_us)
        return true;
    world->count_next_us =
        now_us + (world->api->profile.is_local ? COUNT_POLL_LOCAL_MS : COUNT_POLL_AWS_MS) *
                     (int64_t)US_PER_MS;
    world_be_patient(world, 0);
    bool is_read = read_counts(world, &metrics, &error);
    world_be_as_usual(world);
    if (is_read)
        return metrics.invocations < (double)world->sent.requests;
    error_clear(&error);
    return world->api->was_throttled; /* then it is asked again */
}

static uint64_t above(double counted, uint64_t known)
{
    return (uint64_t)counted > known ? (uint64_t)counted - known : 0;
}

/* What others (users, besides our own requests) met counts too: all of it, as their errors alone
 * would make any version look bad. Of the old version it is not known since when it should count,
 * so nothing that compares the two may use it. */
static bool add_others(struct world *world, struct traffic_sample *sample, struct error *error)
{
    struct version_metrics metrics;
    struct version_evidence *known = &world->others;
    struct version_evidence *more = &sample->others;
    if (!read_counts(world, &metrics, error))
        return false;
    world->count = (struct cloudwatch_count){ true, metrics.invocations, metrics.errors };
    more->requests = above(metrics.invocations, world->sent.requests + known->requests);
    more->errors = above(metrics.errors, world->sent.errors + known->errors);
    if (more->errors > more->requests) /* they are not counted at the same moment */
        more->errors = more->requests;
    version_evidence_merge(known, more);
    return true;
}

static bool read_own(struct world *world, bool is_last, struct traffic_sample *sample_out,
                     struct error *error)
{
    if (!world->has_generator)
        return true;
    renew_credentials(world);
    generator_read(&world->generator, sample_out);
    if (world_now_ms(world) < world->routed_ms) {
        sample_out->base.early = sample_out->base.requests;
        sample_out->canary.early = sample_out->canary.requests;
        sample_out->strange = 0; /* the alias may have been another's before */
    }
    version_evidence_merge(&world->sent, &sample_out->canary);
    bool is_asked = is_last && world->sent.requests > 0 && !world_is_interrupted(world);
    if (!is_asked || add_others(world, sample_out, error))
        return true;
    CLEANUP(freep) char *why = error->message ? xstrdup(error->message) : NULL;
    error_clear(error);
    return error_set(error, NULL,
                     "what others sent to the new version is not known, and does not "
                     "count: %s",
                     why ? why : "");
}

/* Is it long enough since CloudWatch was asked? */
static bool is_users_turn(const struct world *world)
{
    int64_t since_ms = (clock_monotonic_us() - world->live_read_us) / US_PER_MS;
    return since_ms >=
           (world->api->profile.is_local ? LIVE_INTERVAL_LOCAL_MS : LIVE_INTERVAL_AWS_MS);
}

static bool read_users(struct world *world, bool is_last, struct traffic_sample *sample_out,
                       struct error *error)
{
    bool is_due = is_last || world->is_fast || is_users_turn(world);
    if (world->leaves || world_is_interrupted(world)) /* the weights are taken back first */
        return true;
    if (is_due)
        world->is_live_unread = !read_live(world, sample_out, error);
    if (world->is_live_unread && !is_due)
        error_set(error, NULL, "CloudWatch could not be read when it was asked last");
    return !world->is_live_unread;
}

bool world_traffic_read(void *owner, bool is_last, struct traffic_sample *sample_out,
                        struct error *error)
{
    struct world *world = owner;
    /* What was broken off is judged no more. */
    world_be_patient(world, is_last && !world->leaves ? WORLD_LAST_PATIENCE_MS : 0);
    bool is_good = world->plan->traffic.is_live ? read_users(world, is_last, sample_out, error)
                                                : read_own(world, is_last, sample_out, error);
    world_be_as_usual(world);
    return is_good;
}

/* Requests of our own that CloudWatch has not counted yet would be missing in what others sent,
 * but not in their errors. */
static bool has_counted_ours(const struct world *world)
{
    return world->sent.requests == 0 || clock_monotonic_us() >= world->count_deadline_us;
}

bool world_users_read(void *owner, const struct plan_step *step, int watch,
                      struct traffic_sample *sample_out, struct error *error)
{
    struct world *world = owner;
    bool is_live = world->plan->traffic.is_live;
    if (!is_users_turn(world) || world_is_interrupted(world) ||
        (!is_live && !has_counted_ours(world)))
        return true;
    world->live_read_us = clock_monotonic_us();
    world_be_patient(world, 0);
    if (is_live)
        begin_minutes(world, step, watch, world_now_ms(world));
    bool is_good = is_live ? world_live_begin(world, error) && read_live(world, sample_out, error)
                           : add_others(world, sample_out, error);
    world_be_as_usual(world);
    return is_good;
}
