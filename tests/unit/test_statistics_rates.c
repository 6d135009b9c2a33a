/* statistics of two shares, against reference values (exact fractions or 60 digits). */
#include "statistics/two_rates.h"

#include "statistics/discrete.h"
#include "support/close.h"

static const struct {
    const char *id;
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    double greater;
} fisher[] = {
    { "FIS1", 3, 1, 1, 3, 0.242857142857 },
    { "FIS2", 8, 2, 1, 5, 0.0244755244755 },
    { "FIS3", 0, 10, 5, 5, 1.00000000000 },
    { "FIS4", 5, 95, 5, 895, 0.00152142190877 },
    { "FIS5", 10, 90, 20, 880, 3.51171840186e-4 },
    { "FIS6", 12, 88, 30, 870, 4.47563839560e-4 },
    { "FIS7", 1, 99, 9, 891, 0.653072285208 },
    { "FIS8", 2, 98, 0, 900, 0.00990990990991 },
    { "FIS9", 3, 97, 0, 900, 9.73117405983e-4 },
    { "FIS10", 30, 970, 10, 990, 0.00100416678092 },
    { "FIS11", 50, 950, 0, 9000, 3.25294145174e-51 },
    { "FIS12", 100, 900, 90, 8910, 1.35722916884e-50 },
    { "FIS13", 0, 100, 0, 900, 1.00000000000 },
    { "FIS14", 7, 993, 70, 8930, 0.661293059142 },
    { "FIS15", 120, 9880, 900, 89100, 0.0354529055850 },
    { "FIS16", 300, 9700, 1800, 88200, 2.14590776848e-10 },
};

static const struct {
    const char *id;
    struct two_rates seen;
    struct interval newcombe;
} differences[] = {
    { "TWO1", { 12, 100, 30, 900 }, { 0.0347774174762, 0.165410701601 } },
    { "TWO2", { 10, 100, 20, 900 }, { 0.0314645436419, 0.152550484162 } },
    { "TWO3", { 30, 1000, 10, 1000 }, { 0.00781932838651, 0.0333087221540 } },
    { "TWO4", { 120, 1000, 100, 1000 }, { -0.00749216751521, 0.0475506674563 } },
    { "TWO5", { 50, 1000, 0, 9000 }, { 0.0381225971597, 0.0653138202443 } },
    { "TWO6", { 7, 1000, 70, 9000 }, { -0.00491842303138, 0.00677557147362 } },
    { "TWO7", { 5, 100, 45, 900 }, { -0.0327688817163, 0.0629879243355 } },
};

static const struct {
    const char *id;
    struct two_rates seen;
    double higher;
    double lower;
} posteriors[] = {
    { "BB1", { 0, 0, 0, 0 }, 0.500000000000, 0.500000000000 },
    { "BB2", { 1, 10, 1, 10 }, 0.500000000000, 0.500000000000 },
    { "BB3", { 3, 10, 1, 10 }, 0.844611528822, 0.155388471178 },
    { "BB4", { 0, 10, 0, 90 }, 0.892156862745, 0.107843137255 },
    { "BB5", { 12, 100, 30, 900 }, 0.999855036765, 1.44963234948e-4 },
    { "BB6", { 5, 100, 45, 900 }, 0.589938499170, 0.410061500830 },
    { "BB7", { 2, 100, 2, 900 }, 0.991440817204, 0.00855918279628 },
    { "BB8", { 10, 1000, 10, 1000 }, 0.500000000000, 0.500000000000 },
    { "BB9", { 30, 1000, 10, 1000 }, 0.999350976243, 6.49023756948e-4 },
    { "BB10", { 20, 1000, 90, 9000 }, 0.996991313740, 0.00300868625953 },
    { "BB11", { 50, 1000, 0, 9000 }, 1.00000000000, 3.23926719573e-52 },
};

static const struct {
    const char *id;
    double base;
    double canary;
    double ratio;
    double formula;
    double rounded;
    double total;
} sizes[] = {
    { "N2_1", 0.01, 0.02, 1, 3299.83544414, 3300, 6600 },
    { "N2_2", 0.01, 0.02, 9, 1708.26681072, 1709, 17084 },
    { "N2_3", 0.01, 0.05, 9, 199.243630743, 200, 1994 },
    { "N2_4", 0.01, 0.10, 9, 67.0092983888, 68, 672 },
    { "N2_5", 0.001, 0.01, 9, 705.819880362, 706, 7059 },
    { "N2_6", 0.05, 0.10, 9, 322.224295946, 323, 3224 },
    { "N2_7", 0.001, 0.002, 9, 17300.8761763, 17301, 173009 },
    { "N2_8", 0.01, 0.02, 19, 1599.33106206, 1600, 31988 },
};

START_TEST(fisher_has_its_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(fisher); i++) {
        unsigned k1 = fisher[i].a;
        unsigned n1 = fisher[i].a + fisher[i].b;
        unsigned k2 = fisher[i].c;
        unsigned n2 = fisher[i].c + fisher[i].d;
        assert_close(fisher_greater(k1, n1, k2, n2), fisher[i].greater, "greater", fisher[i].id);
    }
    assert_close(fisher_greater(3, 4, 1, 4), 17 / 70.0, "fraction", "FIS1");
    assert_close(fisher_greater(3, 100, 0, 900), 539 / 553890.0, "fraction", "FIS9");
}
END_TEST

START_TEST(fisher_is_certain_where_there_is_nothing_to_compare)
{
    ck_assert(fisher_greater(0, 0, 0, 0) >= 1);
    ck_assert(fisher_greater(0, 10, 0, 0) >= 1);
    ck_assert(fisher_greater(10, 10, 0, 0) >= 1);
    ck_assert(fisher_greater(5, 5, 7, 7) >= 1);
}
END_TEST

START_TEST(newcombes_intervals_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(differences); i++) {
        struct interval interval = newcombe(&differences[i].seen, 0.95);
        assert_close(interval.low, differences[i].newcombe.low, "low", differences[i].id);
        assert_close(interval.high, differences[i].newcombe.high, "high", differences[i].id);
    }
}
END_TEST

START_TEST(posteriors_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(posteriors); i++) {
        /* The table's order is canary errors, canary requests, baseline errors, requests. */
        struct posterior posterior = beta_posterior(&posteriors[i].seen);
        assert_close(posterior.is_higher, posteriors[i].higher, "higher", posteriors[i].id);
        assert_close(posterior.is_lower, posteriors[i].lower, "lower", posteriors[i].id);
    }
}
END_TEST

START_TEST(sample_sizes_of_two_rates_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        double size = two_rates_sample_size(sizes[i].canary, sizes[i].base, sizes[i].ratio, 0.05,
                                            0.9, TWO_SIDED);
        assert_close(size, sizes[i].formula, "formula", sizes[i].id);
        assert_close(ceil(size), sizes[i].rounded, "rounded", sizes[i].id);
        assert_close(ceil(size) + ceil(size * sizes[i].ratio), sizes[i].total, "total",
                     sizes[i].id);
    }
}
END_TEST

/* The formula with 60 digits (mpmath). */
START_TEST(powers_have_their_reference_values)
{
    static const struct {
        double p1;
        double p2;
        double n1;
        double n2;
        double alpha;
        enum sides sides;
        double power;
    } rows[] = {
        { 0.2, 0.01, 10, 90, 0.005, ONE_SIDED, 0.469742496309 },
        { 0.5, 0.01, 10, 90, 0.005, ONE_SIDED, 0.928529979579 },
        { 0.05, 0.01, 100, 900, 0.005, ONE_SIDED, 0.545933172341 },
        { 0.02, 0.01, 1000, 9000, 0.005, ONE_SIDED, 0.542789817340 },
        { 0.02, 0.02, 100, 100, 0.05, TWO_SIDED, 0.00684989292863 },
        { 0.001, 0.0001, 1e9, 1e9, 0.01, TWO_SIDED, 1 },
        { 1, 0.25, 10, 1, 0.005, ONE_SIDED, 0.133348861929 },
        { 0.01, 0.5, 30, 30, 0.01, TWO_SIDED, 0.963426357207 },
        { 1, 0, 20, 20, 0.01, ONE_SIDED, 1 }, /* nothing scatters */
        { 1, 0, 1, 1, 0.01, ONE_SIDED, 0 },
        { 0, 0, 20, 20, 0.01, ONE_SIDED, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_close(two_rates_power(rows[i].p1, rows[i].p2, rows[i].n1, rows[i].n2, rows[i].alpha,
                                     rows[i].sides),
                     rows[i].power, "power", "row");
}
END_TEST

/* The least k1 at which Fisher's test is significant. */
static uint64_t least_significant(uint64_t n1, uint64_t k2, uint64_t n2, double level)
{
    uint64_t k1 = 0;
    while (k1 <= n1 && fisher_greater(k1, n1, k2, n2) > level)
        k1++;
    return k1;
}

/* How often Fisher's test finds p1 against p2, over all outcomes. */
static double exact_power(double p1, uint64_t n1, double p2, uint64_t n2, double level)
{
    struct discrete law = binomial_law(n2, p2);
    double power = 0;
    for (uint64_t k2 = 0; k2 <= n2; k2++) {
        double chance = exp(discrete_log_probability(&law, (int64_t)k2));
        uint64_t k1 = chance > 1e-9 ? least_significant(n1, k2, n2, level) : n1 + 1;
        if (k1 <= n1)
            power += chance * binomial_greater(k1, n1, p1);
    }
    return power;
}

/* A rate that "would have been found with 90 % power" is found nearly so often: without the
 * correction for whole counts it was 75 %. */
START_TEST(a_detectable_rate_is_detected)
{
    static const uint64_t cases[][3] = { { 10, 10, 0 },    { 10, 90, 0 },   { 10, 90, 9 },
                                         { 20, 180, 2 },   { 30, 270, 27 }, { 50, 450, 4 },
                                         { 100, 900, 90 }, { 90, 10, 0 },   { 90, 10, 5 },
                                         { 100, 100, 10 }, { 500, 50, 25 } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t n1 = cases[i][0];
        uint64_t n2 = cases[i][1];
        double base = ((double)cases[i][2] + 0.5) / ((double)n2 + 1);
        double rate = two_rates_detectable(base, (double)n1, (double)n2, 0.005, 0.9, ONE_SIDED);
        double power = exact_power(rate, n1, base, n2, 0.005);
        ck_assert_msg(power >= 0.85, "case %zu: %.3f is found with %.3f", i, rate, power);
    }
}
END_TEST

START_TEST(power_and_detectable_rate_are_the_sample_size_read_backwards)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        double n1 = sizes[i].formula;
        double n2 = n1 * sizes[i].ratio;
        assert_close(two_rates_power(sizes[i].canary, sizes[i].base, n1, n2, 0.05, TWO_SIDED), 0.9,
                     "power", sizes[i].id);
        assert_close(two_rates_detectable(sizes[i].base, n1, n2, 0.05, 0.9, TWO_SIDED),
                     sizes[i].canary, "detectable", sizes[i].id);
    }
    ck_assert(two_rates_detectable(0.01, 2, 20, 0.05, 0.9, ONE_SIDED) > 0.5);
    ck_assert(isnan(two_rates_detectable(0.25, 10, 1, 0.005, 0.9, ONE_SIDED)));
    ck_assert(two_rates_power(0.5, 0.1, 0, 10, 0.05, ONE_SIDED) <= 0);
}
END_TEST

SUITE("statistics of two shares", fisher_has_its_reference_values,
      fisher_is_certain_where_there_is_nothing_to_compare,
      newcombes_intervals_have_their_reference_values, posteriors_have_their_reference_values,
      sample_sizes_of_two_rates_have_their_reference_values, powers_have_their_reference_values,
      a_detectable_rate_is_detected, power_and_detectable_rate_are_the_sample_size_read_backwards)
