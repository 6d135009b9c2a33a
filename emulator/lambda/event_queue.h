/*
 * The queue behind InvocationType Event (lambda-api.md section 7): durable before the 202, at
 * least once, retried on the service clock.
 */
#ifndef COALMINE_EVENT_QUEUE_H
#define COALMINE_EVENT_QUEUE_H

#include "lambda/event.h"
#include "lambda/state.h"

struct event_queue;

/* Takes up what an earlier run left. */
struct event_queue *event_queue_create(struct lambda *lambda);
/* Starts no more events. Those under way may end; if the end of their processes ends them, they
 * run again at the next start. */
void event_queue_stop(struct event_queue *queue);
/* After the pool's end; accepts NULL. */
void event_queue_destroy(struct event_queue *queue);

/* Appends an event that is due now; its place and times are not looked at. Inside a savepoint. It
 * runs when the turn is saved: until then it may be refused. */
void event_queue_put(struct lambda *lambda, const struct lambda_event *event);

/* The turn is saved, and its events may run. True if there are any. */
bool event_queue_saved(struct event_queue *queue);
/* The turn was undone: looks again, but not at once, for the disk may refuse again. */
void event_queue_undone(struct event_queue *queue);

#endif
