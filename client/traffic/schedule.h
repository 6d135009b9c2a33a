/*
 * When requests are due: constant or Poisson arrivals, with or without a ramp. Pure: no clock is
 * read, and the same seed gives the same times.
 */
#ifndef CANARY_SCHEDULE_H
#define CANARY_SCHEDULE_H

#include <stdint.h>

#include "random.h"

enum arrivals {
    ARRIVALS_CONSTANT, /* evenly spaced */
    ARRIVALS_POISSON,  /* independent of each other, as many users' requests are */
};

struct schedule {
    enum arrivals arrivals;
    double rate;    /* per second, once the ramp is over */
    double ramp_s;  /* the rate rises from 0 in a straight line for so long */
    double arrived; /* requests expected until the next one's time */
    struct random_stream stream;
};

/* `stream_name` names the stream of random.h that Poisson arrivals draw from. */
void schedule_init(struct schedule *schedule, enum arrivals arrivals, double rate, int64_t ramp_ms,
                   const char *stream_name);

/* When the next request is due, in microseconds since the start; then on to the one after. */
int64_t schedule_next_us(struct schedule *schedule);

#endif
