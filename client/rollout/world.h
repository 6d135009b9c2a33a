/*
 * The real world behind the engine's ports: AWS or Coalmine, the clock, the generator, hooks.
 */
#ifndef CANARY_WORLD_H
#define CANARY_WORLD_H

#include "aws/cloudwatch_api.h"
#include "rollout/generator.h"
#include "rollout/minutes.h"
#include "rollout/ports.h"
#include "traffic/payloads.h"

/* What CloudWatch counted for the new version, and what we know of ourselves. */
struct cloudwatch_count {
    bool is_known;
    double invocations;
    double errors;
};

/* Of the new version, before the deployment began: what shares a period with it. */
struct counted_before {
    double invocations; /* in the minute that it began in */
    double errors;
    int64_t last_ms; /* the last minute in which it was asked; 0: in none that matters */
};

struct world {
    struct api *api; /* borrowed */
    const struct plan *plan;
    char base[VERSION_SIZE];
    char canary[VERSION_SIZE];
    bool is_fast;
    int64_t fast_now_ms;
    int64_t offset_ms;   /* of Coalmine's clock from the machine's */
    int64_t begun_ms;    /* service time when it began, */
    int64_t begun_at_ms; /* and what clock_elapsed_ms() was; 0: it has not */
    int64_t ahead_ms; /* of AWS's time from that which has passed since: somebody set the machine's
                       * clock */
    int64_t shifted_ms; /* by how much that has become less since metrics were last read */
    int64_t started_ms; /* service time: what CloudWatch counts from here on is ours */

    struct payloads payloads; /* what to send; read once */
    bool has_payloads;
    struct generator generator;
    struct api traffic_api;    /* the sending thread's own */
    unsigned traffic_renewals; /* of credentials that it has */
    bool has_generator;
    bool is_watching;
    bool is_last_step;
    bool leaves;               /* the step was broken off: nothing is waited for, or asked */
    bool waits_for_counts;     /* of CloudWatch, after a step */
    int64_t count_deadline_us; /* until then (monotonic) */
    int64_t count_next_us;     /* not asked before */
    int64_t watched_us;        /* when watching began (monotonic): what was before is forgotten */

    int64_t routed_ms; /* service time from which all requests go by the present weights */

    bool has_live; /* what was counted before the first shift is known; on Coalmine */
    const struct plan_step *live_step; /* whose minutes are counted; on AWS */
    int live_watch;                    /* and in which watch of it; 0: in none */
    struct minutes live_minutes;
    int64_t live_until_ms;             /* service time when the step's traffic was to end */
    struct version_evidence live_base; /* live traffic: sums when last read */
    struct version_evidence live_canary;
    int64_t live_read_us;
    bool is_live_unread; /* when it was tried last */

    struct version_evidence sent;   /* to the new version by us, in all: requests and errors */
    struct version_evidence others; /* by others, as CloudWatch told */
    struct cloudwatch_count count;
    struct counted_before before;

    struct plan_metric *named; /* metrics that checks call by a name CloudWatch knows */
    size_t named_count;
    char **alarms; /* the plan's and the checks' */
    size_t alarm_count;
};

/* Stops Coalmine's clock if `is_fast`; reads the payload. False with a sentence. */
MUST_CHECK bool world_init(struct world *world, struct api *api, const struct plan *plan,
                           bool is_fast, struct error *error);
/* Lets the clock run again. */
void world_clear(struct world *world);

/* Once both versions are known. An engine before this one may have sent requests to the new
 * version, and seen others' (NULL: none). */
void world_begin(struct world *world, const char *base, const char *canary, int64_t started_ms,
                 const struct version_evidence *sent, const struct version_evidence *others);

/* An engine before this one has begun to watch a step, and seen that much of it: CloudWatch is
 * asked again for what users met since the step's beginning, so that nothing is missing that it
 * told of only when nobody asked. */
void world_take_up_step(struct world *world, int watch, const struct evidence *seen);

/* Asks CloudWatch what it has counted already, before the first request; and what an engine before
 * this one was told: JSON that the caller owns, NULL if it is nothing. */
void world_count_before(struct world *world);
cJSON *world_before_json(const struct world *world);
void world_read_before(struct world *world, const cJSON *json);

/* False with CloudWatch's sentence if one of the metrics that checks look at cannot be read: who
 * may not, or asks for what CloudWatch does not know, would find that out at a step's end. */
MUST_CHECK bool world_reads_metrics(struct world *world, struct error *error);

/* The real world for an engine. The world must live as long as what it is given to. */
struct ports world_ports(struct world *world);

/* The parts. What takes `owner`, the world, is the port of that name: ports.h says what it does. */
/* Service time as it passes: nobody who sets the machine's clock makes a step longer or shorter. */
int64_t world_now_ms(void *owner);
/* A moment of that as CloudWatch calls it, by the machine's clock, and the other way round. */
int64_t world_aws_ms(const struct world *world, int64_t time_ms);
int64_t world_own_ms(const struct world *world, int64_t aws_ms);
/* Has somebody set the machine's clock? To be asked before CloudWatch is: what it calls now has
 * become another moment, and so have the minutes of a step. */
void world_compare_clocks(struct world *world);
bool world_is_interrupted(void *owner);
/* A version behind the deployment's alias, for CloudWatch. */
struct aliased_version world_version(const struct world *world, const char *version);
/* Throttling is waited out for so long in all, from now on until world_be_as_usual(): what is asked
 * again soon anyway need not wait at all, and meanwhile nobody else is heard. */
void world_be_patient(struct world *world, int64_t ms);
enum { WORLD_LAST_PATIENCE_MS = 60000 }; /* for what a step's end needs */
enum { WORLD_ROUTING_MS = 60000 }; /* in which a change of weights reaches all requests; AWS */
/* Each call waits throttling out by itself again. */
void world_be_as_usual(struct world *world);
/* The start of the period of a time (AWS's), or of the next one, if it has what was before the
 * deployment. */
int64_t world_own_period_ms(const struct world *world, int64_t time_ms, int64_t period_ms);
/* The metric's own, or a minute. */
int64_t world_metric_period_ms(const struct plan_metric *metric);
bool world_observe(void *owner, bool is_last, struct evidence *evidence, struct error *error);
void world_run_hook(void *owner, const struct hook *hook, const cJSON *context,
                    struct hook_result *result_out);
/* Asks once what users' traffic has come to so far, so that later readings are of what is new. */
MUST_CHECK bool world_live_begin(struct world *world, struct error *error);
bool world_traffic_begin(void *owner, const struct plan_step *step, int watch, int64_t left_ms,
                         struct error *error);
bool world_traffic_read(void *owner, bool is_last, struct traffic_sample *sample_out,
                        struct error *error);
bool world_is_behind(void *owner);
void world_traffic_end(void *owner, enum traffic_word word);
bool world_users_read(void *owner, const struct plan_step *step, int watch,
                      struct traffic_sample *sample_out, struct error *error);

#endif
