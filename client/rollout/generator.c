#include "rollout/generator.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "xalloc.h"

enum { SLICE_MS = 1000, NAP_NS = 50000000, NS_PER_S = 1000000000 };

/* A run begins with its first payload, but the lines of a file go on from run to run. */
static void copy_payloads(struct generator *generator, const struct traffic_plan *plan)
{
    size_t size = plan->payload_count * sizeof(*plan->payloads);
    if (size == 0)
        return;
    generator->payloads = xmalloc(2 * size);
    memcpy(generator->payloads, plan->payloads, size);
    memcpy(generator->payloads + plan->payload_count, plan->payloads, size);
}

/* One that waits by the clock that nobody sets. */
static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void generator_init(struct generator *generator, struct api *api, const struct traffic_plan *plan,
                    const char *base, const char *canary)
{
    *generator = (struct generator){ .api = api, .plan = *plan };
    snprintf(generator->base, VERSION_SIZE, "%s", base);
    snprintf(generator->canary, VERSION_SIZE, "%s", canary);
    generator->ramp_ms = plan->ramp_ms;
    copy_payloads(generator, plan);
    pthread_mutex_init(&generator->mutex, NULL);
    init_condition(&generator->ended);
}

void generator_clear(struct generator *generator)
{
    generator_stop(generator, TRAFFIC_LEAVE);
    free(generator->payloads);
    traffic_sample_clear(&generator->fresh);
    traffic_sample_clear(&generator->told);
    profile_clear(&generator->renewed);
    pthread_cond_destroy(&generator->ended);
    pthread_mutex_destroy(&generator->mutex);
}

/* Moves what `now` has more than `told` into `fresh`. */
static void tell_version(const struct traffic *traffic, const char *version,
                         struct version_evidence *told, struct version_evidence *fresh)
{
    const struct version_evidence *now = traffic_version(traffic, version);
    struct version_evidence more = version_evidence_since(now, told);
    version_evidence_merge(fresh, &more);
    version_evidence_merge(told, &more);
    version_evidence_clear(&more);
}

void generator_renew(struct generator *generator, const struct profile *profile)
{
    pthread_mutex_lock(&generator->mutex);
    profile_clear(&generator->renewed);
    generator->renewed = profile_copy(profile);
    pthread_mutex_unlock(&generator->mutex);
}

static void take_renewed(struct generator *generator)
{
    if (!generator->renewed.access_key_id)
        return;
    profile_clear(&generator->api->profile);
    generator->api->profile = generator->renewed;
    generator->renewed = (struct profile){ 0 };
}

/* Of what was sent before the last answer, some may wait still. */
static void note_contact(struct generator *generator, const struct traffic *traffic,
                         bool is_answered)
{
    struct contact *contact = &generator->contact;
    int64_t now_us = clock_monotonic_us();
    bool waits = traffic->sent > traffic->answered + traffic->throttled + traffic->failed;
    if (is_answered)
        *contact = (struct contact){ .answered_us = now_us, .asked_us = waits ? now_us : 0 };
    else if (traffic->sent > generator->told_sent && !contact->asked_us)
        contact->asked_us = now_us;
    generator->told_sent = traffic->sent;
}

/* Answers of neither version: somebody has changed the alias, or none of AWS's answers. */
static bool tell_strangers(const struct generator *generator, const struct traffic *traffic,
                           struct traffic_sample *told, struct traffic_sample *fresh)
{
    uint64_t strange = 0;
    for (size_t i = 0; i < traffic->version_count; i++) {
        const struct version_evidence *seen = &traffic->versions[i];
        if (strcmp(seen->version, generator->base) == 0 ||
            strcmp(seen->version, generator->canary) == 0)
            continue;
        strange += seen->requests;
        memcpy(fresh->strange_version, seen->version, VERSION_SIZE);
    }
    uint64_t more = strange - told->strange;
    fresh->strange += more;
    told->strange = strange;
    return more > 0;
}

/* The run's counts only grow; called a few times a second, in the sending thread. */
static enum traffic_word on_traffic(const struct traffic *traffic, void *owner)
{
    struct generator *generator = owner;
    struct traffic_sample *fresh = &generator->fresh;
    struct traffic_sample *told = &generator->told;
    pthread_mutex_lock(&generator->mutex);
    uint64_t before = fresh->base.requests + fresh->canary.requests;
    tell_version(traffic, generator->base, &told->base, &fresh->base);
    tell_version(traffic, generator->canary, &told->canary, &fresh->canary);
    bool is_strange = tell_strangers(generator, traffic, told, fresh);
    note_contact(generator, traffic,
                 is_strange || fresh->base.requests + fresh->canary.requests > before ||
                     traffic->throttled > told->throttled);
    fresh->throttled += traffic->throttled - told->throttled;
    fresh->failed += traffic->failed - told->failed;
    fresh->invocation_errors += traffic->invocation_errors - told->invocation_errors;
    told->throttled = traffic->throttled;
    told->failed = traffic->failed;
    told->invocation_errors = traffic->invocation_errors;
    snprintf(fresh->last_failure, sizeof(fresh->last_failure), "%s", traffic->last_failure);
    take_renewed(generator);
    enum traffic_word word = generator->word;
    pthread_mutex_unlock(&generator->mutex);
    if (generator->is_slicing && generator->is_interrupted &&
        generator->is_interrupted(generator->owner))
        word = TRAFFIC_LEAVE;
    return word;
}

static void run_plan(struct generator *generator)
{
    struct traffic traffic;
    traffic_sample_clear(&generator->told);
    generator->told_sent = 0;
    snprintf(generator->stream_name, sizeof(generator->stream_name), "traffic/%lld",
             (long long)generator->runs++);
    generator->plan.stream_name = generator->stream_name;
    if (generator->payloads)
        generator->plan.payloads =
            generator->payloads + generator->sent % generator->plan.payload_count;
    traffic_run(generator->api, &generator->plan, on_traffic, generator, &traffic);
    on_traffic(&traffic, generator);
    generator->sent += traffic.sent;
    traffic_clear(&traffic);
}

static void *thread_main(void *owner)
{
    struct generator *generator = owner;
    run_plan(generator);
    pthread_mutex_lock(&generator->mutex);
    generator->has_ended = true;
    pthread_cond_signal(&generator->ended);
    pthread_mutex_unlock(&generator->mutex);
    return NULL;
}

void generator_start(struct generator *generator, int64_t duration_ms)
{
    sigset_t all;
    sigset_t before;
    generator->plan.duration_ms = duration_ms;
    generator->plan.ramp_ms = generator->ramp_ms;
    generator->ramp_ms = 0;
    generator->word = TRAFFIC_GO_ON;
    generator->has_ended = false;
    sigfillset(&all); /* signals are for the thread that decides */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    generator->has_thread = pthread_create(&generator->thread, NULL, thread_main, generator) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!generator->has_thread)
        abort(); /* without memory for a thread */
}

static void tell(struct generator *generator, enum traffic_word word)
{
    pthread_mutex_lock(&generator->mutex);
    if (word > generator->word)
        generator->word = word;
    pthread_mutex_unlock(&generator->mutex);
}

/* For a nap at most: what interrupts us does not wake who waits for the thread. */
static bool wait_for_end(struct generator *generator)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += NAP_NS;
    until.tv_sec += until.tv_nsec / NS_PER_S;
    until.tv_nsec %= NS_PER_S;
    pthread_mutex_lock(&generator->mutex);
    if (!generator->has_ended)
        pthread_cond_timedwait(&generator->ended, &generator->mutex, &until);
    bool has_ended = generator->has_ended;
    pthread_mutex_unlock(&generator->mutex);
    return has_ended;
}

void generator_stop(struct generator *generator, enum traffic_word word)
{
    if (!generator->has_thread)
        return;
    tell(generator, word);
    while (!wait_for_end(generator)) {
        if (generator->is_interrupted && generator->is_interrupted(generator->owner))
            tell(generator, TRAFFIC_LEAVE);
    }
    pthread_join(generator->thread, NULL);
    generator->has_thread = false;
}

/* The share of the full rate in the middle of a slice. */
static double ramped(const struct generator *generator, int64_t ms)
{
    double middle_ms = (double)generator->sliced_ms + (double)ms / 2;
    return generator->ramp_ms > 0 && middle_ms < (double)generator->ramp_ms
               ? middle_ms / (double)generator->ramp_ms
               : 1;
}

void generator_slice(struct generator *generator, int64_t ms)
{
    double rate = generator->plan.rate;
    generator->owed += rate * ramped(generator, ms) * (double)ms / 1000;
    generator->sliced_ms += ms;
    double count = (double)(int64_t)generator->owed;
    if (count < 1)
        return;
    generator->owed -= count;
    generator->plan.rate = count;
    generator->plan.duration_ms = SLICE_MS;
    generator->plan.ramp_ms = 0;
    generator->plan.is_unpaced = true;
    generator->is_slicing = true;
    run_plan(generator);
    generator->is_slicing = false;
    generator->plan.rate = rate;
}

struct contact generator_contact(struct generator *generator)
{
    pthread_mutex_lock(&generator->mutex);
    struct contact contact = generator->contact;
    pthread_mutex_unlock(&generator->mutex);
    return contact;
}

void generator_read(struct generator *generator, struct traffic_sample *sample_out)
{
    pthread_mutex_lock(&generator->mutex);
    *sample_out = generator->fresh;
    generator->fresh = (struct traffic_sample){ 0 };
    pthread_mutex_unlock(&generator->mutex);
}
