/*
 * An invocation as the pool keeps it: one block of memory that holds the event frame, ready to
 * be sent, and slices of it. Belongs to one place at a time: a waiting list or a sandbox.
 */
#ifndef COALMINE_JOB_H
#define COALMINE_JOB_H

#include <stdint.h>

#include "runtime/frames.h"
#include "runtime/pool.h"

struct job {
    struct job *next;                                         /* in a queue */
    void (*on_stream)(struct text content_type, void *owner); /* NULL: pieces are collected */
    void (*on_chunk)(struct text bytes, void *owner);
    struct flow *flow; /* NULL: never full */
    void (*on_done)(const struct invocation_result *result, void *owner);
    void *owner;
    int64_t submitted_us;     /* monotonic */
    int64_t sent_us;          /* monotonic; when its time began to count */
    int64_t started_ms;       /* service time of the same moment */
    struct frame_event event; /* texts are slices of `frame` */
    size_t frame_size;
    char frame[];
};

/* In the order of their coming. Zeroed: empty. */
struct job_queue {
    struct job *first;
    struct job *last;
    int count;
};

/* Behind the others. A job is in one queue at a time. */
void job_queue_add(struct job_queue *queue, struct job *job);
/* Moves all of `younger` behind those of `queue`. */
void job_queue_append(struct job_queue *queue, struct job_queue *younger);
/* The oldest; NULL if there is none. */
struct job *job_queue_take(struct job_queue *queue);

/* Copies the invocation; ended with free(). */
struct job *job_create(const struct invocation *invocation);

/* Its event is about to be sent. */
void job_set_deadline(struct job *job, int timeout_ms);
/* Its time begins to count now. */
void job_begin(struct job *job);

/* Ends and frees a job that the emulator's stop kept from running. */
void job_end_unserved(struct job *job, const struct sandbox_plan *plan);

#endif
