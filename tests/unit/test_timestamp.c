/* timestamp: the spellings of time that AWS uses, printed and read. */
#include <stdio.h>
#include <time.h>

#include "random.h"
#include "support/suite.h"
#include "timestamp.h"

START_TEST(each_form_is_printed_as_aws_prints_it)
{
    static const struct {
        int64_t ms;
        enum timestamp_form form;
        const char *text;
    } cases[] = {
        { 1760954700000, TIMESTAMP_ISO, "2025-10-20T10:05:00Z" },
        { 1760954700999, TIMESTAMP_ISO, "2025-10-20T10:05:00Z" },
        { 1747323104984, TIMESTAMP_ISO_MS, "2025-05-15T15:31:44.984Z" },
        { 1764037614123, TIMESTAMP_LAMBDA, "2025-11-25T02:26:54.123+0000" },
        { 1764037614003, TIMESTAMP_LAMBDA, "2025-11-25T02:26:54.003+0000" },
        { 1512714244000, TIMESTAMP_BASIC, "20171208T062404Z" },
        { 1512714244000, TIMESTAMP_DATE, "20171208" },
        { 1764037614123, TIMESTAMP_SLASHED_DATE, "2025/11/25" },
        { 0, TIMESTAMP_ISO_MS, "1970-01-01T00:00:00.000Z" },
        { -1, TIMESTAMP_ISO_MS, "1969-12-31T23:59:59.999Z" },
        { 951782400000, TIMESTAMP_ISO, "2000-02-29T00:00:00Z" },
        { -55050000000000, TIMESTAMP_ISO, "0225-07-15T05:20:00Z" },
        { INT64_MIN, TIMESTAMP_ISO_MS, "0000-01-01T00:00:00.000Z" },
        { INT64_MAX, TIMESTAMP_LAMBDA, "9999-12-31T23:59:59.999+0000" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[TIMESTAMP_SIZE];
        ck_assert_str_eq(timestamp_print(cases[i].ms, cases[i].form, text), cases[i].text);
    }
}
END_TEST

static void expect_as_strftime(int64_t ms)
{
    static const char *const formats[] = {
        [TIMESTAMP_ISO] = "%04Y-%m-%dT%H:%M:%SZ",
        [TIMESTAMP_ISO_MS] = "%04Y-%m-%dT%H:%M:%S.***Z",
        [TIMESTAMP_LAMBDA] = "%04Y-%m-%dT%H:%M:%S.***+0000",
        [TIMESTAMP_LAMBDA_SECONDS] = "%04Y-%m-%dT%H:%M:%S+0000",
        [TIMESTAMP_BASIC] = "%04Y%m%dT%H%M%SZ",
        [TIMESTAMP_DATE] = "%04Y%m%d",
        [TIMESTAMP_SLASHED_DATE] = "%04Y/%m/%d",
    };
    int fraction_ms = (int)((ms % 1000 + 1000) % 1000);
    time_t seconds = (time_t)((ms - fraction_ms) / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    for (size_t form = 0; form < COUNT_OF(formats); form++) {
        char text[TIMESTAMP_SIZE];
        char expected[TIMESTAMP_SIZE + 8];
        char digits[16];
        size_t size = strftime(expected, sizeof(expected), formats[form], &parts);
        snprintf(digits, sizeof(digits), "%03d", fraction_ms);
        char *fraction = memchr(expected, '*', size);
        if (fraction)
            memcpy(fraction, digits, 3);
        if (strcmp(timestamp_print(ms, (enum timestamp_form)form, text), expected) != 0)
            ck_abort_msg("%s, not %s", text, expected); /* an assertion for each takes long */
    }
}

/* Every day of four hundred years, after which the calendar repeats, and any moment of all years.
 */
START_TEST(moments_are_those_of_the_system)
{
    enum { DAYS = 146097, MOMENTS = 50000 };
    static const int64_t first_ms = -62167219200000;
    static const int64_t last_ms = 253402300799999;
    static const int64_t day_ms = 86400000;
    random_set_seed(3);
    struct random_stream stream = random_stream_for("moments");
    for (int64_t day = 0; day < DAYS; day++) {
        expect_as_strftime(first_ms + day * day_ms);
        expect_as_strftime(last_ms - day * day_ms);
    }
    for (int i = 0; i < MOMENTS; i++)
        expect_as_strftime(first_ms +
                           (int64_t)(random_next(&stream) % (uint64_t)(last_ms - first_ms)));
}
END_TEST

START_TEST(what_clients_send_is_read)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        { "2025-10-20T10:05:00Z", 1760954700000 },
        { "2025-10-20T10:05:00.5Z", 1760954700500 },
        { "2025-10-20T10:05:00.123456789Z", 1760954700123 },
        { "2025-10-20T10:05:00+00:00", 1760954700000 },
        { "2025-10-20T12:05:00+02:00", 1760954700000 },
        { "2025-10-20T05:35:00-0430", 1760954700000 },
        { "2025-10-20T10:05Z", 1760954700000 },
        { "2025-10-20T10:05:00", 1760954700000 },
        { "20251020T100500Z", 1760954700000 },
        { "2025-10-20", 1760918400000 },
        { "20251020", 1760918400000 },
        { "1969-12-31T23:59:59.999Z", -1 },
        { "2024-02-29T00:00:00Z", 1709164800000 },
        { "2016-12-31T23:59:60Z", 1483228800000 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = 1;
        ck_assert_msg(timestamp_parse(text_from(cases[i].text), &ms), "'%s'", cases[i].text);
        ck_assert_msg(ms == cases[i].ms, "'%s': %lld", cases[i].text, (long long)ms);
    }
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
    static const char *const cases[] = {
        "",
        "now",
        "2025",
        "2025-1-2",
        "2025-13-01",
        "2025-00-01",
        "2025-01-00",
        "2025-01-32",
        "2025-02-30",
        "2025-02-29",
        "2025-02-30T00:00:60Z",
        "2025-10-20T",
        "2025-10-20T24:00:00Z",
        "2025-10-20T10:60:00Z",
        "2025-10-20T10:05:61Z",
        "2025-10-20T10:05:00.Z",
        "2025-10-20T10:05:00ZZ",
        "2025-10-20T10:05:00+24:00",
        "2025-10-20T10:05:00+2:00",
        "2025-10-20T10:05:00 UTC",
        " 2025-10-20T10:05:00Z",
        "1760954700",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms;
        ck_assert_msg(!timestamp_parse(text_from(cases[i]), &ms), "'%s'", cases[i]);
    }
}
END_TEST

START_TEST(reading_undoes_printing)
{
    static const enum timestamp_form forms[] = { TIMESTAMP_ISO_MS, TIMESTAMP_LAMBDA };
    for (int64_t at = -40LL * 365 * 86400000; at < 90LL * 365 * 86400000; at += 86399999LL * 7) {
        for (size_t i = 0; i < COUNT_OF(forms); i++) {
            char text[TIMESTAMP_SIZE];
            int64_t again = 0;
            ck_assert(timestamp_parse(text_from(timestamp_print(at, forms[i], text)), &again));
            ck_assert_msg(again == at, "%s", text);
        }
    }
}
END_TEST

SUITE("timestamp", moments_are_those_of_the_system, each_form_is_printed_as_aws_prints_it,
      what_clients_send_is_read, what_is_no_time_is_refused, reading_undoes_printing)
