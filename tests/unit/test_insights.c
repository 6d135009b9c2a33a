/* insights: Metrics Insights queries (cloudwatch-api.md section 2.8). */
#include "cloudwatch/insights.h"
#include "support/suite.h"

static struct metric_dimension ab[] = { { "A", "1" }, { "B", "x y" } };
static struct metric_dimension a_only[] = { { "A", "2" } };

static const struct {
    const char *name_space;
    const char *name;
    struct metric_dimension *dimensions;
    size_t dimension_count;
} metrics[] = {
    { "AWS/Lambda", "Errors", ab, 2 },   { "AWS/Lambda", "Errors", a_only, 1 },
    { "AWS/Lambda", "Errors", NULL, 0 }, { "Shop", "Errors", a_only, 1 },
    { "AWS/Lambda", "Other", ab, 2 },
};

/* The groups of the metrics selected, in brackets, or what is wrong. */
static const char *selected(const char *text, struct arena *arena)
{
    const char *problem;
    const char *list = "";
    const struct insights *insights = insights_parse(text_from(text), arena, &problem);
    if (!insights)
        return problem;
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        const struct metric metric = {
            .name_space = arena_copy(arena, text_from(metrics[i].name_space)),
            .name = arena_copy(arena, text_from(metrics[i].name)),
            .dimensions = metrics[i].dimensions,
            .dimension_count = metrics[i].dimension_count,
        };
        if (insights_selects(insights, &metric))
            list =
                arena_format(arena, "%s%zu[%s]", list, i, insights_group(insights, &metric, arena));
    }
    return list;
}

struct pair {
    const char *text;
    const char *selected;
};

static void compare(const struct pair *pairs, size_t count)
{
    struct arena arena = { 0 };
    for (size_t i = 0; i < count; i++) {
        const char *list = selected(pairs[i].text, &arena);
        ck_assert_msg(strcmp(list, pairs[i].selected) == 0, "%s\n selects %s\n not     %s",
                      pairs[i].text, list, pairs[i].selected);
    }
    arena_clear(&arena);
}

START_TEST(queries_select_and_group)
{
    static const struct pair pairs[] = {
        { "SELECT SUM(Errors) FROM \"AWS/Lambda\"", "0[Errors]1[Errors]2[Errors]" },
        { "select sum ( \"Errors\" ) from Shop", "3[Errors]" },
        { "SELECT AVG(Errors) FROM SCHEMA(\"AWS/Lambda\")", "2[Errors]" },
        { "SELECT MAX(Errors) FROM SCHEMA(\"AWS/Lambda\", A)", "1[Errors]" },
        { "SELECT MIN(Errors) FROM SCHEMA(\"AWS/Lambda\", B, A)", "0[Errors]" },
        { "SELECT COUNT(Errors) FROM \"AWS/Lambda\" WHERE A = '1'", "0[Errors]" },
        { "SELECT SUM(Errors) FROM \"AWS/Lambda\" WHERE A != '1'", "1[Errors]2[Errors]" },
        { "SELECT SUM(Errors) FROM \"AWS/Lambda\" WHERE A='1' AND B='x y' GROUP BY B", "0[x y]" },
        { "SELECT SUM(Errors) FROM \"AWS/Lambda\" WHERE A != '1' AND A != '2'", "2[Errors]" },
        { "SELECT SUM(Errors) FROM \"AWS/Lambda\" GROUP BY A, B",
          "0[1 x y]1[2 Other]2[Other Other]" },
        { "SELECT SUM(errors) FROM \"AWS/Lambda\"", "" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(order_and_limit_are_read)
{
    struct arena arena = { 0 };
    const char *problem;
    const struct insights *insights = insights_parse(
        TEXT("SELECT AVG(a) FROM b GROUP BY c ORDER BY max() desc LIMIT 7"), &arena, &problem);
    ck_assert_ptr_nonnull(insights);
    ck_assert_str_eq(insights->stat, "Average");
    ck_assert_str_eq(insights->order, "MAX");
    ck_assert(insights->is_descending);
    ck_assert_uint_eq(insights->limit, 7);
    insights = insights_parse(TEXT("SELECT SUM(a) FROM b ORDER BY SUM() ASC"), &arena, &problem);
    ck_assert_ptr_nonnull(insights);
    ck_assert(!insights->is_descending);
    insights = insights_parse(TEXT("SELECT SUM(a) FROM b"), &arena, &problem);
    ck_assert_ptr_null(insights->order);
    ck_assert_uint_eq(insights->limit, 500);
    arena_clear(&arena);
}
END_TEST

#define TEN(text) text text text text text text text text text text
#define THIRTY(text) TEN(text) TEN(text) TEN(text)

START_TEST(what_is_malformed_is_said)
{
    static const struct pair pairs[] = {
        { "SELECT", "one of AVG, COUNT, MAX, MIN, SUM was expected" },
        { "SELECT p99(a) FROM b", "one of AVG, COUNT, MAX, MIN, SUM was expected" },
        { "SELECT SUM a", "'(' was expected" },
        { "SELECT SUM(a) b", "FROM was expected" },
        { "SELECT SUM(a) FROM SCHEMA(b", "')' was expected" },
        { "SELECT SUM(a) FROM b WHERE c = 1", "a value in single quotes was expected" },
        { "SELECT SUM(a) FROM b WHERE c > '1'", "'=' was expected" },
        { "SELECT SUM(a) FROM b WHERE c = '1", "a quote has no end" },
        { "SELECT SUM(a) FROM b WHERE " THIRTY("c = '1' AND ") "c = '1'",
          "there are too many conditions" },
        { "SELECT SUM(a) FROM b GROUP BY " THIRTY("c, ") "c", "there are too many labels" },
        { "SELECT SUM(a) FROM b GROUP c", "BY was expected" },
        { "SELECT SUM(a) FROM b ORDER BY c", "one of AVG, COUNT, MAX, MIN, SUM was expected" },
        { "SELECT SUM(a) FROM b LIMIT 501", "LIMIT must be from 1 to 500" },
        { "SELECT SUM(a) FROM b LIMIT 0", "LIMIT must be from 1 to 500" },
        { "SELECT SUM(a) FROM b LIMIT", "LIMIT must be from 1 to 500" },
        { "SELECT SUM(a) FROM b HAVING c", "unexpected text behind the query: HAVING c" },
        { "SELECT SUM(a) FROM AWS/Lambda", "unexpected text behind the query: /Lambda" },
    };
    compare(pairs, COUNT_OF(pairs));
}
END_TEST

START_TEST(only_the_word_begins_one)
{
    ck_assert(insights_begins(TEXT("SELECT x")));
    ck_assert(insights_begins(TEXT(" \n select")));
    ck_assert(!insights_begins(TEXT("selected + 1")));
    ck_assert(!insights_begins(TEXT("")));
}
END_TEST

SUITE("insights", queries_select_and_group, order_and_limit_are_read, what_is_malformed_is_said,
      only_the_word_begins_one)
