#include "aws/backoff.h"

enum { US_PER_MS = 1000 };

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t backoff_next_ms(struct backoff *backoff, bool is_throttled, int64_t asked_ms,
                        int64_t now_us)
{
    int64_t limit_ms = BACKOFF_FIRST_MS;
    bool is_patient = is_throttled && now_us < backoff->patient_until_us;
    backoff->tries++;
    backoff->others += !is_throttled;
    if (!is_patient && (is_throttled ? backoff->tries : backoff->others) >= BACKOFF_TRIES)
        return -1;
    for (int i = 1; i < backoff->tries && limit_ms < BACKOFF_MAX_MS; i++)
        limit_ms *= 2;
    int64_t wait_ms =
        (int64_t)(random_unit(backoff->jitter) * (double)lesser(limit_ms, BACKOFF_MAX_MS));
    if (!is_throttled || asked_ms <= wait_ms)
        return wait_ms;
    if (is_patient)
        return lesser(asked_ms, (backoff->patient_until_us - now_us) / US_PER_MS + 1);
    return asked_ms <= BACKOFF_HASTY_MS ? asked_ms : -1;
}
