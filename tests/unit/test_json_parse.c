/* json_parse() against two that are not ours: cJSON's parser, which takes more, and json_check(),
 * which builds nothing. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "json.h"
#include "random.h"
#include "support/suite.h"
#include "xalloc.h"

enum { TEXTS = 200000, PARTS_MAX = 24, TREE_DEPTH_MAX = 5 };

static uint64_t next(void)
{
    static struct random_stream stream;
    if (!stream.state[0]) {
        random_set_seed(1);
        stream = random_stream_for("json");
    }
    return random_next(&stream);
}

static unsigned draw(unsigned below)
{
    return (unsigned)(next() % below);
}

/* A NUL or half a surrogate pair: what JSON may say and a C string cannot. */
static bool holds_what_no_string_holds(struct text text)
{
    return memmem(text.data, text.size, "\\u0000", 6) != NULL;
}

static bool are_same(const cJSON *a, const cJSON *b)
{
    if (!a || !b)
        return a == b;
    bool is_number = cJSON_IsNumber(a);
    if (a->type != b->type || a->valueint != b->valueint || !a->string != !b->string ||
        (a->string && strcmp(a->string, b->string) != 0) || !a->valuestring != !b->valuestring ||
        (a->valuestring && strcmp(a->valuestring, b->valuestring) != 0) ||
        (is_number && memcmp(&a->valuedouble, &b->valuedouble, sizeof(double)) != 0))
        return false;
    const cJSON *first = a->child;
    const cJSON *second = b->child;
    if (first && second && (first->prev->next || second->prev->next))
        return false; /* `prev` of the first is the last */
    for (; first && second; first = first->next, second = second->next) {
        if (!are_same(first, second))
            return false;
    }
    return !first && !second;
}

static void check(struct text text)
{
    struct json_fault fault;
    bool is_json = json_check(text, &fault) && !holds_what_no_string_holds(text);
    CLEANUP(json_deletep)
    cJSON *theirs = is_json ? cJSON_ParseWithLength(text.data, text.size) : NULL;
    CLEANUP(json_deletep) cJSON *ours = json_parse(text);
    ck_assert_msg(are_same(ours, theirs), "%s: %.*s", ours ? "taken" : "refused", TEXT_ARGS(text));
}

static void add_number(struct buffer *buffer)
{
    double value = 0;
    uint64_t bits = next();
    switch (draw(5)) {
    case 0:
        buffer_add_format(buffer, "%u", draw(1000));
        return;
    case 1:
        buffer_add_format(buffer, "-%u.%0*u", draw(100000), (int)(1 + draw(10)), draw(10));
        return;
    case 2:
        buffer_add_format(buffer, "%llu", (unsigned long long)bits);
        return;
    default:
        memcpy(&value, &bits, sizeof(value));
        buffer_add_format(buffer, draw(2) ? "%.17g" : "%.6e", isfinite(value) ? value : 0.0);
        return;
    }
}

static void add_string(struct buffer *buffer)
{
    static const char *const parts[] = {
        "a",
        "Name",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u00e9",
        "\\uD83D\\uDE00",
        "\xC3\xA9",
        " ",
        "\xF0\x9F\x98\x80",
        "\\u0041",
        "\\b\\f\\r\\t",
        "\\uFFFF",
        "\x7F",
        "{",
        "]",
        ":,",
        "a longer run of plain characters",
    };
    buffer_add_char(buffer, '"');
    for (unsigned i = draw(5); i > 0; i--)
        buffer_add_string(buffer, parts[draw(COUNT_OF(parts))]);
    buffer_add_char(buffer, '"');
}

static void add_space(struct buffer *buffer)
{
    static const char *const spaces[] = { "", "", "", "", " ", "\n", "\t\r " };
    buffer_add_string(buffer, spaces[draw(COUNT_OF(spaces))]);
}

static void add_value(struct buffer *buffer, int depth)
{
    static const char *const words[] = { "true", "false", "null" };
    unsigned kind = draw(depth < TREE_DEPTH_MAX ? 6 : 3);
    add_space(buffer);
    if (kind == 0) {
        buffer_add_string(buffer, words[draw(COUNT_OF(words))]);
    } else if (kind == 1) {
        add_number(buffer);
    } else if (kind == 2) {
        add_string(buffer);
    } else {
        bool is_object = kind == 3;
        buffer_add_char(buffer, is_object ? '{' : '[');
        for (unsigned i = 0, count = draw(5); i < count; i++) {
            buffer_add_string(buffer, i ? "," : "");
            add_space(buffer);
            if (is_object) {
                add_string(buffer);
                add_space(buffer);
                buffer_add_char(buffer, ':');
            }
            add_value(buffer, depth + 1);
        }
        add_space(buffer);
        buffer_add_char(buffer, is_object ? '}' : ']');
    }
    add_space(buffer);
}

START_TEST(trees_are_what_another_parser_makes_of_them)
{
    for (int i = 0; i < TEXTS / 10; i++) {
        CLEANUP(buffer_clear) struct buffer buffer = { 0 };
        add_value(&buffer, 0);
        check(buffer_text(&buffer));
    }
}
END_TEST

/* Bytes changed, left out and doubled. */
START_TEST(damaged_texts_are_judged_alike)
{
    static const char bytes[] =
        "\"\\{}[]:,.-+eE0123456789utrnfalsd \n\x01\x1F\x7F\x80\xC3\xED\xFF/";
    for (int i = 0; i < TEXTS; i++) {
        CLEANUP(buffer_clear) struct buffer buffer = { 0 };
        add_value(&buffer, TREE_DEPTH_MAX - 2);
        for (unsigned damage = 1 + draw(2); damage && buffer.size; damage--) {
            unsigned at = draw((unsigned)buffer.size);
            switch (draw(3)) {
            case 0:
                buffer.data[at] = bytes[draw(sizeof(bytes))];
                break;
            case 1:
                memmove(buffer.data + at, buffer.data + at + 1, --buffer.size - at);
                break;
            default:
                buffer_add_char(&buffer, bytes[draw(sizeof(bytes))]);
                break;
            }
        }
        check(buffer_text(&buffer));
    }
}
END_TEST

START_TEST(a_text_ends_where_its_size_says)
{
    static const char texts[][40] = { "12345", "\"abc\"", "[true]", "{\"a\":\"\\u00e9\\n\"}",
                                      "-1.5e10" };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t size = 0; size <= strlen(texts[i]); size++) {
            CLEANUP(freep) char *exact = xmemdup(texts[i], size);
            check((struct text){ exact, size });
        }
    }
}
END_TEST

START_TEST(every_double_reads_back)
{
    static const double edges[] = { 0.0,     1e15,    999999999999999, 9007199254740994,
                                    DBL_MIN, DBL_MAX, DBL_TRUE_MIN,    0.1,
                                    1e22,    1e23,    123456.789012345 };
    for (int i = 0; i < TEXTS; i++) {
        char text[40];
        uint64_t bits = next();
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (i % 4 == 1)
            value = (double)draw(2000000) / 1000 - 1000;
        if ((size_t)i < COUNT_OF(edges))
            value = edges[i];
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof(text), "%.17g", value);
        CLEANUP(json_deletep) cJSON *number = json_parse(text_from(text));
        ck_assert_msg(number && memcmp(&number->valuedouble, &value, sizeof(value)) == 0, "%s",
                      text);
    }
}
END_TEST

/* cJSON's parser gives up after 63 characters of a number. */
START_TEST(a_number_may_be_long)
{
    char text[402] = "0.";
    memset(text + 2, '1', 399);
    CLEANUP(json_deletep) cJSON *number = json_parse(text_from(text));
    ck_assert(number != NULL);
    ck_assert_double_eq(number->valuedouble, 1.0 / 9);
}
END_TEST

START_TEST(what_no_string_holds_is_refused)
{
    static const char *const refused[] = { "\"\\u0000\"",        "{\"a\\u0000b\":1}",
                                           "\"\\uD800\"",        "\"\\uDC00\"",
                                           "\"\\uD800x\"",       "\"\\uD800\\n\"",
                                           "\"\\uD800\\uD800\"", "\"\\uD83D\\u0041\"" };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        cJSON *tree = json_parse(text_from(refused[i]));
        ck_assert_msg(!tree, "%s", refused[i]);
    }
    CLEANUP(json_deletep) cJSON *escaped = json_parse(TEXT("\"\\\\u0000\""));
    ck_assert_str_eq(cJSON_GetStringValue(escaped), "\\u0000");
}
END_TEST

SUITE("json_parse", trees_are_what_another_parser_makes_of_them, damaged_texts_are_judged_alike,
      a_text_ends_where_its_size_says, every_double_reads_back, a_number_may_be_long,
      what_no_string_holds_is_refused)
