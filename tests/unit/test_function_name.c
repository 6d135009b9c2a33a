/* function_name: the spellings of lambda-api.md section 4, taken apart. */
#include "lambda/faults.h"
#include "pattern.h"
#include "support/named_call.h"
#include "support/suite.h"

START_TEST(each_spelling_names_the_same_function)
{
    static const struct {
        const char *name;
        const char *given;
        const char *qualifier; /* NULL: none */
    } cases[] = {
        { "fn", NULL, NULL },
        { "fn:live", NULL, "live" },
        { "fn:$LATEST", NULL, "$LATEST" },
        { "fn", "3", "3" },
        { "fn:3", "3", "3" },
        { "123456789012:function:fn", NULL, NULL },
        { "123456789012:fn", NULL, NULL },
        { "function:fn", NULL, NULL },
        { "123456789012:function:fn:live", NULL, "live" },
        { "us-east-1:123456789012:function:fn:1", NULL, "1" },
        { "arn:aws:lambda:us-east-1:123456789012:function:fn", NULL, NULL },
        { "arn:aws:lambda:us-east-1:123456789012:function:fn", "live", "live" },
        { "arn:aws:lambda:us-east-1:123456789012:function:fn:$LATEST", NULL, "$LATEST" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct call call;
        struct function_name name;
        ck_assert_msg(named_call_read(&call, cases[i].name, cases[i].given, &name), "%s: %s",
                      cases[i].name, call.error.message);
        ck_assert_str_eq(name.key.name, "fn");
        ck_assert_str_eq(name.key.account, "123456789012");
        ck_assert_str_eq(name.key.region, "us-east-1");
        ck_assert_pstr_eq(name.qualifier, cases[i].qualifier);
        call_discard(&call);
    }
}
END_TEST

START_TEST(another_account_is_kept)
{
    struct call call;
    struct function_name name;
    ck_assert(
        named_call_read(&call, "arn:aws:lambda:us-east-1:000000000000:function:f", NULL, &name));
    ck_assert_str_eq(name.key.account, "000000000000");
    call_discard(&call);
}
END_TEST

START_TEST(what_contradicts_the_call_is_a_fault)
{
    static const struct {
        const char *name;
        const char *qualifier;
        const struct fault *fault;
        const char *message;
    } cases[] = {
        { "fn:1", "2", &LAMBDA_INVALID_PARAMETER,
          "The derived qualifier from the function name does not match the specified qualifier." },
        { "arn:aws:lambda:eu-west-1:123456789012:function:fn", NULL, &LAMBDA_RESOURCE_NOT_FOUND,
          "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct call call;
        struct function_name name;
        ck_assert(!named_call_read(&call, cases[i].name, cases[i].qualifier, &name));
        ck_assert_ptr_eq(call.error.fault, cases[i].fault);
        ck_assert_str_eq(call.error.message, cases[i].message);
        call_discard(&call);
    }
}
END_TEST

START_TEST(patterns_match_whole_names_only)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } cases[] = {
        { function_name_create_pattern, "my-fn_1", true },
        { function_name_create_pattern, "my.fn", false },
        { function_name_create_pattern, "my fn", false },
        { function_name_create_pattern, "fn:live", true },
        { function_name_create_pattern, "", false },
        { function_name_create_pattern, "fn\n", false },
        { function_name_create_pattern, "arn:aws:lambda:us-east-1:123456789012:function:fn", true },
        { function_name_create_pattern, "arn:aws:lambda:us-east-1:12345:function:fn", false },
        { function_name_namespaced_pattern, "my.fn", true },
        { function_name_namespaced_pattern, "fn:$LATEST.PUBLISHED", true },
        { function_name_namespaced_pattern, "fn:1:2", false },
        { function_qualifier_pattern, "$LATEST", true },
        { function_qualifier_pattern, "live", true },
        { function_qualifier_pattern, "a b", false },
        { function_qualifier_pattern, "live\n", false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(pattern_matches(cases[i].pattern, text_from(cases[i].text)) ==
                          cases[i].matches,
                      "'%s'", cases[i].text);
}
END_TEST

START_TEST(arns_carry_partition_and_qualifier)
{
    struct arena arena = { 0 };
    const struct function_key china = { "123456789012", "cn-north-1", "fn" };
    ck_assert_str_eq(function_arn(&arena, &china, NULL),
                     "arn:aws-cn:lambda:cn-north-1:123456789012:function:fn");
    ck_assert_str_eq(function_arn(&arena, &china, "live"),
                     "arn:aws-cn:lambda:cn-north-1:123456789012:function:fn:live");
    arena_clear(&arena);
}
END_TEST

START_TEST(version_qualifiers_are_numbers_or_latest)
{
    static const struct {
        const char *qualifier;
        bool is_version;
        int64_t number;
    } cases[] = {
        { "$LATEST", true, 0 },    { "1", true, 1 },
        { "42", true, 42 },        { "0", true, INT64_MAX },
        { "01", true, INT64_MAX }, { "99999999999999999999", true, INT64_MAX },
        { "live", false, -1 },     { "1a", false, -1 },
        { "-1", false, -1 },       { "", false, -1 },
        { "latest", false, -1 },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t number = -1;
        ck_assert_msg(version_parse(cases[i].qualifier, &number) == cases[i].is_version, "'%s'",
                      cases[i].qualifier);
        ck_assert_int_eq(number, cases[i].number);
        if (cases[i].is_version && number != INT64_MAX)
            ck_assert_str_eq(version_text(&arena, number), cases[i].qualifier);
    }
    arena_clear(&arena);
}
END_TEST

SUITE("function_name", each_spelling_names_the_same_function, another_account_is_kept,
      what_contradicts_the_call_is_a_fault, patterns_match_whole_names_only,
      arns_carry_partition_and_qualifier, version_qualifiers_are_numbers_or_latest)
