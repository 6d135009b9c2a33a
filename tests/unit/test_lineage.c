/* lineage: loops are counted by the trace header that functions hand on. */
#include <stdlib.h>

#include "clock.h"
#include "lambda/lineage.h"
#include "pattern.h"
#include "support/suite.h"
#include "xalloc.h"

static const struct {
    const char *given;
    const char *expected;
    int count;
} cases[] = {
    { "Root=1-a;Parent=b;Sampled=1", "Root=1-a;Parent=b;Sampled=1;Lineage=1:38a5ab94:0", 0 },
    { "Root=1-a;Lineage=1:38a5ab94:0", "Root=1-a;Lineage=1:38a5ab94:1", 1 },
    { "Root=1-a;Lineage=1:38a5ab94:15", "Root=1-a;Lineage=1:38a5ab94:16", 16 },
    { "Lineage=1:38a5ab94:2;Root=1-a", "Root=1-a;Lineage=1:38a5ab94:3", 3 },
    { "Root=1-a;Lineage=1:11111111:4", "Root=1-a;Lineage=1:11111111:4|38a5ab94:0", 0 },
    { "Root=1-a;Lineage=1:11111111:4|38a5ab94:2", "Root=1-a;Lineage=1:11111111:4|38a5ab94:3", 3 },
    { "Root=1-a;Lineage=1:nonsense", "Root=1-a;Lineage=1:38a5ab94:0", 0 },
    { "Root=1-a;Lineage=", "Root=1-a;Lineage=1:38a5ab94:0", 0 },
};

START_TEST(a_function_is_counted_in_the_chain)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int count = -1;
        CLEANUP(freep) char *trace = lineage_extend(cases[i].given, "38a5ab94", &count);
        ck_assert_str_eq(trace, cases[i].expected);
        ck_assert_int_eq(count, cases[i].count);
    }
}
END_TEST

START_TEST(a_chain_that_begins_here_gets_a_root)
{
    int count;
    clock_set_mode(CLOCK_FROZEN, 0);
    CLEANUP(freep) char *trace = lineage_extend(NULL, "38a5ab94", &count);
    ck_assert(pattern_matches("Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;"
                              "Lineage=1:38a5ab94:0",
                              text_from(trace)));
    ck_assert_int_eq(strtoll(trace + strlen("Root=1-"), NULL, 16), clock_now_ms() / 1000);
    ck_assert_int_eq(count, 0);
}
END_TEST

START_TEST(functions_have_hashes_of_their_own)
{
    char first[LINEAGE_HASH_SIZE];
    char second[LINEAGE_HASH_SIZE];
    lineage_hash("arn:aws:lambda:us-east-1:000000000000:function:a", first);
    lineage_hash("arn:aws:lambda:us-east-1:000000000000:function:b", second);
    ck_assert_uint_eq(strlen(first), 8);
    ck_assert_str_ne(first, second);
}
END_TEST

SUITE("lineage", a_function_is_counted_in_the_chain, a_chain_that_begins_here_gets_a_root,
      functions_have_hashes_of_their_own)
