/* Labels with ${...}: any text gives one that ends. */
#include "cloudwatch/metric_label.h"
#include "support/fuzz.h"

static const struct metric_dimension dimensions[] = { { "F", "f" } };
static const struct metric_label_source source = { "1", "r", "N", "m", dimensions, 1, "Sum", 60 };
static const int64_t times[] = { 1760954400, 1760954460 };
static const double values[] = { 3, -1e300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    const struct metric_label_data label = { .label = "own",
                                             .source = size % 2 ? &source : NULL,
                                             .count = size % 3 ? 2 : 0,
                                             .times_s = times,
                                             .values = values,
                                             .period_s = 60,
                                             .now_ms = 1760954400000,
                                             .timezone_minutes = -90 };
    const char *text = arena_copy(&arena, (struct text){ (const char *)data, size });
    fuzz_assert(metric_label_expand(text, &label, &arena));
    arena_clear(&arena);
    return 0;
}
