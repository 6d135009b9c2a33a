/* origin: which requests a browser's page could have made, and which of them may pass. */
#include "http/origin.h"

#include "support/suite.h"

static const struct origin_policy nobody = { 0 };

START_TEST(a_host_is_ours_or_the_users)
{
    static const struct {
        const char *host;
        bool is_known;
    } cases[] = {
        { "127.0.0.1:4566", true },
        { "localhost", true },
        { "LocalHost:80", true },
        { "[::1]:4566", true },
        { "10.1.2.3:4566", true }, /* an address cannot be rebound */
        { "abc.lambda-url.us-east-1.localhost:4566", true },
        { "lambda.us-east-1.amazonaws.com", true },
        { "abc.lambda-url.us-east-1.on.aws", true },
        { "host.docker.internal:4566", true },
        { "coalmine.test:4566", true },
        { "0.0.0.0:4566", false }, /* leads here too, but browsers do not say who asks there */
        { "[::]:4566", false },
        { "[::ffff:7f00:1]:4566", false },
        { "evil.example", false },
        { "localhost.evil.example", false },
        { "notlocalhost", false },
        { "evilamazonaws.com", false },
        { ".localhost", false },
        { "127.0.0.1.evil.example:4566", false },
        { "", false },
        { ":4566", false },
    };
    const struct origin_policy policy = { .hosts = "other.test,coalmine.test" };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(origin_host_is_known(&policy, cases[i].host) == cases[i].is_known, "%s",
                      cases[i].host);
}
END_TEST

START_TEST(a_page_passes_only_if_its_origin_was_allowed)
{
    static const struct {
        const char *origins;
        struct origin_headers headers;
        bool may_pass;
    } cases[] = {
        { NULL, { "localhost:4566", NULL, NULL }, true },
        { NULL, { NULL, NULL, NULL }, true },
        { NULL, { "localhost:4566", "http://evil.example", NULL }, false },
        { NULL, { "localhost:4566", "null", NULL }, false },
        /* pages that this server serves are functions' */
        { NULL, { "localhost:4566", "http://localhost:4566", "same-origin" }, false },
        { NULL, { "localhost:4566", NULL, "same-origin" }, false },
        { NULL, { "localhost:4566", "http://localhost:3000", "same-site" }, false },
        { NULL, { "localhost:4566", NULL, "cross-site" }, false },
        { NULL, { "localhost:4566", NULL, "same-site" }, false },
        { NULL, { "localhost:4566", NULL, "none" }, true }, /* typed into the address line */
        { "http://localhost:3000", { "localhost:4566", "http://localhost:3000", NULL }, true },
        { "http://localhost:3000", { "localhost:4566", "http://localhost:30000", NULL }, false },
        { "http://a.test,http://b.test", { "localhost", "http://b.test", "cross-site" }, true },
        { "http://localhost", { "localhost", "http://localhost", "same-origin" }, true },
        { "*", { "localhost:4566", "https://anything.example", "cross-site" }, true },
        { "*", { "evil.example", "http://evil.example", NULL }, false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct origin_policy policy = { .origins = cases[i].origins };
        ck_assert_msg((origin_refusal(&policy, &cases[i].headers) == NULL) == cases[i].may_pass,
                      "case %zu", i);
    }
}
END_TEST

START_TEST(with_signatures_any_host_name_will_do)
{
    const struct origin_policy policy = { .takes_any_host = true };
    const struct origin_headers headers = { "coalmine.example", NULL, NULL };
    ck_assert_ptr_null(origin_refusal(&policy, &headers));
    ck_assert_ptr_nonnull(origin_refusal(&nobody, &headers));
}
END_TEST

SUITE("origin", a_host_is_ours_or_the_users, a_page_passes_only_if_its_origin_was_allowed,
      with_signatures_any_host_name_will_do)
