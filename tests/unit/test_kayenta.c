/* kayenta: the reference cases of canary-tools.md 11.20, and the judge's rules one by one. */
#include "statistics/kayenta.h"

#include "support/close.h"

static const double a_x[] = { 10, 20, 30, 40 };
static const double a_y[] = { 1, 2, 3, 4 };
static const double h_x[] = { 105, 112, 118, 121, 130, 133, 140, 155, 160, 171 };
static const double h_y[] = { 99, 101, 104, 107, 110, 113, 117, 119, 125, 128 };
static const double slow[] = { 150, 152, 155, 158, 160, 161, 163, 166, 170, 171 };

static const struct kayenta_rules defaults = { .confidence = 0.98 };

#define CLASSIFY(x, y, rules) kayenta_classify(x, COUNT_OF(x), y, COUNT_OF(y), rules)

/* Kayenta's root finder stops within 1e-4. */
static void assert_near(double got, double wanted, const char *what)
{
    ck_assert_msg(fabs(got - wanted) <= 1e-4, "%s: %.10g, not %.10g", what, got, wanted);
}

START_TEST(reference_cases_are_classified_as_kayenta_does)
{
    const struct kayenta_rules rules95 = { .confidence = 0.95 };
    struct kayenta found = CLASSIFY(a_x, a_y, &rules95);
    assert_near(found.shift.low, 6, "KY1 low");
    assert_near(found.shift.high, 39, "KY1 high");
    assert_near(found.estimate, 22.5, "KY1 estimate");
    ck_assert_int_eq(found.class, KAYENTA_HIGH);
    found = CLASSIFY(h_x, h_y, &defaults);
    assert_near(found.shift.low, 1.00004, "KY2 low");
    assert_near(found.shift.high, 45.99996, "KY2 high");
    assert_near(found.estimate, 20, "KY2 estimate");
    ck_assert_int_eq(found.class, KAYENTA_PASS);
    found = CLASSIFY(slow, h_y, &defaults);
    assert_near(found.shift.low, 37, "KY3 low");
    assert_near(found.shift.high, 59, "KY3 high");
    ck_assert(fabs(found.estimate - 48.58) < 0.5); /* any root of a flat step: ours is its middle */
    ck_assert(fabs(found.effect - 1.43) < 0.005);
    ck_assert_int_eq(found.class, KAYENTA_HIGH);
}
END_TEST

START_TEST(the_other_way_round_is_low)
{
    struct kayenta found = CLASSIFY(h_y, slow, &defaults);
    ck_assert_int_eq(found.class, KAYENTA_LOW);
    assert_near(found.shift.high, -37, "high");
    found = CLASSIFY(h_y, h_x, &defaults);
    assert_near(found.shift.high, -1.00004, "KY2 turned round, high");
    ck_assert_int_eq(found.class, KAYENTA_PASS); /* less, but not by a quarter of the estimate */
}
END_TEST

START_TEST(directions_and_allowed_effects_are_heeded)
{
    const struct {
        struct kayenta_rules rules;
        enum kayenta_class slower;
        enum kayenta_class faster;
    } rows[] = {
        { { .direction = DIRECTION_INCREASE }, KAYENTA_HIGH, KAYENTA_PASS },
        { { .direction = DIRECTION_DECREASE }, KAYENTA_PASS, KAYENTA_LOW },
        { { .allowed_increase = 1.2, .allowed_decrease = 0.8 }, KAYENTA_HIGH, KAYENTA_LOW },
        { { .allowed_increase = 1.5, .allowed_decrease = 0.5 }, KAYENTA_PASS, KAYENTA_PASS },
        { { .measure = MEASURE_CLES }, KAYENTA_HIGH, KAYENTA_LOW },
        { { .measure = MEASURE_CLES, .allowed_increase = 1.1 }, KAYENTA_PASS, KAYENTA_LOW },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kayenta_rules rules = rows[i].rules;
        rules.confidence = KAYENTA_CONFIDENCE;
        ck_assert_msg(CLASSIFY(slow, h_y, &rules).class == rows[i].slower, "row %zu, slower", i);
        ck_assert_msg(CLASSIFY(h_y, slow, &rules).class == rows[i].faster, "row %zu, faster", i);
    }
}
END_TEST

START_TEST(same_and_missing_data_need_no_test)
{
    static const double fives[] = { 5, 5, 5 };
    static const double more_fives[] = { 5, 5, 5, 5, 5 };
    ck_assert_int_eq(CLASSIFY(h_y, h_y, &defaults).class, KAYENTA_PASS);
    ck_assert_int_eq(CLASSIFY(fives, more_fives, &defaults).class, KAYENTA_PASS);
    ck_assert_int_eq(kayenta_classify(NULL, 0, h_y, 10, &defaults).class, KAYENTA_NO_DATA);
    ck_assert_int_eq(kayenta_classify(h_y, 10, NULL, 0, &defaults).class, KAYENTA_NO_DATA);
}
END_TEST

/* A test that could find nothing, whatever the values, has not found that all is well. */
START_TEST(too_few_values_are_no_data)
{
    static const double high[] = { 900, 901, 902, 903, 904 };
    static const double low[] = { 1, 2, 3, 4, 5 };
    for (size_t n = 1; n < COUNT_OF(high); n++)
        ck_assert_msg(kayenta_classify(high, n, low, n, &defaults).class == KAYENTA_NO_DATA,
                      "%zu values", n);
    ck_assert_int_eq(kayenta_classify(high, 2, h_y, COUNT_OF(h_y), &defaults).class,
                     KAYENTA_NO_DATA);
    ck_assert_int_eq(CLASSIFY(high, low, &defaults).class, KAYENTA_HIGH);
    ck_assert_int_eq(kayenta_classify(low, 3, low, 3, &defaults).class,
                     KAYENTA_PASS); /* the same */
}
END_TEST

START_TEST(two_constant_series_are_told_apart)
{
    double ones[20];
    double twos[20];
    for (size_t i = 0; i < COUNT_OF(ones); i++) {
        ones[i] = 1;
        twos[i] = 2;
    }
    ck_assert_int_eq(CLASSIFY(twos, ones, &defaults).class, KAYENTA_HIGH);
    ck_assert_int_eq(CLASSIFY(ones, twos, &defaults).class, KAYENTA_LOW);
    /* The same two values are not the same data. */
    twos[0] = 1;
    ones[0] = 2;
    ck_assert_int_eq(CLASSIFY(twos, ones, &defaults).class, KAYENTA_HIGH);
}
END_TEST

START_TEST(an_effect_that_is_just_allowed_counts_and_nothing_to_divide_by_is_no_excuse)
{
    static const double nothing[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    static const double one[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    static const double two[] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 };
    static const double less[] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 };
    const struct kayenta_rules rules = { .allowed_increase = 2,
                                         .allowed_decrease = 0.5,
                                         .confidence = KAYENTA_CONFIDENCE };
    ck_assert_int_eq(CLASSIFY(two, one, &rules).class, KAYENTA_HIGH);
    ck_assert_int_eq(CLASSIFY(one, two, &rules).class, KAYENTA_LOW);
    ck_assert_int_eq(CLASSIFY(one, nothing, &rules).class, KAYENTA_HIGH);
    ck_assert_int_eq(CLASSIFY(less, nothing, &rules).class, KAYENTA_LOW);
}
END_TEST

START_TEST(outliers_are_removed_only_if_told_and_only_far_ones)
{
    double values[200];
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (double)(i % 20);
    values[7] = 1e6;
    values[27] = -1e6;
    values[47] = 42; /* within three times the quartiles' distance: 4.75 and 14.25 */
    values[67] = -23;
    ck_assert_uint_eq(remove_outliers(values, COUNT_OF(values)), COUNT_OF(values) - 2);
    for (size_t i = 0; i < COUNT_OF(values) - 2; i++)
        ck_assert(values[i] <= 42 && values[i] >= -23);
    /* Of few values the greatest is within the 99th percentile's reach, and stays. */
    double few[] = { 1, 2, 3, 4, 5, 6, 7, 30 };
    ck_assert_uint_eq(remove_outliers(few, 7), 7);
    ck_assert_uint_eq(remove_outliers(few, 0), 0);
}
END_TEST

/* By the ranks it is higher, by a third; the mean of one far value makes it fifty times so much. */
START_TEST(an_outlier_makes_an_effect_unless_it_is_removed)
{
    double x[200];
    double y[200];
    struct kayenta_rules rules = { .allowed_increase = 2, .confidence = KAYENTA_CONFIDENCE };
    for (size_t i = 0; i < COUNT_OF(x); i++) {
        x[i] = 140 + (double)(i % 20);
        y[i] = 100 + (double)(i % 20);
    }
    x[7] = 1e6;
    ck_assert_int_eq(CLASSIFY(x, y, &rules).class, KAYENTA_HIGH);
    rules.removes_outliers = true;
    ck_assert_int_eq(CLASSIFY(x, y, &rules).class, KAYENTA_PASS);
    rules.allowed_increase = 1.3;
    ck_assert_int_eq(CLASSIFY(x, y, &rules).class, KAYENTA_HIGH);
}
END_TEST

SUITE("kayenta", reference_cases_are_classified_as_kayenta_does, the_other_way_round_is_low,
      directions_and_allowed_effects_are_heeded, same_and_missing_data_need_no_test,
      too_few_values_are_no_data, two_constant_series_are_told_apart,
      an_effect_that_is_just_allowed_counts_and_nothing_to_divide_by_is_no_excuse,
      outliers_are_removed_only_if_told_and_only_far_ones,
      an_outlier_makes_an_effect_unless_it_is_removed)
