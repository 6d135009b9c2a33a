/* json: trees as text, and back. */
#include "json.h"

#include <math.h>
#include <stdio.h>

#include "support/suite.h"
#include "xalloc.h"

START_TEST(trees_are_printed_compactly)
{
    static const char *const cases[] = {
        "null",
        "true",
        "[]",
        "{}",
        "[1,-2.5,\"x\",null,[false],{}]",
        "{\"a\":{\"b\":[0.1,1e+300]},\"\":\"\"}",
        "\"quote \\\" backslash \\\\ line \\n tab \\t bell \\u0007 slash / \xC3\xA9\"",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(cases[i]));
        ck_assert_msg(tree != NULL, "%s", cases[i]);
        CLEANUP(freep) char *text = json_print(tree);
        ck_assert_str_eq(text, cases[i]);
    }
}
END_TEST

START_TEST(what_is_no_finite_number_is_null)
{
    CLEANUP(json_deletep) cJSON *tree = cJSON_CreateArray();
    cJSON_AddItemToArray(tree, cJSON_CreateNumber(NAN));
    cJSON_AddItemToArray(tree, cJSON_CreateNumber(-INFINITY));
    cJSON_AddItemToArray(tree, cJSON_CreateRaw("1.50"));
    CLEANUP(freep) char *text = json_print(tree);
    ck_assert_str_eq(text, "[null,null,1.50]");
    CLEANUP(freep) char *nothing = json_print(NULL);
    ck_assert_str_eq(nothing, "null");
}
END_TEST

START_TEST(every_ascii_character_reads_back)
{
    for (char c = 1; c > 0 && c < 127; c++) {
        char string[] = { 'a', c, c, 'b', '\0' };
        CLEANUP(json_deletep) cJSON *tree = cJSON_CreateString(string);
        CLEANUP(freep) char *text = json_print(tree);
        CLEANUP(json_deletep) cJSON *again = json_parse(text_from(text));
        ck_assert_msg(again != NULL, "%d: %s", c, text);
        ck_assert_str_eq(cJSON_GetStringValue(again), string);
    }
}
END_TEST

/* A byte that needs an escape may stand anywhere: eight are looked at together. */
START_TEST(strings_are_escaped_byte_by_byte)
{
    enum { LENGTH_MAX = 20 };
    for (size_t length = 1; length <= LENGTH_MAX; length++) {
        for (size_t at = 0; at < length; at++) {
            for (int byte = 1; byte < 256; byte++) {
                char string[LENGTH_MAX + 1] = { 0 };
                char printed[8];
                CLEANUP(buffer_clear) struct buffer buffer = { 0 };
                CLEANUP(buffer_clear) struct buffer expected = { 0 };
                memset(string, at % 2 ? 'x' : 0x80, length);
                string[at] = (char)byte;
                const char *name = byte < ' ' ? strchr("\bb\ff\nn\rr\tt", byte) : NULL;
                snprintf(printed, sizeof(printed),
                         name                          ? "\\%c"
                         : byte == '"' || byte == '\\' ? "\\%c"
                         : byte < ' '                  ? "\\u%04x"
                                                       : "%c",
                         name ? name[1] : byte);
                buffer_add_format(&expected, "\"%.*s%s%s\"", (int)at, string, printed,
                                  string + at + 1);
                json_print_string(&buffer, string);
                ck_assert_str_eq(buffer.data, expected.data);
            }
        }
    }
}
END_TEST

START_TEST(of_members_of_one_name_the_last_stays)
{
    enum { MEMBERS = 200000 };
    CLEANUP(json_deletep)
    cJSON *tree = json_parse(TEXT("{\"a\":1,\"\":2,\"a\":null,\"A\":3,\"\":4,\"b\":[],\"a\":5}"));
    json_keep_last(tree);
    CLEANUP(freep) char *text = json_print(tree);
    ck_assert_str_eq(text, "{\"A\":3,\"\":4,\"b\":[],\"a\":5}");
    CLEANUP(json_deletep) cJSON *many = cJSON_CreateObject();
    for (int i = 0; i < MEMBERS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i / 2);
        json_set_double(many, name, i);
    }
    json_keep_last(many);
    ck_assert_int_eq(cJSON_GetArraySize(many), MEMBERS / 2);
    ck_assert_double_eq(json_double(many, "7", 0), 15);
}
END_TEST

SUITE("json", of_members_of_one_name_the_last_stays, strings_are_escaped_byte_by_byte,
      trees_are_printed_compactly, what_is_no_finite_number_is_null,
      every_ascii_character_reads_back)
