/* json: trees as text, and back. */
#include "json.h"

#include <math.h>

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

SUITE("json", trees_are_printed_compactly, what_is_no_finite_number_is_null,
      every_ascii_character_reads_back)
