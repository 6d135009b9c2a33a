/* cbor_codec: the bytes of cloudwatch-api.md section 1.5, read and written. */
#include <math.h>

#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/faults.h"
#include "edge/codec.h"
#include "support/suite.h"
#include "xalloc.h"

#define BYTES(...)                                                                                 \
    ((struct text){ (const char[]){ __VA_ARGS__ }, sizeof((const char[]){ __VA_ARGS__ }) })

/* PutMetricData as botocore sends it: Value 12.5, Timestamp 2025-10-20T10:05:07Z. */
static const char put_request[] =
    "\xa2\x69Namespace\x65MyApp\x6aMetricData\x81\xa5"
    "\x6aMetricName\x67Latency\x65Value\xfb\x40\x29\x00\x00\x00\x00\x00\x00"
    "\x64Unit\x6cMilliseconds\x69Timestamp\xc1\x1a\x68\xf6\x09\x53"
    "\x6a"
    "Dimensions\x81\xa2\x64Name\x62"
    "Fn\x65Value\x62"
    "f1";

/* GetMetricStatistics as botocore sends it. */
static const char get_request[] = "\xa7\x69Namespace\x6a"
                                  "AWS/Lambda\x6aMetricName\x6bInvocations"
                                  "\x6a"
                                  "Dimensions\x81\xa2\x64Name\x6c"
                                  "FunctionName\x65Value\x62"
                                  "f1"
                                  "\x69StartTime\xc1\x1a\x68\xf6\x08\x20\x67"
                                  "EndTime\xc1\x1a\x68\xf6\x0a\x78"
                                  "\x66Period\x18\x3c\x6aStatistics\x81\x63Sum";

/* An answer in AWS's style. */
static const char get_answer[] = "\xbf\x6a"
                                 "Datapoints\x9f\xbf\x63Sum\xfb\x40\x08\x00\x00\x00\x00\x00\x00"
                                 "\x69Timestamp\xc1\xfb\x41\xda\x3d\x82\x53\x00\x00\x00\x64Unit\x65"
                                 "Count\xff\xff"
                                 "\x65Label\x6bInvocations\xff";

static const struct operation *operation_of(const char *name)
{
    for (size_t slice = 0; cloudwatch_service.operations[slice]; slice++) {
        const struct operation *operation = cloudwatch_service.operations[slice];
        for (; operation->name; operation++) {
            if (strcmp(operation->name, name) == 0)
                return operation;
        }
    }
    ck_abort_msg("no %s", name);
    return NULL;
}

static void expect_tree(const char *operation, struct text body, const char *json)
{
    struct error error = { 0 };
    cJSON *tree =
        cbor_codec_decode(&cloudwatch_service, operation_of(operation)->input, body, &error);
    ck_assert_msg(tree != NULL, "%s", error.message ? error.message : "");
    char *text = json_print(tree);
    ck_assert_str_eq(text, json);
    free(text);
    cJSON_Delete(tree);
}

START_TEST(the_requests_of_botocore_are_read)
{
    ck_assert_uint_eq(sizeof(put_request) - 1, 128);
    ck_assert_uint_eq(sizeof(get_request) - 1, 140);
    expect_tree("PutMetricData", TEXT(put_request),
                "{\"Namespace\":\"MyApp\",\"MetricData\":[{\"MetricName\":\"Latency\","
                "\"Value\":12.5,\"Unit\":\"Milliseconds\",\"Timestamp\":1760954707,"
                "\"Dimensions\":[{\"Name\":\"Fn\",\"Value\":\"f1\"}]}]}");
    expect_tree("GetMetricStatistics", TEXT(get_request),
                "{\"Namespace\":\"AWS/Lambda\",\"MetricName\":\"Invocations\",\"Dimensions\":"
                "[{\"Name\":\"FunctionName\",\"Value\":\"f1\"}],\"StartTime\":1760954400,"
                "\"EndTime\":1760955000,\"Period\":60,\"Statistics\":[\"Sum\"]}");
    expect_tree("ListMetrics", BYTES((char)0xa0), "{}");
    expect_tree("ListMetrics", TEXT(""), "{}");
}
END_TEST

START_TEST(an_answer_has_the_bytes_of_aws)
{
    struct buffer buffer = { 0 };
    cJSON *tree = json_parse(TEXT("{\"Datapoints\":[{\"Sum\":3,\"Timestamp\":1760954700,"
                                  "\"Unit\":\"Count\"}],\"Label\":\"Invocations\"}"));
    cbor_codec_encode(operation_of("GetMetricStatistics")->output, tree, &buffer);
    ck_assert_uint_eq(buffer.size, sizeof(get_answer) - 1);
    ck_assert_mem_eq(buffer.data, get_answer, buffer.size);
    buffer_clear(&buffer);
    cJSON_Delete(tree);
    cbor_codec_encode(operation_of("ListMetrics")->output, NULL, &buffer);
    ck_assert_mem_eq(buffer.data, "\xbf\xff", 2);
    buffer_clear(&buffer);
}
END_TEST

START_TEST(an_error_has_the_bytes_of_aws)
{
    static const char bytes[] =
        "\xbf\x66__type\x78\x43"
        "com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterValueException"
        "\x67message\x78\x40"
        "The parameter StartTime must be less than the parameter EndTime.\xff";
    struct buffer buffer = { 0 };
    struct error error = { 0 };
    error_set(&error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
              "The parameter StartTime must be less than the parameter EndTime.");
    cbor_codec_encode_fault(&cloudwatch_service, &error, &(struct error_members){ 0 }, &buffer);
    ck_assert_uint_eq(buffer.size, 152);
    ck_assert_uint_eq(buffer.size, sizeof(bytes) - 1);
    ck_assert_mem_eq(buffer.data, bytes, buffer.size);
    buffer_clear(&buffer);
    error_clear(&error);
}
END_TEST

static const struct field number_item = { .type = FIELD_DOUBLE };
static const struct field blob_rows[] = {
    { .name = "d", .type = FIELD_DOUBLE },
    { .name = "i", .type = FIELD_INTEGER },
    { .name = "t", .type = FIELD_TIMESTAMP },
    { .name = "b", .type = FIELD_BOOLEAN },
    { .name = "s", .type = FIELD_STRING },
    { .name = "x", .type = FIELD_BLOB },
    { .name = "l", .type = FIELD_LIST, .item = &number_item },
    { .name = "m", .type = FIELD_MAP, .item = &number_item },
    { 0 },
};

/* A map of one member, then the value's bytes. */
static cJSON *read_member(char name, const char *bytes, size_t size, struct error *error)
{
    struct buffer body = { 0 };
    buffer_add(&body, "\xa1\x61", 2);
    buffer_add_char(&body, name);
    buffer_add(&body, bytes, size);
    cJSON *tree = cbor_codec_decode(&cloudwatch_service, blob_rows, buffer_text(&body), error);
    buffer_clear(&body);
    return tree;
}

/* Counts are integers, as clients of typed languages want them, and doubles are doubles. */
START_TEST(each_number_is_told_as_what_its_row_says)
{
    static const char bytes[] = "\xbf\x61"
                                "d\xfb\x40\x08\x00\x00\x00\x00\x00\x00\x61"
                                "i\x18\x3c\x61"
                                "n\x22\x61"
                                "r\xfb\x3f\xe0\x00\x00\x00\x00\x00\x00\xff";
    static const struct field number_rows[] = { { .name = "d", .type = FIELD_DOUBLE },
                                                { .name = "i", .type = FIELD_INTEGER },
                                                { .name = "n", .type = FIELD_INTEGER },
                                                { .name = "r", .type = FIELD_DOUBLE },
                                                { 0 } };
    CLEANUP(buffer_clear) struct buffer buffer = { 0 };
    CLEANUP(json_deletep)
    cJSON *tree = json_parse(TEXT("{\"d\":3,\"i\":60,\"n\":-3,\"r\":0.5}"));
    cbor_codec_encode(number_rows, tree, &buffer);
    ck_assert_uint_eq(buffer.size, sizeof(bytes) - 1);
    ck_assert_mem_eq(buffer.data, bytes, buffer.size);
}
END_TEST

START_TEST(each_spelling_of_a_value_is_read)
{
    const struct {
        char name;
        struct text bytes;
        const char *json;
    } cases[] = {
        { 'd', TEXT("\x05"), "{\"d\":5}" },
        { 'd', TEXT("\x22"), "{\"d\":-3}" },
        { 'd', TEXT("\x19\x01\x00"), "{\"d\":256}" },
        { 'd', TEXT("\xf9\x3e\x00"), "{\"d\":1.5}" },
        { 'd', TEXT("\xfa\x40\x20\x00\x00"), "{\"d\":2.5}" },
        { 'd', TEXT("\xfb\x40\x29\x00\x00\x00\x00\x00\x00"), "{\"d\":12.5}" },
        { 'd', TEXT("\xf9\x7e\x00"), "{\"d\":\"NaN\"}" },
        { 'd', TEXT("\xf9\x7c\x00"), "{\"d\":\"Infinity\"}" },
        { 'd', TEXT("\xf9\xfc\x00"), "{\"d\":\"-Infinity\"}" },
        { 'd', TEXT("\xf6"), "{}" },
        { 'd', TEXT("\xf7"), "{}" },
        { 'i', TEXT("\x18\x3c"), "{\"i\":60}" },
        { 'i', TEXT("\xfb\x40\x4e\x00\x00\x00\x00\x00\x00"), "{\"i\":60}" },
        { 't', TEXT("\xc1\x1a\x68\xf6\x09\x53"), "{\"t\":1760954707}" },
        { 't', TEXT("\xc1\xfb\x41\xda\x3d\x82\x53\x00\x00\x00"), "{\"t\":1760954700}" },
        { 't', TEXT("\x1a\x68\xf6\x09\x53"), "{\"t\":1760954707}" },
        { 'b', TEXT("\xf4"), "{\"b\":false}" },
        { 'b', TEXT("\xf5"), "{\"b\":true}" },
        { 's', TEXT("\x60"), "{\"s\":\"\"}" },
        { 's',
          TEXT("\x7f\x61"
               "a\x62"
               "bc\xff"),
          "{\"s\":\"abc\"}" },
        { 'x',
          TEXT("\x43"
               "abc"),
          "{\"x\":\"YWJj\"}" },
        { 'x',
          TEXT("\x5f\x41"
               "a\x42"
               "bc\xff"),
          "{\"x\":\"YWJj\"}" },
        { 'l', TEXT("\x9f\x01\xf6\x02\xff"), "{\"l\":[1,null,2]}" },
        { 'l', TEXT("\x80"), "{\"l\":[]}" },
        { 'm', TEXT("\xbf\x61k\x01\xff"), "{\"m\":{\"k\":1}}" },
        { 'm', TEXT("\xa2\x61k\xf6\x61j\x01"), "{\"m\":{\"k\":null,\"j\":1}}" },
        { 'm', TEXT("\xa3\x61k\x01\x61j\x02\x61k\x03"), "{\"m\":{\"j\":2,\"k\":3}}" },
        { 's', TEXT("\xf6"), "{}" },
        { '?', TEXT("\x82\x01\xa1\x61z\xf5"), "{}" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        cJSON *tree = read_member(cases[i].name, cases[i].bytes.data, cases[i].bytes.size, &error);
        ck_assert_msg(tree != NULL, "case %zu: %s", i, error.message);
        char *text = json_print(tree);
        ck_assert_str_eq(text, cases[i].json);
        free(text);
        cJSON_Delete(tree);
    }
}
END_TEST

START_TEST(wrong_types_and_bad_bytes_are_serialization_errors)
{
    const struct {
        char name;
        struct text bytes;
    } cases[] = {
        { 'd', TEXT("\x61"
                    "5") },
        { 'd', TEXT("\xf5") },
        { 'd', TEXT("\x80") },
        { 'i', TEXT("\xf9\x3e\x00") },
        { 'i', TEXT("\x61"
                    "5") },
        { 'i', TEXT("\xf9\x7c\x00") },
        { 't', TEXT("\x61"
                    "5") },
        { 't', TEXT("\xc1\x61"
                    "5") },
        { 't', TEXT("\xf9\x7e\x00") },
        { 't', TEXT("\xc1\xf9\x7c\x00") },
        { 'b', TEXT("\x01") },
        { 'b', TEXT("\x61t") },
        { 's', TEXT("\x01") },
        { 's', TEXT("\x43"
                    "abc") },
        { 's', TEXT("\x61\xff") },
        { 'x', TEXT("\x61"
                    "a") },
        { 'l', TEXT("\xa0") },
        { 'l', TEXT("\x81\x61"
                    "a") },
        { 'm', TEXT("\x80") },
        { 'm', TEXT("\xa1\x01\x01") },
        { 'm', TEXT("\xa1\x61\xff\x01") },
        { 'm', TEXT("\xa1\x62k\x00\x01") },
        { 'd', TEXT("") },
        { 'd', TEXT("\xfb\x40") },
        { 'd', TEXT("\x01\x01") },
        { 'l', TEXT("\x9f\x01") },
        { 's', TEXT("\x7b\xff\xff\xff\xff\xff\xff\xff\xff") },
        { 'l', TEXT("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff") },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        cJSON *tree = read_member(cases[i].name, cases[i].bytes.data, cases[i].bytes.size, &error);
        ck_assert_msg(!tree, "case %zu", i);
        ck_assert_msg(cases[i].name != 't' || strstr(error.message, "A timestamp is expected"),
                      "case %zu: %s", i, error.message);
        ck_assert_ptr_eq(error.fault, &CLOUDWATCH_SERIALIZATION);
        error_clear(&error);
    }
}
END_TEST

START_TEST(of_a_member_that_comes_twice_the_last_counts)
{
    const struct {
        struct text body;
        const char *json;
    } cases[] = {
        { TEXT("\xa2\x61i\x01\x61i\x02"), "{\"i\":2}" },
        { TEXT("\xa2\x61i\x01\x61i\xf6"), "{}" },
        { TEXT("\xa2\x61i\xf6\x61i\x02"), "{\"i\":2}" },
        { TEXT("\xa2\x62i\x00\x01\x61i\x02"), "{\"i\":2}" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        CLEANUP(json_deletep)
        cJSON *tree = cbor_codec_decode(&cloudwatch_service, blob_rows, cases[i].body, &error);
        ck_assert_msg(tree != NULL, "case %zu: %s", i, error.message);
        CLEANUP(freep) char *text = json_print(tree);
        ck_assert_str_eq(text, cases[i].json);
    }
}
END_TEST

START_TEST(a_request_cut_short_anywhere_is_refused)
{
    for (size_t size = 1; size + 1 < sizeof(put_request); size++) {
        struct error error = { 0 };
        char *exact = xmemdup(put_request, size);
        ck_assert_msg(!cbor_codec_decode(&cloudwatch_service, operation_of("PutMetricData")->input,
                                         (struct text){ exact, size }, &error),
                      "%zu bytes", size);
        error_clear(&error);
        free(exact);
    }
}
END_TEST

START_TEST(any_damaged_byte_is_judged_without_harm)
{
    for (size_t at = 0; at + 1 < sizeof(put_request); at++) {
        for (int byte = 0; byte < 256; byte += 3) {
            struct error error = { 0 };
            char body[sizeof(put_request)];
            memcpy(body, put_request, sizeof(body));
            body[at] = (char)byte;
            cJSON *tree =
                cbor_codec_decode(&cloudwatch_service, operation_of("PutMetricData")->input,
                                  (struct text){ body, sizeof(body) - 1 }, &error);
            ck_assert((tree == NULL) == (error.fault != NULL));
            cJSON_Delete(tree);
            error_clear(&error);
        }
    }
}
END_TEST

START_TEST(nesting_has_an_end)
{
    static const unsigned char heads[] = { 0x81, 0x9f, 0xc1, 0xa1 };
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        for (size_t depth = 100; depth <= 1000000; depth *= 100) {
            struct error error = { 0 };
            char *body = xmalloc(depth + 3);
            memcpy(body, "\xa1\x61l", 3);
            memset(body + 3, heads[i], depth);
            ck_assert_ptr_null(cbor_codec_decode(&cloudwatch_service, blob_rows,
                                                 (struct text){ body, depth + 3 }, &error));
            ck_assert_ptr_eq(error.fault, &CLOUDWATCH_SERIALIZATION);
            error_clear(&error);
            free(body);
        }
    }
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    static const char json[] =
        "{\"d\":1.1,\"i\":-7,\"t\":1760954700.25,\"b\":true,\"s\":\"\xC3\xA9\","
        "\"x\":\"YWJj\",\"l\":[0,\"NaN\",-0.5],\"m\":{\"k\":1e+300}}";
    struct error error = { 0 };
    struct buffer buffer = { 0 };
    cJSON *tree = json_parse(TEXT(json));
    cbor_codec_encode(blob_rows, tree, &buffer);
    cJSON *again = cbor_codec_decode(&cloudwatch_service, blob_rows, buffer_text(&buffer), &error);
    ck_assert_msg(again != NULL, "%s", error.message ? error.message : "");
    ck_assert(cJSON_Compare(tree, again, true));
    buffer_clear(&buffer);
    cJSON_Delete(tree);
    cJSON_Delete(again);
}
END_TEST

SUITE("cbor_codec", of_a_member_that_comes_twice_the_last_counts, the_requests_of_botocore_are_read,
      an_answer_has_the_bytes_of_aws, an_error_has_the_bytes_of_aws,
      each_number_is_told_as_what_its_row_says, each_spelling_of_a_value_is_read,
      wrong_types_and_bad_bytes_are_serialization_errors, a_request_cut_short_anywhere_is_refused,
      any_damaged_byte_is_judged_without_harm, nesting_has_an_end, what_is_written_is_read_again)
