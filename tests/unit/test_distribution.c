/*
 * distribution against brute force: sorted samples and nearest rank. Few distinct values are
 * exact; many are within 0.5 %.
 */
#include <math.h>

#include "cloudwatch/distribution.h"
#include "random.h"
#include "support/suite.h"
#include "xalloc.h"

enum { SAMPLES = 20000 };

static const double ERROR_MAX = 0.005;
static const double shares[] = { 0.0001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1 };

static int compare(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return first < second ? -1 : first > second;
}

/* Of sorted samples. */
static double nearest_rank(const double *samples, size_t count, double share)
{
    size_t rank = (size_t)ceil(share * (double)count - 1e-9);
    return samples[rank > 0 ? rank - 1 : 0];
}

static double draw_uniform(struct random_stream *stream)
{
    return random_unit(stream) * 1000;
}

static double draw_wide(struct random_stream *stream)
{
    return pow(10, random_unit(stream) * 18 - 9);
}

static double draw_exponential(struct random_stream *stream)
{
    return -log(1 - random_unit(stream)) * 40;
}

static double draw_with_zeros(struct random_stream *stream)
{
    return random_unit(stream) < 0.3 ? 0 : random_unit(stream) * 5;
}

static double draw_dice(struct random_stream *stream)
{
    return 1 + floor(random_unit(stream) * 6);
}

static double (*const draws[])(struct random_stream *) = { draw_uniform, draw_wide,
                                                           draw_exponential, draw_with_zeros,
                                                           draw_dice };

static struct random_stream stream_of(size_t index)
{
    static const char *const names[] = { "uniform", "wide", "exponential", "zeros", "dice" };
    random_set_seed(4711);
    return random_stream_for(names[index]);
}

static void check_against(const struct distribution *distribution, double *samples, size_t count,
                          double error_max)
{
    qsort(samples, count, sizeof(*samples), compare);
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        double expected = nearest_rank(samples, count, shares[i]);
        double found = distribution_quantile(distribution, shares[i]);
        ck_assert_msg(fabs(found - expected) <= error_max * expected, "share %g: %.17g, not %.17g",
                      shares[i], found, expected);
    }
}

START_TEST(quantiles_are_within_half_a_percent)
{
    for (size_t i = 0; i < COUNT_OF(draws); i++) {
        struct distribution distribution = { 0 };
        struct random_stream stream = stream_of(i);
        double *samples = xcalloc(SAMPLES, sizeof(*samples));
        for (size_t n = 0; n < SAMPLES; n++) {
            samples[n] = draws[i](&stream);
            distribution_add(&distribution, samples[n], 1);
        }
        ck_assert(distribution_total(&distribution) == SAMPLES);
        check_against(&distribution, samples, SAMPLES, ERROR_MAX);
        distribution_clear(&distribution);
        free(samples);
    }
}
END_TEST

START_TEST(few_values_are_exact)
{
    struct distribution distribution = { 0 };
    struct random_stream stream = stream_of(0);
    double samples[60];
    for (size_t n = 0; n < COUNT_OF(samples); n++) {
        samples[n] = draw_wide(&stream);
        distribution_add(&distribution, samples[n], 1);
        double sorted[COUNT_OF(samples)];
        memcpy(sorted, samples, sizeof(samples));
        check_against(&distribution, sorted, n + 1, 0);
    }
    distribution_clear(&distribution);
}
END_TEST

static struct distribution consecutive(int from, int count)
{
    struct distribution distribution = { 0 };
    for (int i = 0; i < count; i++)
        distribution_add(&distribution, from + i, 1);
    return distribution;
}

START_TEST(up_to_64_distinct_values_are_exact_and_more_are_not)
{
    for (int all = 64; all <= 65; all++) {
        struct distribution whole = consecutive(100, all);
        struct distribution merged = consecutive(100, 20);
        struct distribution rest = consecutive(120, all - 20);
        distribution_merge(&merged, &rest);
        ck_assert_int_eq(whole.is_sketch, all > 64);
        ck_assert_int_eq(merged.is_sketch, all > 64);
        distribution_clear(&whole);
        distribution_clear(&merged);
        distribution_clear(&rest);
    }
}
END_TEST

START_TEST(merging_is_adding_all)
{
    for (size_t i = 0; i < COUNT_OF(draws); i++) {
        struct distribution parts[3] = { { 0 } };
        struct random_stream stream = stream_of(i);
        double *samples = xcalloc(SAMPLES, sizeof(*samples));
        for (size_t n = 0; n < SAMPLES; n++) {
            samples[n] = draws[i](&stream);
            distribution_add(&parts[n < 20 ? 0 : 1 + n % 2], samples[n], 1);
        }
        distribution_merge(&parts[0], &parts[1]);
        distribution_merge(&parts[0], &parts[2]);
        ck_assert(distribution_total(&parts[0]) == SAMPLES);
        check_against(&parts[0], samples, SAMPLES, ERROR_MAX);
        for (size_t n = 0; n < COUNT_OF(parts); n++)
            distribution_clear(&parts[n]);
        free(samples);
    }
}
END_TEST

START_TEST(merging_gives_the_cells_that_adding_gives)
{
    static const size_t sizes[] = { 0, 1, 10, 17, 40, 64, 65, 300, 3000 };
    random_set_seed(11);
    struct random_stream stream = random_stream_for("merge");
    for (size_t i = 0; i < 2 * COUNT_OF(sizes) * COUNT_OF(sizes); i++) {
        size_t counts[] = { sizes[i / 2 / COUNT_OF(sizes)], sizes[i / 2 % COUNT_OF(sizes)] };
        double least = i % 2 * 10000.0; /* of so close values many share a cell */
        struct distribution parts[2] = { 0 };
        struct distribution all = { 0 };
        for (size_t part = 0; part < 2; part++) {
            for (size_t n = 0; n < counts[part]; n++) {
                double value = least + floor(draw_uniform(&stream) / 3);
                distribution_add(&parts[part], value, 1);
                distribution_add(&all, value, 1);
            }
        }
        distribution_merge(&parts[0], &parts[1]);
        ck_assert_uint_eq(parts[0].count, all.count);
        ck_assert(parts[0].is_sketch == all.is_sketch);
        for (uint32_t n = 0; n < all.count; n++) {
            ck_assert(parts[0].cells[n].value == all.cells[n].value);
            ck_assert(parts[0].cells[n].count == all.cells[n].count);
        }
        distribution_clear(&parts[0]);
        distribution_clear(&parts[1]);
        distribution_clear(&all);
    }
}
END_TEST

START_TEST(counts_weigh)
{
    struct distribution distribution = { 0 };
    distribution_add(&distribution, 5, 90);
    distribution_add(&distribution, 1, 9);
    distribution_add(&distribution, 7, 1);
    ck_assert(distribution_total(&distribution) == 100);
    ck_assert(distribution_quantile(&distribution, 0.09) == 1);
    ck_assert(distribution_quantile(&distribution, 0.091) == 5);
    ck_assert(distribution_quantile(&distribution, 0.99) == 5);
    ck_assert(distribution_quantile(&distribution, 1) == 7);
    ck_assert(distribution_quantile(&distribution, 0) == 1);
    distribution_clear(&distribution);
    distribution_add(&distribution, 1, 7);
    distribution_add(&distribution, 2, 93);
    ck_assert(0.07 * 100 > 7); /* as numbers go */
    ck_assert(distribution_quantile(&distribution, 0.07) == 1);
    distribution_clear(&distribution);
}
END_TEST

START_TEST(an_empty_one_has_no_quantiles)
{
    struct distribution distribution = { 0 };
    struct distribution other = { 0 };
    ck_assert(isnan(distribution_quantile(&distribution, 0.5)));
    distribution_merge(&distribution, &other);
    ck_assert(isnan(distribution_quantile(&distribution, 0.5)));
    ck_assert(distribution_total(&distribution) == 0);
    distribution_add(&other, 3, 2);
    distribution_merge(&distribution, &other);
    ck_assert(distribution_quantile(&distribution, 0.5) == 3);
    distribution_clear(&distribution);
    distribution_clear(&other);
}
END_TEST

START_TEST(extreme_values_do_not_break_it)
{
    static const double values[] = { 0, 5e-324, 1e-300, 1, 1e100, 0x1p360 };
    struct distribution distribution = { 0 };
    struct random_stream stream = stream_of(1);
    for (int n = 0; n < SAMPLES; n++)
        distribution_add(&distribution, draw_wide(&stream), 1);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        distribution_add(&distribution, values[i], SAMPLES);
    double before = -1;
    for (int thousandths = 1; thousandths < 1000; thousandths++) {
        double value = distribution_quantile(&distribution, thousandths / 1000.0);
        ck_assert(isfinite(value) && value >= before);
        before = value;
    }
    ck_assert(fabs(distribution_quantile(&distribution, 1) / 0x1p360 - 1) <= ERROR_MAX);
    ck_assert(distribution_quantile(&distribution, 0) == 0);
    ck_assert_uint_lt(distribution.count, 20000);
    distribution_clear(&distribution);
}
END_TEST

SUITE("distribution", quantiles_are_within_half_a_percent, few_values_are_exact,
      up_to_64_distinct_values_are_exact_and_more_are_not, merging_is_adding_all,
      merging_gives_the_cells_that_adding_gives, counts_weigh, an_empty_one_has_no_quantiles,
      extreme_values_do_not_break_it)
