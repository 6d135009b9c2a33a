/* url_event: an HTTP request as a payload of format 2.0. */
#include "lambda/url_event.h"
#include "json.h"
#include "support/suite.h"
#include "xalloc.h"

static const struct url_event_header headers[] = {
    { "Host", "id.lambda-url.us-east-1.localhost:4566" },
    { "X-A", "1" },
    { "x-a", "2" },
    { "Cookie", "a=1;  b=\xE9;" },
    { "User-Agent", "agent" },
    { "Connection", "close" },
    { "X-Forwarded-Proto", "https" },
    { "X-Latin", "caf\xE9" },
};

static struct url_event event_of(const char *body, const char *type)
{
    static struct url_event_header all[COUNT_OF(headers) + 1];
    memcpy(all, headers, sizeof(headers));
    all[COUNT_OF(headers)] = (struct url_event_header){ "Content-Type", type };
    return (struct url_event){
        .method = TEXT("POST"),
        .path = TEXT("/a%2Fb"),
        .query = TEXT("b=2&a=1&b=x%20y&&c&%41=+"),
        .headers = all,
        .header_count = COUNT_OF(headers) + (type != NULL),
        .body = text_from(body),
        .url_id = "id",
        .domain = "id.lambda-url.us-east-1.localhost",
        .port = "4566",
        .client = "127.0.0.1",
        .trace_id = "Root=1-a",
        .request_id = "r",
        .time_ms = 1584039838123,
    };
}

START_TEST(an_event_is_printed_in_aws_s_order)
{
    struct url_event event = event_of("hello", "text/plain");
    CLEANUP(freep) char *text = url_event_print(&event);
    ck_assert_str_eq(
        text,
        "{\"version\":\"2.0\",\"routeKey\":\"$default\",\"rawPath\":\"/a%2Fb\","
        "\"rawQueryString\":\"b=2&a=1&b=x%20y&&c&%41=+\",\"cookies\":[\"a=1\",\"b=\xC3\xA9\"],"
        "\"headers\":{\"host\":\"id.lambda-url.us-east-1.localhost:4566\",\"x-a\":\"1,2\","
        "\"cookie\":\"a=1;  "
        "b=\xC3\xA9;\",\"user-agent\":\"agent\",\"x-forwarded-proto\":\"http\",\"x-latin\":"
        "\"caf\xC3\xA9\","
        "\"content-type\":\"text/plain\",\"x-amzn-trace-id\":\"Root=1-a\","
        "\"x-forwarded-for\":\"127.0.0.1\",\"x-forwarded-port\":\"4566\"},"
        "\"queryStringParameters\":{\"b\":\"2,x y\",\"a\":\"1\",\"c\":\"\",\"A\":\" \"},"
        "\"requestContext\":{\"accountId\":\"anonymous\",\"apiId\":\"id\","
        "\"domainName\":\"id.lambda-url.us-east-1.localhost\",\"domainPrefix\":\"id\","
        "\"http\":{\"method\":\"POST\",\"path\":\"/a%2Fb\",\"protocol\":\"HTTP/1.1\","
        "\"sourceIp\":\"127.0.0.1\",\"userAgent\":\"agent\"},\"requestId\":\"r\","
        "\"routeKey\":\"$default\",\"stage\":\"$default\","
        "\"time\":\"12/Mar/2020:19:03:58 +0000\",\"timeEpoch\":1584039838123},"
        "\"body\":\"hello\",\"isBase64Encoded\":false}");
}
END_TEST

#define BODY(literal) literal, sizeof(literal) - 1

static const struct {
    const char *type;
    const char *body;
    size_t size;
    const char *expected;
    bool is_base64;
} bodies[] = {
    { "text/html", BODY("<p>"), "<p>", false },
    { "Application/JSON; charset=utf-8", BODY("{}"), "{}", false },
    { "application/vnd.api+json", BODY("{}"), "{}", false },
    { "application/javascript", BODY("1"), "1", false },
    { "text/plain", BODY("\xC3\xA9"), "\xC3\xA9", false },
    { "text/plain", BODY("\xE9"), "6Q==", true },
    { "text/plain", BODY("a\0b"), "YQBi", true },
    { "image/png", BODY("x"), "eA==", true },
    { "application/x-www-form-urlencoded", BODY("a=1"), "YT0x", true },
    { NULL, BODY("x"), "eA==", true },
    { "text/plain", BODY(""), NULL, false },
    { NULL, BODY(""), NULL, false },
};

START_TEST(a_body_is_text_or_base64)
{
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct url_event event = event_of("", bodies[i].type);
        event.body = (struct text){ bodies[i].body, bodies[i].size };
        CLEANUP(freep) char *text = url_event_print(&event);
        CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(text));
        const char *body = json_text(tree, "body", NULL);
        ck_assert_msg((body == NULL) == (bodies[i].expected == NULL), "case %zu", i);
        if (body)
            ck_assert_str_eq(body, bodies[i].expected);
        ck_assert_msg(json_bool(tree, "isBase64Encoded", !bodies[i].is_base64) ==
                          bodies[i].is_base64,
                      "case %zu", i);
    }
}
END_TEST

START_TEST(a_signer_is_named)
{
    struct url_event event = event_of("", NULL);
    event.account = "123456789012";
    event.user_arn = "arn:aws:iam::123456789012:user/coalmine";
    event.access_key = "AKIA";
    CLEANUP(freep) char *text = url_event_print(&event);
    CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(text));
    const cJSON *context = json_get(tree, "requestContext");
    const cJSON *iam = json_get(json_get(context, "authorizer"), "iam");
    ck_assert_str_eq(json_text(context, "accountId", ""), "123456789012");
    ck_assert_str_eq(json_text(iam, "accessKey", ""), "AKIA");
    ck_assert_str_eq(json_text(iam, "userArn", ""), "arn:aws:iam::123456789012:user/coalmine");
}
END_TEST

SUITE("url_event", an_event_is_printed_in_aws_s_order, a_body_is_text_or_base64, a_signer_is_named)
