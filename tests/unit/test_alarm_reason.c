#include "alarms/reason.h"

#include <stdlib.h>
#include <string.h>

#include "support/suite.h"
#include "timestamp.h"
#include "xalloc.h"

static int64_t seconds(const char *text)
{
    int64_t ms;
    ck_assert(timestamp_parse(text_from(text), &ms));
    return ms / 1000;
}

struct sample {
    enum alarm_comparison comparison;
    int periods;
    int needed;
    enum alarm_missing missing;
    double threshold;
    const char *values; /* newest first, "-" is missing */
    const char *reason;
};

static int read_values(const char *text, const char *newest, struct alarm_datapoint *points_out)
{
    int count = 0;
    struct text rest = text_from(text);
    while (rest.data) {
        struct text word = text_cut(&rest, ' ');
        struct alarm_datapoint *point = &points_out[count];
        *point =
            (struct alarm_datapoint){ .start_s = seconds(newest) - 60 * count, .sample_count = 2 };
        point->is_real = text_to_double(word, &point->value);
        count++;
    }
    return count;
}

static struct alarm_finding find(const struct sample *sample, const char *newest,
                                 struct alarm_criteria *criteria, struct alarm_datapoint *points)
{
    *criteria = (struct alarm_criteria){ .comparison = sample->comparison,
                                         .threshold = sample->threshold,
                                         .evaluation_periods = sample->periods,
                                         .datapoints_to_alarm = sample->needed,
                                         .missing = sample->missing };
    int count = read_values(sample->values, newest, points);
    return (struct alarm_finding){
        .criteria = criteria,
        .points = points,
        .count = count,
        .verdict = alarm_evaluate(criteria, points, count, ALARM_STATE_INSUFFICIENT_DATA),
        .statistic = "Average",
        .period_s = 60,
        .query_ms = (seconds(newest) + 60) * 1000 + 984,
    };
}

#define MISSING ALARM_MISSING_MISSING
#define BREACHING ALARM_MISSING_BREACHING
#define NOT_BREACHING ALARM_MISSING_NOT_BREACHING

static const struct sample samples[] = {
    { ALARM_GREATER, 1, 0, MISSING, 21, "21.5 22 -",
      "Threshold Crossed: 1 datapoint [21.5 (26/02/26 10:13:00)] was greater than the threshold "
      "(21.0)." },
    { ALARM_GREATER, 3, 0, BREACHING, 0, "2 3 1 - -",
      "Threshold Crossed: 3 datapoints [2.0 (26/02/26 10:13:00), 3.0 (26/02/26 10:12:00), 1.0 "
      "(26/02/26 10:11:00)] were greater than the threshold (0.0)." },
    { ALARM_GREATER, 1, 0, MISSING, 0, "0 - -",
      "Threshold Crossed: 1 datapoint [0.0 (26/02/26 10:13:00)] was not greater than the threshold "
      "(0.0)." },
    { ALARM_LESS_OR_EQUAL, 8, 0, BREACHING, 0, "- - 2 - - - - - - -",
      "Threshold Crossed: 1 datapoint [2.0 (26/02/26 10:11:00)] was not less than or equal to the "
      "threshold (0.0) and 7 missing datapoints were treated as [Breaching]." },
    { ALARM_GREATER, 2, 0, BREACHING, 2, "- - - -",
      "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were "
      "treated as [Breaching]." },
    { ALARM_GREATER, 1, 0, NOT_BREACHING, 2, "- - -",
      "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
      "treated as [NonBreaching]." },
    { ALARM_GREATER, 3, 2, BREACHING, 2, "- 1 - - -",
      "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were "
      "treated as [Breaching]." },
    { ALARM_GREATER, 1, 0, MISSING, 2, "- - -", "Insufficient Data: 1 datapoint was unknown." },
    { ALARM_GREATER, 3, 0, MISSING, 2, "- - - - -",
      "Insufficient Data: 3 datapoints were unknown." },
    { ALARM_GREATER, 1, 1, MISSING, 50, "99.5 - -",
      "Threshold Crossed: 1 out of the last 1 datapoints [99.5 (26/02/26 10:13:00)] was greater "
      "than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)." },
    { ALARM_GREATER, 3, 2, MISSING, 50, "60 10 70 - -",
      "Threshold Crossed: 2 out of the last 3 datapoints [60.0 (26/02/26 10:13:00), 70.0 (26/02/26 "
      "10:11:00)] were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM "
      "transition)." },
    { ALARM_GREATER, 3, 2, MISSING, 50, "- 60 70 - -",
      "Threshold Crossed: 2 out of the last 3 datapoints [60.0 (26/02/26 10:12:00), 70.0 (26/02/26 "
      "10:11:00)] were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM "
      "transition)." },
    { ALARM_GREATER, 1, 1, MISSING, 50, "40 - -",
      "Threshold Crossed: 1 out of the last 1 datapoints [40.0 (26/02/26 10:13:00)] was not "
      "greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition)." },
    { ALARM_GREATER_OR_EQUAL, 20, 1, NOT_BREACHING, 1, "- 613 -",
      "Threshold Crossed: 1 out of the last 20 datapoints [613.0 (26/02/26 10:12:00)] was greater "
      "than or equal to the threshold (1.0) and 19 missing datapoints were treated as "
      "[NonBreaching] (minimum 1 datapoint for OK -> ALARM transition)." },
    { ALARM_GREATER, 4, 0, MISSING, 0, "4 3 2 1",
      "Threshold Crossed: 4 datapoints [4.0 (26/02/26 10:13:00), 3.0 (26/02/26 10:12:00), 2.0 "
      "(26/02/26 10:11:00), 1.0 (26/02/26 10:10:00)] were greater than the threshold (0.0)." },
    { ALARM_LESS_OR_EQUAL, 6, 0, MISSING, 0, "0 0 0 0 -1 0 - -",
      "Threshold Crossed: 6 datapoints were less than or equal to the threshold (0.0). The most "
      "recent datapoints which crossed the threshold: [0.0 (26/02/26 10:13:00), 0.0 (26/02/26 "
      "10:12:00), 0.0 (26/02/26 10:11:00), 0.0 (26/02/26 10:10:00), -1.0 (26/02/26 10:09:00)]." },
    { ALARM_LESS, 5, 5, MISSING, 65, "0 1 2 3 4 - -",
      "Threshold Crossed: 5 out of the last 5 datapoints were less than the threshold (65.0). The "
      "most recent datapoints which crossed the threshold: [0.0 (26/02/26 10:13:00), 1.0 (26/02/26 "
      "10:12:00), 2.0 (26/02/26 10:11:00), 3.0 (26/02/26 10:10:00), 4.0 (26/02/26 10:09:00)] "
      "(minimum 5 datapoints for OK -> ALARM transition)." },
};

START_TEST(reasons_are_aws_s_word_for_word)
{
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct alarm_criteria criteria;
        struct alarm_datapoint points[32];
        struct alarm_finding finding = find(&samples[i], "2026-02-26T10:13:00Z", &criteria, points);
        CLEANUP(freep) char *reason = alarm_reason_print(&finding);
        ck_assert_str_eq(reason, samples[i].reason);
    }
}
END_TEST

START_TEST(reason_data_are_aws_s_to_the_letter)
{
    struct alarm_criteria criteria;
    struct alarm_datapoint points[32];
    const struct sample one = { ALARM_GREATER, 1, 0, MISSING, 21, "21.5 3 -", NULL };
    struct alarm_finding finding = find(&one, "2025-05-15T15:30:00Z", &criteria, points);
    points[0].sample_count = 1;
    CLEANUP(freep) char *data = alarm_reason_data_print(&finding);
    ck_assert_str_eq(
        data,
        "{\"version\":\"1.0\",\"queryDate\":\"2025-05-15T15:31:00.984+0000\",\"startDate\":"
        "\"2025-05-15T15:30:00.000+0000\",\"statistic\":\"Average\",\"period\":60,"
        "\"recentDatapoints\":[21.5],\"threshold\":21.0,\"evaluatedDatapoints\":[{\"timestamp\":"
        "\"2025-05-15T15:30:00.000+0000\",\"sampleCount\":1.0,\"value\":21.5}]}");
    const struct sample none = { ALARM_GREATER, 2, 0, BREACHING, 2, "- - - -", NULL };
    finding = find(&none, "2025-05-15T15:30:00Z", &criteria, points);
    finding.unit = "Seconds";
    CLEANUP(freep) char *empty = alarm_reason_data_print(&finding);
    ck_assert_str_eq(empty,
                     "{\"version\":\"1.0\",\"queryDate\":\"2025-05-15T15:31:00.984+0000\",\"unit\":"
                     "\"Seconds\",\"statistic\":\"Average\",\"period\":60,\"recentDatapoints\":[],"
                     "\"threshold\":2.0,\"evaluatedDatapoints\":[{\"timestamp\":"
                     "\"2025-05-15T15:30:00.000+0000\"},{\"timestamp\":"
                     "\"2025-05-15T15:29:00.000+0000\"}]}");
}
END_TEST

START_TEST(long_windows_stay_within_aws_s_lengths)
{
    enum { PERIODS = 1440 };
    const struct alarm_criteria criteria = { .comparison = ALARM_GREATER,
                                             .evaluation_periods = PERIODS };
    struct alarm_datapoint *points = xcalloc(PERIODS, sizeof(*points));
    for (int i = 0; i < PERIODS; i++)
        points[i] = (struct alarm_datapoint){ 60 * (PERIODS - i), true, 1.5, 1 };
    const struct alarm_finding finding = {
        &criteria, points, PERIODS, alarm_evaluate(&criteria, points, PERIODS, ALARM_STATE_OK),
        0,         NULL,   "Sum",   60
    };
    CLEANUP(freep) char *reason = alarm_reason_print(&finding);
    CLEANUP(freep) char *data = alarm_reason_data_print(&finding);
    ck_assert_uint_le(strlen(reason), 1023);
    ck_assert_uint_le(strlen(data), ALARM_REASON_DATA_MAX);
    ck_assert_uint_gt(strlen(data), ALARM_REASON_DATA_MAX / 3);
    free(points);
}
END_TEST

SUITE("alarm_reason", reasons_are_aws_s_word_for_word, reason_data_are_aws_s_to_the_letter,
      long_windows_stay_within_aws_s_lengths)
