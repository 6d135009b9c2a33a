/*
 * MetricDataQueries, evaluated whole: what GetMetricData pages through, alarms judge and graphs
 * draw. Metrics, expressions over them, labels; no paging, no wire.
 *
 *   struct metric_data_result result;
 *   if (!metric_data_evaluate(cloudwatch, &request, &result, error))
 *       return false;
 *   ... result.series[i] ...
 *   metric_data_result_clear(&result);
 */
#ifndef COALMINE_METRIC_DATA_H
#define COALMINE_METRIC_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "cloudwatch/cloudwatch.h"
#include "compiler.h"
#include "error.h"
#include "json.h"

struct metric_data_request {
    const char *account;
    const char *region;
    const cJSON *queries; /* MetricDataQueries, as the API spells them; checked before */
    int64_t start_ms;     /* inclusive; rounded by its age as GetMetricData does, */
    bool is_exact;        /* or not: a whole second from which all periods are counted */
    int64_t end_ms;       /* exclusive */
    int64_t now_ms;       /* service time: ages, ${..._RELATIVE} of labels */
    int timezone_minutes; /* east of UTC, for times in labels */
};

/* One time series. A query that searches, or gives an array, has several, with the same id. */
struct metric_data_series {
    const char *id;
    const char *label;
    const char *unit; /* of a metric's values; NULL: there are none, or they were computed */
    bool is_returned; /* ReturnData */
    int64_t period_s;
    size_t count;
    const int64_t *times_s; /* ascending: starts of periods that have a value */
    const double *values;
    const char *status;       /* StatusCode: "Complete", "Forbidden" */
    const char *message_code; /* of the series' one message: "MultipleUnits"; NULL: none */
    const char *message;
};

struct metric_data_result {
    struct arena arena;                /* all of this lives in it */
    struct metric_data_series *series; /* in the order of the queries; scalars have none */
    size_t count;
    const char *message_code; /* about the whole: "MaxMetricsExceeded"; NULL: none */
    const char *message;
};

/* What a list of queries comes to, for rules that only one caller has. */
struct metric_data_shape {
    int metric_count;     /* queries with MetricStat */
    int expression_count; /* queries with Expression */
    int returned_count;   /* queries that return data */
    bool returns_array;   /* some returned query may give several series */
    bool returns_groups;  /* and it is a Metrics Insights query that orders them */
    bool uses_search;     /* SEARCH stands in some expression */
    int64_t min_period_s; /* smallest Period of the MetricStats; 0: none has one */
};

/*
 * Judges queries: ids, one of MetricStat and Expression, statistics, periods, and the expressions'
 * syntax, names, types and cycles. `path` is how texts name the list: "MetricDataQueries" or
 * "Metrics". False with the fault and sentence AWS answers. `shape_out` may be NULL.
 */
MUST_CHECK bool metric_data_check(const cJSON *queries, const char *path,
                                  struct metric_data_shape *shape_out, struct error *error);

/*
 * Evaluates all queries, also those that return no data. They must have passed
 * metric_data_check(). False with a fault if they ask for more than is sensible (too many
 * datapoints). On success the caller ends the result with metric_data_result_clear().
 */
MUST_CHECK bool metric_data_evaluate(const struct cloudwatch *cloudwatch,
                                     const struct metric_data_request *request,
                                     struct metric_data_result *result_out, struct error *error);
void metric_data_result_clear(struct metric_data_result *result);

#endif
