/*
 * Coalmine's clock (/_coalmine/clock), for rollouts whose time is not waited for.
 */
#ifndef CANARY_CLOCK_API_H
#define CANARY_CLOCK_API_H

#include <stdint.h>

#include "compiler.h"
#include "error.h"

/* Stops service time; *now_ms_out is where it stands. A sentence if the endpoint has no clock. */
MUST_CHECK bool coalmine_clock_freeze(const char *endpoint, int64_t *now_ms_out,
                                      struct error *error);
/* Moves it on, and answers when all that fell due on the way was done. */
MUST_CHECK bool coalmine_clock_advance(const char *endpoint, int64_t ms, int64_t *now_ms_out,
                                       struct error *error);
/* Lets it run again from where it stands. */
MUST_CHECK bool coalmine_clock_run(const char *endpoint, struct error *error);

#endif
