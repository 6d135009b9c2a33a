/*
 * Entities of PutMetricData: what the data belongs to (cloudwatch-api.md section 2.1).
 */
#ifndef COALMINE_PUT_ENTITY_H
#define COALMINE_PUT_ENTITY_H

#include "operation/operation.h"

extern const struct field put_entity_fields[]; /* KeyAttributes, Attributes */

/* Judges the request's entities. A bad one is an error if StrictEntityValidation asks for it; else
 * it is named in the header X-Amzn-Failure-Message, and its data is taken all the same. */
MUST_CHECK bool put_entity_check(struct call *call);

#endif
