#include "traffic/schedule.h"

#include <math.h>

void schedule_init(struct schedule *schedule, enum arrivals arrivals, double rate, int64_t ramp_ms,
                   const char *stream_name)
{
    *schedule = (struct schedule){ .arrivals = arrivals,
                                   .rate = rate,
                                   .ramp_s = (double)ramp_ms / 1000,
                                   .stream = random_stream_for(stream_name) };
}

/* The time until which `expected` requests are expected: the inverse of the rate's integral, which
 * is rate * t^2 / (2 * ramp) during the ramp and rate * (t - ramp / 2) after it. */
static double time_of(const struct schedule *schedule, double expected)
{
    double in_ramp = schedule->rate * schedule->ramp_s / 2;
    if (expected < in_ramp)
        return sqrt(2 * expected * schedule->ramp_s / schedule->rate);
    return expected / schedule->rate + schedule->ramp_s / 2;
}

int64_t schedule_next_us(struct schedule *schedule)
{
    /* A Poisson process of any rate is one of rate 1 on a stretched clock. */
    if (schedule->arrivals == ARRIVALS_POISSON)
        schedule->arrived -= log1p(-random_unit(&schedule->stream));
    double due_s = time_of(schedule, schedule->arrived);
    if (schedule->arrivals == ARRIVALS_CONSTANT)
        schedule->arrived++;
    return (int64_t)(due_s * 1e6);
}
