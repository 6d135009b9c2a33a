/*
 * Selectors of JSON values as filter patterns write them: "$.a.b", "$.list[0].x", "$.c[0][1]".
 */
#ifndef COALMINE_LOGS_SELECTOR_H
#define COALMINE_LOGS_SELECTOR_H

#include "json.h"

/* The selected value, or NULL. */
const cJSON *selector_find(const cJSON *tree, struct text selector);

#endif
