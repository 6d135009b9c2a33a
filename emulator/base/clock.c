#include "clock.h"

#include <time.h>

static int64_t offset_ms;

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_true_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_now_ms(void)
{
    return clock_true_ms() + offset_ms;
}

int64_t clock_monotonic_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

void clock_set_offset_ms(int64_t value)
{
    offset_ms = value;
}
