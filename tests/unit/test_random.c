/* random: streams repeat, do not disturb each other, and are uniform. */
#include <gsl/gsl_cdf.h>

#include "random.h"
#include "support/suite.h"

START_TEST(same_seed_and_name_give_the_same_draws)
{
    random_set_seed(42);
    struct random_stream first = random_stream_for("alias");
    random_set_seed(42);
    struct random_stream again = random_stream_for("alias");
    struct random_stream other = random_stream_for("another");
    int equal_to_other = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t value = random_next(&first);
        ck_assert_uint_eq(value, random_next(&again));
        equal_to_other += value == random_next(&other);
    }
    ck_assert_int_eq(equal_to_other, 0);
}
END_TEST

START_TEST(another_seed_gives_other_draws)
{
    random_set_seed(1);
    struct random_stream one = random_stream_for("alias");
    random_set_seed(2);
    struct random_stream two = random_stream_for("alias");
    ck_assert_uint_ne(random_next(&one), random_next(&two));
}
END_TEST

static char *first_uuid(int64_t run)
{
    static char uuid[UUID_SIZE];
    random_set_seed(3);
    random_set_run(run);
    random_uuid(uuid);
    return uuid;
}

START_TEST(each_run_with_a_seed_has_ids_of_its_own_that_repeat)
{
    char first[UUID_SIZE];
    char second[UUID_SIZE];
    memcpy(first, first_uuid(1), UUID_SIZE);
    memcpy(second, first_uuid(2), UUID_SIZE);
    ck_assert_str_ne(first, second);
    ck_assert_str_eq(first_uuid(1), first);
    ck_assert_str_eq(first_uuid(2), second);
}
END_TEST

START_TEST(what_draws_aside_leaves_the_ids_of_calls_alone)
{
    char expected[UUID_SIZE];
    char uuid[UUID_SIZE];
    memcpy(expected, first_uuid(1), UUID_SIZE);
    random_set_run(1);
    random_uuid_aside(uuid);
    ck_assert_str_ne(uuid, expected);
    random_next_aside();
    random_hex_aside(uuid, UUID_SIZE - 1);
    random_uuid(uuid);
    ck_assert_str_eq(uuid, expected);
}
END_TEST

/* Chi-square over 100 cells, 1,000,000 draws, seed fixed. False-alarm rate 1e-9. */
START_TEST(unit_draws_are_uniform)
{
    enum { CELLS = 100, DRAWS = 1000000 };
    random_set_seed(7);
    struct random_stream stream = random_stream_for("uniform");
    int counts[CELLS] = { 0 };
    for (int i = 0; i < DRAWS; i++) {
        double value = random_unit(&stream);
        ck_assert(value >= 0 && value < 1);
        counts[(int)(value * CELLS)]++;
    }
    double expected = (double)DRAWS / CELLS;
    double chi_square = 0;
    for (int i = 0; i < CELLS; i++)
        chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    ck_assert(gsl_cdf_chisq_Q(chi_square, CELLS - 1) > 1e-9);
}
END_TEST

START_TEST(uuids_are_version_4_and_differ)
{
    char one[UUID_SIZE];
    char two[UUID_SIZE];
    random_uuid(one);
    random_uuid(two);
    ck_assert_str_ne(one, two);
    ck_assert_uint_eq(strlen(one), UUID_SIZE - 1);
    ck_assert_int_eq(one[14], '4');
    ck_assert_ptr_nonnull(strchr("89ab", one[19]));
}
END_TEST

SUITE("random", same_seed_and_name_give_the_same_draws, another_seed_gives_other_draws,
      unit_draws_are_uniform, uuids_are_version_4_and_differ,
      each_run_with_a_seed_has_ids_of_its_own_that_repeat,
      what_draws_aside_leaves_the_ids_of_calls_alone)
