/* url_access: who may call a function URL. */
#include "lambda/url_access.h"
#include "support/suite.h"

#define ALLOW(action) "\"Effect\":\"Allow\",\"Action\":\"" action "\","
#define DENY "},{\"Effect\":\"Deny\",\"Action\":\"lambda:*\"," EVERYONE
#define BOTH "\"Effect\":\"Allow\",\"Action\":\"lambda:*\","
#define ROOT(account) "\"Principal\":{\"AWS\":\"arn:aws:iam::" account ":root\"}"
#define EVERYONE "\"Principal\":\"*\""
#define IF(test, key, value) ",\"Condition\":{\"" test "\":{\"" key "\":" value "}}"
#define IF_TYPE(type) IF("StringEquals", "lambda:FunctionUrlAuthType", "\"" type "\"")
#define IF_VIA(value) IF("Bool", "lambda:InvokedViaFunctionUrl", value)
#define DIGITS "0123456789abcdef"
#define SIGNATURE DIGITS DIGITS DIGITS DIGITS

static const struct {
    const char *statements;
    const char *account;
    bool expected;
} policies[] = {
    { "[{" ALLOW("lambda:InvokeFunctionUrl") EVERYONE IF_TYPE("NONE") "},{" ALLOW(
          "lambda:InvokeFunction") EVERYONE IF_VIA("\"true\"") "}]",
      NULL, true },
    { "[{" ALLOW("lambda:invokefunctionurl") EVERYONE "},{" ALLOW("lambda:InvokeFunction")
          EVERYONE IF_VIA("true") "}]",
      NULL, true },
    { "[{" ALLOW("lambda:InvokeFunctionUrl") EVERYONE IF_TYPE("NONE") "}]", NULL, false },
    { "[{" ALLOW("lambda:InvokeFunction") EVERYONE IF_VIA("\"true\"") "}]", NULL, false },
    { "[{" ALLOW("lambda:InvokeFunctionUrl") EVERYONE "},{" ALLOW("lambda:InvokeFunction")
          EVERYONE IF_VIA("\"false\"") "}]",
      NULL, false },
    { "[{" BOTH EVERYONE "}]", NULL, true },
    { "[{" ALLOW("*") "\"Principal\":{\"AWS\":\"*\"}}]", NULL, true },
    { "[{\"Effect\":\"Allow\",\"Action\":[\"a:b\",\"lambda:*\"]," EVERYONE "}]", NULL, true },
    { "[{" ALLOW("lambda:Invoke*") EVERYONE "}]", NULL, true },
    { "[{" ALLOW("*:invoke*n*") EVERYONE "}]", NULL, true },
    { "[{" ALLOW("lambda:Invoke*Url") EVERYONE "},{" ALLOW("lambda:InvokeFunctio?") EVERYONE "}]",
      NULL, true },
    { "[{" ALLOW("lambda:Get*") EVERYONE "}]", NULL, false },
    { "[{" ALLOW("lambda:Invoke*Urls") EVERYONE "},{" ALLOW("lambda:InvokeFunction*?") EVERYONE
      "}]",
      NULL, false },
    { "[]", NULL, false },
    { "[{" BOTH ROOT("111111111111") "}]", NULL, false },
    { "[{" BOTH ROOT("111111111111") "}]", "111111111111", true },
    { "[{" BOTH "\"Principal\":{\"AWS\":[\"222222222222\",\"111111111111\"]}}]", "111111111111",
      true },
    { "[{" BOTH ROOT("222222222222") "}]", "111111111111", false },
    { "[{" BOTH "\"Principal\":{\"Service\":\"*\"}}]", NULL, false },
    { "[{" BOTH EVERYONE IF_TYPE("AWS_IAM") "}]", NULL, false },
    { "[{" BOTH EVERYONE IF("StringEquals", "aws:PrincipalOrgID", "\"o-1\"") "}]", NULL, false },
    { "[{" BOTH EVERYONE IF("ArnLike", "AWS:SourceArn", "\"a\"") "}]", NULL, false },
    { "[{" BOTH EVERYONE "},{\"Effect\":\"Deny\",\"Action\":\"lambda:InvokeFunction\"," EVERYONE
      "}]",
      NULL, false },
    { "[{" BOTH EVERYONE IF("StringEquals", "lambda:FunctionUrlAuthType",
                            "[\"AWS_IAM\",\"NONE\"]") "}]",
      NULL, true },
    { "[{" BOTH EVERYONE DENY IF("StringNotEquals", "lambda:FunctionUrlAuthType", "\"NONE\"") "}]",
      NULL, true },
    { "[{" BOTH EVERYONE DENY IF("StringNotEquals", "lambda:FunctionUrlAuthType",
                                 "\"AWS_IAM\"") "}]",
      NULL, false },
    { "[{" BOTH EVERYONE DENY IF_VIA("\"false\"") "}]", NULL, true },
    { "[{" BOTH EVERYONE DENY IF("StringNotEquals", "aws:PrincipalOrgID", "\"o-1\"") "}]", NULL,
      false },
    { "[{" BOTH EVERYONE DENY IF("Bool", "aws:SecureTransport", "\"false\"") "}]", NULL, false },
};

static const struct {
    const char *statements;
    bool expected;
} denials[] = {
    { "[]", false },
    { "[{" BOTH EVERYONE "}]", false },
    { "[{\"Effect\":\"Deny\",\"Action\":\"lambda:InvokeFunctionUrl\"," ROOT("111111111111") "}]",
      true },
    { "[{\"Effect\":\"Deny\",\"Action\":\"lambda:InvokeFunction\"," EVERYONE "}]", true },
    { "[{\"Effect\":\"Deny\",\"Action\":\"lambda:*\"," ROOT("222222222222") "}]", false },
    { "[{\"Effect\":\"Deny\",\"Action\":\"lambda:GetFunction\"," EVERYONE "}]", false },
};

START_TEST(a_policy_denies_even_the_own_account)
{
    for (size_t i = 0; i < COUNT_OF(denials); i++) {
        CLEANUP(json_deletep) cJSON *statements = json_parse(text_from(denials[i].statements));
        ck_assert_ptr_nonnull(statements);
        ck_assert_msg(url_policy_denies(statements, "111111111111", "AWS_IAM") ==
                          denials[i].expected,
                      "%s", denials[i].statements);
    }
}
END_TEST

START_TEST(a_policy_lets_in_whom_it_names)
{
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        CLEANUP(json_deletep) cJSON *statements = json_parse(text_from(policies[i].statements));
        ck_assert_ptr_nonnull(statements);
        ck_assert_msg(url_policy_allows(statements, policies[i].account, "NONE") ==
                          policies[i].expected,
                      "%s", policies[i].statements);
    }
}
END_TEST

#define SCOPE "AKIA/20260101/us-east-1/lambda/aws4_request"
#define QUERY_SCOPE "AKIA%2F20260101%2Fus-east-1%2Flambda%2Faws4_request"
#define QUERY_REST "&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host"

static const struct {
    const char *authorization;
    const char *date;
    const char *query;
    bool is_signed;
} signatures[] = {
    { "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;x-amz-date, Signature=" SIGNATURE,
      "20260101T000000Z", "", true },
    { "AWS4-HMAC-SHA256 Credential=" SCOPE ",SignedHeaders=host,Signature=" SIGNATURE,
      "20260101T000000Z", "", true },
    { "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;x_own.2, Signature=" SIGNATURE,
      "20260101T000000Z", "", true },
    { "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=" SIGNATURE, NULL, "",
      false },
    { "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=abc", "d", "", false },
    { "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/lambda/aws4_request, "
      "SignedHeaders=host, Signature=" SIGNATURE,
      "d", "", false },
    { "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, "
      "Signature=" SIGNATURE,
      "d", "", false },
    { "Bearer x", "d", "", false },
    { NULL, NULL, "", false },
    { NULL, NULL,
      "a=b&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" QUERY_SCOPE QUERY_REST
      "&X-Amz-Signature=" SIGNATURE,
      true },
    { NULL, NULL, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" QUERY_SCOPE QUERY_REST,
      false },
    { NULL, NULL, "X-Amz-Credential=" QUERY_SCOPE QUERY_REST "&X-Amz-Signature=" SIGNATURE, false },
};

START_TEST(a_signature_has_a_form)
{
    for (size_t i = 0; i < COUNT_OF(signatures); i++) {
        struct arena arena = { 0 };
        struct url_signature signature = { signatures[i].authorization, signatures[i].date,
                                           text_from(signatures[i].query) };
        const char *key = url_access_key(&signature, "us-east-1", &arena);
        ck_assert_msg((key != NULL) == signatures[i].is_signed, "case %zu", i);
        if (key)
            ck_assert_str_eq(key, "AKIA");
        arena_clear(&arena);
    }
}
END_TEST

SUITE("url_access", a_policy_lets_in_whom_it_names, a_policy_denies_even_the_own_account,
      a_signature_has_a_form)
