/* validation: the sentences of lambda-api.md 2.3 and 11.3 and of cloudwatch-api.md 1.10. */
#include "cloudwatch/cloudwatch.h"
#include "lambda/lambda.h"
#include "support/call.h"
#include "support/suite.h"

static const struct field version_key = { .type = FIELD_STRING,
                                          .length = BETWEEN(1, 1024),
                                          .pattern = "[0-9]+" };
static const struct field weight = { .type = FIELD_DOUBLE, .range = BETWEEN(0, 1) };
static const struct field routing_members[] = {
    { .name = "AdditionalVersionWeights", .type = FIELD_MAP, .key = &version_key, .item = &weight },
    { 0 },
};
static const struct field variable_key = { .type = FIELD_STRING,
                                           .pattern = "[a-zA-Z]([a-zA-Z0-9_])+" };
static const struct field variable_value = { .type = FIELD_STRING };
static const struct field environment_members[] = {
    { .name = "Variables",
      .type = FIELD_MAP,
      .is_sensitive = true,
      .key = &variable_key,
      .item = &variable_value },
    { 0 },
};
static const struct field tag_item = { .type = FIELD_STRING, .length = BETWEEN(1, 3) };
static const char *const states[] = { "INSUFFICIENT_DATA", "ALARM", "OK", NULL };
static const struct field point_members[] = {
    { .name = "Value", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 3) },
    { 0 },
};
static const struct field point = { .type = FIELD_STRUCTURE, .members = point_members };

static const struct field rows[] = {
    { .name = "Name",
      .type = FIELD_STRING,
      .pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)",
      .length = BETWEEN(1, 8) },
    { .name = "RoutingConfig", .type = FIELD_STRUCTURE, .members = routing_members },
    { .name = "Environment", .type = FIELD_STRUCTURE, .members = environment_members },
    { .name = "StateValue", .type = FIELD_STRING, .values = states },
    { .name = "Limit", .type = FIELD_INTEGER, .range = BETWEEN(1, 10000) },
    { .name = "Period", .type = FIELD_INTEGER, .range = AT_LEAST(60) },
    { .name = "Share", .type = FIELD_DOUBLE, .range = BETWEEN(0, 1) },
    { .name = "TagKeys", .type = FIELD_LIST, .item = &tag_item, .length = AT_MOST(2) },
    { .name = "Points", .type = FIELD_LIST, .item = &point },
    { 0 },
};
static const struct field required_rows[] = {
    { .name = "StackName", .type = FIELD_STRING, .is_required = true },
    { .name = "TagKeys", .type = FIELD_LIST, .is_required = true, .item = &tag_item },
    { .name = "Points", .type = FIELD_LIST, .item = &point },
    { 0 },
};
static const struct field placed_rows[] = {
    { .name = "MaxItems",
      .type = FIELD_INTEGER,
      .place = FIELD_IN_QUERY,
      .range = BETWEEN(1, 10000) },
    { .name = "DryRun", .type = FIELD_BOOLEAN, .place = FIELD_IN_QUERY },
    { 0 },
};

/* Validates the tree that `json` tells of; the message is kept in the call. */
static bool check(struct call *call, const struct service *service, const struct field *fields,
                  const char *json)
{
    static struct operation operation;
    operation = (struct operation){ .name = "Test", .input = fields };
    *call = (struct call){ .service = service, .operation = &operation };
    call->input = json_parse(text_from(json));
    ck_assert_msg(call->input != NULL, "%s", json);
    return call_validate(call);
}

START_TEST(what_satisfies_every_row_passes)
{
    static const char *const cases[] = {
        "{}",
        "{\"Name\":\"live\"}",
        "{\"Name\":\"12345678\",\"Limit\":1}",
        "{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0}}}",
        "{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":1}}}",
        "{\"RoutingConfig\":{\"AdditionalVersionWeights\":{}}}",
        "{\"RoutingConfig\":{}}",
        "{\"StateValue\":\"OK\",\"Period\":1000000000}",
        "{\"Limit\":10000,\"TagKeys\":[\"a\",\"\xC3\xA9\xC3\xA9\xC3\xA9\"]}",
        "{\"Points\":[{\"Value\":\"1\"}]}",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct call call;
        bool is_good = check(&call, &lambda_service, rows, cases[i]);
        if (i == 2) /* all digits */
            ck_assert(!is_good);
        else
            ck_assert_msg(is_good, "%s: %s", cases[i], call.error.message);
        call_discard(&call);
    }
}
END_TEST

START_TEST(each_violation_has_its_sentence)
{
    static const struct {
        const char *json;
        const char *message;
    } cases[] = {
        { "{\"Name\":\"2024\"}", "Value '2024' at 'name' failed to satisfy constraint: Member must "
                                 "satisfy regular expression pattern: "
                                 "(?!^[0-9]+$)([a-zA-Z0-9-_]+)" },
        { "{\"Name\":\"a\\nb\"}", "Value 'a\nb' at 'name' failed to satisfy constraint: Member "
                                  "must satisfy regular expression pattern: "
                                  "(?!^[0-9]+$)([a-zA-Z0-9-_]+)" },
        { "{\"Name\":\"live\\n\"}", "Value 'live\n' at 'name' failed to satisfy constraint: Member "
                                    "must satisfy regular expression pattern: "
                                    "(?!^[0-9]+$)([a-zA-Z0-9-_]+)" },
        { "{\"Name\":\"abcdefghi\"}", "Value 'abcdefghi' at 'name' failed to satisfy constraint: "
                                      "Member must have length less than or equal to 8" },
        { "{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"1\":1,\"2\":2}}}",
          "Value '{1=1.0, 2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
          "constraint: Map value must satisfy constraint: [Member must have value less than or "
          "equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be "
          "null]" },
        { "{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":-0.5}}}",
          "Value '{2=-0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
          "constraint: Map value must satisfy constraint: [Member must have value less than or "
          "equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be "
          "null]" },
        { "{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":\"-Infinity\"}}}",
          "Value '{2=-Infinity}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
          "constraint: Map value must satisfy constraint: [Member must have value less than or "
          "equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be "
          "null]" },
        { "{\"Share\":\"NaN\"}", "Value 'NaN' at 'share' failed to satisfy constraint: Member must "
                                 "have value less than or equal to 1.0" },
        { "{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"$LATEST\":0.5}}}",
          "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
          "constraint: Map keys must satisfy constraint: [Member must have length less than or "
          "equal to 1024, Member must have length greater than or equal to 1, Member must satisfy "
          "regular expression pattern: [0-9]+]" },
        { "{\"Environment\":{\"Variables\":{\"1secret\":\"x\"}}}",
          "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy "
          "constraint: [Member must satisfy regular expression pattern: "
          "[a-zA-Z]([a-zA-Z0-9_])+]" },
        { "{\"StateValue\":\"INVALID\"}",
          "Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum "
          "value set: [INSUFFICIENT_DATA, ALARM, OK]" },
        { "{\"Limit\":10001}", "Value '10001' at 'limit' failed to satisfy constraint: Member must "
                               "have value less than or equal to 10000" },
        { "{\"Period\":30}", "Value '30' at 'period' failed to satisfy constraint: Member must "
                             "have value greater than or equal to 60" },
        { "{\"TagKeys\":[\"a\",\"b\",\"c\"]}",
          "Value '[a, b, c]' at 'tagKeys' failed to satisfy constraint: Member must have length "
          "less than or equal to 2" },
        { "{\"TagKeys\":[\"a\",\"long\"]}",
          "Value '[a, long]' at 'tagKeys' failed to satisfy constraint: Member must satisfy "
          "constraint: [Member must have length less than or equal to 3, Member must have length "
          "greater than or equal to 1, Member must not be null]" },
        { "{\"TagKeys\":[\"a\",null]}",
          "Value '[a, null]' at 'tagKeys' failed to satisfy constraint: Member must satisfy "
          "constraint: [Member must have length less than or equal to 3, Member must have length "
          "greater than or equal to 1, Member must not be null]" },
        { "{\"Environment\":{\"Variables\":{\"AB\":null}}}",
          "Value at 'environment.variables' failed to satisfy constraint: Map value must satisfy "
          "constraint: [Member must not be null]" },
        { "{\"Points\":[{\"Value\":\"1\"},{\"Value\":\"1234\"}]}",
          "Value '1234' at 'points.2.member.value' failed to satisfy constraint: Member must have "
          "length less than or equal to 3" },
        { "{\"Points\":[{}]}", "Value null at 'points.1.member.value' failed to satisfy "
                               "constraint: Member must not be null" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct call call;
        ck_assert_msg(!check(&call, &lambda_service, rows, cases[i].json), "%s", cases[i].json);
        ck_assert_ptr_eq(call.error.fault, lambda_service.validation_fault);
        const char *prefix = "1 validation error detected: ";
        ck_assert_msg(strncmp(call.error.message, prefix, strlen(prefix)) == 0, "%s",
                      call.error.message);
        ck_assert_str_eq(call.error.message + strlen(prefix), cases[i].message);
        call_discard(&call);
    }
}
END_TEST

START_TEST(all_violations_are_told_at_once)
{
    struct call call;
    ck_assert(!check(&call, &lambda_service, rows, "{\"Name\":\"2024\",\"Limit\":0}"));
    ck_assert_str_eq(call.error.message,
                     "2 validation errors detected: Value '2024' at 'name' failed to satisfy "
                     "constraint: Member must satisfy regular expression pattern: "
                     "(?!^[0-9]+$)([a-zA-Z0-9-_]+); Value '0' at 'limit' failed to satisfy "
                     "constraint: Member must have value greater than or equal to 1");
    call_discard(&call);
}
END_TEST

START_TEST(what_is_missing_is_told_in_each_services_way)
{
    struct call call;
    ck_assert(!check(&call, &lambda_service, required_rows, "{\"TagKeys\":null}"));
    ck_assert_str_eq(call.error.message,
                     "2 validation errors detected: Value null at 'stackName' failed to satisfy "
                     "constraint: Member must not be null; Value null at 'tagKeys' failed to "
                     "satisfy constraint: Member must not be null");
    call_discard(&call);
    ck_assert(!check(&call, &cloudwatch_service, required_rows, "{\"TagKeys\":[]}"));
    ck_assert_str_eq(call.error.message, "The parameter StackName is required.");
    ck_assert_ptr_eq(call.error.fault, cloudwatch_service.missing_fault);
    call_discard(&call);
    ck_assert(!check(&call, &cloudwatch_service, required_rows,
                     "{\"StackName\":\"s\",\"TagKeys\":[],\"Points\":[{\"Value\":\"1\"},{}]}"));
    ck_assert_str_eq(call.error.message, "The parameter Points.member.2.Value is required.");
    call_discard(&call);
}
END_TEST

START_TEST(text_of_path_and_query_becomes_what_the_row_says)
{
    static const struct {
        const char *json;
        const char *message; /* NULL: it is good */
    } cases[] = {
        { "{\"MaxItems\":\"50\",\"DryRun\":\"true\"}", NULL },
        { "{\"MaxItems\":\"0\"}",
          "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: "
          "Member must have value greater than or equal to 1" },
        { "{\"MaxItems\":\"fifty\"}", "Value 'fifty' at 'MaxItems' is not a whole number" },
        { "{\"MaxItems\":\"1.5\"}", "Value '1.5' at 'MaxItems' is not a whole number" },
        { "{\"MaxItems\":\"\"}", "Value '' at 'MaxItems' is not a whole number" },
        { "{\"DryRun\":\"yes\"}", "Value 'yes' at 'DryRun' is neither true nor false" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct call call;
        bool is_good = check(&call, &lambda_service, placed_rows, cases[i].json);
        if (is_good) {
            ck_assert_ptr_null(cases[i].message);
            ck_assert_int_eq(json_int(call.input, "MaxItems", 0), 50);
            ck_assert(cJSON_IsTrue(json_get(call.input, "DryRun")));
        } else {
            ck_assert_pstr_eq(call.error.message, cases[i].message);
        }
        call_discard(&call);
    }
}
END_TEST

SUITE("validation", what_satisfies_every_row_passes, each_violation_has_its_sentence,
      all_violations_are_told_at_once, what_is_missing_is_told_in_each_services_way,
      text_of_path_and_query_becomes_what_the_row_says)
