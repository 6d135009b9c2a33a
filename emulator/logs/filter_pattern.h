/*
 * Filter patterns (cloudwatch-api.md section 6.7): what FilterLogEvents, metric filters,
 * subscriptions and live tails select events by.
 */
#ifndef COALMINE_LOGS_FILTER_PATTERN_H
#define COALMINE_LOGS_FILTER_PATTERN_H

#include <stdbool.h>

#include "compiler.h"
#include "error.h"
#include "json.h"
#include "text.h"

struct filter_pattern;

/* An empty pattern matches everything. NULL with InvalidParameterException if the text is none. */
struct filter_pattern *filter_pattern_parse(struct text text, struct error *error);
/* Accepts NULL. */
void filter_pattern_destroy(struct filter_pattern *pattern);

bool filter_pattern_matches(const struct filter_pattern *pattern, struct text message);

/* What the pattern names in a message that it matches: "$.field" of a JSON event, "$name" of a
 * space-delimited one. A text owned by the caller; NULL if there is no such value. */
char *filter_pattern_extract(const struct filter_pattern *pattern, struct text message,
                             struct text selector);

/* Adds all that the pattern names to an object: {"$.field": "value"}. */
void filter_pattern_extract_all(const struct filter_pattern *pattern, struct text message,
                                cJSON *values);

#endif
