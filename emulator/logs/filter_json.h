/*
 * Filter patterns over JSON messages: { $.selector op value && (...) || ... }. Internal to the
 * filter pattern's files.
 */
#ifndef COALMINE_FILTER_JSON_H
#define COALMINE_FILTER_JSON_H

#include "json.h"
#include "logs/filter_operand.h"

struct filter_json;

/* Reads the whole pattern, braces included; NULL if it is none. Lives in the cursor's arena. */
MUST_CHECK struct filter_json *filter_json_parse(struct filter_cursor *cursor);

bool filter_json_matches(const struct filter_json *pattern, const cJSON *message);

/* Adds {"$.selector": "value"} for each selector of the pattern that finds a value. */
void filter_json_extract(const struct filter_json *pattern, const cJSON *message, cJSON *values);

/* "$.a.b[0]" */
bool filter_json_is_selector(const char *text);

/* The value that a selector finds, as text, owned by the caller; NULL if it finds none. */
MUST_CHECK char *filter_json_value(const cJSON *message, const char *selector);

#endif
