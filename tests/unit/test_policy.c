/* policy: statements, and whom a function URL lets in. */
#include "lambda/policy.h"
#include "lambda/url_access.h"
#include "lambda/faults.h"
#include "store/store.h"
#include "support/directory.h"
#include "support/suite.h"

static const struct function_key function = { "000000000000", "us-east-1", "f" };
static struct store *store;
static struct arena arena;

static void setup(void)
{
    struct error error = { 0 };
    store = store_open(test_directory(), false, &error);
    ck_assert_msg(store, "%s", error.message);
    store_begin_call(store);
}

static void add(const char *qualifier, const struct policy_grant *grant)
{
    struct error error = { 0 };
    const char *statement;
    const char *revision;
    struct policy_key key = policy_key_of_function(&function, qualifier, &arena);
    ck_assert_msg(policy_add(store, &key, grant, NULL, &arena, &statement, &revision, &error), "%s",
                  error.message);
}

static void finish(void)
{
    struct error error = { 0 };
    ck_assert(store_end_call(store, false, &error));
    store_close(store);
    arena_clear(&arena);
}

/* May everybody call the URL of that qualifier? */
static bool opens_url(const char *qualifier)
{
    struct function_url url = { .key = function, .qualifier = qualifier ? qualifier : "" };
    return url_access_allows(store, &url, NULL, "NONE");
}

START_TEST(a_public_url_takes_two_statements)
{
    static const struct policy_grant url = { .statement_id = "url",
                                             .action = "lambda:InvokeFunctionUrl",
                                             .principal = "*",
                                             .function_url_auth_type = "NONE" };
    static const struct policy_grant via = { .statement_id = "via",
                                             .action = "lambda:InvokeFunction",
                                             .principal = "*",
                                             .via_function_url = true };
    setup();
    ck_assert(!opens_url(NULL));
    add(NULL, &url);
    ck_assert(!opens_url(NULL));
    add(NULL, &via);
    ck_assert(opens_url(NULL));
    ck_assert(!opens_url("live"));
    finish();
}
END_TEST

START_TEST(what_is_granted_to_some_or_on_terms_opens_no_url)
{
    static const struct policy_grant grants[] = {
        { .statement_id = "a", .action = "lambda:*", .principal = "s3.amazonaws.com" },
        { .statement_id = "b", .action = "lambda:*", .principal = "123456789012" },
        { .statement_id = "c",
          .action = "lambda:*",
          .principal = "*",
          .organization_id = "o-1234567890" },
        { .statement_id = "d",
          .action = "lambda:*",
          .principal = "*",
          .source_account = "123456789012",
          .function_url_auth_type = "NONE" },
        { .statement_id = "e",
          .action = "lambda:InvokeFunctionUrl",
          .principal = "*",
          .function_url_auth_type = "AWS_IAM" },
        { .statement_id = "f", .action = "lambda:InvokeFunction", .principal = "*" },
    };
    setup();
    for (size_t i = 0; i < COUNT_OF(grants); i++) {
        add("live", &grants[i]);
        ck_assert_msg(!opens_url("live"), "%s", grants[i].statement_id);
    }
    static const struct policy_grant everything = { .statement_id = "g",
                                                    .action = "lambda:*",
                                                    .principal = "*" };
    add("live", &everything);
    ck_assert(opens_url("live"));
    finish();
}
END_TEST

START_TEST(principals_are_services_accounts_identities_or_everybody)
{
    static const struct {
        const char *principal;
        bool is_good;
    } cases[] = {
        { "*", true },
        { "123456789012", true },
        { "s3.amazonaws.com", true },
        { "s3.amazonaws.com.cn", true },
        { "alexa-appkit.amazon.com", true },
        { "arn:aws:iam::123456789012:root", true },
        { "arn:aws:iam::123456789012:user/path/u", true },
        { "arn:aws-cn:sts::123456789012:assumed-role/r/session", true },
        { "12345678901", false },
        { "nobody", false },
        { "amazonaws.com", false },
        { "s3.example.com", false },
        { "s3.amazonaws.com.evil", false },
        { "arn:aws:iam::123456789012:group/g", false },
        { "arn:aws:s3:::bucket", false },
    };
    setup();
    struct policy_key key = policy_key_of_function(&function, NULL, &arena);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(error_clear) struct error error = { 0 };
        const char *statement;
        const char *revision;
        struct policy_grant grant = { .statement_id = arena_format(&arena, "s%zu", i),
                                      .action = "lambda:InvokeFunction",
                                      .principal = cases[i].principal };
        bool is_good = policy_add(store, &key, &grant, NULL, &arena, &statement, &revision, &error);
        ck_assert_msg(is_good == cases[i].is_good, "%s", cases[i].principal);
        ck_assert(is_good || error.fault == &LAMBDA_INVALID_PARAMETER);
    }
    finish();
}
END_TEST

SUITE("policy", a_public_url_takes_two_statements, what_is_granted_to_some_or_on_terms_opens_no_url,
      principals_are_services_accounts_identities_or_everybody)
