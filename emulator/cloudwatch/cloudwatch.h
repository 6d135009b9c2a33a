/*
 * Amazon CloudWatch: the metrics side of it.
 */
#ifndef COALMINE_CLOUDWATCH_H
#define COALMINE_CLOUDWATCH_H

#include <stdbool.h>

#include "cloudwatch/metrics.h"
#include "operation/operation.h"
#include "store/journal.h"
#include "text.h"

struct alarms;
struct loop;

/* The service's state: call->state points to one. Owned by emulator.c. */
struct cloudwatch {
    struct metrics *metrics;
    struct journal *journal;
    bool is_strict; /* no kindness for the workshop's FunctionName=fn:2 query */
    struct alarms *alarms;
    struct loop *loop;
    int pictures; /* being drawn on workers */
};

extern const struct service cloudwatch_service;

struct metric_source {
    const char *account;
    const char *region;
    const char *name_space;
};

/* One of MetricData, without dimensions; the caller owns it. */
cJSON *cloudwatch_datum(const char *name, const char *unit, double value, int64_t time_ms);
/* Adds to a list as Dimensions is one. */
void cloudwatch_add_dimension(cJSON *dimensions, const char *name, const char *value);

/* Takes in valid MetricData as PutMetricData spells it: one record to the journal, and the same
 * to the metrics. */
void cloudwatch_publish(struct metrics *metrics, struct journal *journal,
                        const struct metric_source *source, const cJSON *data);

/* What PutMetricData takes, for data that come another way: a name space, and one datum whose
 * members have the right types. */
bool cloudwatch_namespace_is_good(const char *name_space);
bool cloudwatch_datum_is_good(const cJSON *datum, int64_t now_ms);

/* Runs the loop until no picture is being drawn any more: their calls are ended then. */
void cloudwatch_finish_pictures(struct cloudwatch *cloudwatch);

/* Applies a JOURNAL_METRIC_DATA record at start. */
void cloudwatch_replay(struct cloudwatch *cloudwatch, struct text record);

#endif
