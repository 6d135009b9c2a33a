#include "aws/backoff.h"

int64_t backoff_next_ms(struct backoff *backoff, bool is_throttled, int64_t now_us)
{
    int64_t limit_ms = BACKOFF_FIRST_MS;
    bool is_patient = is_throttled && now_us < backoff->patient_until_us;
    backoff->tries++;
    backoff->others += !is_throttled;
    if (!is_patient && (is_throttled ? backoff->tries : backoff->others) >= BACKOFF_TRIES)
        return -1;
    for (int i = 1; i < backoff->tries && limit_ms < BACKOFF_MAX_MS; i++)
        limit_ms *= 2;
    if (limit_ms > BACKOFF_MAX_MS)
        limit_ms = BACKOFF_MAX_MS;
    return (int64_t)(random_unit(backoff->jitter) * (double)limit_ms);
}
