/* json_check: what is JSON, what is not, and why not in the words of lambda-api.md section 5.4. */
#include <stdlib.h>

#include "json.h"
#include "support/suite.h"
#include "xalloc.h"

#define VALUE_EXPECTED                                                                             \
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or "       \
    "'false')"

static bool is_json(const char *string)
{
    struct json_fault fault;
    return json_check(text_from(string), &fault);
}

START_TEST(reasons_are_those_of_aws)
{
    const struct {
        struct text text;
        const char *reason;
        int line;
        int column;
    } cases[] = {
        { TEXT("\x99"), "Unexpected character ((CTRL-CHAR, code 153)): " VALUE_EXPECTED, 1, 1 },
        { TEXT("n\x87"), "Invalid UTF-8 start byte 0x87", 1, 3 },
        { TEXT("hello"),
          "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or "
          "token 'null', 'true' or 'false')",
          1, 6 },
        { TEXT("\n\n hello"),
          "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or "
          "token 'null', 'true' or 'false')",
          3, 7 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_fault fault = { .line = 0 };
        ck_assert_msg(!json_check(cases[i].text, &fault), "case %zu", i);
        ck_assert_str_eq(fault.reason, cases[i].reason);
        ck_assert_int_eq(fault.line, cases[i].line);
        ck_assert_int_eq(fault.column, cases[i].column);
    }
}
END_TEST

#define WORD_EXPECTED                                                                              \
    "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
#define ESCAPE_WANTED "has to be escaped using backslash to be included in "

START_TEST(reasons_are_those_of_jackson)
{
    const struct {
        struct text text;
        const char *reason;
        int column;
    } cases[] = {
        /* What ends a word is read before it is told. */
        { TEXT("hello world"), "Unrecognized token 'hello': " WORD_EXPECTED, 7 },
        { TEXT("{\"a\":hello}"), "Unrecognized token 'hello': " WORD_EXPECTED, 12 },
        { TEXT("tru e"), "Unrecognized token 'tru': " WORD_EXPECTED, 5 },
        { TEXT("nulll"), "Unrecognized token 'nulll': " WORD_EXPECTED, 6 },
        { TEXT("[NaN]"),
          "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
          5 },
        { TEXT("Infinity"),
          "Non-standard token 'Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to "
          "allow",
          9 },
        { TEXT("NaNo"), "Unrecognized token 'NaNo': " WORD_EXPECTED, 5 },
        { TEXT("0D"),
          "Unexpected character ('D' (code 68)): Expected space separating root-level values", 2 },
        { TEXT("1,"),
          "Unexpected character (',' (code 44)): Expected space separating root-level values", 2 },
        { TEXT("01"), "Invalid numeric value: Leading zeroes not allowed", 2 },
        { TEXT("-01"), "Invalid numeric value: Leading zeroes not allowed", 3 },
        { TEXT("[1.]"),
          "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a "
          "digit",
          4 },
        { TEXT("[1ex]"),
          "Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed "
          "by a digit",
          4 },
        { TEXT("[-a]"),
          "Unexpected character ('a' (code 97)) in numeric value: expected digit (0-9) to follow "
          "minus sign, for valid numeric value",
          3 },
        { TEXT("[1,]"), "Unexpected character (']' (code 93)): expected a value", 4 },
        { TEXT("[,1]"), "Unexpected character (',' (code 44)): expected a value", 2 },
        { TEXT("{\"a\":}"), "Unexpected character ('}' (code 125)): expected a value", 6 },
        { TEXT(","), "Unexpected character (',' (code 44)): expected a value", 1 },
        { TEXT("{\"a\":]"), "Unexpected character (']' (code 93)): " VALUE_EXPECTED, 6 },
        { TEXT("-Infinity"),
          "Non-standard token '-Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to "
          "allow",
          10 },
        { TEXT("{"),
          "Unexpected end-of-input: expected close marker for Object (start marker at line: 1, "
          "column: 1)",
          2 },
        { TEXT("[[1 "),
          "Unexpected end-of-input: expected close marker for Array (start marker at line: 1, "
          "column: 2)",
          5 },
        { TEXT("{a:1}"),
          "Unexpected character ('a' (code 97)): was expecting double-quote to start field name",
          2 },
        { TEXT("{\"a\" 1}"),
          "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and "
          "value",
          6 },
        { TEXT("[1 2]"),
          "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
          4 },
        { TEXT("[1\xC3\xA9]"),
          "Unexpected character ('\u00c3' (code 195)): was expecting comma to separate Array "
          "entries",
          3 },
        { TEXT("[1, // one\n2]"),
          "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized "
          "as one since Feature 'ALLOW_COMMENTS' not enabled for parser)",
          5 },
        { TEXT("[1\x01"),
          "Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is "
          "allowed between tokens",
          3 },
        { TEXT("\0"),
          "Illegal character ((CTRL-CHAR, code 0)): only regular white space (\\r, \\n, \\t) is "
          "allowed between tokens",
          1 },
        { TEXT("\"a\tb\""),
          "Illegal unquoted character ((CTRL-CHAR, code 9)): " ESCAPE_WANTED "string value", 3 },
        { TEXT("{\"a\tb\":1}"),
          "Illegal unquoted character ((CTRL-CHAR, code 9)): " ESCAPE_WANTED "name", 4 },
        { TEXT("\"\\x\""), "Unrecognized character escape 'x' (code 120)", 3 },
        { TEXT("\"\\u12\""),
          "Unexpected character ('\"' (code 34)): expected a hex-digit for character escape "
          "sequence",
          6 },
        { TEXT("\"caf\xE9\""), "Invalid UTF-8 middle byte 0x22", 7 },
        { TEXT("\"\xE2\x82x\""), "Invalid UTF-8 middle byte 0x78", 5 },
        { TEXT("\"\x80\""), "Invalid UTF-8 start byte 0x80", 3 },
        { TEXT("[1,"), "Unexpected end-of-input within/between Array entries", 4 },
        { TEXT("{\"a\":1,"), "Unexpected end-of-input within/between Object entries", 8 },
        { TEXT("{\"a\""), "Unexpected end-of-input within/between Object entries", 5 },
        { TEXT("{\"a\":"), "Unexpected end-of-input within/between Object entries", 6 },
        { TEXT("{\""), "Unexpected end-of-input: was expecting closing '\"' for name", 3 },
        { TEXT("{\"a"), "Unexpected end-of-input in field name", 4 },
        { TEXT("\"a"), "Unexpected end-of-input in VALUE_STRING", 3 },
        { TEXT("\"\\"), "Unexpected end-of-input in character escape sequence", 3 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_fault fault = { .line = 0 };
        ck_assert_msg(!json_check(cases[i].text, &fault), "case %zu", i);
        ck_assert_str_eq(fault.reason, cases[i].reason);
        ck_assert_int_eq(fault.line, 1);
        ck_assert_msg(fault.column == cases[i].column, "case %zu: column %d", i, fault.column);
    }
}
END_TEST

START_TEST(a_long_word_is_told_as_far_as_256_characters)
{
    char word[300];
    char told[400];
    struct json_fault fault;
    memset(word, 'w', sizeof(word));
    ck_assert(!json_check((struct text){ word, 256 }, &fault));
    snprintf(told, sizeof(told), "Unrecognized token '%.256s...': " WORD_EXPECTED, word);
    ck_assert_str_eq(fault.reason, told);
    ck_assert(!json_check((struct text){ word, 255 }, &fault));
    snprintf(told, sizeof(told), "Unrecognized token '%.255s': " WORD_EXPECTED, word);
    ck_assert_str_eq(fault.reason, told);
    ck_assert(!json_check((struct text){ word, sizeof(word) }, &fault));
    ck_assert_int_eq(fault.column, 257);
}
END_TEST

START_TEST(any_value_is_json)
{
    static const char *const cases[] = {
        "{}",
        "[]",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.5e-10",
        "1E+2",
        "10",
        "1e400",
        "\"\"",
        " \t\r\n[ 1 , 2 ] ",
        "{\"a\":{\"b\":[{},[]]},\"\":null}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00\"",
        "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"",
        "\"\x7F\"",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(is_json(cases[i]), "%s", cases[i]);
}
END_TEST

START_TEST(what_is_no_json_is_refused)
{
    static const char *const cases[] = {
        "",
        " ",
        "{",
        "[",
        "}",
        "]",
        "{]",
        "[}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{,}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "\"",
        "\"a",
        "\"\\x\"",
        "\"\\",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\x01\"",
        "nul",
        "nulll",
        "True",
        "NaN",
        "Infinity",
        "-",
        "+1",
        ".5",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        "01",
        "-01",
        "0x10",
        "1 1",
        "{} {}",
        "{}x",
        "[]]",
        "null,",
        "//x\n1",
        "\"\xC0\xAF\"",
        "\"\xED\xA0\x80\"",
        "\"\xE2\x82\"",
        "1a",
        "\"\"\"",
        "\xEF\xBB\xBF{}",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(!is_json(cases[i]), "%s", cases[i]);
}
END_TEST

START_TEST(a_nul_byte_is_no_end)
{
    struct json_fault fault;
    ck_assert(!json_check(TEXT("1\0"), &fault));
    ck_assert(!json_check(TEXT("{}\0 junk"), &fault));
    ck_assert(!json_check(TEXT("\0"), &fault));
    ck_assert(!json_check(TEXT("\"a\0b\""), &fault));
}
END_TEST

START_TEST(a_document_cut_short_anywhere_is_refused)
{
    static const char whole[] =
        "{\"a\":[1.5e3,true,null,\"x\\u00e9\\n\xC3\xA9\"],\"b\":{\"c\":{}},\"d\":-1}";
    ck_assert(is_json(whole));
    for (size_t size = 0; size + 1 < sizeof(whole); size++) {
        /* A copy of just that size: reading one byte too far is an error of the sanitizer's. */
        char *part = xmemdup(whole, size + 1);
        char *exact = xmemdup(part, size ? size : 1);
        struct json_fault fault;
        ck_assert_msg(!json_check((struct text){ exact, size }, &fault), "%zu bytes", size);
        ck_assert_int_eq(fault.line, 1);
        ck_assert_int_ge(fault.column, 1);
        free(part);
        free(exact);
    }
}
END_TEST

static char *nest(int depth, bool is_closed)
{
    char *text = xcalloc(1, (size_t)depth * 2 + 1);
    memset(text, '[', (size_t)depth);
    if (is_closed)
        memset(text + depth, ']', (size_t)depth);
    return text;
}

START_TEST(a_thousand_levels_are_the_most)
{
    static const struct {
        int depth;
        bool is_good;
    } cases[] = {
        { 1, true }, { 1000, true }, { 1001, false }, { 10000, false }, { 200000, false }
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *closed = nest(cases[i].depth, true);
        char *open = nest(cases[i].depth, false);
        ck_assert_msg(is_json(closed) == cases[i].is_good, "%d", cases[i].depth);
        ck_assert(!is_json(open));
        cJSON *tree = json_parse(text_from(closed));
        ck_assert((tree != NULL) == cases[i].is_good);
        cJSON_Delete(tree);
        free(closed);
        free(open);
    }
}
END_TEST

START_TEST(any_damaged_byte_is_judged_without_harm)
{
    static const char whole[] = "{\"a\":[1.5e3,true,null,\"x\\u00e9\"],\"b\":{}}";
    for (size_t at = 0; at + 1 < sizeof(whole); at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof(whole)];
            struct json_fault fault = { .line = 0, .column = 0 };
            memcpy(text, whole, sizeof(whole));
            text[at] = (char)byte;
            bool is_good = json_check((struct text){ text, sizeof(whole) - 1 }, &fault);
            ck_assert(is_good || (fault.line >= 1 && fault.column >= 1 && fault.reason[0]));
            cJSON *tree = json_parse((struct text){ text, sizeof(whole) - 1 });
            ck_assert_msg(tree || !is_good, "byte %d at %zu", byte, at);
            cJSON_Delete(tree);
        }
    }
}
END_TEST

START_TEST(the_parser_refuses_what_is_no_json_too)
{
    const struct text cases[] = {
        TEXT("\"a\nb\""), TEXT("\"a\x01\""), TEXT("\"a\0b\""), TEXT("[01]"), TEXT("[1.]"),
        TEXT("[-.5]"),    TEXT("{} x"),      TEXT("1\0"),      TEXT("[1,]"), TEXT("\xEF\xBB\xBF{}"),
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cJSON *tree = json_parse(cases[i]);
        ck_assert_msg(!tree, "%.*s", TEXT_ARGS(cases[i]));
    }
}
END_TEST

START_TEST(what_no_text_can_hold_is_mended)
{
    static const struct {
        const char *text;
        const char *tree; /* NULL: it is no JSON at all */
    } cases[] = {
        { "\"a\\u0000b\"", "\"a\uFFFDb\"" },
        { "\"\\ud83d\"", "\"\uFFFD\"" },
        { "\"\\ud83dx\\u0041\"", "\"\uFFFDxA\"" },
        { "\"\\uDE00\\uD83D\"", "\"\uFFFD\uFFFD\"" },
        { "\"\\ud83d\\ud83d\\ude00\"", "\"\uFFFD\U0001F600\"" },
        { "\"\\ud83d\\n\"", "\"\uFFFD\\n\"" },
        { "{\"\\\\u0000\":\"\\\\\\u0000\"}", "{\"\\\\u0000\":\"\\\\\uFFFD\"}" },
        { "[\"\\\"\\ud83d\"]", "[\"\\\"\uFFFD\"]" },
        { "[\"\\u00e9\",1]", "[\"\u00e9\",1]" },
        { "[\"\\u0000\"", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(json_deletep) cJSON *tree = json_parse_mended(text_from(cases[i].text));
        CLEANUP(freep) char *text = tree ? json_print(tree) : NULL;
        ck_assert_pstr_eq(text, cases[i].tree);
    }
}
END_TEST

SUITE("json_check", reasons_are_those_of_aws, reasons_are_those_of_jackson,
      a_long_word_is_told_as_far_as_256_characters, any_value_is_json, what_is_no_json_is_refused,
      a_nul_byte_is_no_end, a_document_cut_short_anywhere_is_refused,
      a_thousand_levels_are_the_most, any_damaged_byte_is_judged_without_harm,
      the_parser_refuses_what_is_no_json_too, what_no_text_can_hold_is_mended)
