#include "arn.h"

bool arn_parse(struct text text, struct arn *arn_out)
{
    struct arn arn;
    struct text rest = text;
    if (!text_equal(text_cut(&rest, ':'), "arn"))
        return false;
    arn.partition = text_cut(&rest, ':');
    arn.service = text_cut(&rest, ':');
    arn.region = text_cut(&rest, ':');
    if (!rest.data)
        return false;
    arn.account = text_cut(&rest, ':');
    arn.resource = rest;
    if (!arn.resource.data || arn.resource.size == 0 || arn.partition.size == 0)
        return false;
    *arn_out = arn;
    return true;
}

const char *arn_partition(const char *region)
{
    struct text text = text_from(region);
    if (text_starts_with(text, "cn-"))
        return "aws-cn";
    return text_starts_with(text, "us-gov-") ? "aws-us-gov" : "aws";
}

const char *arn_of_caller(struct arena *arena, const char *region, const char *account)
{
    return arena_format(arena, "arn:%s:iam::%s:user/coalmine", arn_partition(region), account);
}
