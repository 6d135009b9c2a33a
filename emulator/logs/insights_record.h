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
};

/* A copy of the event; ended with insights_record_destroy(). */
struct insights_record *insights_record_create(const struct insights_event *event);
void insights_record_destroy(struct insights_record *record); /* accepts NULL */

/* About how much memory it takes, and how much a run of a query may keep. */
enum { INSIGHTS_KEPT_BYTES_MAX = 256 << 20 };
size_t insights_record_bytes(const struct insights_record *record);

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
