/*
 * The `metrics` of a MetricWidget (cloudwatch-api.md section 5.2) as MetricDataQueries: what a
 * picture of it shows. Pure JSON. Implemented in emulator/base/widget_query.c.
 */
#ifndef COALMINE_WIDGET_QUERY_H
#define COALMINE_WIDGET_QUERY_H

#include <stdbool.h>

#include "json.h"

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

#endif
