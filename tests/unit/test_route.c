/* route: which pattern takes which request. */
#include "edge/route.h"
#include "support/suite.h"

static bool matches(const char *pattern, const char *method, const char *path, const char *query)
{
    struct route route;
    struct route_path parsed;
    route_parse(pattern, &route);
    route_path_parse(text_from(path), &parsed);
    return route_matches(&route, text_from(method), &parsed, text_from(query));
}

START_TEST(routes_match_by_method_and_segments)
{
    static const struct {
        const char *pattern;
        const char *method;
        const char *path;
        const char *query;
        bool is_match;
    } cases[] = {
        { "GET /f/{Name}", "GET", "/f/a", "", true },
        { "GET /f/{Name}", "GET", "/f/a/", "", true },
        { "GET /f/{Name}", "GET", "/f/a//", "", false },
        { "GET /f/{Name}", "POST", "/f/a", "", false },
        { "GET /f/{Name}", "GET", "/f", "", false },
        { "GET /f/{Name}", "GET", "/f//", "", false },
        { "GET /f/{Name}", "GET", "/f/a/b", "", false },
        { "GET /f/{Name}/x", "GET", "/f/a%2Fb/x", "", true },
        { "GET /f/{Name}/x", "GET", "/f/a/y", "", false },
        { "GET /f/{Name}?List=ALL", "GET", "/f/a", "List=ALL", true },
        { "GET /f/{Name}?List=ALL", "GET", "/f/a", "Marker=1&List=ALL", true },
        { "GET /f/{Name}?List=ALL", "GET", "/f/a", "List=ALLX", false },
        { "GET /f/{Name}?List=ALL", "GET", "/f/a", "", false },
        { "GET /", "GET", "/", "", true },
        { "GET /a", "GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m", "", false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(matches(cases[i].pattern, cases[i].method, cases[i].path, cases[i].query) ==
                          cases[i].is_match,
                      "%s against %s %s?%s", cases[i].pattern, cases[i].method, cases[i].path,
                      cases[i].query);
}
END_TEST

START_TEST(placeholders_are_told_from_literals)
{
    ck_assert(text_equal(route_placeholder(TEXT("{FunctionName}")), "FunctionName"));
    ck_assert_uint_eq(route_placeholder(TEXT("functions")).size, 0);
    ck_assert_uint_eq(route_placeholder(TEXT("{}")).size, 0);
}
END_TEST

SUITE("route", routes_match_by_method_and_segments, placeholders_are_told_from_literals)
