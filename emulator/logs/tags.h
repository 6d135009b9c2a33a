/*
 * Tags of log groups.
 */
#ifndef COALMINE_LOGS_TAGS_H
#define COALMINE_LOGS_TAGS_H

#include "operation/operation.h"

enum { TAGS_MAX = 50 };

/* The tags as the store keeps them; NULL: none. Lives in the arena. */
const char *tags_print(struct call *call, const cJSON *tags);

extern const struct field logs_tag_key;
extern const struct field logs_tag_value;

#define TAGS_ROW(is_needed)                                                                        \
    {                                                                                              \
        .name = "tags", .type = FIELD_MAP, .is_required = (is_needed),                             \
        .length = BETWEEN(1, TAGS_MAX), .key = &logs_tag_key, .item = &logs_tag_value              \
    }

#endif
