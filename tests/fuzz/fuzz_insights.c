/* Metrics Insights queries: any text is refused with a sentence, or selects metrics or not. */
#include "cloudwatch/insights.h"
#include "support/fuzz.h"

static struct metric_dimension dimensions[] = { { "A", "1" }, { "B", "x y" } };
static char name_space[] = "AWS/Lambda";
static char name[] = "Errors";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    const char *problem = NULL;
    const struct metric metric = { .name_space = name_space,
                                   .name = name,
                                   .dimensions = dimensions,
                                   .dimension_count = COUNT_OF(dimensions) };
    const struct insights *insights =
        insights_parse((struct text){ (const char *)data, size }, &arena, &problem);
    if (insights) {
        fuzz_assert(insights->limit >= 1 && insights->limit <= INSIGHTS_SERIES_MAX);
        if (insights_selects(insights, &metric))
            fuzz_assert(insights_group(insights, &metric, &arena));
    } else {
        fuzz_assert(problem && problem[0]);
    }
    arena_clear(&arena);
    return 0;
}
