#include "alarms/mute_schedule.h"

#include "support/suite.h"
#include "text.h"
#include "timestamp.h"

static int64_t ms(const char *text)
{
    int64_t value;
    ck_assert(timestamp_parse(text_from(text), &value));
    return value;
}

START_TEST(windows_are_open_when_the_expression_says)
{
    static const struct {
        const char *expression;
        const char *duration;
        const char *now;
        const char *end; /* NULL: none is open */
    } cases[] = {
        { "cron(0 2 * * *)", "PT4H", "2026-01-01T02:00:00Z", "2026-01-01T06:00:00Z" },
        { "cron(0 2 * * *)", "PT4H", "2026-01-01T05:59:59Z", "2026-01-01T06:00:00Z" },
        { "cron(0 2 * * *)", "PT4H", "2026-01-01T06:00:00Z", NULL },
        { "cron(0 2 * * *)", "PT4H", "2026-01-01T01:59:59Z", NULL },
        { "cron(0 18 * * FRI)", "P2DT12H", "2026-01-04T12:00:00Z", "2026-01-05T06:00:00Z" },
        { "cron(0 18 * * FRI)", "P2DT12H", "2026-01-05T06:00:00Z", NULL },
        { "cron(0 1 1 * *)", "PT1H", "2026-02-01T01:30:00Z", "2026-02-01T02:00:00Z" },
        { "cron(0 1 1 * *)", "PT1H", "2026-02-02T01:30:00Z", NULL },
        { "cron(0,30 9-17 * JAN,mar MON-FRI)", "PT5M", "2026-03-02T17:31:00Z",
          "2026-03-02T17:35:00Z" },
        { "cron(0,30 9-17 * JAN,mar MON-FRI)", "PT5M", "2026-02-02T17:31:00Z", NULL },
        { "cron(0 0 13 * FRI)", "PT1H", "2026-01-13T00:10:00Z", "2026-01-13T01:00:00Z" },
        { "cron(0 0 13 * FRI)", "PT1H", "2026-01-16T00:10:00Z", "2026-01-16T01:00:00Z" },
        { "cron(* * * * *)", "PT2M", "2026-01-13T00:10:30Z", "2026-01-13T00:12:00Z" },
        { "at(2026-01-01T12:00)", "P15D", "2026-01-16T11:59:00Z", "2026-01-16T12:00:00Z" },
        { "at(2026-01-01T12:00)", "P15D", "2026-01-01T11:59:00Z", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mute_schedule schedule;
        ck_assert_msg(mute_schedule_parse(cases[i].expression, &schedule), "%s",
                      cases[i].expression);
        ck_assert(mute_duration_parse(cases[i].duration, &schedule.duration_ms));
        int64_t end_ms = mute_schedule_end_ms(&schedule, ms(cases[i].now), 0);
        ck_assert_msg(end_ms == (cases[i].end ? ms(cases[i].end) : 0), "%s %s", cases[i].expression,
                      cases[i].now);
    }
}
END_TEST

START_TEST(a_window_that_began_too_early_does_not_count)
{
    struct mute_schedule schedule;
    ck_assert(mute_schedule_parse("cron(0 2 * * *)", &schedule));
    ck_assert(mute_duration_parse("PT4H", &schedule.duration_ms));
    int64_t now_ms = ms("2026-01-01T03:00:00Z");
    ck_assert_int_eq(mute_schedule_end_ms(&schedule, now_ms, ms("2026-01-01T02:30:00Z")), 0);
    ck_assert_int_ne(mute_schedule_end_ms(&schedule, now_ms, ms("2026-01-01T02:00:00Z")), 0);
}
END_TEST

START_TEST(what_is_no_schedule_is_refused)
{
    static const char *const expressions[] = {
        "",
        "cron()",
        "cron(0 2 * *)",
        "cron(0 2 * * * *)",
        "cron(60 2 * * *)",
        "cron(0 24 * * *)",
        "cron(0 2 0 * *)",
        "cron(0 2 * 13 *)",
        "cron(0 2 * * 7)",
        "cron(0 2 * * XYZ)",
        "cron(5-1 2 * * *)",
        "cron(0 2 * * *",
        "rate(5 minutes)",
        "at(2026-01-01)",
        "at(2026-01-01T12:00:00)",
        "at(2026-13-01T12:00)",
    };
    static const char *const durations[] = { "",     "P",      "PT",   "4H",        "PT59S",
                                             "P16D", "PT4",    "P1H",  "PT1D",      "P1DT",
                                             "PTH",  "PT1M1H", "P-1D", "PT9999999H" };
    struct mute_schedule schedule;
    int64_t duration_ms;
    for (size_t i = 0; i < COUNT_OF(expressions); i++)
        ck_assert_msg(!mute_schedule_parse(expressions[i], &schedule), "%s", expressions[i]);
    for (size_t i = 0; i < COUNT_OF(durations); i++)
        ck_assert_msg(!mute_duration_parse(durations[i], &duration_ms), "%s", durations[i]);
    ck_assert(mute_duration_parse("PT1M", &duration_ms) && duration_ms == 60000);
    ck_assert(mute_duration_parse("P1W", &duration_ms) && duration_ms == 7 * 86400000LL);
}
END_TEST

SUITE("mute_schedule", windows_are_open_when_the_expression_says,
      a_window_that_began_too_early_does_not_count, what_is_no_schedule_is_refused)
