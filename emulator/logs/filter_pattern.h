/*
 * CloudWatch Logs' filter patterns (cloudwatch-api.md section 6.7): terms, JSON selectors, and
 * space-delimited fields. Parsed once, matched against many messages. Pure.
 */
#ifndef COALMINE_FILTER_PATTERN_H
#define COALMINE_FILTER_PATTERN_H

#include <stdbool.h>

#include "compiler.h"
#include "error.h"
#include "json.h"
#include "text.h"

struct filter_pattern;

/* What is said of a pattern that nothing more precise is said of. */
#define FILTER_PATTERN_INVALID "Invalid filter pattern"

/* The caller owns the pattern. An empty one matches everything. NULL with InvalidParameterException
 * if the text is none. */
MUST_CHECK struct filter_pattern *filter_pattern_parse(struct text text, struct error *error);
void filter_pattern_destroy(struct filter_pattern *pattern); /* accepts NULL */

/* False too if the text is no pattern. */
bool filter_text_has_regex(struct text text);

/* Whether it names values of messages: JSON selectors and fields do, terms do not. */
bool filter_pattern_has_values(const struct filter_pattern *pattern);

/* "$.a.b[0]" or "$name": what filter_pattern_extract() takes. */
bool filter_is_selector(const char *text);

bool filter_pattern_matches(const struct filter_pattern *pattern, struct text message);

/* The value of "$.a.b" (in a JSON message) or "$name" (of a space-delimited pattern), owned by the
 * caller; NULL if the message has none. For metric values and dimensions. */
MUST_CHECK char *filter_pattern_extract(const struct filter_pattern *pattern, struct text message,
                                        struct text selector);

/* Adds all that the pattern's names stand for: {"$.user.id": "1"} or {"$status": "404"}; nothing
 * for terms, and for messages of another shape. */
void filter_pattern_extract_all(const struct filter_pattern *pattern, struct text message,
                                cJSON *values);

#endif
