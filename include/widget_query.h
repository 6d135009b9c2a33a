/*
 * The `metrics` of a MetricWidget (cloudwatch-api.md section 5.2) as MetricDataQueries: what a
 * picture of it shows. Pure JSON. Implemented in emulator/base/widget_query.c.
 */
#ifndef COALMINE_WIDGET_QUERY_H
#define COALMINE_WIDGET_QUERY_H

#include <stdbool.h>

#include "compiler.h"
#include "json.h"
#include "text.h"

/* The rows with "." and "..." filled in from the row before: each an array of its texts, then
 * always its options, an object. Items that are no texts stay as they are, rows that are no arrays
 * become rows of nothing. The caller owns the list. */
cJSON *widget_expand(const cJSON *metrics);

/* The options of an expanded row. */
const cJSON *widget_row_options(const cJSON *row);

/*
 * One query per expanded row, in their order. `widget` gives what rows leave open: period (300),
 * stat (Average). `span_s` (0: none) is a period that goes before all. Rows without an id get
 * "q<number>"; rows without a label whose metric others share are called by the dimensions that
 * tell them apart. The caller owns the list.
 */
cJSON *widget_queries(const cJSON *widget, const cJSON *rows, int64_t span_s);

/* True if that id was made up by widget_queries(). */
bool widget_id_is_made(const cJSON *rows, int at);

/* "-PT3H", "P0D": its milliseconds, negative for the past. False for anything else. */
MUST_CHECK bool widget_parse_duration(struct text text, int64_t *ms_out);

/* A member that is a duration from now, or a time; the fallback if it is absent or neither. */
int64_t widget_read_time(const cJSON *widget, const char *name, int64_t now_ms,
                         int64_t fallback_ms);

#endif
