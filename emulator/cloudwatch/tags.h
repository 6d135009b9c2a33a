/*
 * Tags as CloudWatch's resources have them: kept as a JSON object, told as a list of Key and Value.
 */
#ifndef COALMINE_CLOUDWATCH_TAGS_H
#define COALMINE_CLOUDWATCH_TAGS_H

#include "operation/operation.h"

extern const struct field cloudwatch_tag_item;

/* The call's Tags as a JSON object in its arena. False with a fault if there are too many, or one
 * is reserved. `present` is an object to start from, or NULL. */
MUST_CHECK bool cloudwatch_read_tags(struct call *call, const char *present, const char **tags_out);

#endif
