#include "traffic/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "clock.h"
#include "traffic/signer.h"
#include "traffic/transport.h"
#include "xalloc.h"

enum { LEAVING_US = 1000000, FILES_BESIDES = 64 };
enum { LOOK_INTERVAL_US = 200000, WAIT_MAX_US = 100000, US_PER_MS = 1000 };
enum { STATUS_OK = 200, STATUS_UNKNOWN_KEY = 401, STATUS_DENIED = 403, STATUS_THROTTLED = 429 };

struct run {
    const struct traffic_plan *plan;
    struct traffic *traffic;
    struct signer signer;
    const struct transport_kind *kind;
    void *transport;
    struct schedule schedule;
    struct random_stream choice; /* of payloads */
    int64_t start_us;
    int64_t due_us; /* of the next request, since the start */
    enum traffic_word word;
    int64_t told_us; /* when it was, since the start */
    int64_t full_us; /* when a due one last found no room, since the start; -1: never */
    int64_t busy;
};

static struct version_evidence *count_of(struct traffic *traffic, const char *version)
{
    for (size_t i = 0; i < traffic->version_count; i++) {
        if (strcmp(traffic->versions[i].version, version) == 0)
            return &traffic->versions[i];
    }
    if (traffic->version_count == TRAFFIC_VERSIONS_MAX)
        return NULL;
    struct version_evidence *count = &traffic->versions[traffic->version_count++];
    snprintf(count->version, sizeof(count->version), "%s", version);
    return count;
}

static void count_answer(struct traffic *traffic, const struct outcome *outcome)
{
    traffic->answered++;
    struct version_evidence *count = count_of(traffic, outcome->reply->version);
    if (!count)
        return;
    count->requests++;
    count->errors += outcome->reply->is_function_error;
    count->cold_starts += outcome->reply->is_cold;
    histogram_add(&count->latency, clock_monotonic_us() - outcome->due_us);
}

/* What the caller may not, or does not, get says nothing of the versions; but with the same status
 * as to him, access may be denied to the file system that a version wants. */
static bool is_invocation_error(const struct outcome *outcome)
{
    const struct reply *reply = outcome->reply;
    bool is_denied = reply->status == STATUS_UNKNOWN_KEY ||
                     (reply->status == STATUS_DENIED && !strstr(reply->error, "MountFailure"));
    return !outcome->failure && !is_denied;
}

static void count_failure(struct traffic *traffic, const struct outcome *outcome)
{
    traffic->failed++;
    traffic->invocation_errors += is_invocation_error(outcome);
    if (outcome->failure)
        snprintf(traffic->last_failure, sizeof(traffic->last_failure), "%s", outcome->failure);
    else
        reply_message(outcome->reply, traffic->last_failure, sizeof(traffic->last_failure));
    text_mend_utf8(traffic->last_failure);
}

static void on_outcome(const struct outcome *outcome, void *owner)
{
    struct run *run = owner;
    run->busy--;
    if (outcome->reply->status == STATUS_OK)
        count_answer(run->traffic, outcome);
    else if (outcome->reply->status == STATUS_THROTTLED)
        run->traffic->throttled++;
    else
        count_failure(run->traffic, outcome);
}

static size_t choose_payload(struct run *run)
{
    size_t count = run->signer.payload_count;
    if (count == 1)
        return 0;
    if (run->plan->is_random_payload)
        return (size_t)(random_unit(&run->choice) * (double)count);
    return run->traffic->sent % count;
}

static int64_t since_start_us(const struct run *run)
{
    return clock_monotonic_us() - run->start_us;
}

static int64_t end_us(const struct run *run)
{
    return run->plan->duration_ms * US_PER_MS;
}

/* Without pace everything is due at once, and latency counts from the sending. */
static void send_next(struct run *run, int64_t now_us)
{
    bool was_full = run->due_us <= run->full_us;
    int64_t from_us = run->plan->is_unpaced ? now_us : run->due_us;
    if (!run->plan->is_unpaced) {
        run->traffic->late += was_full;
        if (!was_full)
            histogram_add(&run->traffic->lag, now_us - run->due_us);
    }
    run->busy++;
    size_t payload = choose_payload(run);
    run->traffic->sent++;
    run->due_us = schedule_next_us(&run->schedule);
    run->kind->send(run->transport, payload, run->start_us + from_us);
}

static void send_due(struct run *run)
{
    for (;;) {
        int64_t now_us = since_start_us(run);
        if (run->due_us >= end_us(run) || (!run->plan->is_unpaced && run->due_us > now_us))
            return;
        if (run->busy >= run->plan->concurrency) {
            run->full_us = now_us;
            return;
        }
        send_next(run, now_us);
    }
}

static void update_times(struct run *run)
{
    struct traffic *traffic = run->traffic;
    traffic->elapsed_ms = since_start_us(run) / US_PER_MS;
    int64_t passed_ms = run->plan->is_unpaced ? run->due_us / US_PER_MS : traffic->elapsed_ms;
    traffic->left_ms = passed_ms < run->plan->duration_ms ? run->plan->duration_ms - passed_ms : 0;
}

static int64_t wait_time_us(const struct run *run, bool is_sending)
{
    int64_t until_due_us = run->due_us - since_start_us(run);
    bool is_full = run->busy >= run->plan->concurrency;
    if (!is_sending || is_full || run->plan->is_unpaced || until_due_us > WAIT_MAX_US)
        return WAIT_MAX_US;
    return until_due_us;
}

static void look(struct run *run,
                 enum traffic_word (*ask)(const struct traffic *traffic, void *owner), void *owner,
                 int64_t *looked_us)
{
    int64_t now_us = since_start_us(run);
    if (now_us - *looked_us < LOOK_INTERVAL_US)
        return;
    *looked_us = now_us;
    enum traffic_word word = ask(run->traffic, owner);
    if (word <= run->word)
        return;
    run->word = word;
    run->told_us = now_us;
    run->traffic->was_stopped = true;
}

/* All that was due before the end goes out, even if we come to it after the end (this machine may
 * have been busy); but nothing waits for room then. */
static bool is_over(const struct run *run)
{
    bool is_full = run->busy >= run->plan->concurrency;
    return run->traffic->was_stopped || run->due_us >= end_us(run) ||
           (run->traffic->left_ms == 0 && is_full);
}

/* Requests may hang for as long as they like; who leaves will not wait for that. */
static bool is_left(const struct run *run)
{
    return run->word == TRAFFIC_LEAVE && since_start_us(run) - run->told_us >= LEAVING_US;
}

static void run_loop(struct run *run,
                     enum traffic_word (*ask)(const struct traffic *traffic, void *owner),
                     void *owner)
{
    int64_t looked_us = 0;
    bool is_sending = true;
    while ((is_sending || run->busy) && !is_left(run)) {
        if (is_sending)
            send_due(run);
        update_times(run);
        look(run, ask, owner, &looked_us);
        is_sending = !is_over(run);
        if (is_sending || run->busy)
            run->kind->wait(run->transport, wait_time_us(run, is_sending));
    }
    run->traffic->abandoned = (unsigned)run->busy;
    update_times(run);
}

/* What was due and found no room until the end. */
static void count_unsent(struct run *run)
{
    int64_t until_us = since_start_us(run) < end_us(run) ? since_start_us(run) : end_us(run);
    for (; !run->plan->is_unpaced && run->full_us >= 0 && run->due_us < until_us;
         run->due_us = schedule_next_us(&run->schedule))
        run->traffic->unsent++;
}

static bool is_plain(const struct profile *profile)
{
    return profile->is_local && strncmp(profile->lambda_endpoint, "http://", 7) == 0;
}

/* Each request under way has a socket. */
static void allow_files(int64_t concurrency)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)concurrency + FILES_BESIDES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void start(struct run *run, const struct api *api)
{
    const struct traffic_plan *plan = run->plan;
    const char *stream_name = plan->stream_name ? plan->stream_name : "traffic";
    CLEANUP(freep) char *choice_name = xformat("%s payloads", stream_name);
    const struct transport_owner owner = { on_outcome, run };
    allow_files(plan->concurrency);
    signer_init(&run->signer, &api->profile, plan->function, plan->qualifier, plan->counts_cold,
                plan->payload_count ? plan->payloads : &plan->payload,
                plan->payload_count ? plan->payload_count : 1);
    schedule_init(&run->schedule, plan->arrivals, plan->rate, plan->ramp_ms, stream_name);
    run->choice = random_stream_for(choice_name);
    run->kind = is_plain(&api->profile) ? &plain_transport : &curl_transport;
    run->transport = run->kind->create(&run->signer, (size_t)plan->concurrency, &owner);
    run->due_us = schedule_next_us(&run->schedule);
    run->start_us = clock_monotonic_us();
}

void traffic_run(const struct api *api, const struct traffic_plan *plan,
                 enum traffic_word (*ask)(const struct traffic *traffic, void *owner), void *owner,
                 struct traffic *traffic_out)
{
    *traffic_out =
        (struct traffic){ .left_ms = plan->duration_ms, .counts_cold = plan->counts_cold };
    struct run run = { .plan = plan, .traffic = traffic_out, .full_us = -1 };
    start(&run, api);
    run_loop(&run, ask, owner);
    count_unsent(&run);
    ask(traffic_out, owner);
    run.kind->destroy(run.transport);
    signer_clear(&run.signer);
}

void traffic_clear(struct traffic *traffic)
{
    for (size_t i = 0; i < traffic->version_count; i++)
        version_evidence_clear(&traffic->versions[i]);
    histogram_clear(&traffic->lag);
    *traffic = (struct traffic){ 0 };
}

const struct version_evidence *traffic_version(const struct traffic *traffic, const char *version)
{
    static const struct version_evidence none;
    for (size_t i = 0; i < traffic->version_count; i++) {
        if (strcmp(traffic->versions[i].version, version) == 0)
            return &traffic->versions[i];
    }
    return &none;
}

double version_latency_ms(const struct version_evidence *count, double share)
{
    return (double)histogram_quantile_us(&count->latency, share) / US_PER_MS;
}
