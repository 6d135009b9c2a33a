/*
 * What the engine needs of the world: time, the alias, traffic, CloudWatch, hooks. The real ones
 * are in world.c; tests have others. Each function gets `world`.
 */
#ifndef CANARY_PORTS_H
#define CANARY_PORTS_H

#include "aws/lambda_api.h"
#include "judge/evidence.h"
#include "plan/plan.h"
#include "traffic/traffic.h"

/* What came in since the last reading. Of other versions than the two there is a count alone. */
struct traffic_sample {
    struct version_evidence base;
    struct version_evidence canary;
    struct version_evidence others; /* requests and errors alone: evidence.h */
    uint64_t throttled;
    uint64_t failed;
    uint64_t invocation_errors;
    uint64_t strange; /* answers that neither version gave, nor any that was routed to before */
    char strange_version[VERSION_SIZE]; /* which did; "": none says */
    char last_failure[FAILURE_SIZE];
};

/* Frees its histograms; it may be filled again. */
void traffic_sample_clear(struct traffic_sample *sample);

struct hook_result {
    bool is_good;
    char output[4096]; /* the end of what it said, or why it failed */
    int64_t duration_ms;
    bool is_retried; /* it failed, and the engine tries it again */
};

struct ports {
    void *world;

    /* Service time, milliseconds since 1970. */
    int64_t (*now_ms)(void *world);
    /* Lets it pass, sending the traffic that belongs to it. Returns early on a signal. */
    void (*pass)(void *world, int64_t ms);
    /* How often to look at a step that lasts so long. */
    int64_t (*look_ms)(void *world, int64_t duration_ms);
    /* True once the user wants to stop. */
    bool (*is_interrupted)(void *world);

    bool (*get_alias)(void *world, struct lambda_alias *alias_out, struct error *error);
    /* `alias` is as last seen, and on success as it is now. `routed` NULL: no split. Throttling is
     * waited out for a minute. */
    enum alias_change (*set_alias)(void *world, struct lambda_alias *alias, const char *version,
                                   const char *routed, double weight, struct error *error);

    /* Traffic of a step: begins, is read from time to time, ends as the word
     * says (what was due before the end is still sent to GO_ON; a last reading gets the rest). What
     * users met is counted from the beginning of the watch (its number: rollout.h) on. A
     * reading that fails, with a sentence, gives what it could all the same; so does one that is
     * not due after one that failed. */
    bool (*traffic_begin)(void *world, const struct plan_step *step, int watch, int64_t left_ms,
                          struct error *error);
    bool (*traffic_read)(void *world, bool is_last, struct traffic_sample *sample_out,
                         struct error *error);
    void (*traffic_end)(void *world, enum traffic_word word);
    /* While nothing is sent: what users have met meanwhile, as far as CloudWatch tells it by now. A
     * reading that fails has a sentence. */
    bool (*users_read)(void *world, const struct plan_step *step, int watch,
                       struct traffic_sample *sample_out, struct error *error);
    /* When the step's time is over, before the last reading: has CloudWatch still to count what was
     * sent, or to tell of what users did, and not had time enough for it? Of what was sent only
     * after traffic_end. */
    bool (*is_behind)(void *world);

    /* Sets the evidence's metrics and alarms to what CloudWatch says now, and its shifted_ms. False
     * with a sentence if
     * any of it could not be read; the rest is set. `is_last`: nobody will ask again, so throttling
     * is waited out for a while. */
    bool (*observe)(void *world, bool is_last, struct evidence *evidence, struct error *error);

    /* Milliseconds of real time for which AWS, though it was asked, has not answered. */
    int64_t (*silence_ms)(void *world);

    void (*run_hook)(void *world, const struct hook *hook, const cJSON *context,
                     struct hook_result *result_out);
};

#endif
