/* statistics of one share, against reference values (exact fractions or 60 digits). */
#include "statistics/binomial.h"

#include <math.h>
#include <string.h>

#include "support/close.h"

static const struct {
    const char *id;
    unsigned k;
    unsigned n;
    double p;
    double less;
    double greater;
    double two_sided;
} tails[] = {
    { "BIN1", 3, 10, 1 / 2.0, 0.171875000000, 0.945312500000, 0.343750000000 },
    { "BIN2", 10, 100, 1 / 10.0, 0.583155512266, 0.548709834558, 1.00000000000 },
    { "BIN3", 17, 100, 1 / 10.0, 0.989992720738, 0.0205988101453, 0.0284352972665 },
    { "BIN4", 0, 50, 1 / 10.0, 0.00515377520732, 1.00000000000, 0.00837369634323 },
    { "BIN5", 50, 50, 1 / 10.0, 1.00000000000, 1.00000000000e-50, 1.00000000000e-50 },
    { "BIN6", 100, 1000, 1 / 10.0, 0.526599081295, 0.515417709566, 1.00000000000 },
    { "BIN7", 120, 1000, 1 / 10.0, 0.982742769473, 0.0219961449658, 0.0396077196416 },
    { "BIN8", 130, 1000, 1 / 10.0, 0.999030558509, 0.00134139837087, 0.00220172614486 },
    { "BIN9", 78, 1000, 1 / 10.0, 0.00986743563868, 0.992752772171, 0.0202296071259 },
    { "BIN10", 5, 1000, 1 / 1000.0, 0.999411929898, 0.00363687802952, 0.00363687802952 },
    { "BIN11", 1, 1000, 1 / 100.0, 4.79244453579e-4, 0.999956828753, 0.00113106959185 },
    { "BIN12", 682, 925, 3 / 4.0, 0.196009267054, 0.824089122352, 0.382491559575 },
    { "BIN13", 25, 100, 1 / 20.0, 0.999999999997, 1.81596684383e-11, 1.81596684383e-11 },
    { "BIN14", 200, 1000, 1 / 10.0, 1.00000000000, 2.92805480383e-21, 3.67564390290e-21 },
    { "BIN15", 12, 42, 1 / 10.0, 0.999845110041, 6.23656342135e-4, 6.23656342135e-4 },
    { "BIN16", 1059, 10000, 1 / 10.0, 0.975619595739, 0.0263173401815, 0.0511496579894 },
    { "BIN17", 1100, 10000, 1 / 10.0, 0.999527709228, 5.29941735557e-4, 0.00102292734794 },
    { "BIN18", 1300, 10000, 1 / 10.0, 1.00000000000, 4.23744619948e-22, 6.86649347913e-22 },
    { "BIN19", 900, 10000, 1 / 10.0, 3.85161138072e-4, 0.999660142682, 7.59210853322e-4 },
    { "BIN20", 50500, 500000, 1 / 10.0, 0.990776538675, 0.00934083391051, 0.0185391753021 },
    { "BIN21", 12000, 100000, 1 / 10.0, 1.00000000000, 1.02623764459e-93, 1.85093162380e-93 },
    { "BIN22", 0, 10000, 1 / 100.0, 2.24877484982e-44, 1.00000000000, 3.79168402888e-44 },
};

static const struct {
    const char *id;
    unsigned k;
    unsigned n;
    struct interval wilson95;
    struct interval exact95;
    struct interval wilson99;
} intervals[] = {
    { "CI1", 0, 10, { 0.0, 0.277532799863 }, { 0.0, 0.308497107819 }, { 0.0, 0.398854093305 } },
    { "CI2",
      1,
      10,
      { 0.0178762130951, 0.404150026795 },
      { 0.00252857854446, 0.445016117028 },
      { 0.0118515034110, 0.507231771233 } },
    { "CI3",
      5,
      10,
      { 0.236593090513, 0.763406909487 },
      { 0.187086028447, 0.812913971553 },
      { 0.184225518247, 0.815774481753 } },
    { "CI4",
      10,
      10,
      { 0.722467200137, 1.00000000000 },
      { 0.691502892181, 1.00000000000 },
      { 0.601145906695, 1.00000000000 } },
    { "CI5",
      10,
      100,
      { 0.0552291370607, 0.174365661505 },
      { 0.0490046892215, 0.176222597740 },
      { 0.0460258117010, 0.203750738472 } },
    { "CI6",
      100,
      1000,
      { 0.0829094435931, 0.120151963195 },
      { 0.0821053343556, 0.120287936519 },
      { 0.0781383886068, 0.127134543316 } },
    { "CI7",
      120,
      1000,
      { 0.101299260601, 0.141609075848 },
      { 0.100500923748, 0.141766863793 },
      { 0.0960036945921, 0.149005590734 } },
    { "CI8",
      1000,
      10000,
      { 0.0942728301706, 0.106034368526 },
      { 0.0941872117338, 0.106046899904 },
      { 0.0925357427052, 0.107994697082 } },
    { "CI9",
      3,
      1000,
      { 0.00102078388114, 0.00878301405350 },
      { 6.19099931650e-4, 0.00874202323848 },
      { 7.58101231061e-4, 0.0117935166829 } },
    { "CI10", 0, 300, { 0, 0.0126429712245 }, { 0.0, 0.0122209746943 }, { 0, 0.0216377740256 } },
};

static const struct {
    const char *id;
    double p0;
    double p1;
    double alpha;
    double power;
    enum sides sides;
    double formula;
    double rounded;
} sizes[] = {
    { "N1_1", 0.1, 0.12, 0.05, 0.9, TWO_SIDED, 2572.02718144, 2573 },
    { "N1_2", 0.1, 0.12, 0.05, 0.8, TWO_SIDED, 1905.05744403, 1906 },
    { "N1_3", 0.1, 0.12, 0.01, 0.9, TWO_SIDED, 3585.33961521, 3586 },
    { "N1_4", 0.1, 0.12, 0.05, 0.9, ONE_SIDED, 2119.55043947, 2120 },
    { "N1_5", 0.1, 0.11, 0.05, 0.9, TWO_SIDED, 9880.43386427, 9881 },
    { "N1_6", 0.1, 0.15, 0.05, 0.9, TWO_SIDED, 457.088479857, 458 },
    { "N1_7", 0.1, 0.2, 0.05, 0.9, TWO_SIDED, 130.94327557, 131 },
    { "N1_8", 0.1, 0.08, 0.05, 0.9, TWO_SIDED, 2238.39522606, 2239 },
    { "N1_9", 0.05, 0.06, 0.05, 0.9, TWO_SIDED, 5450.69618321, 5451 },
    { "N1_10", 0.01, 0.02, 0.05, 0.9, TWO_SIDED, 1500.32072543, 1501 },
    { "N1_11", 0.5, 0.52, 0.05, 0.9, TWO_SIDED, 6612.88972616, 6613 },
    { "N1_12", 0.25, 0.27, 0.05, 0.9, TWO_SIDED, 5074.17897115, 5075 },
};

static const struct {
    const char *id;
    uint64_t n;
    struct share_region region;
} regions[] = {
    { "NP1", 100, { 4, 17 } },     { "NP2", 500, { 36, 65 } },    { "NP3", 1000, { 81, 120 } },
    { "NP4", 2523, { 222, 283 } }, { "NP5", 5000, { 458, 543 } }, { "NP6", 10000, { 941, 1060 } },
    { "NX1", 2554, { 225, 286 } }, { "NX1", 2641, { 233, 296 } }, { "NX2", 455, { 32, 59 } },
    { "NX2", 484, { 35, 63 } },    { "NX3", 132, { 6, 21 } },     { "NX3", 143, { 7, 23 } },
    { "NX4", 2165, { 189, 245 } }, { "NX4", 2251, { 197, 254 } }, { "nothing", 1, { -1, 2 } },
};

static const struct {
    const char *id;
    double p;
    uint64_t at95;
    uint64_t at99;
} zero_failures[] = {
    { "ZF1", 0.1, 29, 44 },    { "ZF2", 0.05, 59, 90 },    { "ZF3", 0.02, 149, 228 },
    { "ZF4", 0.01, 299, 459 }, { "ZF5", 0.005, 598, 919 }, { "ZF6", 0.001, 2995, 4603 },
};

START_TEST(binomial_tails_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        assert_close(binomial_less(tails[i].k, tails[i].n, tails[i].p), tails[i].less, "less",
                     tails[i].id);
        assert_close(binomial_greater(tails[i].k, tails[i].n, tails[i].p), tails[i].greater,
                     "greater", tails[i].id);
        assert_close(binomial_two_sided(tails[i].k, tails[i].n, tails[i].p), tails[i].two_sided,
                     "two-sided", tails[i].id);
    }
}
END_TEST

START_TEST(a_share_of_nothing_or_of_everything_is_certain)
{
    ck_assert(binomial_greater(0, 10, 0) >= 1 && binomial_greater(1, 10, 0) <= 0);
    ck_assert(binomial_less(10, 10, 1) >= 1 && binomial_less(9, 10, 1) <= 0);
    ck_assert(binomial_two_sided(0, 10, 0) >= 1 && binomial_two_sided(3, 10, 0) <= 0);
    ck_assert(binomial_two_sided(10, 10, 1) >= 1 && binomial_two_sided(9, 10, 1) <= 0);
    ck_assert(binomial_two_sided(0, 0, 0.5) >= 1);
}
END_TEST

/* For every count of many laws: the tails add up, they fall, and two-sided is at most twice, and
 * the same for what failed as for what did not. */
START_TEST(tails_of_one_law_fit_together)
{
    static const double shares[] = { 1e-6, 0.01, 0.1, 0.5, 0.75, 0.999 };
    for (size_t s = 0; s < COUNT_OF(shares); s++) {
        for (unsigned n = 1; n <= 60; n++) {
            for (unsigned k = 0; k <= n; k++) {
                double less = binomial_less(k, n, shares[s]);
                double above = k < n ? binomial_greater(k + 1, n, shares[s]) : 0;
                ck_assert_msg(fabs(less + above - 1) < 1e-13, "%u of %u: %.17g", k, n,
                              less + above);
                double both = binomial_two_sided(k, n, shares[s]);
                ck_assert(both <= 1 &&
                          both >= fmin(less, binomial_greater(k, n, shares[s])) * (1 - 1e-12));
                double mirrored = binomial_two_sided(n - k, n, 1 - shares[s]);
                ck_assert_msg(fabs(both - mirrored) < 1e-13, "%u of %u: %g, not %g", k, n, both,
                              mirrored);
            }
        }
    }
}
END_TEST

static void assert_interval(struct interval got, struct interval wanted, const char *what,
                            const char *id)
{
    assert_close(got.low, wanted.low, what, id);
    assert_close(got.high, wanted.high, what, id);
}

START_TEST(intervals_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(intervals); i++) {
        unsigned k = intervals[i].k;
        unsigned n = intervals[i].n;
        assert_interval(wilson(k, n, 0.95), intervals[i].wilson95, "Wilson 95 %", intervals[i].id);
        assert_interval(wilson(k, n, 0.99), intervals[i].wilson99, "Wilson 99 %", intervals[i].id);
        assert_interval(clopper_pearson(k, n, 0.95), intervals[i].exact95, "exact",
                        intervals[i].id);
    }
    struct interval all = clopper_pearson(0, 0, 0.95);
    ck_assert(all.low <= 0 && all.high >= 1);
}
END_TEST

/* By definition, for many counts and confidences: at the ends the tails are what they should be. */
START_TEST(exact_intervals_end_where_the_tails_say)
{
    static const uint64_t sizes_tried[] = { 1, 2, 7, 40, 333, 1000, 100000, 20000000 };
    static const double confidences[] = { 0.5, 0.8, 0.95, 0.999999 };
    for (size_t i = 0; i < COUNT_OF(sizes_tried); i++) {
        uint64_t n = sizes_tried[i];
        for (uint64_t k = 0; k <= n; k += 1 + n / 20) {
            for (size_t j = 0; j < COUNT_OF(confidences); j++) {
                double tail = (1 - confidences[j]) / 2;
                struct interval interval = clopper_pearson(k, n, confidences[j]);
                ck_assert(interval.low <= interval.high);
                /* The steeper the tail in p, the more it shows that p is rounded. */
                double steep = k < n ? (double)(n - k) / (1 - interval.high) : 0;
                double tolerance = 1e-9 + 1e-15 * ((double)n + steep);
                if (k > 0)
                    assert_within(binomial_greater(k, n, interval.low), tail, tolerance, "low",
                                  "tail");
                if (k < n)
                    assert_within(binomial_less(k, n, interval.high), tail, tolerance, "high",
                                  "tail");
            }
        }
    }
}
END_TEST

START_TEST(sample_sizes_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        double size = share_sample_size(sizes[i].p0, sizes[i].p1, sizes[i].alpha, sizes[i].power,
                                        sizes[i].sides);
        assert_close(size, sizes[i].formula, "formula", sizes[i].id);
        assert_close(ceil(size), sizes[i].rounded, "rounded", sizes[i].id);
    }
    for (size_t i = 0; i < COUNT_OF(zero_failures); i++) {
        ck_assert_uint_eq(zero_failure_size(zero_failures[i].p, 0.05), zero_failures[i].at95);
        ck_assert_uint_eq(zero_failure_size(zero_failures[i].p, 0.01), zero_failures[i].at99);
    }
    ck_assert_uint_eq(zero_failure_size(1e-30, 0.05), UINT64_MAX);
    ck_assert_uint_eq(zero_failure_size(0, 0.05), UINT64_MAX);
}
END_TEST

/* The exact test finds a drift nearly as often as it is said to. */
START_TEST(sample_sizes_are_enough_for_the_exact_test)
{
    static const double cases[][2] = { { 0.01, 0.02 }, { 0.05, 0.075 }, { 0.1, 0.12 },
                                       { 0.1, 0.15 },  { 0.25, 0.5 },   { 0.5, 0.6 },
                                       { 0.9, 0.85 } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double p = cases[i][1];
        uint64_t n = (uint64_t)ceil(share_sample_size(cases[i][0], p, 0.0005, 0.9, TWO_SIDED));
        uint64_t low = (uint64_t)((double)n * cases[i][0]);
        uint64_t high = low;
        while (low > 0 && binomial_two_sided(low, n, cases[i][0]) > 0.0005)
            low--;
        while (high < n && binomial_two_sided(high, n, cases[i][0]) > 0.0005)
            high++;
        double power = binomial_less(low, n, p) + binomial_greater(high, n, p);
        ck_assert_msg(power >= 0.87, "case %zu: %.3f of %llu", i, power, (unsigned long long)n);
    }
}
END_TEST

START_TEST(exact_rejection_regions_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(regions); i++) {
        struct share_region region = share_exact_region(regions[i].n, 0.1, 0.05);
        ck_assert_msg(region.low == regions[i].region.low && region.high == regions[i].region.high,
                      "%s: <= %lld, >= %lld", regions[i].id, (long long)region.low,
                      (long long)region.high);
    }
}
END_TEST

/* Two deployments of one program may judge at the same time; lgamma() would write to this. */
START_TEST(nothing_of_the_process_is_written_to)
{
    signgam = 7;
    ck_assert(binomial_two_sided(0, 9, 0.3) < 1);
    ck_assert_int_eq(signgam, 7);
}
END_TEST

/* What a region rejects, of good ones and of those that it is to find: references of ten digits. */
static const struct {
    const char *id;
    uint64_t n;
    double p1;
    double size;
    double power;
} powers[] = {
    { "NX1", 2554, 0.12, 0.0477382459, 0.9001926808 },
    { "NX2", 455, 0.15, 0.0416870598, 0.9016537316 },
    { "NX3", 132, 0.2, 0.0404005478, 0.9033006785 },
    { "NX4", 2165, 0.08, 0.0487876332, 0.9004974321 },
    { "NP1", 100, 0.12, 0.04430989280, 0.09269923530 },
    { "NP2", 500, 0.12, 0.03660470299, 0.26464030277 },
    { "NP3", 1000, 0.12, 0.04509281888, 0.51453345685 },
    { "NP4", 2523, 0.12, 0.04639137578, 0.89355507115 },
    { "NP5", 5000, 0.12, 0.04769560390, 0.99434192494 },
    { "NP6", 10000, 0.12, 0.04921272206, 0.99999449830 },
};

static double chance_of_rejecting(uint64_t n, double share)
{
    struct share_region region = share_exact_region(n, 0.1, 0.05);
    double below = region.low >= 0 ? binomial_less((uint64_t)region.low, n, share) : 0;
    return below +
           ((uint64_t)region.high <= n ? binomial_greater((uint64_t)region.high, n, share) : 0);
}

START_TEST(regions_reject_as_often_as_they_should)
{
    for (size_t i = 0; i < COUNT_OF(powers); i++) {
        assert_within(chance_of_rejecting(powers[i].n, 0.1), powers[i].size, 3e-9, "size",
                      powers[i].id);
        assert_within(chance_of_rejecting(powers[i].n, powers[i].p1), powers[i].power, 1e-9,
                      "power", powers[i].id);
        /* NX: one request less does not do. */
        ck_assert(chance_of_rejecting(powers[i].n - 1, powers[i].p1) < 0.9 ||
                  powers[i].id[1] == 'P');
    }
}
END_TEST

SUITE("statistics of a share", binomial_tails_have_their_reference_values,
      a_share_of_nothing_or_of_everything_is_certain, tails_of_one_law_fit_together,
      intervals_have_their_reference_values, exact_intervals_end_where_the_tails_say,
      sample_sizes_have_their_reference_values, sample_sizes_are_enough_for_the_exact_test,
      exact_rejection_regions_have_their_reference_values, nothing_of_the_process_is_written_to,
      regions_reject_as_often_as_they_should)
