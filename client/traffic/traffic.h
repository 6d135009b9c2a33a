/*
 * An open-loop load on a function: requests leave on their schedule whether or not earlier ones
 * were answered, and latency counts from when a request was due, so a slow server cannot hide.
 */
#ifndef CANARY_TRAFFIC_H
#define CANARY_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/api.h"
#include "judge/evidence.h"
#include "traffic/schedule.h"

enum { TRAFFIC_VERSIONS_MAX = 8 };
enum { FAILURE_SIZE = 400 }; /* of a sentence of AWS's: it names the caller and what it may not */

struct traffic_plan {
    const char *function;
    const char *qualifier;
    struct text payload;         /* when there are no `payloads` */
    const struct text *payloads; /* in turn, or at random */
    size_t payload_count;
    bool is_random_payload;
    double rate; /* per second */
    enum arrivals arrivals;
    int64_t ramp_ms;         /* the rate rises from 0 for so long */
    const char *stream_name; /* of random.h; NULL: "traffic" */
    int64_t duration_ms;
    int64_t concurrency; /* requests under way at most */
    bool is_unpaced;     /* all that would be sent in that time, as fast as may be */
    bool counts_cold;    /* asks for each answer's log tail, which tells of cold starts */
};

struct traffic {
    struct version_evidence versions[TRAFFIC_VERSIONS_MAX];
    size_t version_count;
    unsigned sent;
    unsigned answered;
    unsigned throttled;
    unsigned failed;            /* no answer, or an error of the service */
    unsigned invocation_errors; /* of these: Lambda answered, and it is not for the credentials */
    unsigned late;              /* sent after their time, as `concurrency` others were under way */
    unsigned unsent;            /* were due, and could not be sent before the end */
    unsigned abandoned;         /* under way when it was left: not waited for */
    struct histogram lag; /* from due to sent, of requests that were not late: our own doing */
    char last_failure[FAILURE_SIZE];
    int64_t elapsed_ms;
    int64_t left_ms;
    bool was_stopped; /* before all was sent and answered */
    bool counts_cold; /* as planned: else there may have been cold starts, all the same */
};

/* What becomes of it. */
enum traffic_word {
    TRAFFIC_GO_ON,
    TRAFFIC_NO_MORE, /* what is under way is waited for, nothing more is sent */
    TRAFFIC_LEAVE,   /* what is under way has a second left */
};

/* Sends the traffic. The process's soft limit of descriptors is raised if `concurrency` needs that.
 * `ask` is called at least five times a second and at the end. The caller clears
 * `traffic_out`. */
void traffic_run(const struct api *api, const struct traffic_plan *plan,
                 enum traffic_word (*ask)(const struct traffic *traffic, void *owner), void *owner,
                 struct traffic *traffic_out);
void traffic_clear(struct traffic *traffic);

/* The counts of one version; all zero if it never answered. */
const struct version_evidence *traffic_version(const struct traffic *traffic, const char *version);

/* The latency below which a share of the version's requests stayed; 0 without requests. */
double version_latency_ms(const struct version_evidence *count, double share);

#endif
