/* terminal: columns, cutting, and pictures that are redrawn in place. */
#include "cli/terminal.h"

#include <string.h>

#include "support/suite.h"

START_TEST(columns_are_counted_as_terminals_do)
{
    static const struct {
        const char *text;
        size_t columns;
    } rows[] = {
        { "", 0 },
        { "canary", 6 },
        { "\x1b[31mbad\x1b[0m", 3 },
        { "\xe2\x94\x94\xe2\x94\x80 step", 7 },        /* box drawing */
        { "\xe9\x87\x91\xe7\xb3\xb8\xe9\x9b\x80", 6 }, /* wide characters */
        { "e\xcc\x81", 1 },                            /* a combining accent */
        { "\xff", 1 },                                 /* no UTF-8 */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_msg(text_columns(text_from(rows[i].text)) == rows[i].columns, "row %zu", i);
}
END_TEST

START_TEST(a_line_is_cut_or_padded_to_its_columns)
{
    static const struct {
        const char *text;
        size_t columns;
        bool is_utf8;
        const char *fitted;
    } rows[] = {
        { "abc", 5, true, "abc  " },
        { "abc", 3, true, "abc" },
        { "abcdef", 4, true, "abc\xe2\x80\xa6" },
        { "abcdef", 5, false, "ab..." },
        { "abcdef", 2, false, "ab" },
        { "\xe9\x87\x91\xe7\xb3\xb8", 3, true, "\xe9\x87\x91\xe2\x80\xa6" },
        { "\xe9\x87\x91\xe7\xb3\xb8", 2, true, "\xe2\x80\xa6 " }, /* no half characters */
        { "\x1b[1mabcdef\x1b[0m", 4, true, "\x1b[1mabc\x1b[0m\xe2\x80\xa6" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = { 0 };
        text_fit(&out, text_from(rows[i].text), rows[i].columns, rows[i].is_utf8);
        ck_assert_msg(strcmp(buffer_text(&out).data, rows[i].fitted) == 0, "row %zu: '%s'", i,
                      buffer_text(&out).data);
        ck_assert_uint_eq(text_columns(buffer_text(&out)), rows[i].columns);
        buffer_clear(&out);
    }
}
END_TEST

START_TEST(what_a_terminal_would_obey_is_taken_out)
{
    static const char *const rows[][2] = {
        { "plain\n\ttext \xc3\xa9", "plain\n\ttext \xc3\xa9" },
        { "\x1b[1;32mok\x1b[0m", "ok" },
        { "up\x1b[2A\x1b[Jgone", "upgone" },
        { "\x1b]0;title\x07text", "text" },
        { "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link" },
        { "\x1b]0;never ended\ntext", "?]0;never ended\ntext" },
        { "\x1b"
          "c\x07\x7f\x08",
          "?c???" },
        { "one\r\ntwo\rthree", "one\ntwo three" },
        { "a\xc2\x9b"
          "2Jb",
          "a?2Jb" },
        { "cut\x1b[3", "cut" },
        { "cut\x1b", "cut?" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s", rows[i][0]);
        text_tame(text);
        ck_assert_msg(strcmp(text, rows[i][1]) == 0, "row %zu: '%s'", i, text);
    }
}
END_TEST

static void expect(FILE *stream, char *bytes, size_t size, const char *expected)
{
    fflush(stream);
    ck_assert_str_eq(bytes, expected);
    memset(bytes, 0, size);
    rewind(stream);
}

START_TEST(a_picture_is_redrawn_where_it_stood)
{
    char bytes[400] = "";
    FILE *stream = fmemopen(bytes, sizeof(bytes), "w");
    struct terminal terminal = { .stream = stream, .is_terminal = true };
    terminal_draw(&terminal, TEXT("one\ntwo\n"));
    expect(stream, bytes, sizeof(bytes), "one\x1b[K\ntwo\x1b[K\n\x1b[J");
    terminal_draw(&terminal, TEXT("three"));
    expect(stream, bytes, sizeof(bytes), "\x1b[2A\rthree\x1b[K\n\x1b[J");
    terminal_say(&terminal, "it is %d", 7);
    expect(stream, bytes, sizeof(bytes), "\x1b[1A\r\x1b[Jit is 7\nthree\x1b[K\n");
    terminal_leave(&terminal);
    terminal_draw(&terminal, TEXT("new"));
    expect(stream, bytes, sizeof(bytes), "new\x1b[K\n\x1b[J");
    terminal_leave(&terminal);
    fclose(stream);
}
END_TEST

START_TEST(elsewhere_a_picture_is_printed_when_it_changes)
{
    char bytes[400] = "";
    FILE *stream = fmemopen(bytes, sizeof(bytes), "w");
    struct terminal terminal = { .stream = stream };
    terminal_draw(&terminal, TEXT("one"));
    terminal_draw(&terminal, TEXT("one"));
    terminal_say(&terminal, "said");
    terminal_draw(&terminal, TEXT("two\n"));
    expect(stream, bytes, sizeof(bytes), "one\nsaid\ntwo\n");
    ck_assert_str_eq(terminal_style(&terminal, STYLE_BAD), "");
    terminal_leave(&terminal);
    fclose(stream);
}
END_TEST

START_TEST(lines_are_wrapped_between_words)
{
    static const struct {
        const char *text;
        const char *wrapped;
    } rows[] = {
        { "", "" },
        { "short", "short" },
        { "exactly ten", "exactly ten" },
        { "eleven and more words", "eleven and\n  more\n  words" },
        { "  indented and long", "  indented\n    and\n    long" },
        { "one line\nand another one", "one line\nand another\n  one" },
        { "awordthatislongerthanthat and", "awordthatislongerthanthat\n  and" },
        { "two   gaps   here", "two   gaps\n  here" },
        { "wide \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E x", "wide \xE6\x97\xA5\xE6\x9C\xAC"
                                                         "\xE8\xAA\x9E\n  x" },
        { "a \x1b[1mbold\x1b[0m b", "a \x1b[1mbold\x1b[0m b" },
        { "about 99.5 % of", "about\n  99.5 % of" },
        { "last\n", "last\n" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(buffer_clear) struct buffer out = { 0 };
        text_wrap(&out, text_from(rows[i].text), 11);
        ck_assert_str_eq(buffer_text(&out).data, rows[i].wrapped);
    }
}
END_TEST

SUITE("terminal", lines_are_wrapped_between_words, columns_are_counted_as_terminals_do,
      a_line_is_cut_or_padded_to_its_columns, what_a_terminal_would_obey_is_taken_out,
      a_picture_is_redrawn_where_it_stood, elsewhere_a_picture_is_printed_when_it_changes)
