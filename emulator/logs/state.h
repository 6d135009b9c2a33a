/*
 * The service's state, for the files of logs/.
 */
#ifndef COALMINE_LOGS_STATE_H
#define COALMINE_LOGS_STATE_H

#include "logs/event_store.h"
#include "logs/group.h"
#include "logs/logs.h"
#include "logs/queries.h"
#include "map.h"

struct metric_filter;
struct subscription;
struct live_tail;
struct quiet_minute;

struct logs {
    struct logs_parts parts;
    struct journal *journal;
    struct event_store *events;
    struct map groups;          /* struct ingest_group by key; dropped on writes */
    struct map streams;         /* stream ids by group id and name; dropped on writes */
    struct quiet_minute *quiet; /* metric filters whose default value may be due */
    struct live_tail *tails;
    struct queries queries;
    struct schedule_entry expiry;
    struct schedule_entry minute_end;
};

static inline struct logs *logs_of(struct call *call)
{
    return call->state;
}

#endif
