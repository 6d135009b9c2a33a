/*
 * JSON behind what a runtime writes in front of it: "2025-10-20T10:05:07.250Z ID INFO {...}".
 */
#ifndef COALMINE_JSON_FRAGMENT_H
#define COALMINE_JSON_FRAGMENT_H

#include "json.h"

/* The first object of JSON in the text, as json_parse_mended() makes it; NULL without one. The
 * caller owns the tree. */
MUST_CHECK cJSON *json_fragment_find(struct text text);

#endif
