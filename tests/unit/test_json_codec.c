/* json_codec: bodies become trees by the rows, and trees bodies. */
#include <math.h>

#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/faults.h"
#include "edge/codec.h"
#include "lambda/lambda.h"
#include "support/suite.h"

static const struct field number_item = { .type = FIELD_DOUBLE };
static const struct field inner[] = { { .name = "n", .type = FIELD_INTEGER }, { 0 } };
static const struct field rows[] = {
    { .name = "d", .type = FIELD_DOUBLE },
    { .name = "i", .type = FIELD_INTEGER },
    { .name = "t", .type = FIELD_TIMESTAMP },
    { .name = "b", .type = FIELD_BOOLEAN },
    { .name = "s", .type = FIELD_STRING },
    { .name = "x", .type = FIELD_BLOB },
    { .name = "l", .type = FIELD_LIST, .item = &number_item },
    { .name = "m", .type = FIELD_MAP, .item = &number_item },
    { .name = "o", .type = FIELD_STRUCTURE, .members = inner },
    { 0 },
};

START_TEST(members_are_normalised_by_their_rows)
{
    static const struct {
        const char *body;
        const char *tree;
    } cases[] = {
        { "", "{}" },
        { " {} ", "{}" },
        { "{\"d\":1.5,\"i\":3,\"b\":true,\"s\":\"a\",\"x\":\"YQ==\"}",
          "{\"d\":1.5,\"i\":3,\"b\":true,\"s\":\"a\",\"x\":\"YQ==\"}" },
        { "{\"i\":3.0}", "{\"i\":3}" },
        { "{\"d\":\"NaN\"}", "{\"d\":\"NaN\"}" },
        { "{\"d\":1e400}", "{\"d\":\"Infinity\"}" },
        { "{\"l\":[-1e400]}", "{\"l\":[\"-Infinity\"]}" },
        { "{\"t\":1760954700.5}", "{\"t\":1760954700.5}" },
        { "{\"t\":\"2025-10-20T10:05:00Z\"}", "{\"t\":1760954700}" },
        { "{\"unknown\":{\"a\":[]},\"i\":1}", "{\"i\":1}" },
        { "{\"i\":null,\"s\":\"x\",\"o\":null}", "{\"s\":\"x\"}" },
        { "{\"o\":{\"n\":1,\"z\":2}}", "{\"o\":{\"n\":1}}" },
        { "{\"l\":[1,2.5],\"m\":{\"k\":1}}", "{\"l\":[1,2.5],\"m\":{\"k\":1}}" },
        { "{\"I\":1}", "{}" },
        { "{\"i\":1,\"s\":\"a\",\"i\":2}", "{\"s\":\"a\",\"i\":2}" },
        { "{\"i\":1,\"i\":null}", "{}" },
        { "{\"i\":null,\"i\":1}", "{\"i\":1}" },
        { "{\"o\":{\"n\":1,\"n\":2},\"m\":{\"k\":1,\"j\":2,\"k\":3,\"K\":4}}",
          "{\"o\":{\"n\":2},\"m\":{\"j\":2,\"k\":3,\"K\":4}}" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        cJSON *tree =
            json_codec_decode(&cloudwatch_service, rows, text_from(cases[i].body), &error);
        ck_assert_msg(tree != NULL, "%s: %s", cases[i].body, error.message);
        char *text = json_print(tree);
        ck_assert_str_eq(text, cases[i].tree);
        free(text);
        cJSON_Delete(tree);
    }
}
END_TEST

#define LIST_FOUND "Start of list found where not expected"
#define STRUCTURE_FOUND "Start of structure or map found where not expected."
#define NOT_A(token, type) #token "_VALUE can not be converted to " type

/* AWS says nothing of what is no object. */
START_TEST(wrong_types_are_serialization_errors)
{
    static const struct {
        const char *body;
        const char *message;
    } cases[] = {
        { "{\"d\":\"1\"}", NOT_A(STRING, "a Double") },
        { "{\"d\":true}", NOT_A(TRUE, "a Double") },
        { "{\"i\":1.5}", NOT_A(NUMBER, "an Integer") },
        { "{\"i\":1e400}", NOT_A(NUMBER, "an Integer") },
        { "{\"t\":1e400}", NOT_A(NUMBER, "a Timestamp") },
        { "{\"i\":\"1\"}", NOT_A(STRING, "an Integer") },
        { "{\"b\":1}", NOT_A(NUMBER, "a Boolean") },
        { "{\"b\":\"true\"}", NOT_A(STRING, "a Boolean") },
        { "{\"s\":1}", NOT_A(NUMBER, "a String") },
        { "{\"s\":false}", NOT_A(FALSE, "a String") },
        { "{\"s\":[]}", LIST_FOUND },
        { "{\"x\":{}}", STRUCTURE_FOUND },
        { "{\"t\":true}", NOT_A(TRUE, "a Timestamp") },
        { "{\"t\":\"soon\"}", NOT_A(STRING, "a Timestamp") },
        { "{\"l\":{}}", "Expected list or null" },
        { "{\"l\":[\"a\"]}", NOT_A(STRING, "a Double") },
        { "{\"m\":[]}", "Expected map or null" },
        { "{\"m\":{\"k\":\"v\"}}", NOT_A(STRING, "a Double") },
        { "{\"o\":[]}", "Expected structure or null" },
        { "{\"o\":{\"n\":\"1\"}}", NOT_A(STRING, "an Integer") },
        { "[]", NULL },
        { "1", NULL },
        { "{", NULL },
        { "{\"i\":1}x", NULL },
        { "null", NULL },
        { "{\"s\":\"\xff\"}", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        ck_assert_msg(
            !json_codec_decode(&cloudwatch_service, rows, text_from(cases[i].body), &error), "%s",
            cases[i].body);
        ck_assert_ptr_eq(error.fault, &CLOUDWATCH_SERIALIZATION);
        ck_assert_msg(error.message && cases[i].message
                          ? strcmp(error.message, cases[i].message) == 0
                          : error.message == cases[i].message,
                      "%s: %s", cases[i].body, error.message);
        error_clear(&error);
    }
}
END_TEST

START_TEST(a_body_that_is_no_json_is_explained_by_lambda)
{
    struct error error = { 0 };
    ck_assert_ptr_null(json_codec_decode(&lambda_service, rows, TEXT("hello"), &error));
    ck_assert_str_eq(error.message,
                     "Could not parse request body into json: Unrecognized token 'hello': was "
                     "expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
                     "'false')\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_"
                     "LOCATION` disabled); line: 1, column: 6]");
    error_clear(&error);
}
END_TEST

START_TEST(a_text_that_cannot_be_held_is_mended_or_explained)
{
    static const char body[] = "{\"s\":\"a\\u0000b\\ud83d\"}";
    struct error error = { 0 };
    struct service mending = cloudwatch_service;
    mending.mends_texts = true;
    ck_assert_ptr_null(json_codec_decode(&cloudwatch_service, rows, text_from(body), &error));
    ck_assert_ptr_nonnull(strstr(error.message, "NUL character or half of a surrogate pair"));
    error_clear(&error);
    ck_assert_ptr_null(json_codec_decode(&cloudwatch_service, rows, TEXT("[1]"), &error));
    ck_assert_ptr_null(error.message);
    error_clear(&error);
    CLEANUP(json_deletep)
    cJSON *tree = json_codec_decode(&mending, rows, text_from(body), &error);
    ck_assert_str_eq(json_text(tree, "s", ""), "a\uFFFDb\uFFFD");
}
END_TEST

START_TEST(trees_are_printed_by_their_rows)
{
    static const struct {
        const char *tree;
        const char *body;
    } cases[] = {
        { "{\"d\":3,\"i\":3,\"t\":1760954700}", "{\"d\":3.0,\"i\":3,\"t\":1760954700.0}" },
        { "{\"d\":0.1}", "{\"d\":0.1}" },
        { "{\"d\":0.30000000000000004}", "{\"d\":0.30000000000000004}" },
        { "{\"l\":[1,2.5],\"m\":{\"k\":1}}", "{\"l\":[1.0,2.5],\"m\":{\"k\":1.0}}" },
        { "{\"s\":\"a\\\"\\\\\\n\\t\\u0001\xC3\xA9/\"}",
          "{\"s\":\"a\\\"\\\\\\n\\t\\u0001\xC3\xA9/\"}" },
        { "{\"rowless\":[true,false,null,1,\"x\",{}]}",
          "{\"rowless\":[true,false,null,1,\"x\",{}]}" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer buffer = { 0 };
        cJSON *tree = json_parse(text_from(cases[i].tree));
        json_codec_encode(rows, tree, &buffer);
        ck_assert_str_eq(buffer.data, cases[i].body);
        buffer_clear(&buffer);
        cJSON_Delete(tree);
    }
    struct buffer buffer = { 0 };
    json_codec_encode(rows, NULL, &buffer);
    ck_assert_str_eq(buffer.data, "{}");
    buffer_clear(&buffer);
}
END_TEST

START_TEST(faults_have_their_services_shape)
{
    static const struct fault plain = { .code = "TooBad", .status = 400 };
    static const struct fault ours = { .code = "Broken", .status = 500, .reason = "R" };
    static const struct fault untyped = { .code = "Odd", .status = 400, .omits_type = true };
    const struct {
        const struct fault *fault;
        const char *body;
    } cases[] = {
        { &plain, "{\"Type\":\"User\",\"Message\":\"m\"}" },
        { &ours, "{\"Type\":\"Service\",\"Message\":\"m\",\"Reason\":\"R\"}" },
        { &untyped, "{\"Message\":\"m\"}" },
    };
    struct service service = lambda_service;
    service.message_key = "Message";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        struct buffer buffer = { 0 };
        error_set(&error, cases[i].fault, "m");
        rest_json_encode_fault(&service, &error, &buffer);
        ck_assert_str_eq(buffer.data, cases[i].body);
        buffer_clear(&buffer);
        error_clear(&error);
    }
    struct error error = { 0 };
    struct buffer buffer = { 0 };
    error_set_silent(&error, &CLOUDWATCH_SERIALIZATION);
    aws_json_encode_fault(&cloudwatch_service, &error, &(struct error_members){ 0 }, &buffer);
    ck_assert_str_eq(buffer.data,
                     "{\"__type\":\"com.amazon.coral.service#SerializationException\"}");
    buffer_clear(&buffer);
}
END_TEST

START_TEST(members_find_their_rows_in_any_order)
{
    static const char *const cases[][2] = {
        { "{\"d\":1,\"i\":2,\"t\":3,\"l\":[4]}", "{\"d\":1.0,\"i\":2,\"t\":3.0,\"l\":[4.0]}" },
        { "{\"l\":[4],\"t\":3,\"i\":2,\"d\":1}", "{\"l\":[4.0],\"t\":3.0,\"i\":2,\"d\":1.0}" },
        { "{\"z\":1,\"t\":3,\"y\":1,\"d\":1,\"d\":1}",
          "{\"z\":1,\"t\":3.0,\"y\":1,\"d\":1.0,\"d\":1.0}" },
        { "{\"o\":{\"n\":1,\"d\":1},\"o\":{},\"m\":{\"n\":1}}",
          "{\"o\":{\"n\":1,\"d\":1},\"o\":{},\"m\":{\"n\":1.0}}" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(cases[i][0]));
        CLEANUP(buffer_clear) struct buffer buffer = { 0 };
        json_codec_encode(rows, tree, &buffer);
        ck_assert_str_eq(buffer.data, cases[i][1]);
    }
}
END_TEST

SUITE("json_codec", members_find_their_rows_in_any_order, members_are_normalised_by_their_rows,
      wrong_types_are_serialization_errors, a_body_that_is_no_json_is_explained_by_lambda,
      a_text_that_cannot_be_held_is_mended_or_explained, trees_are_printed_by_their_rows,
      faults_have_their_services_shape)
