/*
 * The queries of Logs Insights that clients have started: they are run in slices between the
 * server's other work, and their rows are kept for a while.
 */
#ifndef COALMINE_LOGS_QUERIES_H
#define COALMINE_LOGS_QUERIES_H

#include "arena.h"
#include "json.h"
#include "logs/event_store.h"
#include "logs/group.h"
#include "logs/insights_query.h"
#include "map.h"
#include "random.h"

struct logs;
struct loop_timer;
struct query_ending;

enum query_status {
    QUERY_SCHEDULED,
    QUERY_RUNNING,
    QUERY_COMPLETE,
    QUERY_FAILED,
    QUERY_CANCELLED,
};

/* A group that a query reads, newest events first. */
struct query_source {
    int64_t group_id;
    const char *name;
    const char *log;  /* "ACCOUNT:GROUP" */
    int64_t begin_ms; /* of the group, or of what its retention keeps */
    int64_t from_ms;
    struct event_position position; /* behind which the next page begins */
    bool is_read;                   /* there is no further page */
    struct arena arena;             /* of the page */
    struct event_page page;
    size_t at; /* the next row of the page */
};

struct query {
    struct query *older;
    struct arena arena; /* of its texts and sources */
    char id[UUID_SIZE];
    const char *account;
    const char *region;
    const char *text; /* as DescribeQueries shows it */
    int64_t until_ms; /* not included */
    int64_t limit;
    struct query_source *sources;
    size_t source_count;
    struct insights_query *parsed;

    enum query_status status;
    int64_t created_ms;
    int64_t started_us; /* monotonic */
    int64_t duration_ms;
    int64_t last_turn;
    struct insights_run *run;
    struct query_ending *ending; /* a worker makes the rows; else NULL */
    struct map stream_names;     /* by id, in the arena */
    double scanned;
    double matched;
    double bytes;
    cJSON *rows; /* of a complete one; else NULL */
    size_t row_bytes;
};

/* Part of struct logs; zeroed: there are none. */
struct queries {
    struct query *newest;
    struct loop_timer *timer; /* of the next slice */
    int64_t turn;
};

/* As many as may run or wait in an account and region. */
enum { QUERIES_AT_ONCE = 100 };
size_t queries_under_way(const struct logs *logs, const char *account, const char *region);

/* Takes a query that is made as far as `parsed`, and begins. */
void queries_start(struct logs *logs, struct query *query);

/* The account's query; NULL: there is none (any more). */
struct query *queries_find(struct logs *logs, const char *account, const char *region,
                           const char *id);

/* Scheduled or Running. */
bool query_is_under_way(const struct query *query);
/* Whether it is the account's, and young enough. */
bool query_is_visible(const struct query *query, const char *account, const char *region);
void query_cancel(struct logs *logs, struct query *query);

/* With all it holds. */
void query_destroy(struct query *query);

/* Ends and forgets all of them. */
void queries_forget(struct logs *logs);

#endif
