#include "alarms/mute_schedule.h"

#include "support/suite.h"
#include "text.h"
#include "timestamp.h"

static const struct time_zone utc;

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
        int64_t end_ms = mute_schedule_end_ms(&schedule, &utc, ms(cases[i].now), 0);
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
    ck_assert_int_eq(mute_schedule_end_ms(&schedule, &utc, now_ms, ms("2026-01-01T02:30:00Z")), 0);
    ck_assert_int_ne(mute_schedule_end_ms(&schedule, &utc, now_ms, ms("2026-01-01T02:00:00Z")), 0);
}
END_TEST

START_TEST(expressions_are_in_local_time_summer_and_winter)
{
    static const struct {
        const char *expression;
        const char *begins; /* UTC */
    } cases[] = {
        { "cron(0 2 * * *)", "2026-01-10T07:00:00Z" },
        { "cron(0 2 * * *)", "2026-07-10T06:00:00Z" },
        { "at(2026-01-10T02:00)", "2026-01-10T07:00:00Z" },
        { "at(2026-07-10T02:00)", "2026-07-10T06:00:00Z" },
        { "at(2026-11-01T01:30)", "2026-11-01T05:30:00Z" }, /* comes twice */
        { "at(2026-03-08T02:30)", "2026-03-08T07:30:00Z" }, /* is left out */
    };
    struct time_zone zone;
    ck_assert(time_zone_load("America/New_York", &zone));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mute_schedule schedule;
        int64_t begins_ms = ms(cases[i].begins);
        ck_assert(mute_schedule_parse(cases[i].expression, &schedule));
        schedule.duration_ms = 60000;
        ck_assert_msg(mute_schedule_end_ms(&schedule, &zone, begins_ms, 0) == begins_ms + 60000,
                      "%s %s", cases[i].expression, cases[i].begins);
        ck_assert_int_eq(mute_schedule_end_ms(&schedule, &zone, begins_ms - 1, 0), 0);
    }
    time_zone_clear(&zone);
}
END_TEST

START_TEST(zones_have_their_offsets_and_strangers_are_none)
{
    static const char *const strangers[] = { "",         "Mars/Olympus", "../../etc/passwd",
                                             "/etc/UTC", "zone.tab",     "Europe" };
    struct time_zone zone;
    for (size_t i = 0; i < COUNT_OF(strangers); i++)
        ck_assert_msg(!time_zone_load(strangers[i], &zone), "%s", strangers[i]);
    ck_assert(time_zone_load("Asia/Kolkata", &zone));
    ck_assert_int_eq(time_zone_offset_s(&zone, 1767225600), 19800);
    ck_assert_int_eq(time_zone_to_utc_s(&zone, 1767225600 + 19800), 1767225600);
    time_zone_clear(&zone);
    ck_assert(time_zone_load("UTC", &zone));
    ck_assert_int_eq(time_zone_offset_s(&zone, 1767225600), 0);
    time_zone_clear(&zone);
}
END_TEST

/* Whatever is jumped over on the way back must hold no beginning: against every minute of two
 * weeks around the days when clocks change. */
START_TEST(looking_back_overlooks_no_minute)
{
    static const char *const expressions[] = { "cron(59 23 * * *)", "cron(30 2 * * SUN)",
                                               "cron(0 0 1,8 3,11 *)", "cron(15,45 1-3 * * MON)" };
    static const char *const zones[] = { "UTC", "America/New_York", "Australia/Lord_Howe" };
    static const char *const starts[] = { "2026-03-03T00:00:00Z", "2026-10-27T00:00:00Z" };
    for (size_t i = 0; i < COUNT_OF(expressions) * COUNT_OF(zones) * COUNT_OF(starts); i++) {
        struct mute_schedule schedule;
        struct time_zone zone;
        ck_assert(mute_schedule_parse(expressions[i % COUNT_OF(expressions)], &schedule));
        ck_assert(time_zone_load(zones[i / COUNT_OF(expressions) % COUNT_OF(zones)], &zone));
        int64_t start_ms = ms(starts[i / COUNT_OF(expressions) / COUNT_OF(zones)]);
        int64_t last_ms = 0;
        for (int64_t now_ms = start_ms; now_ms < start_ms + 14 * 86400000LL; now_ms += 60000) {
            schedule.duration_ms = 60000; /* only this very minute is looked at */
            if (mute_schedule_end_ms(&schedule, &zone, now_ms, 0))
                last_ms = now_ms;
            schedule.duration_ms = 15 * 86400000LL;
            int64_t end_ms = mute_schedule_end_ms(&schedule, &zone, now_ms, start_ms);
            ck_assert_int_eq(end_ms, last_ms ? last_ms + schedule.duration_ms : 0);
        }
        time_zone_clear(&zone);
    }
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
      a_window_that_began_too_early_does_not_count, expressions_are_in_local_time_summer_and_winter,
      zones_have_their_offsets_and_strangers_are_none, looking_back_overlooks_no_minute,
      what_is_no_schedule_is_refused)
