/*
 * Amazon Resource Names. Implemented in emulator/base/arn.c.
 */
#ifndef COALMINE_ARN_H
#define COALMINE_ARN_H

#include <stdbool.h>

#include "arena.h"
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

/* Its parts, borrowed. False if it does not begin with "arn", has fewer than six parts, or no
 * partition or resource; region and account may be empty. */
MUST_CHECK bool arn_parse(struct text text, struct arn *arn_out);

/* The partition that holds a region: "aws", "aws-cn", "aws-us-gov". */
const char *arn_partition(const char *region);

/* Every long-term access key stands for one user of its account. */
#define CALLER_USER_ID "AIDACOALMINECOALMINE"

/* "arn:aws:iam::000000000000:user/coalmine", in the arena; region: the one that was called. */
const char *arn_of_caller(struct arena *arena, const char *region, const char *account);

#endif
