/*
 * The HTTP endpoint of function URLs, as the service's claim on requests.
 */
#ifndef COALMINE_URL_HANDLERS_H
#define COALMINE_URL_HANDLERS_H

#include "operation/operation.h"

extern const struct operation url_operations[];

/* The row of the endpoint if the request is for a function URL; see struct service. */
const struct operation *url_claim(struct text host, struct text path);

#endif
