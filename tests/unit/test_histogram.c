/* histogram: properties that must hold for any values. */
#include "statistics/histogram.h"

#include "random.h"
#include "statistics/rank.h"
#include "support/close.h"
#include "xalloc.h"

enum { ROUNDS = 200, VALUES = 500 };

static const int64_t HOUR_US = 3600LL * 1000000;

static struct random_stream seeded(void)
{
    random_set_seed(7);
    return random_stream_for("histogram");
}

/* From 1 us to 1 h, all magnitudes alike. */
static int64_t any_value(struct random_stream *stream)
{
    return (int64_t)exp(random_unit(stream) * log((double)HOUR_US));
}

static struct histogram fill(struct random_stream *stream, int64_t *values, size_t count)
{
    struct histogram histogram = { 0 };
    for (size_t i = 0; i < count; i++) {
        values[i] = any_value(stream);
        histogram_add(&histogram, values[i]);
    }
    return histogram;
}

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void assert_same(const struct histogram *one, const struct histogram *other)
{
    ck_assert_uint_eq(one->count, other->count);
    ck_assert_uint_eq(one->size, other->size);
    for (size_t i = 0; i < one->size; i++) {
        ck_assert_uint_eq(one->buckets[i].index, other->buckets[i].index);
        ck_assert_uint_eq(one->buckets[i].count, other->buckets[i].count);
    }
}

START_TEST(buckets_cover_everything_once_and_to_three_digits)
{
    ck_assert_int_eq(histogram_low_us(0), 0);
    for (uint32_t index = 1; index < HISTOGRAM_BUCKETS - 1; index++) {
        int64_t low = histogram_low_us(index);
        int64_t high = histogram_high_us(index);
        ck_assert_int_eq(low, histogram_high_us(index - 1) + 1);
        ck_assert_uint_eq(histogram_index(low > HOUR_US ? HOUR_US : low),
                          low > HOUR_US ? histogram_index(HOUR_US) : index);
        ck_assert(high == low || (double)(high - low) < 0.001 * (double)low);
    }
    ck_assert_uint_lt(histogram_index(HOUR_US), HISTOGRAM_BUCKETS);
    ck_assert_uint_eq(histogram_index(-5), histogram_index(1));
    ck_assert_uint_eq(histogram_index(INT64_MAX), histogram_index(HOUR_US));
}
END_TEST

START_TEST(quantiles_are_those_of_the_values_to_three_digits)
{
    static const double shares[] = { 0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1 };
    struct random_stream stream = seeded();
    for (int round = 0; round < ROUNDS; round++) {
        int64_t values[VALUES];
        size_t count = 1 + (size_t)(random_unit(&stream) * VALUES);
        CLEANUP(histogram_clear) struct histogram histogram = fill(&stream, values, count);
        qsort(values, count, sizeof(*values), by_value);
        for (size_t i = 0; i < COUNT_OF(shares); i++) {
            size_t rank = (size_t)ceil(shares[i] * (double)count);
            int64_t exact = values[rank ? rank - 1 : 0];
            int64_t got = histogram_quantile_us(&histogram, shares[i]);
            ck_assert(got >= exact && (double)got <= 1.001 * (double)exact);
        }
    }
}
END_TEST

START_TEST(counts_above_a_value_are_those_of_the_values)
{
    struct random_stream stream = seeded();
    for (int round = 0; round < ROUNDS; round++) {
        int64_t values[VALUES];
        CLEANUP(histogram_clear) struct histogram histogram = fill(&stream, values, VALUES);
        int64_t limit = histogram_high_us(histogram_index(any_value(&stream)));
        uint64_t above = 0;
        for (size_t i = 0; i < VALUES; i++)
            above += values[i] > limit;
        ck_assert_uint_eq(histogram_count_above(&histogram, limit), above);
    }
    CLEANUP(histogram_clear) struct histogram slow = { 0 };
    histogram_add_bucket(&slow, histogram_index(5000), 3);
    ck_assert_uint_eq(histogram_count_above(&slow, 4000), 3);
    struct histogram empty = { 0 };
    ck_assert_uint_eq(histogram_count_above(&empty, 5), 0);
    ck_assert_int_eq(histogram_quantile_us(&empty, 0.5), 0);
}
END_TEST

START_TEST(merging_is_counting_together_in_any_order)
{
    struct random_stream stream = seeded();
    for (int round = 0; round < ROUNDS; round++) {
        int64_t a[VALUES];
        int64_t b[VALUES];
        CLEANUP(histogram_clear) struct histogram left = fill(&stream, a, VALUES);
        CLEANUP(histogram_clear) struct histogram right = fill(&stream, b, (size_t)round);
        CLEANUP(histogram_clear) struct histogram together = { 0 };
        CLEANUP(histogram_clear) struct histogram other_way = { 0 };
        for (size_t i = 0; i < VALUES; i++)
            histogram_add(&together, a[i]);
        for (size_t i = 0; i < (size_t)round; i++)
            histogram_add(&together, b[i]);
        histogram_merge(&other_way, &right);
        histogram_merge(&other_way, &left);
        histogram_merge(&left, &right);
        assert_same(&left, &together);
        assert_same(&other_way, &together);
    }
}
END_TEST

START_TEST(a_difference_undoes_a_merge)
{
    struct random_stream stream = seeded();
    for (int round = 0; round < ROUNDS; round++) {
        int64_t values[VALUES];
        CLEANUP(histogram_clear) struct histogram before = fill(&stream, values, VALUES);
        CLEANUP(histogram_clear) struct histogram more = fill(&stream, values, VALUES);
        CLEANUP(histogram_clear) struct histogram now = { 0 };
        CLEANUP(histogram_clear) struct histogram since = { 0 };
        histogram_merge(&now, &before);
        histogram_merge(&now, &more);
        histogram_difference(&now, &before, &since);
        assert_same(&since, &more);
    }
}
END_TEST

START_TEST(what_json_says_is_read_back)
{
    struct random_stream stream = seeded();
    int64_t values[VALUES];
    CLEANUP(histogram_clear) struct histogram histogram = fill(&stream, values, VALUES);
    CLEANUP(histogram_clear) struct histogram again = { 0 };
    CLEANUP(json_deletep) cJSON *json = histogram_json(&histogram);
    CLEANUP(freep) char *text = json_print(json);
    CLEANUP(json_deletep) cJSON *parsed = json_parse(text_from(text));
    ck_assert(histogram_add_json(&again, parsed));
    assert_same(&again, &histogram);
}
END_TEST

START_TEST(damaged_json_is_refused)
{
    static const char *const damaged[] = {
        "{}",       "[1,2]",     "[[1]]",       "[[1,2,3]]",   "[[-1,2]]", "[[1.5,2]]",
        "[[1,-2]]", "[[1,0.5]]", "[[23552,1]]", "[[\"1\",2]]", "[null]",   "\"[]\"",
    };
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        CLEANUP(histogram_clear) struct histogram histogram = { 0 };
        CLEANUP(json_deletep) cJSON *json = json_parse(text_from(damaged[i]));
        ck_assert_msg(!histogram_add_json(&histogram, json), "%s", damaged[i]);
    }
}
END_TEST

/* Rank tests on buckets are rank tests on the values, rounded. */
START_TEST(rank_tests_work_on_buckets)
{
    struct random_stream stream = seeded();
    for (int round = 0; round < 20; round++) {
        int64_t raw[2][VALUES];
        double middle[2][VALUES];
        CLEANUP(histogram_clear) struct histogram left = fill(&stream, raw[0], VALUES);
        CLEANUP(histogram_clear) struct histogram right = fill(&stream, raw[1], VALUES);
        for (size_t i = 0; i < 2 * VALUES; i++) {
            uint32_t index = histogram_index(raw[i / VALUES][i % VALUES]);
            middle[i / VALUES][i % VALUES] =
                (double)(histogram_low_us(index) + histogram_high_us(index)) / 2000;
        }
        CLEANUP(sample_clear) struct sample x = sample_from_histogram(&left);
        CLEANUP(sample_clear) struct sample y = sample_from_histogram(&right);
        CLEANUP(sample_clear) struct sample plain_x = sample_from(middle[0], VALUES);
        CLEANUP(sample_clear) struct sample plain_y = sample_from(middle[1], VALUES);
        assert_close(mann_whitney(&x, &y).u, mann_whitney(&plain_x, &plain_y).u, "U", "buckets");
        assert_close(hodges_lehmann(&x, &y), hodges_lehmann(&plain_x, &plain_y), "shift",
                     "buckets");
        assert_close(sample_mean(&x), sample_mean(&plain_x), "mean", "buckets");
    }
}
END_TEST

SUITE("histogram", buckets_cover_everything_once_and_to_three_digits,
      quantiles_are_those_of_the_values_to_three_digits,
      counts_above_a_value_are_those_of_the_values, merging_is_counting_together_in_any_order,
      a_difference_undoes_a_merge, what_json_says_is_read_back, damaged_json_is_refused,
      rank_tests_work_on_buckets)
