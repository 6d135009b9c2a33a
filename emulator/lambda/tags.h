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

/* False with the fault if a key of `given` is one of AWS's own, or if `all`, the tags that the
 * resource would have, are more than it may have. */
MUST_CHECK bool tags_check(struct call *call, const cJSON *given, const cJSON *all);

#endif
