/*
 * What a DashboardBody must look like (cloudwatch-api.md section 5.2).
 */
#ifndef COALMINE_DASHBOARD_BODY_H
#define COALMINE_DASHBOARD_BODY_H

#include "text.h"
#include "widget/shape.h"

/* Finds all that is wrong with a body; problems that are warnings do not keep it from being
 * stored. False if it is no JSON. */
MUST_CHECK bool dashboard_body_check(struct text body, struct shape_problems *problems);

#endif
