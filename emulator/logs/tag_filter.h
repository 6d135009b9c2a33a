/*
 * Filters by tags, as ListLogGroups takes them (API_TagFilter).
 */
#ifndef COALMINE_LOGS_TAG_FILTER_H
#define COALMINE_LOGS_TAG_FILTER_H

#include <stdbool.h>

#include "json.h"
#include "operation/operation.h"

/* Whether a resource with these tags (a JSON object) passes all filters; NULL: there are none. */
bool tag_filters_match(const cJSON *filters, const char *tags);

/* The row's item: {key, values}. */
extern const struct field logs_tag_filter;

#endif
