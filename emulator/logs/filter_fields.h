/*
 * Filter patterns over space-delimited messages: [ip, user, ..., status = 4*]. Internal to the
 * filter pattern's files.
 */
#ifndef COALMINE_FILTER_FIELDS_H
#define COALMINE_FILTER_FIELDS_H

#include "json.h"
#include "logs/filter_operand.h"

struct filter_fields;

/* Reads the whole pattern, brackets included; NULL if it is none. Lives in the cursor's arena. */
MUST_CHECK struct filter_fields *filter_fields_parse(struct filter_cursor *cursor);

/* Does the message have as many words as the pattern wants, and each field what it demands? */
bool filter_fields_match(const struct filter_fields *pattern, struct text message);

/* Adds {"$name": "value"} for each field, if the message has as many as the pattern wants. */
void filter_fields_extract(const struct filter_fields *pattern, struct text message, cJSON *values);

#endif
