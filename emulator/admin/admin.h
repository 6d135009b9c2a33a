/*
 * Coalmine's own endpoints, as a service like the others: health, reset, the clock, and the
 * downloads that Lambda's Code.Location links to.
 */
#ifndef COALMINE_ADMIN_H
#define COALMINE_ADMIN_H

#include <stdbool.h>

#include "alarms/alarms.h"
#include "lambda/lambda.h"
#include "loop/schedule.h"
#include "operation/operation.h"

/* The service's state. Owned by emulator.c. */
struct admin {
    struct lambda *lambda;
    struct alarms *alarms;
    const struct metrics *metrics;
    struct schedule *schedule;
    const struct service *const *services;           /* NULL-ended: what health lists */
    bool (*reset)(void *owner, struct error *error); /* empties everything */
    void *owner;
};

extern const struct service admin_service;

extern const struct fault admin_bad_request;

/* Slices of it. */
extern const struct operation admin_attachment_operations[];
extern const struct operation admin_clock_operations[];
extern const struct operation admin_explain_operations[];

#endif
