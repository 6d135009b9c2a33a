/* rank tests and quantiles, against reference values. */
#include "statistics/rank.h"

#include "random.h"
#include "support/close.h"

enum { SET_MAX = 200 };

/* Sets of canary-tools.md 11.15. */
struct pair {
    double x[SET_MAX];
    size_t m;
    double y[SET_MAX];
    size_t n;
};

static void run(double *values, size_t *count, int first, int last)
{
    for (int value = first; value <= last; value++)
        values[(*count)++] = value;
}

static void scatter(struct pair *pair)
{
    for (int i = 1; i <= 100; i++) {
        pair->x[pair->m++] = 37 * i % 101;
        pair->y[pair->n++] = 53 * i % 103 + 5;
    }
}

static const struct pair given[] = {
    ['A' - 'A'] = { { 10, 20, 30, 40 }, 4, { 1, 2, 3, 4 }, 4 },
    ['C' - 'A'] = { { 12, 15, 11, 18, 20 }, 5, { 14, 13, 16, 17, 10 }, 5 },
    ['D' - 'A'] = { { 102, 110, 98, 120, 130, 105, 99 },
                    7,
                    { 101, 97, 115, 125, 140, 108, 111, 96 },
                    8 },
    ['F' - 'A'] = { { 1, 2, 2, 3, 3, 3 }, 6, { 2, 3, 4, 4, 5, 5 }, 6 },
    ['G' - 'A'] = { { 0, 0, 0, 0, 0, 1, 2 }, 7, { 0 }, 7 },
    ['H' - 'A'] = { { 105, 112, 118, 121, 130, 133, 140, 155, 160, 171 },
                    10,
                    { 99, 101, 104, 107, 110, 113, 117, 119, 125, 128 },
                    10 },
    ['I' - 'A'] = { { 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 },
                    9,
                    { 1.15, 0.88, 0.90, 0.74, 1.21 },
                    5 },
    ['J' - 'A'] = { .m = 0 },
};

static struct pair pair_of(char name)
{
    struct pair pair = name <= 'J' ? given[name - 'A'] : (struct pair){ .m = 0 };
    switch (name) {
    case 'B':
        run(pair.x, &pair.m, 1, 5);
        run(pair.y, &pair.n, 6, 10);
        break;
    case 'E':
        run(pair.x, &pair.m, 1, 20);
        run(pair.y, &pair.n, 21, 40);
        break;
    case 'J':
        scatter(&pair);
        break;
    case 'K':
        run(pair.x, &pair.m, 1, 200);
        run(pair.y, &pair.n, 201, 400);
        break;
    }
    return pair;
}

struct samples {
    struct sample x;
    struct sample y;
};

static struct samples samples_of(char name)
{
    struct pair pair = pair_of(name);
    return (struct samples){ sample_from(pair.x, pair.m), sample_from(pair.y, pair.n) };
}

static void samples_clear(struct samples *samples)
{
    sample_clear(&samples->x);
    sample_clear(&samples->y);
}

static const struct {
    const char *id;
    char set;
    double u;
    double ties;
    double z;
    double p;
    double corrected_z;
    double corrected_p;
    double shift;
    double cles;
} mann_whitneys[] = {
    { "MW1", 'A', 16, 0, 2.30940107676, 0.0209213353378, 2.16506350946, 0.0303828219766, 22.5,
      1.00000000000 },
    { "MW2", 'B', 0, 0, -2.61116483934, 0.00902343881808, -2.50671824576, 0.0121857803553, -5.0,
      0.0 },
    { "MW3", 'C', 15, 0, 0.522232967867, 0.601508134441, 0.417786374294, 0.676103314023, 1.0,
      0.600000000000 },
    { "MW4", 'D', 27, 0, -0.115727512472, 0.907868500950, -0.0578637562358, 0.953857153062, -1.5,
      0.482142857143 },
    { "MW5", 'E', 0, 0, -5.41001780800, 6.30184822139e-8, -5.39649276348, 6.79561512817e-8, -20.0,
      0.0 },
    { "MW6", 'F', 11 / 2.0, 96, -2.06005513530, 0.0393932702299, -1.97765292989, 0.0479678737427,
      -2.0, 0.152777777778 },
    { "MW7", 'G', 63 / 2.0, 1716, 1.46759877141, 0.142213241936, 1.36277028774, 0.172954917988, 0.0,
      0.642857142857 },
    { "MW8", 'H', 83, 0, 2.49456552186, 0.0126111440993, 2.45676907456, 0.0140192771140, 20.0,
      0.830000000000 },
    { "MW9", 'I', 34, 0, 1.53333333333, 0.125193745582, 1.46666666667, 0.142466754828, 0.48,
      0.755555555556 },
    { "MW10", 'J', 4467, 564, -1.30237218741, 0.192789185449, -1.30115044990, 0.193206962007, NAN,
      NAN },
    { "MW11", 'K', 0, 0, -17.2988979511, 4.79473153989e-67, -17.2984654787, 4.83085639040e-67,
      -200.0, 0.0 },
};

static const struct {
    const char *id;
    uint64_t n;
    double share;
    uint64_t low;
    uint64_t high;
    double coverage;
} quantiles[] = {
    { "QT1", 100, 0.5, 40, 61, 0.964799799782 },
    { "QT2", 100, 0.9, 84, 96, 0.955690107191 },
    { "QT3", 100, 0.95, 90, 100, 0.982607060712 },
    { "QT4", 500, 0.99, 490, 500, 0.980185949858 },
    { "QT5", 1000, 0.5, 469, 532, 0.953708802640 },
    { "QT6", 1000, 0.95, 936, 964, 0.958095268223 },
    { "QT7", 1000, 0.99, 983, 997, 0.976094763498 },
    { "QT8", 10000, 0.99, 9880, 9920, 0.955754682807 },
};

START_TEST(mann_whitney_has_its_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(mann_whitneys); i++) {
        const char *id = mann_whitneys[i].id;
        CLEANUP(samples_clear) struct samples samples = samples_of(mann_whitneys[i].set);
        struct mann_whitney test = mann_whitney(&samples.x, &samples.y);
        assert_close(test.u, mann_whitneys[i].u, "U", id);
        assert_close(test.ties, mann_whitneys[i].ties, "ties", id);
        assert_close(test.z, mann_whitneys[i].z, "z", id);
        assert_close(test.p_value, mann_whitneys[i].p, "p", id);
        assert_close(test.corrected_z, mann_whitneys[i].corrected_z, "corrected z", id);
        assert_close(test.corrected_p, mann_whitneys[i].corrected_p, "corrected p", id);
        if (test.corrected_z > 0)
            assert_close(test.greater, mann_whitneys[i].corrected_p / 2, "one-sided p", id);
        if (!isnan(mann_whitneys[i].shift)) {
            assert_close(hodges_lehmann(&samples.x, &samples.y), mann_whitneys[i].shift, "shift",
                         id);
            assert_close(cles(&samples.x, &samples.y), mann_whitneys[i].cles, "CLES", id);
        }
    }
}
END_TEST

START_TEST(shifted_ranks_have_their_reference_values)
{
    static const struct {
        double shift;
        double z;
    } rows[] = { { 0, 2.45676907456 }, { 1, 2.38296855972 }, { 20, 0 }, { 50, -2.57112518664 } };
    CLEANUP(samples_clear) struct samples samples = samples_of('H');
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_close(mann_whitney_shifted(&samples.x, &samples.y, rows[i].shift).corrected_z,
                     rows[i].z, "z", "H, shifted");
    static const double slow[] = { 150, 152, 155, 158, 160, 161, 163, 166, 170, 171 };
    CLEANUP(sample_clear) struct sample x = sample_from(slow, COUNT_OF(slow));
    struct mann_whitney test = mann_whitney(&x, &samples.y);
    assert_close(test.u, 100, "U", "KY3");
    assert_close(test.z, 3.77964473009, "z", "KY3");
    assert_close(test.corrected_z, 3.74184828279, "corrected z", "KY3");
}
END_TEST

/* The slow way: all pairs, sorted. */
static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

START_TEST(the_shift_is_the_median_of_all_pairs_and_lies_in_its_interval)
{
    enum { M = 23, N = 18 };
    random_set_seed(5);
    struct random_stream stream = random_stream_for("pairs");
    for (int round = 0; round < 200; round++) {
        double x[M];
        double y[N];
        double all[M * N];
        for (int i = 0; i < M; i++)
            x[i] = floor(random_unit(&stream) * 40) / 8;
        for (int j = 0; j < N; j++)
            y[j] = floor(random_unit(&stream) * 40) / 8;
        for (int i = 0; i < M * N; i++)
            all[i] = x[i / N] - y[i % N];
        qsort(all, M * N, sizeof(*all), by_size);
        CLEANUP(samples_clear)
        struct samples samples = { sample_from(x, M), sample_from(y, N) };
        double shift = hodges_lehmann(&samples.x, &samples.y);
        ck_assert_double_eq_tol(shift, (all[M * N / 2 - 1] + all[M * N / 2]) / 2, 1e-12);
        struct interval interval = shift_interval(&samples.x, &samples.y, 0.95);
        ck_assert(interval.low <= shift && shift <= interval.high);
        ck_assert(bsearch(&interval.low, all, M * N, sizeof(*all), by_size));
        ck_assert(bsearch(&interval.high, all, M * N, sizeof(*all), by_size));
        /* It inverts the test: a shift well outside is rejected, one well inside is not. */
        double below = interval.low - 0.25;
        double inside = interval.low + 0.25;
        ck_assert(mann_whitney_shifted(&samples.x, &samples.y, below).corrected_p < 0.055);
        if (inside < interval.high)
            ck_assert(mann_whitney_shifted(&samples.x, &samples.y, inside).corrected_p > 0.045);
    }
}
END_TEST

static bool is_near(double got, double wanted)
{
    return isinf(wanted) ? isinf(got) && signbit(got) == signbit(wanted)
                         : fabs(got - wanted) < 1e-9;
}

/* Found in Python by trying the test in every gap between the sorted differences. */
START_TEST(intervals_of_the_shift_have_their_reference_values)
{
    static const struct {
        char set;
        double confidence;
        struct interval shift;
    } rows[] = {
        { 'A', 0.9, { 7, 38 } },       { 'A', 0.98, { -INFINITY, INFINITY } },
        { 'C', 0.9, { -3, 5 } },       { 'C', 0.98, { -6, 10 } },
        { 'D', 0.9, { -13, 9 } },      { 'D', 0.98, { -23, 19 } },
        { 'F', 0.9, { -3, 0 } },       { 'F', 0.98, { -3, 0 } },
        { 'G', 0.9, { 0, 1 } },        { 'G', 0.98, { 0, 1 } },
        { 'H', 0.9, { 5, 36 } },       { 'H', 0.98, { 1, 46 } },
        { 'I', 0.9, { -0.05, 0.74 } }, { 'I', 0.98, { -0.17, 1.01 } },
        { 'J', 0.9, { -13, 2 } },      { 'J', 0.98, { -16, 5 } },
        { 'K', 0.9, { -210, -190 } },  { 'K', 0.98, { -214, -186 } },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(samples_clear) struct samples samples = samples_of(rows[i].set);
        struct interval shift = shift_interval(&samples.x, &samples.y, rows[i].confidence);
        ck_assert_msg(
            is_near(shift.low, rows[i].shift.low) && is_near(shift.high, rows[i].shift.high),
            "%c, %g: %.12g to %.12g", rows[i].set, rows[i].confidence, shift.low, shift.high);
    }
}
END_TEST

/* The fifth of the 32 pairs is the first inside; without the ties it would be the fourth. */
START_TEST(ties_within_a_sample_make_the_interval_of_the_shift_narrower)
{
    static const double x[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    static const double y[] = { 0, 0, 0, 0 };
    CLEANUP(samples_clear)
    struct samples samples = { sample_from(x, COUNT_OF(x)), sample_from(y, COUNT_OF(y)) };
    struct interval interval = shift_interval(&samples.x, &samples.y, 0.95);
    assert_close(interval.low, 2, "low", "ties");
    assert_close(interval.high, 7, "high", "ties");
    interval = shift_interval(&samples.y, &samples.x, 0.95);
    assert_close(interval.low, -7, "low", "ties, turned round");
    assert_close(interval.high, -2, "high", "ties, turned round");
}
END_TEST

START_TEST(quantile_ranks_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(quantiles); i++) {
        struct ranks ranks = quantile_ranks(quantiles[i].n, quantiles[i].share, 0.05);
        ck_assert_uint_eq(ranks.low, quantiles[i].low);
        ck_assert_uint_eq(ranks.high, quantiles[i].high);
        assert_close(ranks.coverage, quantiles[i].coverage, "coverage", quantiles[i].id);
    }
}
END_TEST

START_TEST(percentiles_have_their_reference_values)
{
    static const struct {
        double share;
        double value;
    } rows[] = { { 0.5, 131.5 },   { 0.9, 161.1 }, { 0.95, 166.05 },
                 { 0.99, 170.01 }, { 0, 105 },     { 1, 171 } };
    CLEANUP(samples_clear) struct samples samples = samples_of('H');
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_close(sample_quantile(&samples.x, rows[i].share), rows[i].value, "R-7", "H");
    assert_close(sample_mean(&samples.x), 134.5, "mean", "H");
}
END_TEST

START_TEST(ranks_that_hold_at_every_time_are_wider_but_not_much)
{
    for (uint64_t n = 10; n <= 100000; n *= 10) {
        struct ranks once = quantile_ranks(n, 0.95, 0.01);
        struct ranks ever = quantile_ranks_anytime(n, 0.95, 0.01);
        ck_assert(ever.low <= once.low && ever.high >= once.high);
        ck_assert(ever.high - ever.low <= 3 * (once.high - once.low) + 5);
    }
}
END_TEST

SUITE("rank tests", mann_whitney_has_its_reference_values,
      shifted_ranks_have_their_reference_values,
      the_shift_is_the_median_of_all_pairs_and_lies_in_its_interval,
      intervals_of_the_shift_have_their_reference_values,
      ties_within_a_sample_make_the_interval_of_the_shift_narrower,
      quantile_ranks_have_their_reference_values, percentiles_have_their_reference_values,
      ranks_that_hold_at_every_time_are_wider_but_not_much)
