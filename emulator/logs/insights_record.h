/*
 * One log event as Logs Insights sees it: its own fields, what is discovered in it (JSON members,
 * the numbers of Lambda's REPORT line), and what the query adds.
 */
#ifndef COALMINE_INSIGHTS_RECORD_H
#define COALMINE_INSIGHTS_RECORD_H

#include <stdint.h>

#include "arena.h"
#include "json.h"
#include "logs/insights_value.h"
#include "text.h"

/* Texts are borrowed while the event is added to a query. */
struct insights_event {
    int64_t timestamp_ms;
    int64_t ingestion_ms;
    struct text message;
    const char *log_stream;
    const char *log;     /* "ACCOUNT:GROUP" */
    const char *pointer; /* @ptr: opaque, unique */
};

struct insights_field {
    const char *name;
    struct insights_value value;
};

struct insights_record {
    struct arena arena; /* of all that belongs to it */
    int64_t timestamp_ms;
    size_t message_bytes;
    cJSON *tree;                   /* the message, if it is a JSON object and was asked for */
    bool is_examined;              /* whether the tree was looked for */
    struct insights_field *fields; /* later ones hide earlier ones of the same name */
    size_t count;
    size_t capacity;
    size_t structures;              /* how many of the fields are some */
    struct insights_record *origin; /* of a branch, whose fields it borrows; else NULL */
    size_t shares;                  /* who holds it beside the first: its branches */
    uint64_t counted;               /* the last count that it was in */
};

/* A copy of the event; ended with insights_record_destroy(). */
struct insights_record *insights_record_create(const struct insights_event *event);
/* Accepts NULL. One that has branches stays until they are gone, and is no longer the caller's. */
void insights_record_destroy(struct insights_record *record);
/* A record with the same fields, which it borrows, to which more are added. */
struct insights_record *insights_record_branch(struct insights_record *origin);

/* About how much memory it takes, and how much a run of a query may keep. What several branches
 * have of one origin is told once in a count; counts are numbered from 1. */
enum { INSIGHTS_KEPT_BYTES_MAX = 256 << 20 };
size_t insights_record_bytes(struct insights_record *record, uint64_t count);

/* Calls for each field that the event has: its own, Lambda's, and the leaves of a JSON message as
 * "a.b.0", at most INSIGHTS_FIELDS_MAX of those. The name is borrowed. */
enum { INSIGHTS_FIELDS_MAX = 200 };
void insights_record_each(struct insights_record *record,
                          void (*visit)(const char *name, const struct insights_value *value,
                                        void *owner),
                          void *owner);

/* Sets a field; name and text live in the record's arena or longer. */
void insights_record_set(struct insights_record *record, const char *name,
                         struct insights_value value);
/* Missing if there is no such field. */
struct insights_value insights_record_get(struct insights_record *record, const char *name);

#endif
