/* sequential tests, against reference values (exact fractions or 60 digits). */
#include "statistics/sequential.h"

#include "statistics/binomial.h"
#include "support/close.h"

static const struct {
    const char *id;
    struct sprt test;
    struct interval bounds;
    double expected_good;
    double expected_bad;
} sprts[] = {
    { "SPR1",
      { 0.1, 0.12, 0.05, 0.1 },
      { -2.25129179861, 2.89037175790 },
      1000.39832824,
      1130.19508462 },
    { "SPR2",
      { 0.01, 0.02, 0.05, 0.1 },
      { -2.25129179861, 2.89037175790 },
      639.297300718,
      607.163102039 },
    { "SPR3",
      { 0.01, 0.05, 0.05, 0.1 },
      { -2.25129179861, 2.89037175790 },
      80.6192004391,
      57.5476619570 },
    { "SPR4",
      { 0.1, 0.12, 0.05, 0.05 },
      { -2.94443897917, 2.94443897917 },
      1329.37478130,
      1260.41772831 },
    { "SPR5",
      { 0.01, 0.02, 0.05, 0.05 },
      { -2.94443897917, 2.94443897917 },
      849.527318608,
      677.121275964 },
    { "SPR6",
      { 0.01, 0.05, 0.05, 0.05 },
      { -2.94443897917, 2.94443897917 },
      107.130458865,
      64.1783833079 },
    { "SPR7",
      { 0.1, 0.12, 0.01, 0.1 },
      { -2.29253475714, 4.49980967033 },
      1115.98025161,
      1817.18101413 },
    { "SPR8",
      { 0.01, 0.02, 0.01, 0.1 },
      { -2.29253475714, 4.49980967033 },
      713.159091101,
      976.225499934 },
    { "SPR9",
      { 0.01, 0.05, 0.01, 0.1 },
      { -2.29253475714, 4.49980967033 },
      89.9336124927,
      92.5278477486 },
    { "SPR10",
      { 0.1, 0.12, 0.001, 0.01 },
      { -4.60416968565, 6.89770494313 },
      2303.92003747,
      3226.05048913 },
    { "SPR11",
      { 0.01, 0.02, 0.001, 0.01 },
      { -4.60416968565, 6.89770494313 },
      1472.30340100,
      1733.09798368 },
    { "SPR12",
      { 0.01, 0.05, 0.001, 0.01 },
      { -4.60416968565, 6.89770494313 },
      185.666235192,
      164.265148142 },
};

static const struct {
    const char *id;
    unsigned k;
    unsigned n;
    double p0;
    double p1;
    double ratio;
} ratios[] = {
    { "LLR1", 12, 100, 0.1, 0.12, 0.210247366546 }, { "LLR2", 120, 1000, 0.1, 0.12, 2.10247366546 },
    { "LLR3", 5, 100, 0.01, 0.05, 4.12910850144 },  { "LLR4", 0, 100, 0.01, 0.05, -4.12429585340 },
    { "LLR5", 0, 75, 0.01, 0.05, -3.09322189005 },  { "LLR6", 30, 1000, 0.01, 0.02, 10.9466150967 },
    { "LLR7", 3, 3, 0.01, 0.05, 4.82831373730 },
};

static const struct {
    const char *id;
    unsigned k;
    unsigned n;
    double p;
    struct beta_prior prior;
    double factor;
    double p_value;
} factors[] = {
    { "BF1", 10, 100, 0.1, { 1, 1 }, 0.0750840940205, 1.00000000000 },
    { "BF2", 20, 100, 0.1, { 1, 1 }, 8.45525199826, 0.118269686132 },
    { "BF3", 120, 1000, 0.1, { 1, 1 }, 0.210807983943, 1.00000000000 },
    { "BF4", 130, 1000, 0.1, { 1, 1 }, 2.68579787741, 0.372328836958 },
    { "BF5", 1300, 10000, 0.1, { 1, 1 }, 9.11653593708e+17, 1.09690786819e-18 },
    { "BF6", 120, 1000, 0.1, { 10, 90 }, 1.89720794637, 0.527090349750 },
    { "BF7", 130, 1000, 0.1, { 10, 90 }, 18.3556224640, 0.0544792203023 },
    { "BF8", 140, 1000, 0.1, { 100, 900 }, 43.7267351865, 0.0228693040021 },
    { "BF9", 12, 42, 0.1, { 1, 1 }, 49.6106691642, 0.0201569544787 },
    { "BF10", 12, 42, 0.1, { 1, 9 }, 34.2909574657, 0.0291622070046 },
    { "BF11", 0, 100, 0.1, { 1, 1 }, 372.758608871, 0.00268270128765 },
    { "BF12", 0, 0, 0.1, { 1, 1 }, 1.00000000000, 1.00000000000 },
};

static const struct {
    const char *id;
    unsigned k;
    unsigned n;
    struct beta_prior prior;
    struct interval interval;
} sequences[] = {
    { "CS1", 100, 1000, { 1, 1 }, { 0.0687804206262, 0.138366802364 } },
    { "CS2", 120, 1000, { 1, 1 }, { 0.0859139051041, 0.160797548668 } },
    { "CS3", 1200, 10000, { 1, 1 }, { 0.107557325838, 0.133233241009 } },
    { "CS4", 0, 100, { 1, 1 }, { 0.0, 0.0732843734029 } },
    { "CS5", 10, 100, { 1, 9 }, { 0.0347581454309, 0.209332411027 } },
};

static const struct {
    const char *id;
    unsigned n;
    struct counts uniform;
    struct counts about;
} rejections[] = {
    { "BC0", 1, { -1, 2 }, { -1, 2 } }, /* nothing is rejected */
    { "BC1", 10, { -1, 5 }, { -1, 10 } },
    { "BC2", 20, { -1, 7 }, { -1, 12 } },
    { "BC3", 30, { -1, 9 }, { -1, 13 } },
    { "BC4", 50, { -1, 13 }, { -1, 16 } },
    { "BC5", 100, { 1, 22 }, { 0, 23 } },
    { "BC6", 200, { 6, 36 }, { 7, 36 } },
    { "BC7", 500, { 27, 76 }, { 30, 72 } },
    { "BC8", 1000, { 66, 137 }, { 72, 131 } },
    { "BC9", 2000, { 151, 252 }, { 160, 243 } },
    { "BC10", 5000, { 419, 584 }, { 434, 570 } },
    { "BC11", 10000, { 882, 1121 }, { 903, 1101 } },
};

static const struct {
    const char *id;
    unsigned canary;
    unsigned base;
    double share;
    double greater;
    double two_sided;
    double factor;
} conditional[] = {
    { "ERR1", 12, 30, 1 / 10.0, 6.23656342135e-4, 6.23656342135e-4, 49.6106691642 },
    { "ERR2", 5, 45, 1 / 10.0, 0.568801593171, 1.00000000000, 0.106031555793 },
    { "ERR3", 10, 20, 1 / 10.0, 4.54355114905e-4, 4.54355114905e-4, 88.3111809007 },
    { "ERR4", 3, 0, 1 / 10.0, 0.00100000000000, 0.00100000000000, 250.000000000 },
    { "ERR5", 30, 10, 1 / 2.0, 0.00111071688661, 0.00222143377323, 31.6369063902 },
};

START_TEST(sprts_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(sprts); i++) {
        struct interval bounds = sprt_bounds(&sprts[i].test);
        assert_close(bounds.low, sprts[i].bounds.low, "lower", sprts[i].id);
        assert_close(bounds.high, sprts[i].bounds.high, "upper", sprts[i].id);
        assert_close(sprt_expected_good(&sprts[i].test), sprts[i].expected_good, "E0[n]",
                     sprts[i].id);
        assert_close(sprt_expected_bad(&sprts[i].test), sprts[i].expected_bad, "E1[n]",
                     sprts[i].id);
    }
    for (size_t i = 0; i < COUNT_OF(ratios); i++) {
        const struct sprt test = { ratios[i].p0, ratios[i].p1, 0.05, 0.1 };
        assert_close(sprt_log_ratio(&test, ratios[i].k, ratios[i].n), ratios[i].ratio, "ratio",
                     ratios[i].id);
    }
}
END_TEST

START_TEST(paths_of_an_sprt_end_where_they_should)
{
    const struct sprt test = { 0.01, 0.05, 0.05, 0.1 };
    struct interval bounds = sprt_bounds(&test);
    ck_assert(sprt_log_ratio(&test, 0, 54) > bounds.low);
    ck_assert(sprt_log_ratio(&test, 0, 55) <= bounds.low);
    ck_assert(sprt_log_ratio(&test, 1, 1) < bounds.high);
    ck_assert(sprt_log_ratio(&test, 2, 2) >= bounds.high);
    ck_assert(sprt_log_ratio(&test, 1, 94) > bounds.low);
    assert_close(sprt_log_ratio(&test, 1, 95), -2.26740018977, "request 95", "path");
    ck_assert(sprt_log_ratio(&test, 1, 95) <= bounds.low);
    assert_close(sprt_log_ratio(&test, 1, 1), 1.60943791243, "an error", "path");
    assert_close(sprt_log_ratio(&test, 0, 1), -0.0412429585340, "a good request", "path");
    const struct sprt split = { 0.1, 0.12, 0.05, 0.1 };
    assert_close(sprt_log_ratio(&split, 1, 1), 0.182321556794, "a hit", "path");
    assert_close(sprt_log_ratio(&split, 0, 1), -0.0224728558521, "a miss", "path");
    ck_assert(sprt_log_ratio(&split, 0, 100) > sprt_bounds(&split).low);
    ck_assert(sprt_log_ratio(&split, 0, 101) <= sprt_bounds(&split).low);
    ck_assert(sprt_log_ratio(&split, 15, 15) < sprt_bounds(&split).high);
    ck_assert(sprt_log_ratio(&split, 16, 16) >= sprt_bounds(&split).high);
}
END_TEST

START_TEST(mixtures_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        double factor =
            mixture_log_factor(factors[i].k, factors[i].n, factors[i].p, factors[i].prior);
        assert_close(exp(factor), factors[i].factor, "factor", factors[i].id);
        assert_close(anytime_p_value(factor), factors[i].p_value, "p", factors[i].id);
    }
    for (size_t i = 0; i < COUNT_OF(conditional); i++) {
        unsigned k = conditional[i].canary;
        unsigned n = conditional[i].canary + conditional[i].base;
        double share = conditional[i].share;
        assert_close(binomial_greater(k, n, share), conditional[i].greater, "greater",
                     conditional[i].id);
        assert_close(binomial_two_sided(k, n, share), conditional[i].two_sided, "two-sided",
                     conditional[i].id);
        assert_close(exp(mixture_log_factor(k, n, share, UNIFORM)), conditional[i].factor, "factor",
                     conditional[i].id);
    }
}
END_TEST

START_TEST(confidence_sequences_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(sequences); i++) {
        struct interval interval =
            mixture_interval(sequences[i].k, sequences[i].n, sequences[i].prior, 0.05);
        assert_close(interval.low, sequences[i].interval.low, "low", sequences[i].id);
        assert_close(interval.high, sequences[i].interval.high, "high", sequences[i].id);
    }
}
END_TEST

static void assert_counts(unsigned n, struct beta_prior prior, struct counts rejected,
                          const char *id)
{
    /* What is not rejected lies strictly between. */
    struct counts kept = mixture_counts(n, 0.1, prior, 0.05);
    ck_assert_msg(kept.low - 1 == rejected.low, "%s: low %lld", id, (long long)kept.low);
    ck_assert_msg(kept.high + 1 == rejected.high, "%s: high %lld", id, (long long)kept.high);
}

START_TEST(counts_that_a_mixture_rejects_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(rejections); i++) {
        assert_counts(rejections[i].n, UNIFORM, rejections[i].uniform, rejections[i].id);
        assert_counts(rejections[i].n, prior_about(0.1, 100), rejections[i].about,
                      rejections[i].id);
    }
}
END_TEST

enum answer { GO_ON, STOP, STOP_AS_GOOD, ANSWERS };

/* What k of n are reason for. */
typedef enum answer stop_rule(unsigned k, unsigned n, const void *rule);

/* The chances that streams of that true share have each answer until `until`: the law of the count
 * among those that go on, exactly, by one step at a time. */
static void chances_of_answers(stop_rule *answer, const void *rule, unsigned until, double truth,
                               double chances_out[ANSWERS])
{
    enum { MOST = 3000 };
    static double law[MOST + 2];
    memset(chances_out, 0, ANSWERS * sizeof(*chances_out));
    for (unsigned k = 0; k <= until; k++)
        law[k] = k == 0;
    for (unsigned n = 1; n <= until; n++) {
        for (unsigned k = n; k > 0; k--)
            law[k] = law[k] * (1 - truth) + law[k - 1] * truth;
        law[0] *= 1 - truth;
        for (unsigned k = 0; k <= n; k++) {
            enum answer said = law[k] > 0 ? answer(k, n, rule) : GO_ON;
            if (said == GO_ON)
                continue;
            chances_out[said] += law[k];
            law[k] = 0;
        }
    }
}

static double chance_of_stopping(stop_rule *answer, const void *rule, unsigned until, double truth)
{
    double chances[ANSWERS];
    chances_of_answers(answer, rule, until, truth, chances);
    return chances[STOP];
}

static enum answer mixture_stops(unsigned k, unsigned n, const void *prior)
{
    double factor = mixture_log_factor(k, n, 0.1, *(const struct beta_prior *)prior);
    return factor >= log(20) ? STOP : GO_ON;
}

/* PB1 to PB3 of the reference tables, exactly: looked at after every request. */
START_TEST(false_alarms_and_power_of_peeking_have_their_reference_values)
{
    static const struct {
        struct beta_prior prior;
        unsigned until;
        double truth;
        double chance;
    } rows[] = {
        { { 1, 1 }, 100, 0.1, 0.0266647371 },      { { 1, 1 }, 1000, 0.1, 0.0315553903 },
        { { 1, 1 }, 1000, 0.12, 0.171843 },        { { 1, 1 }, 2000, 0.12, 0.355961 },
        { { 1, 1 }, 3000, 0.12, 0.554763 },        { { 1, 1 }, 100, 0.2, 0.556284 },
        { { 1, 1 }, 200, 0.2, 0.860834 },          { { 1, 1 }, 500, 0.2, 0.999017 },
        { { 10, 90 }, 100, 0.1, 0.0004735975 },    { { 10, 90 }, 1000, 0.1, 0.0199868236 },
        { { 10, 90 }, 1000, 0.12, 0.270896 },      { { 10, 90 }, 2000, 0.12, 0.564745 },
        { { 10, 90 }, 3000, 0.12, 0.769635 },      { { 10, 90 }, 100, 0.2, 0.342852 },
        { { 10, 90 }, 200, 0.2, 0.854504 },        { { 10, 90 }, 500, 0.2, 0.999726 },
        { { 100, 900 }, 1000, 0.1, 0.0006995043 }, { { 100, 900 }, 1000, 0.12, 0.092434 },
        { { 100, 900 }, 2000, 0.12, 0.454411 },    { { 100, 900 }, 3000, 0.12, 0.740506 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double chance =
            chance_of_stopping(mixture_stops, &rows[i].prior, rows[i].until, rows[i].truth);
        ck_assert_msg(fabs(chance - rows[i].chance) < 6e-7, "row %zu: %.10f", i, chance);
    }
}
END_TEST

static enum answer exact_test_stops(unsigned k, unsigned n, const void *regions)
{
    const struct share_region *region = (const struct share_region *)regions + n / 100;
    bool is_out = (int64_t)k <= region->low || (int64_t)k >= region->high;
    return n % 100 == 0 && is_out ? STOP : GO_ON;
}

static enum answer sprt_answers(unsigned k, unsigned n, const void *test)
{
    struct interval bounds = sprt_bounds(test);
    double ratio = sprt_log_ratio(test, k, n);
    return ratio >= bounds.high ? STOP : ratio <= bounds.low ? STOP_AS_GOOD : GO_ON;
}

/* How often it is really wrong, both ways: computed step by step in Python (numpy), and held
 * against what sequential.h promises. */
START_TEST(an_sprt_is_wrong_no_more_often_than_it_may)
{
    static const struct {
        struct sprt test;
        double false_alarms;
        double missed;
        unsigned until; /* all but 1e-12 are decided by then */
    } rows[] = {
        { { 0.01, 0.05, 0.05, 0.1 }, 0.0290142673, 0.1005529311, 1700 },
        { { 0.01, 0.05, 0.01, 0.1 }, 0.0058601028, 0.0988028975, 2200 },
        { { 0.001, 0.5, 0.01, 0.1 }, 0.0030059471, 0.0625610948, 50 },
        { { 0.2, 0.8, 0.05, 0.05 }, 0.0153846154, 0.0153846154, 100 },
        { { 0.5, 0.99, 0.01, 0.2 }, 0.0080043945, 0.0408361291, 70 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct sprt *test = &rows[i].test;
        double good[ANSWERS];
        double bad[ANSWERS];
        chances_of_answers(sprt_answers, test, rows[i].until, test->p0, good);
        chances_of_answers(sprt_answers, test, rows[i].until, test->p1, bad);
        ck_assert_msg(fabs(good[STOP] - rows[i].false_alarms) < 1e-9, "row %zu: %.10f", i,
                      good[STOP]);
        ck_assert_msg(fabs(bad[STOP_AS_GOOD] - rows[i].missed) < 1e-9, "row %zu: %.10f", i,
                      bad[STOP_AS_GOOD]);
        ck_assert(good[STOP] <= test->alpha / (1 - test->beta));
        ck_assert(bad[STOP_AS_GOOD] <= test->beta / (1 - test->alpha));
        ck_assert(good[STOP] + bad[STOP_AS_GOOD] <= test->alpha + test->beta);
    }
}
END_TEST

/* PE1 to PE10: what happens if an exact test is simply made again every 100 requests. */
START_TEST(peeking_with_a_fixed_test_has_its_reference_values)
{
    static const double alarms[] = { 0.0443098928, 0.0737989498, 0.0943809365, 0.1129015065,
                                     0.1264934006, 0.1403813586, 0.1501647537, 0.1596214625,
                                     0.1681226521, 0.1756388969 };
    struct share_region regions[COUNT_OF(alarms) + 1] = { { -1, 0 } };
    for (unsigned look = 1; look <= COUNT_OF(alarms); look++) {
        unsigned n = 100 * look;
        /* Two-sided by probabilities: the counts with p < 0.05 are those beyond these. */
        struct share_region *region = &regions[look];
        *region = (struct share_region){ n / 10, n / 10 };
        while (region->low >= 0 && binomial_two_sided((uint64_t)region->low, n, 0.1) >= 0.05)
            region->low--;
        while (binomial_two_sided((uint64_t)region->high, n, 0.1) >= 0.05)
            region->high++;
        double chance = chance_of_stopping(exact_test_stops, regions, n, 0.1);
        ck_assert_msg(fabs(chance - alarms[look - 1]) < 1e-9, "%u: %.10f", n, chance);
    }
}
END_TEST

/* One-sided: under every share up to p the factor is 1 or less on average, at each step. */
START_TEST(a_one_sided_factor_does_not_grow_under_what_it_tests)
{
    static const double truths[] = { 0.0001, 0.005, 0.01 };
    for (size_t t = 0; t < COUNT_OF(truths); t++) {
        for (unsigned n = 0; n < 200; n += 7) {
            for (unsigned k = 0; k <= n && k < 30; k++) {
                double now = exp(mixture_log_greater(k, n, 0.01, UNIFORM));
                double next = truths[t] * exp(mixture_log_greater(k + 1, n + 1, 0.01, UNIFORM)) +
                              (1 - truths[t]) * exp(mixture_log_greater(k, n + 1, 0.01, UNIFORM));
                ck_assert_msg(next <= now * (1 + 1e-10), "%u of %u at %g: %g, then %g", k, n,
                              truths[t], now, next);
            }
        }
    }
}
END_TEST

/* Computed with 50 digits (mpmath). */
START_TEST(a_prior_that_hardly_reaches_above_the_share_gives_a_factor)
{
    static const struct {
        uint64_t k;
        uint64_t n;
        struct beta_prior prior;
        double value;
    } rows[] = {
        { 0, 290, { 1, 423.1756105049422 }, -0.52194044037994649 },
        { 0, 290, { 8.170395649861872, 256.0597411493993 }, -0.77232232185607132 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_close(mixture_log_greater(rows[i].k, rows[i].n, 0.5, rows[i].prior), rows[i].value,
                     "factor", "thin");
}
END_TEST

/* Above one half there is 2^-(n+1) of what n good ones leave: too little for a number, not for its
 * logarithm. The factor is 1 / (n + 1). */
START_TEST(a_share_that_is_far_below_has_a_factor_all_the_same)
{
    assert_close(mixture_log_greater(0, 100000, 0.5, UNIFORM), -log(100001), "factor", "far");
    assert_close(mixture_log_less(100000, 100000, 0.5, UNIFORM), -log(100001), "factor", "far");
}
END_TEST

START_TEST(the_two_sides_mirror_each_other)
{
    const struct beta_prior prior = { 1, 19 };
    const struct beta_prior mirrored = { 19, 1 };
    for (unsigned k = 0; k <= 50; k++)
        assert_close(mixture_log_less(50 - k, 50, 0.95, mirrored),
                     mixture_log_greater(k, 50, 0.05, prior), "mirror", "50");
}
END_TEST

START_TEST(a_bad_canary_is_found_after_a_handful_of_requests)
{
    ck_assert(mixture_log_factor(3, 3, 0.01, UNIFORM) >= log(100));
    ck_assert(mixture_log_factor(0, 300, 0.01, UNIFORM) < 0.5);
    ck_assert(mixture_log_greater(3, 3, 0.01, UNIFORM) >= log(100));
    ck_assert(mixture_log_less(0, 300, 0.05, UNIFORM) >= log(100));
}
END_TEST

SUITE("sequential tests", sprts_have_their_reference_values, paths_of_an_sprt_end_where_they_should,
      an_sprt_is_wrong_no_more_often_than_it_may, mixtures_have_their_reference_values,
      confidence_sequences_have_their_reference_values,
      counts_that_a_mixture_rejects_have_their_reference_values,
      false_alarms_and_power_of_peeking_have_their_reference_values,
      peeking_with_a_fixed_test_has_its_reference_values,
      a_prior_that_hardly_reaches_above_the_share_gives_a_factor,
      a_share_that_is_far_below_has_a_factor_all_the_same,
      a_one_sided_factor_does_not_grow_under_what_it_tests, the_two_sides_mirror_each_other,
      a_bad_canary_is_found_after_a_handful_of_requests)
