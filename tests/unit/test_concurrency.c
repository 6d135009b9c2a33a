/* concurrency: who may run, and whose limit stops it. */
#include "lambda/concurrency.h"
#include "support/suite.h"

enum { PLACES_MAX = 8, NONE = -1 };

/* A function with a version that has provisioned concurrency, and another account's worth of room.
 */
static struct concurrency_counter counters[7];

static struct concurrency_scope scope_of(int64_t reserved, int64_t on_demand_limit)
{
    memset(counters, 0, sizeof(counters));
    return (struct concurrency_scope){ .account = &counters[0],
                                       .unreserved = &counters[1],
                                       .function = &counters[2],
                                       .function_on_demand = &counters[3],
                                       .resource = &counters[4],
                                       .reserved = reserved,
                                       .on_demand_limit = on_demand_limit };
}

static const struct {
    int64_t reserved;
    int64_t on_demand_limit;
    int64_t allocated;
    int taken;
    enum concurrency_verdict then;
} cases[] = {
    { NONE, 3, 0, 3, CONCURRENCY_ACCOUNT_FULL },
    { 2, 2, 0, 2, CONCURRENCY_FUNCTION_FULL },
    { 0, 0, 0, 0, CONCURRENCY_FUNCTION_FULL },
    { NONE, 0, 0, 0, CONCURRENCY_ACCOUNT_FULL },
    { 2, 0, 2, 2, CONCURRENCY_FUNCTION_FULL }, /* all of the reservation is provisioned */
    { 5, 3, 2, 5, CONCURRENCY_FUNCTION_FULL },
    { NONE, 1, 4, 5, CONCURRENCY_ACCOUNT_FULL }, /* beyond what is provisioned: on demand */
};

START_TEST(limits_hold_and_name_whose_they_are)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct concurrency_scope scope = scope_of(cases[i].reserved, cases[i].on_demand_limit);
        struct concurrency_version version = { &counters[5], &counters[6], cases[i].allocated };
        struct concurrency_hold holds[PLACES_MAX];
        enum concurrency_verdict verdict;
        int taken = 0;
        while ((verdict = concurrency_take(&scope, &version, &holds[taken])) == CONCURRENCY_TAKEN)
            taken++;
        ck_assert_int_eq(taken, cases[i].taken);
        ck_assert_int_eq(verdict, cases[i].then);
        for (int at = 0; at < taken; at++)
            ck_assert_int_eq(holds[at].is_provisioned, at < cases[i].allocated);
        while (taken)
            concurrency_give_back(&holds[--taken]);
        for (size_t at = 0; at < COUNT_OF(counters); at++)
            ck_assert_uint_eq(counters[at].running, 0);
    }
}
END_TEST

START_TEST(a_reserved_function_takes_nothing_of_the_unreserved)
{
    struct concurrency_scope scope = scope_of(2, 2);
    struct concurrency_version version = { &counters[5], &counters[6], 0 };
    struct concurrency_hold hold;
    ck_assert_int_eq(concurrency_take(&scope, &version, &hold), CONCURRENCY_TAKEN);
    ck_assert_uint_eq(scope.unreserved->running, 0);
    ck_assert_uint_eq(scope.account->running, 1);
}
END_TEST

/* The limits may change while an invocation runs: it gives back what it took. */
START_TEST(what_was_taken_is_given_back_even_if_the_scope_changed)
{
    struct concurrency_scope scope = scope_of(NONE, 5);
    struct concurrency_version version = { &counters[5], &counters[6], 1 };
    struct concurrency_hold hold;
    ck_assert_int_eq(concurrency_take(&scope, &version, &hold), CONCURRENCY_TAKEN);
    scope.reserved = 5;
    version.allocated = 0;
    concurrency_give_back(&hold);
    for (size_t at = 0; at < COUNT_OF(counters); at++)
        ck_assert_uint_eq(counters[at].running, 0);
}
END_TEST

SUITE("concurrency", limits_hold_and_name_whose_they_are,
      a_reserved_function_takes_nothing_of_the_unreserved,
      what_was_taken_is_given_back_even_if_the_scope_changed)
