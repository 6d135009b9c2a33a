/*
 * Field rows and slices that several of CloudWatch's operations share.
 */
#ifndef COALMINE_CLOUDWATCH_FIELDS_H
#define COALMINE_CLOUDWATCH_FIELDS_H

#include "cloudwatch/cloudwatch.h"
#include "operation/operation.h"

extern const struct field cloudwatch_dimension_item; /* Name and Value, both required */
extern const struct field cloudwatch_text_item;
extern const struct field cloudwatch_metric_data_query_item; /* of MetricDataQueries and Metrics */
extern const char *const cloudwatch_units[];                 /* all 27 */

extern const struct operation put_metric_data_operations[];
extern const struct operation list_metrics_operations[];
extern const struct operation get_metric_statistics_operations[];
extern const struct operation get_metric_data_operations[];
extern const struct operation get_metric_widget_image_operations[];
extern const struct operation dashboard_operations[];

/* The alarms' slices; emulator/alarms has them. */
extern const struct operation alarm_metric_operations[];
extern const struct operation alarm_composite_operations[];
extern const struct operation alarm_describe_operations[];
extern const struct operation alarm_state_operations[];
extern const struct operation alarm_history_operations[];
extern const struct operation alarm_tag_operations[];
extern const struct operation alarm_mute_rule_operations[];

/* Reads a list of Name and Value; the count is at most DIMENSIONS_MAX. Borrowed from the tree. */
size_t cloudwatch_read_dimensions(const cJSON *list,
                                  struct metric_dimension dimensions_out[DIMENSIONS_MAX]);

/* Epoch seconds of a member, in milliseconds. */
int64_t cloudwatch_read_time_ms(const cJSON *object, const char *name, int64_t fallback_ms);

/*
 * The series that answer a query for exactly these dimensions, with this unit or (NULL) any.
 * Writes them to `series_out` (owned by the caller), sorted by unit, and returns their number.
 * Includes the workshop's kindness: FunctionName=fn:2 in AWS/Lambda, unless strict.
 */
size_t cloudwatch_find_series(const struct cloudwatch *cloudwatch,
                              const struct metric_identity *identity,
                              const struct metric_series ***series_out);

#endif
