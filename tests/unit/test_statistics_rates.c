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
      newcombes_intervals_have_their_reference_values, posteriors_have_their_reference_values,
      sample_sizes_of_two_rates_have_their_reference_values,
      power_and_detectable_rate_are_the_sample_size_read_backwards)
