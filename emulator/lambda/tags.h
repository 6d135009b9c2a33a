/*
 * What the operations that take tags share (lambda-api.md section 27.2).
 */
#ifndef COALMINE_TAGS_H
#define COALMINE_TAGS_H

#include "json.h"
#include "operation/operation.h"

extern const struct field tags_key;
extern const struct field tags_value;

#define TAGS_FIELD                                                                                 \
    {                                                                                              \
        .name = "Tags", .type = FIELD_MAP, .key = &tags_key, .item = &tags_value                   \
    }

/* False with the fault if there are more than a resource may have. */
MUST_CHECK bool tags_check_count(struct call *call, const cJSON *tags);

#endif
