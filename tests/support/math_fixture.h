/*
 * Metric math over series written as text: "30 - 0" is a point of 30, a missing one, a point of
 * 0, a minute apart. Used by test_math.c and fuzz_metric_math.c.
 */
#ifndef COALMINE_MATH_FIXTURE_H
#define COALMINE_MATH_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "cloudwatch/math_check.h"
#include "cloudwatch/math_eval.h"
#include "cloudwatch/math_function.h"
#include "cloudwatch/metric_query.h"

enum { FIXTURE_START_S = 1760954400 /* 2025-10-20T10:00:00Z, a Monday */, FIXTURE_SIZE = 5 };

static const struct {
    const char *id;
    const char *points;
    int64_t period_s;
} fixture_metrics[] = {
    { "m1", "1 2 3 4 5", 60 },          { "m2", "10 20 30 40 50", 60 },
    { "gaps", "30 - 0 0 30", 60 },      { "zeros", "0 0 20 - 20", 60 },
    { "cond", "1 1 0 0 -", 60 },        { "none", "- - - - -", 60 },
    { "a", "30 20 0 0 -", 60 },         { "b", "20 - 20 - -", 60 },
    { "signs", "-1 2.5 -3.5 0 4", 60 }, { "five", "100", 300 },
};

struct fixture {
    struct arena arena;
    struct math_library library;
    struct math_context context;
    const char *problem;
};

static inline struct math_series *fixture_series(struct fixture *fixture, const char *points,
                                                 int64_t period_s)
{
    struct math_series *series = math_series_make(&fixture->context, period_s, 32);
    int64_t time_s = FIXTURE_START_S;
    while (*points) {
        char *end;
        if (*points != '-' || points[1] > ' ')
            math_series_add(series, time_s, strtod(points, &end));
        points += strcspn(points, " ");
        points += strspn(points, " ");
        time_s += period_s;
    }
    return series;
}

static inline size_t fixture_at(struct text id)
{
    size_t at = 0;
    while (at < COUNT_OF(fixture_metrics) && !text_equal(id, fixture_metrics[at].id))
        at++;
    return at;
}

static inline enum math_type fixture_type(void *owner UNUSED, struct text id, bool *is_metric_out)
{
    bool is_array = text_equal(id, "all");
    bool is_scalar = text_equal(id, "two");
    *is_metric_out = fixture_at(id) < COUNT_OF(fixture_metrics);
    return *is_metric_out ? MATH_SERIES
           : is_array     ? MATH_ARRAY
           : is_scalar    ? MATH_SCALAR
                          : MATH_NONE;
}

static inline struct math_value fixture_all(void *owner, struct text part)
{
    struct fixture *fixture = owner;
    struct math_series **list =
        arena_alloc(&fixture->arena, COUNT_OF(fixture_metrics) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(fixture_metrics); i++) {
        const char *id = fixture_metrics[i].id;
        if (part.size == 0 || memmem(id, strlen(id), part.data, part.size))
            list[count++] =
                fixture_series(fixture, fixture_metrics[i].points, fixture_metrics[i].period_s);
    }
    return math_array_value(list, count);
}

static inline struct math_value fixture_find(void *owner, struct text id)
{
    struct fixture *fixture = owner;
    size_t at = fixture_at(id);
    if (at < COUNT_OF(fixture_metrics))
        return math_series_value(
            &fixture->context,
            fixture_series(fixture, fixture_metrics[at].points, fixture_metrics[at].period_s));
    return text_equal(id, "two") ? math_scalar_value(2) : fixture_all(owner, TEXT("m"));
}

static inline struct math_value fixture_search(void *owner, struct text query UNUSED,
                                               struct text stat UNUSED, int64_t period_s UNUSED)
{
    return fixture_all(owner, TEXT("m"));
}

/* Parses, checks and evaluates: a value of type MATH_NONE and fixture->problem if it is none. The
 * caller ends it with arena_clear(&fixture->arena). */
static inline struct math_value fixture_evaluate(struct fixture *fixture, struct text expression)
{
    *fixture =
        (struct fixture){ .library = { fixture, fixture_find, fixture_all, fixture_search } };
    fixture->context =
        (struct math_context){ .arena = &fixture->arena,
                               .library = &fixture->library,
                               .start_ms = FIXTURE_START_S * 1000LL,
                               .end_ms = (FIXTURE_START_S + FIXTURE_SIZE * 60) * 1000LL,
                               .now_ms = (FIXTURE_START_S + 3600) * 1000LL,
                               .period_s = 60 };
    const struct math_names names = { fixture, fixture_type };
    struct math_node *node = math_parse(expression, &fixture->arena, &fixture->problem);
    if (!node || !math_check(node, &names, &fixture->arena, &fixture->problem))
        return (struct math_value){ .type = MATH_NONE };
    struct math_value value = math_evaluate(&fixture->context, node);
    if (!fixture->context.is_exhausted)
        return value;
    fixture->problem = "exhausted";
    return (struct math_value){ .type = MATH_NONE };
}

#endif
