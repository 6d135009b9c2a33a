#include "aws/partition.h"

#include <stddef.h>
#include <string.h>

#include "compiler.h"

/* As the SDKs have it; the last one is everybody else's, us-gov-... too. */
static const struct {
    const char *regions; /* begin with it */
    const char *domain;
    const char *dual_stack;
} partitions[] = {
    { "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
    { "eusc-", "amazonaws.eu", "api.amazonwebservices.eu" },
    { "us-iso-", "c2s.ic.gov", "api.aws.ic.gov" },
    { "us-isob-", "sc2s.sgov.gov", "api.aws.scloud" },
    { "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk" },
    { "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov" },
    { "", "amazonaws.com", "api.aws" },
};

const char *partition_domain(const char *region, bool is_dual_stack)
{
    size_t i = 0;
    while (i + 1 < COUNT_OF(partitions) &&
           strncmp(region, partitions[i].regions, strlen(partitions[i].regions)) != 0)
        i++;
    return is_dual_stack ? partitions[i].dual_stack : partitions[i].domain;
}
