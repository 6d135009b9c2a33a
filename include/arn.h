/*
 * Amazon Resource Names. Implemented in emulator/base/arn.c.
 */
#ifndef COALMINE_ARN_H
#define COALMINE_ARN_H

#include <stdbool.h>

#include "compiler.h"
#include "text.h"

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; the texts borrow from what was parsed. */
struct arn {
    struct text partition;
    struct text service;
    struct text region;
    struct text account;
    struct text resource;
};

MUST_CHECK bool arn_parse(struct text text, struct arn *arn_out);

/* The partition that holds a region: "aws", "aws-cn", "aws-us-gov". */
const char *arn_partition(const char *region);

#endif
