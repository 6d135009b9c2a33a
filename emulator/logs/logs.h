/*
 * Amazon CloudWatch Logs: groups, streams, events, and what follows from events (metric filters,
 * embedded metrics, subscriptions, live tails).
 */
#ifndef COALMINE_LOGS_H
#define COALMINE_LOGS_H

#include <stdbool.h>

#include "cloudwatch/metrics.h"
#include "compiler.h"
#include "error.h"
#include "logs/event.h"
#include "loop/loop.h"
#include "loop/schedule.h"
#include "operation/operation.h"
#include "store/store.h"
#include "text.h"

struct journal;
struct telemetry;

/* The service's state: call->state points to one. */
struct logs;

/* A subscription's record on its way to a function. */
struct logs_delivery {
    const char *account;
    const char *region;
    const char *function_arn;
    struct text payload;  /* JSON */
    const char *trace_id; /* of what was logged; NULL: none */
};

struct logs_parts {
    struct loop *loop;
    struct schedule *schedule;
    struct store *store;
    struct telemetry *telemetry;
    struct metrics *metrics;
    /* Whether a function has this ARN, and the sending of an event to it; inside a savepoint. */
    bool (*has_function)(const char *account, const char *region, const char *arn, void *owner);
    void (*deliver)(const struct logs_delivery *delivery, void *owner);
    void *owner;
};

extern const struct service logs_service;

/* Loads what the telemetry holds. NULL with a sentence if it cannot. */
struct logs *logs_create(const struct logs_parts *parts, struct error *error);
/* After telemetry_close(). Accepts NULL. */
void logs_destroy(struct logs *logs);

/* The journal is open, and its replay follows. */
void logs_set_journal(struct logs *logs, struct journal *journal);
/* The replay is over: what a crash left behind is swept up. */
void logs_start(struct logs *logs);

/* Ends live tails and queries: the server is about to end. */
void logs_stop(struct logs *logs);

/* Forgets memory after store, journal and telemetry were reset. */
void logs_reset(struct logs *logs);
/* Forgets what was cached of the store: its last turn was undone. */
void logs_forget(struct logs *logs);

/* Where a service's own log lines go. Group and stream are made if they are absent. */
struct logs_target {
    const char *account;
    const char *region;
    const char *group;
    const char *stream;
    const char *trace_id; /* X-Amzn-Trace-Id that subscribers inherit; NULL: none */
};

/* Takes events in, in order of time, with no limits. Messages need not be UTF-8. Outside a
 * savepoint. */
void logs_append(struct logs *logs, const struct logs_target *target,
                 const struct log_event *events, size_t count);

/* Applies a JOURNAL_LOG_EVENTS record at start. */
void logs_replay(struct logs *logs, struct text record);

#endif
