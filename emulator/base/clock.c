#include "clock.h"

#include <math.h>
#include <time.h>

enum { MS_PER_SECOND = 1000, US_PER_SECOND = 1000 * 1000, NS_PER_MS = 1000 * 1000 };

/* For ever, to whoever waits. A clock may run so slowly that no number of milliseconds is enough.
 */
static const int64_t LONGEST_WAIT_MS = INT64_C(1) << 62;

/* Service time was service_ms when true time was true_ms, and runs at this scale since. */
static struct {
    enum clock_mode mode;
    double scale;
    int64_t service_ms;
    int64_t true_ms;
} service = { .mode = CLOCK_REAL, .scale = 1 };

int64_t clock_true_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / NS_PER_MS;
}

int64_t clock_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_elapsed_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / NS_PER_MS;
}

int64_t clock_now_ms(void)
{
    int64_t passed_ms = clock_true_ms() - service.true_ms;
    if (service.mode == CLOCK_REAL)
        return service.service_ms + passed_ms;
    return service.service_ms + (int64_t)floor((double)passed_ms * service.scale);
}

void clock_set_now_ms(int64_t now_ms)
{
    service.true_ms = clock_true_ms();
    service.service_ms = now_ms;
}

void clock_set_mode(enum clock_mode mode, double scale)
{
    clock_set_now_ms(clock_now_ms());
    service.mode = mode;
    service.scale = mode == CLOCK_REAL ? 1 : mode == CLOCK_FROZEN ? 0 : scale;
}

enum clock_mode clock_get_mode(void)
{
    return service.mode;
}

double clock_scale(void)
{
    return service.scale;
}

int64_t clock_wait_ms(int64_t due_ms)
{
    int64_t left_ms = due_ms - clock_now_ms();
    if (left_ms <= 0)
        return 0;
    if (service.scale <= 0)
        return -1;
    double wait_ms = ceil((double)left_ms / service.scale);
    return wait_ms < (double)LONGEST_WAIT_MS ? (int64_t)wait_ms : LONGEST_WAIT_MS;
}

void clock_sleep_ms(int64_t ms)
{
    const struct timespec wait = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&wait, NULL);
}
