/*
 * AWS Security Token Service, as far as deployments need it: who am I, and temporary credentials.
 */
#ifndef COALMINE_STS_H
#define COALMINE_STS_H

#include "operation/operation.h"

extern const struct service sts_service; /* has no state */

/* A slice of the service, of session_handlers.c. */
extern const struct operation sts_session_operations[];

extern const struct fault STS_VALIDATION;
extern const struct fault STS_ACCESS_DENIED;

#endif
