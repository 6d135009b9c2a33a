/* query_codec: form parameters in, XML out (cloudwatch-api.md section 1.6). */
#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/faults.h"
#include "edge/codec.h"
#include "support/suite.h"

static const struct field number_item = { .type = FIELD_DOUBLE };
static const struct field inner[] = {
    { .name = "Name", .type = FIELD_STRING },
    { .name = "Values", .type = FIELD_LIST, .item = &number_item },
    { 0 },
};
static const struct field inner_item = { .type = FIELD_STRUCTURE, .members = inner };
static const struct field rows[] = {
    { .name = "Name", .type = FIELD_STRING },
    { .name = "Value", .type = FIELD_DOUBLE },
    { .name = "Period", .type = FIELD_INTEGER },
    { .name = "Start", .type = FIELD_TIMESTAMP },
    { .name = "Finely", .type = FIELD_TIMESTAMP, .is_milliseconds = true },
    { .name = "Is", .type = FIELD_BOOLEAN },
    { .name = "List", .type = FIELD_LIST, .item = &inner_item },
    { .name = "Map", .type = FIELD_MAP, .item = &number_item },
    { .name = "Inner", .type = FIELD_STRUCTURE, .members = inner },
    { 0 },
};

START_TEST(parameters_become_a_tree)
{
    static const struct {
        const char *body;
        const char *tree;
    } cases[] = {
        { "", "{}" },
        { "Action=X&Version=1", "{}" },
        { "Name=a+b%26%3D%C3%A9", "{\"Name\":\"a b&=\xC3\xA9\"}" },
        { "Name=", "{\"Name\":\"\"}" },
        { "Value=2.5&Period=60&Is=true", "{\"Value\":2.5,\"Period\":60,\"Is\":true}" },
        { "Value=NaN", "{\"Value\":\"NaN\"}" },
        { "Value=-Infinity", "{\"Value\":\"-Infinity\"}" },
        { "Start=2025-10-20T10%3A05%3A00Z", "{\"Start\":1760954700}" },
        { "Start=2025-10-20T10%3A05%3A00.250000Z", "{\"Start\":1760954700.25}" },
        { "List.member.2.Name=b&List.member.1.Name=a",
          "{\"List\":[{\"Name\":\"a\"},{\"Name\":\"b\"}]}" },
        { "List.member.1.Values.member.1=1&List.member.1.Values.member.2=2",
          "{\"List\":[{\"Values\":[1,2]}]}" },
        { "Map.entry.1.key=k&Map.entry.1.value=7", "{\"Map\":{\"k\":7}}" },
        { "Inner.Name=x", "{\"Inner\":{\"Name\":\"x\"}}" },
        { "&&=x&Name=y&", "{\"Name\":\"y\"}" },
        { "Names=z", "{}" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        cJSON *tree =
            query_codec_decode(&cloudwatch_service, rows, text_from(cases[i].body), &error);
        ck_assert_msg(tree != NULL, "%s: %s", cases[i].body, error.message);
        char *text = json_print(tree);
        ck_assert_str_eq(text, cases[i].tree);
        free(text);
        cJSON_Delete(tree);
    }
}
END_TEST

START_TEST(a_list_of_more_than_ten_members_keeps_its_order)
{
    struct buffer body = { 0 };
    struct error error = { 0 };
    enum { MEMBERS = 120 };
    for (int i = MEMBERS; i >= 1; i--)
        buffer_add_format(&body, "Inner.Values.member.%d=%d&", i, i);
    cJSON *tree = query_codec_decode(&cloudwatch_service, rows, buffer_text(&body), &error);
    const cJSON *list = json_get(json_get(tree, "Inner"), "Values");
    ck_assert_int_eq(cJSON_GetArraySize(list), MEMBERS);
    for (int i = 0; i < MEMBERS; i++)
        ck_assert(cJSON_GetArrayItem(list, i)->valuedouble == i + 1);
    cJSON_Delete(tree);
    buffer_clear(&body);
}
END_TEST

START_TEST(wrong_types_are_malformed)
{
    static const char *const cases[] = {
        "Value=x",
        "Value=",
        "Period=1.5",
        "Period=",
        "Is=yes",
        "Start=soon",
        "Start=2025-10-20T10:05:00.1234567Z",
        "Name=%FF",
        "Name=a%00b",
        "Period=5%00",
        "%FF=x",
        "Name%00=x",
        "Map.entry.1.key=%FF&Map.entry.1.value=1",
        "List.member.1=a",
        "Name.x=y",
        "Map.entry.1.key=k",
        "Map.entry.1.key=k&Map.entry.1.value=v",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        cJSON *tree = query_codec_decode(&cloudwatch_service, rows, text_from(cases[i]), &error);
        if (strcmp(cases[i], "List.member.1=a") == 0) { /* a structure without known members */
            cJSON_Delete(tree);
            error_clear(&error);
            continue;
        }
        ck_assert_msg(!tree, "%s", cases[i]);
        ck_assert_ptr_eq(error.fault, &CLOUDWATCH_SERIALIZATION);
        error_clear(&error);
    }
}
END_TEST

START_TEST(trees_become_xml_in_the_order_of_the_rows)
{
    const struct operation operation = { .name = "Get", .output = rows };
    struct buffer buffer = { 0 };
    cJSON *tree = json_parse(
        TEXT("{\"List\":[{\"Name\":\"<&>\\\"\",\"Values\":[1,0.5]}],\"Period\":60,\"Value\":3,"
             "\"Start\":1760954700,\"Finely\":1760954700.25,\"Is\":false,\"Map\":{},"
             "\"Unknown\":1}"));
    query_codec_encode(&cloudwatch_service, &operation, tree, "r-1", &buffer);
    const char *body = buffer.data;
    ck_assert_ptr_nonnull(strstr(
        body, "<GetResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><GetResult>"
              "<Value>3.0</Value><Period>60</Period><Start>2025-10-20T10:05:00Z</Start>"
              "<Finely>2025-10-20T10:05:00.250Z</Finely><Is>false</Is><List><member><Name>&lt;"
              "&amp;&gt;"));
    ck_assert_ptr_nonnull(strstr(body, "<Values><member>1.0</member><member>0.5</member></Values>"
                                       "</member></List><Map/></GetResult><ResponseMetadata>"
                                       "<RequestId>r-1</RequestId></ResponseMetadata>"
                                       "</GetResponse>"));
    ck_assert_ptr_null(strstr(body, "Unknown"));
    buffer_clear(&buffer);
    cJSON_Delete(tree);
}
END_TEST

START_TEST(what_no_xml_can_hold_is_replaced)
{
    const struct operation operation = { .name = "Get", .output = rows };
    struct buffer buffer = { 0 };
    cJSON *tree = cJSON_CreateObject();
    json_set_text(tree, "Name",
                  "\x01\t\n\r\xEF\xBF\xBD\xEF\xBF\xBE\xEF\xBF\xBF"
                  "\xEF\xBE\xBF\xF4\x8F\xBF\xBD");
    query_codec_encode(&cloudwatch_service, &operation, tree, "r-1", &buffer);
    ck_assert_ptr_nonnull(strstr(buffer.data,
                                 "<Name>\xEF\xBF\xBD\t\n&#xD;\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                                 "\xEF\xBE\xBF\xF4\x8F\xBF\xBD</Name>"));
    buffer_clear(&buffer);
    cJSON_Delete(tree);
}
END_TEST

START_TEST(an_operation_without_output_has_no_result)
{
    const struct operation operation = { .name = "Put" };
    struct buffer buffer = { 0 };
    query_codec_encode(&cloudwatch_service, &operation, NULL, "r-1", &buffer);
    ck_assert_str_eq(buffer.data,
                     "<PutResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"
                     "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
                     "</PutResponse>");
    buffer_clear(&buffer);
}
END_TEST

START_TEST(a_fault_has_its_query_code)
{
    struct error error = { 0 };
    struct buffer buffer = { 0 };
    error_set(&error, &CLOUDWATCH_INVALID_PARAMETER_VALUE, "a < b");
    query_codec_encode_fault(&cloudwatch_service, &error, &(struct error_members){ 0 }, "r-1",
                             &buffer);
    ck_assert_str_eq(buffer.data,
                     "<ErrorResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"
                     "<Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>a &lt; b"
                     "</Message></Error><RequestId>r-1</RequestId></ErrorResponse>");
    buffer_clear(&buffer);
    error_clear(&error);
}
END_TEST

SUITE("query_codec", parameters_become_a_tree, a_list_of_more_than_ten_members_keeps_its_order,
      wrong_types_are_malformed, trees_become_xml_in_the_order_of_the_rows,
      what_no_xml_can_hold_is_replaced, an_operation_without_output_has_no_result,
      a_fault_has_its_query_code)
