/*
 * The one way in for log events, and what is kept in memory for it: a warm batch asks the
 * database nothing.
 */
#ifndef COALMINE_LOGS_INGEST_H
#define COALMINE_LOGS_INGEST_H

#include "logs/state.h"

/* A group as ingestion needs it; owns all it points to. */
struct ingest_group {
    int64_t id;
    struct group_key key;
    int64_t retention_days;
    struct metric_filter *filters;
    struct subscription *subscriptions;
    struct arena texts;
};

/* The group, or NULL. Valid until the next call, or logs_forget(). */
struct ingest_group *ingest_find_group(struct logs *logs, const struct group_key *key);

/* The stream's id; 0: there is none. */
int64_t ingest_find_stream(struct logs *logs, int64_t group_id, const char *name);

/* Takes valid events in, and does what follows from them. */
struct ingest {
    const struct ingest_group *group;
    int64_t stream_id;
    const char *stream_name;
    const char *trace_id; /* NULL: none */
    const struct log_event *events;
    size_t count;
    int64_t ingested_ms;    /* made by ingest_events() */
    int64_t first_sequence; /* the same */
};
void ingest_events(struct logs *logs, struct ingest *ingest);

/* The row of one of them. */
struct event_row ingest_row(const struct ingest *ingest, size_t at);

#endif
