/* Statistics: any text is none, or one whose value lies where it must. */
#include <math.h>

#include "arena.h"
#include "cloudwatch/statistic.h"
#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct metric_bucket bucket;
    struct arena arena = { 0 };
    struct statistic statistic;
    double value;
    for (int i = 1; i <= 100 && bucket.statistics.count < 100; i++) {
        distribution_add(&bucket.distribution, i, 1);
        bucket.statistics = (struct metric_statistics){ i, i * (i + 1) / 2.0, 1, i };
    }
    const char *text = arena_copy(&arena, (struct text){ (const char *)data, size });
    if (statistic_parse(text, &statistic) && statistic_compute(&statistic, &bucket, &value))
        fuzz_assert(!isnan(value));
    arena_clear(&arena);
    return 0;
}
