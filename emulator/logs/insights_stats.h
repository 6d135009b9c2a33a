/*
 * stats: aggregates by groups.
 */
#ifndef COALMINE_INSIGHTS_STATS_H
#define COALMINE_INSIGHTS_STATS_H

#include "logs/insights_expression.h"
#include "logs/insights_record.h"

struct insights_stats;     /* as the query says it; lives in the query's arena */
struct insights_stats_run; /* the groups of one run */

/* Behind the word stats. NULL with the lexer's error. */
MUST_CHECK struct insights_stats *insights_stats_parse(struct insights_lexer *lexer);

/* A run without groups; `stats` must live as long. */
struct insights_stats_run *insights_stats_start(const struct insights_stats *stats);
void insights_stats_destroy(struct insights_stats_run *run); /* accepts NULL */

/* False if its groups and values take more than INSIGHTS_KEPT_BYTES_MAX. */
MUST_CHECK bool insights_stats_add(struct insights_stats_run *run, struct insights_record *record);

/* One record per group, in the order in which they appeared; the caller owns list and records. */
struct insights_record **insights_stats_end(struct insights_stats_run *run, size_t *count_out);

/* The columns of the result, in order; the number of them. */
size_t insights_stats_columns(const struct insights_stats *stats, const char **names_out,
                              size_t most);

#endif
