/* statistics of two shares, against reference values (exact fractions or 60 digits). */
#include "statistics/two_rates.h"

#include "support/close.h"

static const struct {
    const char *id;
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    double greater;
    double less;
    double two_sided;
} fisher[] = {
    { "FIS1", 3, 1, 1, 3, 0.242857142857, 0.985714285714, 0.485714285714 },
    { "FIS2", 8, 2, 1, 5, 0.0244755244755, 0.999125874126, 0.0349650349650 },
    { "FIS3", 0, 10, 5, 5, 1.00000000000, 0.0162538699690, 0.0325077399381 },
    { "FIS4", 5, 95, 5, 895, 0.00152142190877, 0.999869456618, 0.00152142190877 },
    { "FIS5", 10, 90, 20, 880, 3.51171840186e-4, 0.999936660999, 3.51171840186e-4 },
    { "FIS6", 12, 88, 30, 870, 4.47563839560e-4, 0.999898874810, 4.47563839560e-4 },
    { "FIS7", 1, 99, 9, 891, 0.653072285208, 0.736296642729, 1.00000000000 },
    { "FIS8", 2, 98, 0, 900, 0.00990990990991, 1.00000000000, 0.00990990990991 },
    { "FIS9", 3, 97, 0, 900, 9.73117405983e-4, 1.00000000000, 9.73117405983e-4 },
    { "FIS10", 30, 970, 10, 990, 0.00100416678092, 0.999699090212, 0.00200833356183 },
    { "FIS11", 50, 950, 0, 9000, 3.25294145174e-51, 1.00000000000, 3.25294145174e-51 },
    { "FIS12", 100, 900, 90, 8910, 1.35722916884e-50, 1.00000000000, 1.35722916884e-50 },
    { "FIS13", 0, 100, 0, 900, 1.00000000000, 1.00000000000, 1.00000000000 },
    { "FIS14", 7, 993, 70, 8930, 0.661293059142, 0.489881653302, 1.00000000000 },
    { "FIS15", 120, 9880, 900, 89100, 0.0354529055850, 0.971680437533, 0.0660843316114 },
    { "FIS16", 300, 9700, 1800, 88200, 2.14590776848e-10, 0.999999999860, 3.56957120994e-10 },
};

static const struct {
    const char *id;
    struct two_rates seen;
    struct two_rates_z test;
    struct interval newcombe;
} z_tests[] = {
    { "TWO1",
      { 12, 100, 30, 900 },
      { 4.09888702436, 4.15141599105e-5, 2.07570799553e-5, 1.24984269369e-4 },
      { 0.0347774174762, 0.165410701601 } },
    { "TWO2",
      { 10, 100, 20, 900 },
      { 4.32543998693, 1.52227709546e-5, 7.61138547730e-6, 5.90738778278e-5 },
      { 0.0314645436419, 0.152550484162 } },
    { "TWO3",
      { 30, 1000, 10, 1000 },
      { 3.19438282500, 0.00140130158096, 7.00650790480e-4, 0.00240804046729 },
      { 0.00781932838651, 0.0333087221540 } },
    { "TWO4",
      { 120, 1000, 100, 1000 },
      { 1.42930084982, 0.152917781864, 0.0764588909320, 0.174515790082 },
      { -0.00749216751521, 0.0475506674563 } },
    { "TWO5",
      { 50, 1000, 0, 9000 },
      { 21.2664361503, 2.32271230151e-100, 1.16135615075e-100, 3.47605336261e-98 },
      { 0.0381225971597, 0.0653138202443 } },
    { "TWO6",
      { 7, 1000, 70, 9000 },
      { -0.266937707910, 0.789517122989, 0.605241438506, 0.939205950364 },
      { -0.00491842303138, 0.00677557147362 } },
    { "TWO7",
      { 5, 100, 45, 900 },
      { 0.0, 1.00000000000, 0.500000000000, 1.00000000000 },
      { -0.0327688817163, 0.0629879243355 } },
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
    { "N2_1", 0.01, 0.02, 1, 3102.86589828, 3103, 6206 },
    { "N2_2", 0.01, 0.02, 9, 1598.96245469, 1599, 15990 },
    { "N2_3", 0.01, 0.05, 9, 172.434020599, 173, 1725 },
    { "N2_4", 0.01, 0.10, 9, 55.2322560953, 56, 554 },
    { "N2_5", 0.001, 0.01, 9, 587.761627263, 588, 5878 },
    { "N2_6", 0.05, 0.10, 9, 300.385213020, 301, 3005 },
    { "N2_7", 0.001, 0.002, 9, 16207.6047383, 16208, 162077 },
    { "N2_8", 0.01, 0.02, 19, 1495.79993024, 1496, 29917 },
};

START_TEST(fisher_has_its_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(fisher); i++) {
        unsigned k1 = fisher[i].a;
        unsigned n1 = fisher[i].a + fisher[i].b;
        unsigned k2 = fisher[i].c;
        unsigned n2 = fisher[i].c + fisher[i].d;
        assert_close(fisher_greater(k1, n1, k2, n2), fisher[i].greater, "greater", fisher[i].id);
        assert_close(fisher_less(k1, n1, k2, n2), fisher[i].less, "less", fisher[i].id);
        assert_close(fisher_two_sided(k1, n1, k2, n2), fisher[i].two_sided, "two-sided",
                     fisher[i].id);
    }
    assert_close(fisher_two_sided(3, 4, 1, 4), 17 / 35.0, "fraction", "FIS1");
    assert_close(fisher_two_sided(3, 100, 0, 900), 539 / 553890.0, "fraction", "FIS9");
    assert_close(fisher_mid_greater(12, 100, 30, 900), 2.74344514663e-4, "mid-p",
                 "12, 88, 30, 870");
}
END_TEST

START_TEST(fisher_is_certain_where_there_is_nothing_to_compare)
{
    ck_assert(fisher_greater(0, 0, 0, 0) >= 1);
    ck_assert(fisher_greater(0, 10, 0, 0) >= 1);
    ck_assert(fisher_greater(10, 10, 0, 0) >= 1);
    ck_assert(fisher_two_sided(5, 5, 7, 7) >= 1);
}
END_TEST

START_TEST(normal_tests_and_newcombe_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(z_tests); i++) {
        struct two_rates_z test = two_rates_z_test(&z_tests[i].seen);
        assert_close(test.z, z_tests[i].test.z, "z", z_tests[i].id);
        assert_close(test.two_sided, z_tests[i].test.two_sided, "two-sided", z_tests[i].id);
        assert_close(test.greater, z_tests[i].test.greater, "greater", z_tests[i].id);
        assert_close(test.corrected, z_tests[i].test.corrected, "Yates", z_tests[i].id);
        struct interval interval = newcombe(&z_tests[i].seen, 0.95);
        assert_close(interval.low, z_tests[i].newcombe.low, "low", z_tests[i].id);
        assert_close(interval.high, z_tests[i].newcombe.high, "high", z_tests[i].id);
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
    ck_assert(two_rates_power(0.5, 0.1, 0, 10, 0.05, ONE_SIDED) <= 0);
}
END_TEST

SUITE("statistics of two shares", fisher_has_its_reference_values,
      fisher_is_certain_where_there_is_nothing_to_compare,
      normal_tests_and_newcombe_have_their_reference_values, posteriors_have_their_reference_values,
      sample_sizes_of_two_rates_have_their_reference_values,
      power_and_detectable_rate_are_the_sample_size_read_backwards)
