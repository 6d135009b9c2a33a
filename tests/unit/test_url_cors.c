/* url_cors: what Cors settings add to an answer. */
#include "lambda/url_cors.h"
#include "buffer.h"
#include "support/suite.h"

#define ALL                                                                                        \
    "{\"AllowOrigins\":[\"https://a\",\"https://b\"],\"AllowMethods\":[\"GET\",\"PUT\"],"          \
    "\"AllowHeaders\":[\"x\"],\"ExposeHeaders\":[\"y\",\"z\"],\"MaxAge\":0,"                       \
    "\"AllowCredentials\":true}"
#define ALLOWED(origin) "Access-Control-Allow-Origin: " origin "\n"
#define CREDENTIALS "Vary: Origin\nAccess-Control-Allow-Credentials: true\n"

static const struct {
    const char *cors;
    const char *method;
    const char *origin;
    const char *requested_method;
    bool is_preflight;
    const char *headers;
} cases[] = {
    { ALL, "OPTIONS", "https://b", "PUT", true,
      ALLOWED("https://b") CREDENTIALS "Access-Control-Allow-Methods: GET,PUT\n"
                                       "Access-Control-Allow-Headers: x\n"
                                       "Access-Control-Max-Age: 0\n" },
    { ALL, "OPTIONS", "https://c", "PUT", true, "" },
    { ALL, "OPTIONS", "https://b.evil", "PUT", true, "" },
    { ALL, "OPTIONS", NULL, "PUT", false, "" },
    { ALL, "OPTIONS", "https://a", NULL, false,
      ALLOWED("https://a") CREDENTIALS "Access-Control-Expose-Headers: y,z\n" },
    { ALL, "GET", "https://a", "PUT", false,
      ALLOWED("https://a") CREDENTIALS "Access-Control-Expose-Headers: y,z\n" },
    { ALL, "GET", NULL, NULL, false, "" },
    { "{\"AllowOrigins\":[\"*\"]}", "GET", "https://c", NULL, false, ALLOWED("*") },
    { "{\"AllowOrigins\":[\"*\"]}", "OPTIONS", "https://c", "GET", true, ALLOWED("*") },
    { "{\"AllowOrigins\":[\"*\"],\"AllowCredentials\":true}", "GET", "https://c", NULL, false,
      ALLOWED("https://c") CREDENTIALS },
    { "{\"AllowMethods\":[\"*\"]}", "OPTIONS", "https://c", "GET", true, "" },
    { NULL, "OPTIONS", "https://a", "PUT", false, "" },
};

static void note(void *owner, const char *name, const char *value)
{
    buffer_add_format(owner, "%s: %s\n", name, value);
}

START_TEST(headers_follow_origin_and_method)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena = { 0 };
        CLEANUP(buffer_clear) struct buffer headers = { 0 };
        CLEANUP(json_deletep)
        cJSON *cors = cases[i].cors ? json_parse(text_from(cases[i].cors)) : NULL;
        struct url_cors_request request = { text_from(cases[i].method), cases[i].origin,
                                            cases[i].requested_method };
        ck_assert_msg(url_cors_is_preflight(cors, &request) == cases[i].is_preflight, "case %zu",
                      i);
        url_cors_headers(cors, &request, &arena, note, &headers);
        ck_assert_str_eq(headers.data ? headers.data : "", cases[i].headers);
        arena_clear(&arena);
    }
}
END_TEST

SUITE("url_cors", headers_follow_origin_and_method)
