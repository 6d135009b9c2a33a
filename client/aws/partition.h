/*
 * AWS's partitions: which domain the endpoints of a region are in.
 */
#ifndef CANARY_PARTITION_H
#define CANARY_PARTITION_H

#include <stdbool.h>

/* "amazonaws.com" of eu-west-1; of dual-stack endpoints (IPv6 too) "api.aws". */
const char *partition_domain(const char *region, bool is_dual_stack);

#endif
