/*
 * Asynchronous invocations on disk, from the 202 to their end: SQL on lambda_event.
 */
#ifndef COALMINE_LAMBDA_EVENT_H
#define COALMINE_LAMBDA_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "lambda/function_name.h"
#include "store/store.h"

struct lambda_event {
    int64_t place; /* its id; grows */
    struct function_name function;
    const char *request_id; /* of all its attempts */
    const char *trace_id;   /* NULL: none */
    struct text payload;
    int64_t queued_ms; /* service times */
    int64_t due_ms;
    int attempts;  /* that failed */
    int throttles; /* times it was put off */
};

/* In the order of falling due; before the first: { INT64_MIN, 0 }. */
struct lambda_event_position {
    int64_t due_ms;
    int64_t place;
};

/* Appends it; its own place is not looked at. Returns the one that it got. */
int64_t lambda_event_insert(struct store *store, const struct lambda_event *event);
/* Rewrites due_ms, attempts and throttles. */
void lambda_event_put_off(struct store *store, const struct lambda_event *event);
void lambda_event_delete(struct store *store, int64_t place);

/* Moves on to the event behind the position, and says whose it is, in the arena; false at the end.
 */
bool lambda_event_next(struct store *store, struct lambda_event_position *position,
                       struct arena *arena, struct function_key *function_out);
/* The event; texts live in the arena. */
bool lambda_event_find(struct store *store, int64_t place, struct arena *arena,
                       struct lambda_event *event_out);

#endif
