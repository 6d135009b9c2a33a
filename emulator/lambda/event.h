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

/* Appends it; its place is not looked at. */
void lambda_event_insert(struct store *store, const struct lambda_event *event);
/* Rewrites due_ms, attempts and throttles. */
void lambda_event_put_off(struct store *store, const struct lambda_event *event);
void lambda_event_delete(struct store *store, int64_t place);

/* Moves on to the event behind (*due_ms, *place) in the order of falling due; false at the end. */
bool lambda_event_next(struct store *store, int64_t *due_ms, int64_t *place);
/* The event; texts live in the arena. */
bool lambda_event_find(struct store *store, int64_t place, struct arena *arena,
                       struct lambda_event *event_out);

#endif
