/*
 * Metric math: any text is refused with a sentence or gives a value that holds what math_value.h
 * promises.
 */
#include <math.h>

#include "support/fuzz.h"
#include "support/math_fixture.h"

static void check_series(const struct math_series *series)
{
    fuzz_assert(series->period_s > 0);
    for (size_t i = 0; i < series->count; i++) {
        fuzz_assert(isfinite(series->values[i]));
        fuzz_assert(i == 0 || series->times_s[i] > series->times_s[i - 1]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fixture fixture;
    struct math_value value = fixture_evaluate(&fixture, (struct text){ (const char *)data, size });
    if (value.type == MATH_NONE)
        fuzz_assert(fixture.problem && fixture.problem[0]);
    fuzz_assert(value.type != MATH_SERIES || value.count == 1);
    for (size_t i = 0; i < value.count; i++)
        check_series(value.list[i]);
    arena_clear(&fixture.arena);
    return 0;
}
