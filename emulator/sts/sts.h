/*
 * AWS Security Token Service, as far as workshops need it: who am I.
 */
#ifndef COALMINE_STS_H
#define COALMINE_STS_H

#include "operation/operation.h"

extern const struct service sts_service; /* has no state */

#endif
