/* filter patterns: tables of pattern, message and verdict; what is no pattern; hostile ones. */
#include "logs/filter_pattern.h"

#include "support/suite.h"
#include "xalloc.h"

static struct filter_pattern *parse(const char *text)
{
    struct error error = { 0 };
    struct filter_pattern *pattern = filter_pattern_parse(text_from(text), &error);
    ck_assert_msg(pattern, "%s: %s", text, error.message);
    return pattern;
}

static bool matches(const char *text, const char *message)
{
    struct filter_pattern *pattern = parse(text);
    bool is_match = filter_pattern_matches(pattern, text_from(message));
    filter_pattern_destroy(pattern);
    return is_match;
}

struct row {
    const char *pattern;
    const char *message;
    bool is_match;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(matches(rows[i].pattern, rows[i].message) == rows[i].is_match, "%s on %s",
                      rows[i].pattern, rows[i].message);
}

START_TEST(terms)
{
    static const struct row rows[] = {
        { "", "anything", true },
        { " ", "anything", true },
        { "", "", true },
        { "ERROR", "[ERROR] no", true },
        { "ERROR", "error", false },
        { "ERROR ARGUMENTS", "ARGUMENTS before ERROR", true },
        { "ERROR ARGUMENTS", "ERROR alone", false },
        { "?ERROR ?ARGUMENTS", "ARGUMENTS", true },
        { "?ERROR ?ARGUMENTS", "neither", false },
        { "ERROR -ARGUMENTS", "ERROR", true },
        { "ERROR -ARGUMENTS", "ERROR ARGUMENTS", false },
        { "-ERROR", "fine", true },
        { "-ERROR", "ERROR", false },
        { "\"INTERNAL SERVER ERROR\"", "500 INTERNAL SERVER ERROR", true },
        { "\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR SERVER", false },
        { "-\"a b\" c", "c a b", false },
        { "\"say \\\"x\\\"\"", "they say \"x\"", true },
        { "?a b", "b", true }, /* the plain term decides */
        { "?a b", "a", false },
        { "?a -b", "c", true }, /* so does an excluded one */
        { "-b ?a", "a b", false },
        { "%4[0-9]{2}%", "status 404", true },
        { "%bind: \\(x\\)|y%", "bind: (x)", true },
        { "%4[0-9]{2}%", "status 200", false },
        { "%^START% Version", "START RequestId Version", true },
        { "\xc3\xbc", "f\xc3\xbcr", true },
    };
    check_rows(rows, COUNT_OF(rows));
}
END_TEST

static const char user[] =
    "{\"user\":{\"id\":1,\"email\":\"John.Stiles@example.com\"},\"users\":[{\"id\":2,\"email\":"
    "\"John.Doe@example.com\"}],\"actions\":[\"GET\",\"PUT\",\"DELETE\"],\"coordinates\":[[0,1,2],"
    "[4,5,6],[7,8,9]],\"nothing\":null,\"yes\":true,\"no\":false,\"latency\":12.5,\"code\":\"404\","
    "\"ip\":\"123.123.1.2\",\"my-key\":7,\"na me\":8}";

START_TEST(json_selectors)
{
    static const struct row rows[] = {
        { "{ ($.user.id = 1) && ($.users[0].email = \"John.Doe@example.com\") }", user, true },
        { "{ $.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\" && "
          "$.actions[2] = \"nonmatch\" }",
          user, true },
        { "{ ($.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\") && "
          "$.actions[2] = \"nonmatch\" }",
          user, false },
        { "{ ($.user.id = 2 && $.users[0].email = \"nonmatch\") || $.actions[2] = \"GET\" }", user,
          false },
        { "{$.user.id=1}", user, true },
        { "{ $.user.id = 1.0 }", user, true },
        { "{ $.user.id != 1 }", user, false },
        { "{ $.user.id = \"1\" }", user, true },
        { "{ $.latency > 12 }", user, true },
        { "{ $.latency >= 1.25e1 }", user, true },
        { "{ $.latency < 12.5 }", user, false },
        { "{ $.latency <= 12.5 }", user, true },
        { "{ $.code > 400 }", user, false }, /* a string is no number */
        { "{ $.code = 404 }", user, true },
        { "{ $.code = 4* }", user, true },
        { "{ $.ip = 123.123.* }", user, true },
        { "{ $.user.email = \"*@example.com\" }", user, true },
        { "{ $.user.email = %^John% }", user, true },
        { "{ $.nothing IS NULL }", user, true },
        { "{ $.yes IS TRUE }", user, true },
        { "{ $.no IS TRUE }", user, false },
        { "{ $.no IS FALSE }", user, true },
        { "{ $.missing IS NULL }", user, false },
        { "{ $.missing NOT EXISTS }", user, true },
        { "{ $.nothing NOT EXISTS }", user, false },
        { "{ $.user = * }", user, false }, /* ends on an object */
        { "{ $.actions = * }", user, false },
        { "{ $.actions[1] = * }", user, true },
        { "{ $.actions[9] = * }", user, false },
        { "{ $.coordinates[2][0] = 7 }", user, true },
        { "{ $.actions[*] = %^P.T$% }", user, true },
        { "{ $.actions[*] = \"HEAD\" }", user, false },
        { "{ $.actions[*] != \"GET\" }", user, true },
        { "{ $.user[*] = * }", user, false }, /* no list */
        { "{ $.coordinates[*][0] = 7 }", user, true },
        { "{ $.coordinates[*][0] = 8 }", user, false },
        { "{ $.users[*].email = \"John.D*\" }", user, true },
        { "{ $.users[*].email IS NULL }", user, false },
        { "{ $.users[*].phone NOT EXISTS }", user, true },
        { "{ $.users[*].email NOT EXISTS }", user, false },
        { "{ $.nope[*].email NOT EXISTS }", user, true },
        { "{ $.* = %111\\.111% }", user, false },
        { "{ $.*.email = \"John.Stiles*\" }", user, true },
        { "{ $.*[0] = GET }", user, true },
        { "{ $.actions.* = GET }", user, false }, /* no map */
        { "{ $.* = 8 && $.actions[*] = PUT && $.user.* = 1 }", user, true },
        { "{ $.missing != 1 }", user, false },
        { "{ $.my-key = 7 }", user, true },
        { "{ $.['na me'] = 8 }", user, true },
        { "{ $.a = 1 }", "not json", false },
        { "{ $.a = 1 }", "", false },
        { "{ $[0] = 1 }", "[1]", true },
    };
    check_rows(rows, COUNT_OF(rows));
}
END_TEST

static const char access_line[] = "127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] \"GET "
                                  "/index.html HTTP/1.0\" 404 1534";

START_TEST(space_delimited_fields)
{
    static const struct row rows[] = {
        { "[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", access_line,
          true },
        { "[ip, user, username, timestamp, request, status_code = 5*, bytes]", access_line, false },
        { "[ip, user, username, timestamp, request, status = 404 || status = 410, bytes]",
          access_line, true },
        { "[ip, user, username, timestamp, request, status > 400 && status < 404, bytes]",
          access_line, false },
        { "[ip, user, username, timestamp, request, status = 1 || status > 400 && status < 500, b]",
          access_line, true },
        { "[..., bytes > 1000]", access_line, true },
        { "[ip, ..., bytes > 10000]", access_line, false },
        { "[ip = \"127.0.0.1\", ...]", access_line, true },
        /* the last field is what is left; AWS's examples */
        { "[ip, user]", access_line, true },
        { "[ip, user, username, timestamp, request, status, bytes, more]", access_line, false },
        { "[w1=ERROR, w2]", "ERROR 09/25/2014 12:00:02 Failed to process request", true },
        { "[w1=ERROR, w2]", "WARNING 09/25/2014 12:00:02 Invalid user request", false },
        { "[w1=ERROR || w1=WARNING, w2]", "WARNING 09/25/2014 12:00:02 Invalid user request",
          true },
        { "[w1!=ERROR && w1!=WARNING, w2]",
          "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200", true },
        { "[w1=ERROR]", "ERROR here", false }, /* which is why w2 must be there */
        { "[w1=ERROR, w2]", "ERROR", false },
        { "[w1, w2=\"here it is\"]", "ERROR here it is\n", true },
        { "[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]",
          "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200", true },
        { "[timestamp=*Z, request_id=\"*-*\", event]",
          "2025-10-20T10:03:00.000Z\t11111111-2222-3333-4444-555555555555\tERROR\tIt is broken\n",
          true },
        { "[level = \"ERROR\", ...]", "[ERROR]\t2025-10-20T10:03:00.000Z\tx\tIt is broken\n",
          true },
        { "[w1=ERROR, w2]", "ERROR here", true },
        { "[w1=ERROR, ...]", "WARN ERROR here", false },
        { "[w1, w2=here]", "ERROR here\r\n", true },
        { "[w1=ERROR, w2]", "here ERROR", false },
        { "[w1!=ERROR, w2]", "here ERROR", true },
        { "[w1=%^E.+R$%, w2]", "ERROR here\n", true },
        { "[a, b]", "", false },
        { "[...]", "", true },
        { "[]", access_line, true },
        { "[ ]", "", true },
        { "[a]", "[unclosed", true },
        { "[..., request = *.html*, status_code = 4*, ]", access_line, true },
        { "[, , w3 = c]", "a b c", true },
        { "[, w2 = b]", "a b c", false },
    };
    check_rows(rows, COUNT_OF(rows));
}
END_TEST

START_TEST(names_stand_for_values)
{
    struct filter_pattern *pattern =
        parse("[ip, user, username, timestamp, request, status_code, bytes]");
    cJSON *values = cJSON_CreateObject();
    filter_pattern_extract_all(pattern, text_from(access_line), values);
    ck_assert_str_eq(json_text(values, "$timestamp", ""), "10/Oct/2000:13:25:15 -0700");
    ck_assert_str_eq(json_text(values, "$request", ""), "GET /index.html HTTP/1.0");
    ck_assert_str_eq(json_text(values, "$bytes", ""), "1534");
    ck_assert_int_eq(cJSON_GetArraySize(values), 7);
    cJSON_Delete(values);
    filter_pattern_destroy(pattern);
    pattern = parse("[]");
    values = cJSON_CreateObject();
    filter_pattern_extract_all(pattern, text_from(access_line), values);
    ck_assert_int_eq(cJSON_GetArraySize(values), 7);
    ck_assert_str_eq(json_text(values, "$7", ""), "1534");
    cJSON_Delete(values);
    filter_pattern_destroy(pattern);
    pattern = parse("[ip, user, event]");
    values = cJSON_CreateObject();
    filter_pattern_extract_all(pattern, TEXT("a \"b\"\t[c] d  \"e\"\r\n"), values);
    char *rest = json_print(values);
    ck_assert_str_eq(rest, "{\"$ip\":\"a\",\"$user\":\"b\",\"$event\":\"[c] d  \\\"e\\\"\"}");
    free(rest);
    cJSON_Delete(values);
    values = cJSON_CreateObject();
    filter_pattern_extract_all(pattern, TEXT("another shape"), values);
    ck_assert_int_eq(cJSON_GetArraySize(values), 0);
    cJSON_Delete(values);
    filter_pattern_destroy(pattern);
    /* The example of TestMetricFilter's page: what has no name is called by its place. */
    pattern = parse("[..., request = *.html*, status_code = 4*,]");
    values = cJSON_CreateObject();
    filter_pattern_extract_all(pattern, text_from(access_line), values);
    char *shown = json_print(values);
    ck_assert_str_eq(shown, "{\"$1\":\"127.0.0.1\",\"$2\":\"Prod\",\"$3\":\"frank\","
                            "\"$4\":\"10/Oct/2000:13:25:15 -0700\","
                            "\"$request\":\"GET /index.html HTTP/1.0\","
                            "\"$status_code\":\"404\",\"$7\":\"1534\"}");
    free(shown);
    cJSON_Delete(values);
    filter_pattern_destroy(pattern);
    pattern = parse("{ $.latency > 1 || $.user.id = 1 && $.missing = 2 || $.users[*].id = 2 }");
    values = cJSON_CreateObject();
    filter_pattern_extract_all(pattern, text_from(user), values);
    ck_assert_str_eq(json_text(values, "$.latency", ""), "12.5");
    ck_assert_str_eq(json_text(values, "$.user.id", ""), "1");
    ck_assert_int_eq(cJSON_GetArraySize(values), 2);
    cJSON_Delete(values);
    char *value = filter_pattern_extract(pattern, text_from(user), TEXT("$.coordinates[1][2]"));
    ck_assert_str_eq(value, "6");
    free(value);
    ck_assert_ptr_null(filter_pattern_extract(pattern, text_from(user), TEXT("$.user")));
    ck_assert_ptr_null(filter_pattern_extract(pattern, text_from("plain"), TEXT("$.user.id")));
    filter_pattern_destroy(pattern);
}
END_TEST

START_TEST(what_is_no_pattern_is_refused)
{
    static const char *const bad[] = {
        "{",
        "{}",
        "{ $.a }",
        "{ $.a = }",
        "{ a = 1 }",
        "{ $.a = 1",
        "{ ($.a = 1 }",
        "{ $.a = 1 } x",
        "{ $.a IS MAYBE }",
        "{ $.a EXISTS }",
        "{ $.a == 1 }",
        "{ $.a[x] = 1 }",
        "{ $.a[1 = 1 }",
        "{ $.a. = 1 }",
        "{ $.a[*].b[*] = 1 }",
        "{ $.* = 1 || $.a.* = 1 || $.b[*] = 1 || $.c[*] = 1 }",
        "{ $.a = \"open }",
        "{ $ = 1 }",
        "{ $.a = 1 && }",
        "[",
        "[a",
        "[a b]",
        "[a = 1 && b = 2]",
        "[..., x, ...]",
        "[a=]",
        "\"open",
        "a:b",
        ":b",
        "%(%",
        "%[%",
        "%(a)%",
        "%something!%",
        "%\u00e9%",
        "[a = %(4|5)%]",
        "%",
        "%a% %b% %c%",
        "?",
        "-",
        "{ $.a = %(% }",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct error error = { 0 };
        struct filter_pattern *pattern = filter_pattern_parse(text_from(bad[i]), &error);
        ck_assert_msg(!pattern, "%s is taken", bad[i]);
        ck_assert_ptr_nonnull(error.message);
        error_clear(&error);
    }
}
END_TEST

/* Deep nesting and explosive expressions end in an answer, not in a crash or a hang. */
START_TEST(hostile_patterns_are_bounded)
{
    enum { DEPTH = 100000 };
    char *deep = xcalloc(1, DEPTH + 3);
    deep[0] = '{';
    memset(deep + 1, '(', DEPTH);
    struct error error = { 0 };
    ck_assert_ptr_null(filter_pattern_parse(text_from(deep), &error));
    error_clear(&error);
    free(deep);
    struct filter_pattern *pattern = parse("%a*a*a*a*a*a*a*a*a*a*c$%");
    char *message = xcalloc(1, 5001);
    memset(message, 'a', 5000);
    message[4999] = 'b';
    ck_assert(!filter_pattern_matches(pattern, text_from(message)));
    free(message);
    filter_pattern_destroy(pattern);
    ck_assert(!matches("{ $.a = \"*a*a*a*a*a*a*a*b\" }",
                       "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"));
}
END_TEST

START_TEST(a_word_may_have_any_byte_but_space)
{
    struct filter_pattern *pattern = parse("[first, second=x, third]");
    ck_assert(filter_pattern_matches(pattern, TEXT("a\0b x c")));
    ck_assert(!filter_pattern_matches(pattern, TEXT("a\0x c d")));
    filter_pattern_destroy(pattern);
}
END_TEST

SUITE("filter_pattern", terms, json_selectors, space_delimited_fields, names_stand_for_values,
      what_is_no_pattern_is_refused, hostile_patterns_are_bounded,
      a_word_may_have_any_byte_but_space)
