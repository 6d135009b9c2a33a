/*
 * Logs Insights: a query is a pipe of commands (fields, display, filter, parse, unnest, stats,
 * sort, dedup, limit). Parsed once; a run takes events one by one, newest first, and keeps no more
 * of them than its answer needs. Pure.
 */
#ifndef COALMINE_INSIGHTS_QUERY_H
#define COALMINE_INSIGHTS_QUERY_H

#include "error.h"
#include "json.h"
#include "logs/insights_function.h"
#include "logs/insights_record.h"

enum { INSIGHTS_LIMIT_MAX = 10000 };

struct insights_query;
struct insights_run;

/* What of the query's text is wrong: bytes from `from` on, `until` not included. */
struct insights_place {
    size_t from;
    size_t until;
};

/* The caller owns the query; `times` are what now(), queryStartTime() and their like tell. NULL
 * with a sentence (no fault) that says where it goes wrong, and the place, unless place_out is
 * NULL. */
MUST_CHECK struct insights_query *insights_query_parse(struct text text,
                                                       const struct insights_times *times,
                                                       struct insights_place *place_out,
                                                       struct error *error);
void insights_query_destroy(struct insights_query *query); /* accepts NULL; after its runs */

/* `limit`: rows at most, whatever the query says. */
struct insights_run *insights_run_start(const struct insights_query *query, int64_t limit);
void insights_run_destroy(struct insights_run *run); /* accepts NULL */

/* Newest first. False with a sentence if the run has come to what one may keep. */
MUST_CHECK bool insights_run_add(struct insights_run *run, const struct insights_event *event,
                                 struct error *error);

/* How many events there were, and how many of them passed the filters. */
double insights_run_scanned(const struct insights_run *run);
double insights_run_matched(const struct insights_run *run);

/* The rows so far as GetQueryResults shows them: a list of lists of {field, value}. Ends the run's
 * adding; the caller owns the tree. NULL with a sentence as from insights_run_add(). */
cJSON *insights_run_end(struct insights_run *run, struct error *error);

#endif
