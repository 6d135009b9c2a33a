/*
 * Coalmine's clock (/_coalmine/clock), for rollouts whose time is not waited for.
 */
#ifndef CANARY_CLOCK_API_H
#define CANARY_CLOCK_API_H

#include "aws/api.h"

/* Service time; the machine's if the endpoint has no such clock. */
int64_t coalmine_clock_now_ms(struct api *api);
/* How far service time is from the machine's; 0 if the endpoint has no such clock. */
int64_t coalmine_clock_offset_ms(struct api *api);

/* Stops service time; *now_ms_out is where it stands. A sentence if the endpoint has no clock. */
MUST_CHECK bool coalmine_clock_freeze(struct api *api, int64_t *now_ms_out, struct error *error);
/* Moves it on, and answers when all that fell due on the way was done. */
MUST_CHECK bool coalmine_clock_advance(struct api *api, int64_t ms, int64_t *now_ms_out,
                                       struct error *error);
/* Lets it run again from where it stands. */
MUST_CHECK bool coalmine_clock_run(struct api *api, struct error *error);

#endif
