/* SEARCH expressions: any text is refused with a sentence, or finds metrics or not. */
#include "cloudwatch/search.h"
#include "support/fuzz.h"

static struct metric_dimension dimensions[] = { { "FunctionName", "my-fn" },
                                                { "Custom Id", "Project2-trial333" } };
static char name_space[] = "AWS/Lambda";
static char name[] = "SDBFailureCount1";
static char account[] = "1";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    const char *problem = NULL;
    const struct metric metric = { .account = account,
                                   .name_space = name_space,
                                   .name = name,
                                   .dimensions = dimensions,
                                   .dimension_count = COUNT_OF(dimensions) };
    const struct search *search =
        search_parse((struct text){ (const char *)data, size }, &arena, &problem);
    if (search)
        search_finds(search, &metric);
    else
        fuzz_assert(problem && problem[0]);
    arena_clear(&arena);
    return 0;
}
