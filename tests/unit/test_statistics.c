/* statistics: against reference values (computed with exact fractions). */
#include "statistics/statistics.h"

#include <math.h>

#include "random.h"
#include "support/suite.h"

static void assert_close(double got, double wanted, const char *what, size_t row)
{
    double scale = fabs(wanted) > 1e-290 ? fabs(wanted) : 1;
    ck_assert_msg(fabs(got - wanted) <= 1e-9 * scale, "%s, row %zu: %.12g, not %.12g", what, row,
                  got, wanted);
}

START_TEST(binomial_tests_have_their_reference_values)
{
    static const struct {
        unsigned k;
        unsigned n;
        double p;
        double greater;
        double two_sided;
    } rows[] = {
        { 3, 10, 0.5, 0.945312500000, 0.343750000000 },
        { 10, 100, 0.1, 0.548709834558, 1 },
        { 17, 100, 0.1, 0.0205988101453, 0.0284352972665 },
        { 0, 50, 0.1, 1, 0.00837369634323 },
        { 120, 1000, 0.1, 0.0219961449658, 0.0396077196416 },
        { 78, 1000, 0.1, 0.992752772171, 0.0202296071259 },
        { 5, 1000, 0.001, 0.00363687802952, 0.00363687802952 },
        { 682, 925, 0.75, 0.824089122352, 0.382491559575 },
        { 12, 42, 0.1, 6.23656342135e-4, 6.23656342135e-4 },
        { 1059, 10000, 0.1, 0.0263173401815, 0.0511496579894 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_close(binomial_greater(rows[i].k, rows[i].n, rows[i].p), rows[i].greater, "greater",
                     i);
        assert_close(binomial_two_sided(rows[i].k, rows[i].n, rows[i].p), rows[i].two_sided,
                     "two-sided", i);
    }
}
END_TEST

START_TEST(exact_intervals_have_their_reference_values)
{
    static const struct {
        unsigned k;
        unsigned n;
        double low;
        double high;
    } rows[] = {
        { 0, 10, 0, 0.308497107819 },
        { 1, 10, 0.00252857854446, 0.445016117028 },
        { 5, 10, 0.187086028447, 0.812913971553 },
        { 10, 10, 0.691502892181, 1 },
        { 100, 1000, 0.0821053343556, 0.120287936519 },
        { 3, 1000, 6.19099931650e-4, 0.00874202323848 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct interval interval = clopper_pearson(rows[i].k, rows[i].n, 0.95);
        assert_close(interval.low, rows[i].low, "low", i);
        assert_close(interval.high, rows[i].high, "high", i);
    }
    struct interval all = clopper_pearson(0, 0, 0.95);
    ck_assert(all.low == 0 && all.high == 1);
}
END_TEST

START_TEST(fisher_has_its_reference_values)
{
    static const struct {
        unsigned bad;
        unsigned good;
        unsigned other_bad;
        unsigned other_good;
        double greater;
    } rows[] = {
        { 3, 1, 1, 3, 0.242857142857 },
        { 8, 2, 1, 5, 0.0244755244755 },
        { 0, 10, 5, 5, 1 },
        { 5, 95, 5, 895, 0.00152142190877 },
        { 1, 99, 9, 891, 0.653072285208 },
        { 2, 98, 0, 900, 0.00990990990991 },
        { 30, 970, 10, 990, 0.00100416678092 },
        { 0, 100, 0, 900, 1 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_close(fisher_greater(rows[i].bad, rows[i].bad + rows[i].good, rows[i].other_bad,
                                    rows[i].other_bad + rows[i].other_good),
                     rows[i].greater, "fisher", i);
}
END_TEST

START_TEST(the_mixture_has_its_reference_values)
{
    static const struct {
        unsigned k;
        unsigned n;
        double factor;
    } rows[] = {
        { 10, 100, 0.0750840940205 }, { 20, 100, 8.45525199826 }, { 130, 1000, 2.68579787741 },
        { 12, 42, 49.6106691642 },    { 0, 100, 372.758608871 },  { 0, 0, 1 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_close(exp(mixture_log_bayes_factor(rows[i].k, rows[i].n, 0.1)), rows[i].factor,
                     "mixture", i);
}
END_TEST

/*
 * Ville's inequality, tried out: 2,000 streams of 400 requests that fail with exactly the limit's
 * rate, looked at after each. At most 1 % may ever pass the bound of 100; 45 of 2,000 would be
 * passed by chance in fewer than 1 of 10^6 runs (binomial tail at 1 %), and the seed is fixed.
 */
START_TEST(looking_after_every_request_raises_no_false_alarms)
{
    enum { STREAMS = 2000, REQUESTS = 400, ALARMS_MAX = 45 };
    const double limit = 0.05;
    random_set_seed(11);
    struct random_stream stream = random_stream_for("alarms");
    int alarms = 0;
    for (int i = 0; i < STREAMS; i++) {
        unsigned errors = 0;
        bool has_alarm = false;
        for (unsigned n = 1; n <= REQUESTS; n++) {
            errors += random_unit(&stream) < limit;
            has_alarm |= mixture_log_bayes_factor(errors, n, limit) >= log(100);
        }
        alarms += has_alarm;
    }
    ck_assert_int_le(alarms, ALARMS_MAX);
}
END_TEST

START_TEST(a_bad_canary_is_found_after_a_handful_of_requests)
{
    ck_assert(mixture_log_bayes_factor(3, 3, 0.01) >= log(100));
    ck_assert(mixture_log_bayes_factor(0, 300, 0.01) < 0.5);
}
END_TEST

SUITE("statistics", binomial_tests_have_their_reference_values,
      exact_intervals_have_their_reference_values, fisher_has_its_reference_values,
      the_mixture_has_its_reference_values, looking_after_every_request_raises_no_false_alarms,
      a_bad_canary_is_found_after_a_handful_of_requests)
