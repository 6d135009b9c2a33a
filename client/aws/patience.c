#include "aws/patience.h"

#include "clock.h"

enum { NAP_MS = 50, US_PER_MS = 1000 };

static bool is_stopped(const struct patience *patience)
{
    return patience && patience->should_stop && patience->should_stop(patience->owner);
}

bool patience_ran_out(const struct patience *patience)
{
    return patience && patience->until_us && clock_monotonic_us() >= patience->until_us &&
           !is_stopped(patience);
}

bool patience_is_over(void *owner)
{
    return is_stopped(owner) || patience_ran_out(owner);
}

bool patience_sleep(const struct patience *patience, int64_t ms)
{
    int64_t until_us = clock_monotonic_us() + ms * US_PER_MS;
    for (;;) {
        int64_t left_ms = (until_us - clock_monotonic_us() + US_PER_MS - 1) / US_PER_MS;
        if (patience_is_over((void *)patience))
            return false;
        if (left_ms <= 0)
            return true;
        clock_sleep_ms(left_ms < NAP_MS ? left_ms : NAP_MS);
    }
}
