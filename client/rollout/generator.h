/*
 * Traffic of a step: sent by a thread of its own, so that reading CloudWatch never delays it; or,
 * on a clock that is turned, slice by slice.
 */
#ifndef CANARY_GENERATOR_H
#define CANARY_GENERATOR_H

#include <pthread.h>

#include "rollout/ports.h"
#include "traffic/traffic.h"

struct generator {
    struct api *api;
    struct traffic_plan plan;
    char base[VERSION_SIZE];
    char canary[VERSION_SIZE];

    pthread_t thread;
    bool has_thread;
    double owed;           /* requests of slices, less than one */
    struct text *payloads; /* owned; all of them twice, so that a run may begin at any */
    uint64_t sent;
    int64_t runs; /* each draws from a random stream of its own */
    char stream_name[48];
    int64_t sliced_ms;                   /* time of slices so far */
    int64_t ramp_ms;                     /* of the beginning; later steps begin at the full rate */
    bool (*is_interrupted)(void *owner); /* ends a slice, and waiting. NULL: never */
    void *owner;
    bool is_slicing;

    pthread_mutex_t mutex; /* of what stands below */
    pthread_cond_t ended;  /* the thread has sent all, and is about to end */
    bool has_ended;
    enum traffic_word word;
    struct profile renewed;      /* new credentials to send with; without any: {0} */
    struct traffic_sample fresh; /* not yet read */
    struct contact contact;

    struct traffic_sample told; /* what the run's counts were when last looked at */
    unsigned told_sent;
};

/* `plan`'s texts must live as long as the generator; its `payloads` are copied. `api` is for the
 * sending thread alone while it runs. */
void generator_init(struct generator *generator, struct api *api, const struct traffic_plan *plan,
                    const char *base, const char *canary);
void generator_clear(struct generator *generator);

/* Sends for so long, in a thread. */
void generator_start(struct generator *generator, int64_t duration_ms);
/* From now on it sends with these credentials. */
void generator_renew(struct generator *generator, const struct profile *profile);
/* Tells it so, and waits for its end. */
void generator_stop(struct generator *generator, enum traffic_word word);

/* Sends what belongs to a slice of time, now and as fast as may be. */
void generator_slice(struct generator *generator, int64_t ms);

/* When it last asked, and was last answered. */
struct contact generator_contact(struct generator *generator);

/* Takes what came in since the last call; the caller clears it. */
void generator_read(struct generator *generator, struct traffic_sample *sample_out);

#endif
