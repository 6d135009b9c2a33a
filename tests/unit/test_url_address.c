/* url_address: which requests are for a function URL. */
#include "lambda/url_address.h"
#include "support/suite.h"

#define ID "abcdefghijklmnopqrstuvwxyz012345"

static const struct {
    const char *host;
    const char *path;
    const char *id; /* NULL: no function URL */
    const char *region;
    const char *domain;
    const char *seen;
} cases[] = {
    { ID ".lambda-url.us-east-1.localhost:4566", "/a/b", ID, "us-east-1",
      ID ".lambda-url.us-east-1.localhost", "/a/b" },
    { ID ".lambda-url.us-east-1.localhost", "", ID, "us-east-1",
      ID ".lambda-url.us-east-1.localhost", "/" },
    { ID ".lambda-url.us-gov-west-1.on.aws:443", "/", ID, "us-gov-west-1",
      ID ".lambda-url.us-gov-west-1.on.aws", "/" },
    { "ABC.LAMBDA-URL.EU-WEST-1.ON.AWS", "/", "ABC", "EU-WEST-1", "ABC.LAMBDA-URL.EU-WEST-1.ON.AWS",
      "/" },
    { "127.0.0.1:4566", "/_coalmine/url/abc", "abc", "", "", "/" },
    { "127.0.0.1:4566", "/_coalmine/url/abc/", "abc", "", "", "/" },
    { "", "/_coalmine/url/abc/x%2Fy//z", "abc", "", "", "/x%2Fy//z" },
    { "", "/_coalmine/url/", NULL, NULL, NULL, NULL },
    { "", "/_coalmine/url//x", NULL, NULL, NULL, NULL },
    { "", "/_coalmine/url/a%41", NULL, NULL, NULL, NULL },
    { "", "/_coalmine/urls/abc", NULL, NULL, NULL, NULL },
    { "127.0.0.1:4566", "/2015-03-31/functions/f/invocations", NULL, NULL, NULL, NULL },
    { "", "/", NULL, NULL, NULL, NULL },
    { ".lambda-url.us-east-1.localhost", "/", NULL, NULL, NULL, NULL },
    { "abc.lambda-url..localhost", "/", NULL, NULL, NULL, NULL },
    { "abc.lambda-url.localhost", "/", NULL, NULL, NULL, NULL },
    { "abc.lambda-url.us-east-1.localhost.", "/", NULL, NULL, NULL, NULL },
    { "abc.lambda-url.us-east-1.localhost.evil", "/", NULL, NULL, NULL, NULL },
    { "abc.lambda-url.us-east-1.xlocalhost", "/", NULL, NULL, NULL, NULL },
    { "abc.lambda-url.us-east-1.evil.on.aws", "/", NULL, NULL, NULL, NULL },
    { "a.b.lambda-url.us-east-1.localhost", "/", NULL, NULL, NULL, NULL },
    { "a_b.lambda-url.us-east-1.localhost", "/", NULL, NULL, NULL, NULL },
    { "abc.lambda-url.us-east-1.localhost:12x", "/", NULL, NULL, NULL, NULL },
    { "abc.lambda-url.us-east-1.localhost:1:2", "/", NULL, NULL, NULL, NULL },
    { "lambda.us-east-1.amazonaws.com", "/", NULL, NULL, NULL, NULL },
    { "abc", "/", NULL, NULL, NULL, NULL },
};

START_TEST(only_the_two_forms_are_function_urls)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct url_address address;
        bool is_url =
            url_address_read(text_from(cases[i].host), text_from(cases[i].path), &address);
        ck_assert_msg(is_url == (cases[i].id != NULL), "%s%s", cases[i].host, cases[i].path);
        if (!is_url)
            continue;
        ck_assert(text_equal(address.id, cases[i].id));
        ck_assert(text_equal(address.region, cases[i].region));
        ck_assert(text_equal(address.domain, cases[i].domain));
        ck_assert(text_equal(address.path, cases[i].seen));
    }
}
END_TEST

SUITE("url_address", only_the_two_forms_are_function_urls)
