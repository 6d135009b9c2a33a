/* search: which metrics a SEARCH expression finds (cloudwatch-api.md section 2.7). */
#include "buffer.h"
#include "cloudwatch/search.h"
#include "support/suite.h"

static struct metric_dimension by_function[] = { { "FunctionName", "my-fn" } };
static struct metric_dimension by_two[] = { { "FunctionName", "my-fn" },
                                            { "Resource", "my-fn:live" } };
static struct metric_dimension spaced[] = { { "Custom Id", "Project2-trial333" } };

static const struct {
    const char *account;
    const char *name_space;
    const char *name;
    struct metric_dimension *dimensions;
    size_t dimension_count;
} metrics[] = {
    { "1", "AWS/Lambda", "Errors", by_function, 1 }, { "1", "AWS/Lambda", "Errors", by_two, 2 },
    { "1", "AWS/Lambda", "Errors", NULL, 0 },        { "1", "Shop", "CustomCount1", spaced, 1 },
    { "1", "Shop", "SDBFailure", NULL, 0 },          { "2", "Shop", "Network-Errors-2", NULL, 0 },
    { "2", "Shop", "NetworkErrors2", NULL, 0 },
};

static bool finds(const struct search *search, size_t at, struct arena *arena)
{
    const struct metric metric = {
        .account = arena_copy(arena, text_from(metrics[at].account)),
        .name_space = arena_copy(arena, text_from(metrics[at].name_space)),
        .name = arena_copy(arena, text_from(metrics[at].name)),
        .dimensions = metrics[at].dimensions,
        .dimension_count = metrics[at].dimension_count,
    };
    return search_finds(search, &metric);
}

/* The numbers of the metrics found, or what is wrong. */
static const char *found(const char *text, struct arena *arena)
{
    const char *problem;
    const char *list = "";
    const struct search *search = search_parse(text_from(text), arena, &problem);
    if (!search)
        return problem;
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (finds(search, i, arena))
            list = arena_format(arena, "%s%zu", list, i);
    }
    return list;
}

struct pair {
    const char *text;
    const char *found;
};

static void compare(const struct pair *pairs, size_t count)
{
    struct arena arena = { 0 };
    for (size_t i = 0; i < count; i++) {
        const char *list = found(pairs[i].text, &arena);
        ck_assert_msg(strcmp(list, pairs[i].found) == 0, "%s finds %s, not %s", pairs[i].text, list,
                      pairs[i].found);
    }
    arena_clear(&arena);
}

START_TEST(a_schema_wants_exactly_its_dimensions)
{
    static const struct pair pairs[] = {
        { "{AWS/Lambda,FunctionName}", "0" },
        { "{AWS/Lambda, Resource, FunctionName}", "1" },
        { "{AWS/Lambda}", "2" },
        { "{\"AWS/Lambda\", \"FunctionName\"} Errors", "0" },
        { "{Shop, \"Custom Id\"}", "3" },
        { "{Nothing}", "" },
        { "{AWS/Lambda,FunctionName} Invocations", "" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(plain_terms_find_parts_of_names)
{
    static const struct pair pairs[] = {
        { "count", "3" },
        { "Count", "3" },
        { "COUNT", "3" },
        { "couNT", "" },
        { "CustomCount", "3" },
        { "customcount", "" },
        { "customcount1", "3" },
        { "1", "3" },
        { "Count1", "3" },
        { "sdb", "4" },
        { "failure", "4" },
        { "SDBFailure", "4" },
        { "project", "3" },
        { "trial", "3" },
        { "333", "3" },
        { "network/errors", "56" },
        { "network+errors", "56" },
        { "network-errors", "56" },
        { "Network_Errors", "56" },
        { "errors", "01256" },
        { "lambda", "012" },
        { "live", "1" },
        { "resource", "1" },
        { "err", "" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(quotes_and_properties_are_exact)
{
    static const struct pair pairs[] = {
        { "\"CustomCount1\"", "3" },
        { "\"customcount1\"", "" },
        { "\"Count\"", "" },
        { "MetricName=\"Errors\"", "012" },
        { "MetricName=errors", "01256" },
        { "Namespace=\"Shop\"", "3456" },
        { "FunctionName=fn", "01" },
        { "FunctionName=\"my-fn\"", "01" },
        { "FunctionName=\"my\"", "" },
        { "\"Custom Id\"=trial", "3" },
        { "MetricName=(\"Errors\" OR \"SDBFailure\")", "0124" },
        { ":aws.AccountId=\"2\"", "56" },
        { ":aws.AccountId='LOCAL' errors", "01256" },
        { "Resource=\"my-fn:live\"", "1" },
        { "Resource=my\\-fn", "1" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(terms_are_joined_by_and_or_not)
{
    static const struct pair pairs[] = {
        { "errors network", "56" },
        { "errors AND network", "56" },
        { "count OR failure", "34" },
        { "errors NOT network", "012" },
        { "NOT errors", "34" },
        { "NOT (errors OR count)", "4" },
        { "NOT NOT count", "3" },
        { "errors (resource OR network)", "156" },
        { "count OR errors network", "356" },
        { "ORDER", "" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(what_is_malformed_is_said)
{
    static const struct pair pairs[] = {
        { "", "neither a schema nor a term" },
        { "  ", "neither a schema nor a term" },
        { "{", "a name is missing in the schema" },
        { "{A", "the schema has no end" },
        { "{A,}", "a name is missing in the schema" },
        { "(a", "a bracket has no end" },
        { "a)", "an unexpected character" },
        { "\"a", "a quote has no end" },
        { "a OR", "it ends too early" },
        { "MetricName=", "it ends too early" },
        { "=x", "a term was expected" },
    };
    compare(pairs, COUNT_OF(pairs));
    struct arena arena = { 0 };
    struct buffer deep = { 0 };
    for (int i = 0; i < SEARCH_MAX; i++)
        buffer_add_char(&deep, '(');
    ck_assert_str_eq(found(deep.data, &arena), "nested too deep");
    buffer_add_char(&deep, '(');
    ck_assert_str_eq(found(deep.data, &arena), "it is longer than 1024 characters");
    buffer_clear(&deep);
    arena_clear(&arena);
}
END_TEST

SUITE("search", a_schema_wants_exactly_its_dimensions, plain_terms_find_parts_of_names,
      quotes_and_properties_are_exact, terms_are_joined_by_and_or_not, what_is_malformed_is_said)
