/* url_response: a function's result as an HTTP reply. */
#include "lambda/url_response.h"
#include "support/suite.h"
#include "buffer.h"

/* "201|content-type: text/html|set-cookie: a=1|body", or "no" for what is no reply. */
static const char *shown(struct arena *arena, bool is_good, const struct url_response *response)
{
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    if (!is_good)
        return response->fault ? "no" : "no, without a reason";
    buffer_add_format(&text, "%d", response->status);
    for (size_t i = 0; i < response->header_count; i++)
        buffer_add_format(&text, "|%s: %s", response->headers[i].name, response->headers[i].value);
    buffer_add_format(&text, "|%.*s", TEXT_ARGS(response->body));
    return arena_copy(arena, buffer_text(&text));
}

#define JSON_TYPE "|Content-Type: application/json|"
#define BYTES_TYPE "|Content-Type: application/octet-stream|"

static const struct {
    const char *payload;
    const char *expected;
} results[] = {
    { "{\"statusCode\":201,\"headers\":{\"a\":\"b\",\"content-type\":\"text/"
      "html\"},\"body\":\"x\"}",
      "201|a: b|content-type: text/html|x" },
    { "{\"StatusCode\":500,\"body\":1}", "200" JSON_TYPE "{\"StatusCode\":500,\"body\":1}" },
    { "{\"statusCode\":\"299\"}", "299" JSON_TYPE },
    { "{\"statusCode\":2e2,\"body\":null,\"headers\":null,\"cookies\":null}", "200" JSON_TYPE },
    { "{\"statusCode\":null,\"body\":\"x\"}", "200" JSON_TYPE "x" },
    { "{\"statusCode\":200,\"cookies\":[\"a=1\",\"b=2\"]}",
      "200|Set-Cookie: a=1|Set-Cookie: b=2" JSON_TYPE },
    { "{\"statusCode\":200,\"headers\":{\"a\":1,\"b\":false,\"c\":null,\"d\":1.5,\"e\":"
      "\"\xC3\xA9\"}}",
      "200|a: 1|b: false|d: 1.5|e: \xC3\xA9" JSON_TYPE },
    { "{\"statusCode\":200,\"headers\":{\"connection\":\"close\",\"te\":\"x\",\"UPGRADE\":\"h\"}}",
      "200|x-amzn-Remapped-connection: close" JSON_TYPE },
    { "{\"statusCode\":200,\"body\":\"aGk=\",\"isBase64Encoded\":true}", "200" JSON_TYPE "hi" },
    { "{\"statusCode\":200,\"body\":\"aGk=\",\"isBase64Encoded\":\"true\"}",
      "200" JSON_TYPE "aGk=" },
    { "{\"statusCode\":200,\"body\":[1, 2]}", "200" JSON_TYPE "[1,2]" },
    { "{\"statusCode\":200,\"body\":5}", "200" JSON_TYPE "5" },
    { "{\"body\": \"x\"}", "200" JSON_TYPE "{\"body\": \"x\"}" },
    { "\"\\u00e9\\n\"", "200" JSON_TYPE "\xC3\xA9\n" },
    { "[1, {\"statusCode\": 500}]", "200" JSON_TYPE "[1, {\"statusCode\": 500}]" },
    /* What no C string holds is U+FFFD, but the text of a result that is no response stays. */
    { "{\"statusCode\":201,\"body\":\"a\\u0000b\\ud83d\"}", "201" JSON_TYPE "a\xEF\xBF\xBD"
                                                            "b\xEF\xBF\xBD" },
    { "\"\\ud83d\"", "200" JSON_TYPE "\xEF\xBF\xBD" },
    { "{\"text\":\"\\ud83d\"}", "200" JSON_TYPE "{\"text\":\"\\ud83d\"}" },
    { "null", "200" JSON_TYPE "null" },
    { "no json", "200" JSON_TYPE "no json" },
    { "", "200" JSON_TYPE },
    { "{\"statusCode\":\"\"}", "no" },
    { "{\"statusCode\":\"2x\"}", "no" },
    { "{\"statusCode\":100}", "no" },
    { "{\"statusCode\":1e99}", "no" },
    { "{\"statusCode\":\"nan\"}", "no" },
    { "{\"statusCode\":true}", "no" },
    { "{\"statusCode\":200,\"headers\":\"a: b\"}", "no" },
    { "{\"statusCode\":200,\"headers\":{\"\":\"b\"}}", "no" },
    { "{\"statusCode\":200,\"headers\":{\"a:\":\"b\"}}", "no" },
    { "{\"statusCode\":200,\"headers\":{\"a\\r\\nb\":\"b\"}}", "no" },
    { "{\"statusCode\":200,\"headers\":{\"a\":\"b\\nc\"}}", "no" },
    { "{\"statusCode\":200,\"headers\":{\"a\":\"b\\rc\"}}", "no" },
    { "{\"statusCode\":200,\"headers\":{\"a\":[\"b\"]}}", "no" },
    { "{\"statusCode\":200,\"cookies\":{\"a\":\"b\"}}", "no" },
    { "{\"statusCode\":200,\"cookies\":[1]}", "no" },
    { "{\"statusCode\":200,\"cookies\":[\"a=1\\r\\nb: c\"]}", "no" },
    { "{\"statusCode\":200,\"body\":\"%\",\"isBase64Encoded\":true}", "no" },
};

START_TEST(a_result_is_a_reply_or_none)
{
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        struct arena arena = { 0 };
        struct url_response response;
        bool is_good = url_response_read(text_from(results[i].payload), &arena, &response);
        ck_assert_str_eq(shown(&arena, is_good, &response), results[i].expected);
        arena_clear(&arena);
    }
}
END_TEST

static const struct {
    const char *prelude;
    const char *expected;
} preludes[] = {
    { "{}", "200" BYTES_TYPE },
    { "{\"statusCode\":404,\"headers\":{\"Content-Type\":\"a/b\"},\"cookies\":[\"c\"]}",
      "404|Content-Type: a/b|Set-Cookie: c|" },
    { "{\"statusCode\":200,\"body\":\"ignored\"}", "200" BYTES_TYPE },
    { "{\"statusCode\":204,\"x\":\"\\ud83d\"}", "204" BYTES_TYPE },
    { "", "no" },
    { "[]", "no" },
    { "{\"statusCode\":0}", "no" },
    { "{\"headers\":{\"a\":\"\\n\"}}", "no" },
};

START_TEST(a_prelude_is_a_head_or_none)
{
    for (size_t i = 0; i < COUNT_OF(preludes); i++) {
        struct arena arena = { 0 };
        struct url_response response;
        bool is_good = url_response_read_prelude(text_from(preludes[i].prelude), &arena, &response);
        ck_assert_str_eq(shown(&arena, is_good, &response), preludes[i].expected);
        arena_clear(&arena);
    }
}
END_TEST

START_TEST(a_prelude_ends_at_eight_zero_bytes)
{
    size_t end;
    ck_assert(!url_prelude_find_end(TEXT(""), &end));
    ck_assert(!url_prelude_find_end(TEXT("{}\0\0\0\0\0\0\0x\0"), &end));
    ck_assert(url_prelude_find_end(TEXT("{}\0\0\0\0\0\0\0\0body\0\0\0\0\0\0\0\0"), &end));
    ck_assert_uint_eq(end, 2);
}
END_TEST

START_TEST(headers_have_a_ceiling)
{
    static const size_t sizes[] = { URL_HEADERS_MAX - 100, URL_HEADERS_MAX };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct arena arena = { 0 };
        struct url_response response;
        CLEANUP(buffer_clear) struct buffer payload = { 0 };
        buffer_add_string(&payload, "{\"statusCode\":200,\"headers\":{\"a\":\"");
        for (size_t k = 0; k < sizes[i]; k++)
            buffer_add_char(&payload, 'x');
        buffer_add_string(&payload, "\"}}");
        ck_assert(url_response_read(buffer_text(&payload), &arena, &response) == (i == 0));
        arena_clear(&arena);
    }
}
END_TEST

SUITE("url_response", a_result_is_a_reply_or_none, a_prelude_is_a_head_or_none,
      a_prelude_ends_at_eight_zero_bytes, headers_have_a_ceiling)
