/* pattern: regular expressions of users, on long texts. */
#include "pattern.h"

#include <stdlib.h>

#include "support/suite.h"
#include "xalloc.h"

/* Whether the expression matches `count` times `unit`, with `end` behind it. */
static bool matches(const char *source, const char *unit, size_t count, const char *end)
{
    struct regex *list = NULL;
    struct error error = { 0 };
    struct regex *regex = regex_compile(&list, text_from(source), REGEX_DOT_ALL, &error);
    ck_assert_msg(regex, "%s: %s", source, error.message);
    CLEANUP(freep) char *text = xcalloc(1, count * strlen(unit) + strlen(end) + 1);
    char *at = text;
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, unit);
    stpcpy(at, end);
    bool is_match = regex_match(regex, text_from(text), NULL, 0);
    regexes_destroy(list);
    return is_match;
}

START_TEST(a_group_may_be_repeated_as_often_as_a_message_has_characters)
{
    ck_assert(matches("^(.|\\n)*END$", "x\n", 5000, "END"));
    ck_assert(matches("^(\\w+\\s)*END$", "word ", 5000, "END"));
    ck_assert(!matches("^(\\w+\\s)*END$", "word ", 5000, "FIN"));
    ck_assert(matches("(?<all>(a|b)+?)c", "ab", 10000, "c"));
}
END_TEST

START_TEST(what_would_take_too_long_does_not_match)
{
    ck_assert(matches("^(a+)+[bc]$", "a", 1000, "b"));
    ck_assert(!matches("^(a+)+[bc]$", "a", 1000, "d"));
    ck_assert(!matches("(.|\\n)*END", "x", 1000000, "END"));
}
END_TEST

START_TEST(what_takes_too_long_again_and_again_may_take_less)
{
    enum { LONG = 400000, MIDDLE = 2000, TIMES = 10 };
    struct regex *list = NULL;
    struct regex *regex = regex_compile(&list, TEXT("^(.|\\n)*END$"), REGEX_DOT_ALL, NULL);
    CLEANUP(freep) char *text = xcalloc(1, LONG + sizeof("END"));
    memset(text, 'x', LONG);
    stpcpy(text + LONG, "END");
    const char *middle = text + LONG - MIDDLE;
    ck_assert(regex_match(regex, text_from(middle), NULL, 0));
    for (int i = 0; i < TIMES; i++)
        ck_assert(!regex_match(regex, text_from(text), NULL, 0));
    ck_assert(!regex_match(regex, text_from(middle), NULL, 0));
    for (int i = 0; i < TIMES; i++)
        ck_assert(regex_match(regex, TEXT("END"), NULL, 0));
    ck_assert(regex_match(regex, text_from(middle), NULL, 0));
    regexes_destroy(list);
}
END_TEST

START_TEST(a_pattern_of_ours_takes_characters_not_bytes)
{
    static const char letters[] = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)";
    ck_assert(pattern_matches(letters, TEXT("K\xC3\xB6ln \xE6\x97\xA5\xE6\x9C\xAC \xD0\x96 1")));
    ck_assert(!pattern_matches(letters, TEXT("\xF0\x9F\x98\x80"))); /* an emoji is no letter */
    ck_assert(!pattern_matches(letters, TEXT("\xC3")));
    ck_assert(pattern_matches("[^*]{2}", TEXT("\xC3\xB6\xF0\x9F\x98\x80")));
    ck_assert(!pattern_matches("\\w+", TEXT("\xC3\xB6"))); /* as in Java */
}
END_TEST

SUITE("pattern", a_pattern_of_ours_takes_characters_not_bytes,
      a_group_may_be_repeated_as_often_as_a_message_has_characters,
      what_would_take_too_long_does_not_match, what_takes_too_long_again_and_again_may_take_less)
