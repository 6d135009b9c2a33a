/* authenticate: a request that the AWS CLI signed, whole, and spoilt in every way. */
#include "edge/authenticate.h"
#include "edge/signature_claim.h"

#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "sigv4.h"
#include "sts/session.h"
#include "support/suite.h"
#include "timestamp.h"
#include "xalloc.h"

static const char body[] =
    "{\"Namespace\": \"MyApp\", \"MetricData\": [{\"MetricName\": \"Latency\", \"Value\": 12.5, "
    "\"Unit\": \"Milliseconds\", \"Timestamp\": 1760954707, \"Dimensions\": [{\"Name\": \"Fn\", "
    "\"Value\": \"f1\"}]}]}";

#define SCOPE "20261123/us-east-1/monitoring/aws4_request"
#define SIGNED "content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode"
#define SIGNATURE "8120bd4a9489a436b43c3369e519e328c83a4816b1bffee01279e50816211655"
#define AUTHORIZATION                                                                              \
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/" SCOPE ", SignedHeaders=" SIGNED            \
    ", Signature=" SIGNATURE

static const char given_key[] = "ASIAQWERTYUIOPASDFGH";

struct request {
    const char *authorization;
    const char *date;
    const char *target;
    const char *token;
    const char *body;
    const char *now;
    const char *query; /* NULL: none */
    const char *path;
    const char *plain_date; /* the header Date */
};

static const struct request good = { AUTHORIZATION,
                                     "20261123T101144Z",
                                     "GraniteServiceVersion20100801.PutMetricData",
                                     NULL,
                                     body,
                                     "20261123T101200Z",
                                     NULL,
                                     "/",
                                     NULL };

static const char *header(const char *name, const void *owner)
{
    const struct request *request = owner;
    const struct {
        const char *name;
        const char *value;
    } headers[] = {
        { "authorization", request->authorization },
        { "content-type", "application/x-amz-json-1.0" },
        { "date", request->plain_date },
        { "host", "127.0.0.1:4599" },
        { "x-amz-date", request->date },
        { "x-amz-security-token", request->token },
        { "x-amz-target", request->target },
        { "x-amzn-query-mode", "true" },
    };
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        if (strcasecmp(headers[i].name, name) == 0)
            return headers[i].value;
    }
    return NULL;
}

static struct keyring *keyring_from(const char *text, struct error *error)
{
    char path[] = "/tmp/keyring-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct keyring *keyring = keyring_load(path, error);
    unlink(path);
    return keyring;
}

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
static const char good_secret[] = SECRET;
static const char keys[] = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
                           "aws_secret_access_key = " SECRET "\n"
                           "coalmine_account = 123456789012\n"
                           "[other]\nregion = us-east-1\n";

/* The error's code and text, or "" if the request is admitted. Owned by the caller. */
static char *judge_as(const struct request *given, enum protocol protocol, int *status_out)
{
    struct error error = { 0 };
    struct arena arena = { 0 };
    struct signer signer = { 0 };
    struct keyring *keyring = keyring_from(keys, &error);
    ck_assert_ptr_nonnull(keyring);
    struct signed_request request = { .method = "POST",
                                      .path = text_from(given->path),
                                      .query = text_from(given->query),
                                      .body = text_from(given->body),
                                      .header = header,
                                      .owner = given,
                                      .service = "monitoring" };
    ck_assert(timestamp_parse(text_from(given->now), &request.now_ms));
    const struct signature_manner manner = { protocol, false };
    bool is_admitted = authenticate(keyring, &request, &manner, &arena, &signer, &error);
    char *verdict = is_admitted ? xstrdup("")
                                : xformat("%s: %s",
                                          protocol == PROTOCOL_QUERY ? error.fault->query_code
                                                                     : error.fault->code,
                                          error.message);
    *status_out = is_admitted ? 200 : error.fault->status;
    if (is_admitted)
        ck_assert_str_eq(signer.account, "123456789012");
    error_clear(&error);
    arena_clear(&arena);
    keyring_destroy(keyring);
    return verdict;
}

static void expect(const struct request *given, const char *verdict)
{
    int status;
    char *got = judge_as(given, PROTOCOL_AWS_JSON, &status);
    ck_assert_str_eq(got, verdict);
    ck_assert_int_eq(status, *verdict ? 400 : 200);
    free(got);
}

START_TEST(a_good_signature_is_admitted_with_its_account)
{
    expect(&good, "");
}
END_TEST

#define SIGNATURE_FAULT "InvalidSignatureException: "
#define MISMATCH                                                                                   \
    SIGNATURE_FAULT "The request signature we calculated does not match the signature you "        \
                    "provided. Check your AWS Secret Access Key and signing method. Consult the "  \
                    "service documentation for details."

/* The good signature is that of "/". */
START_TEST(a_path_may_be_signed_without_what_leads_nowhere)
{
    static const char *const same[] = { "//", "/.", "/./", "/a/..", "/a/b/../..//", "/..", "" };
    static const char *const others[] = { "/a", "/a/", "/a/../b", "/...", "/%2e", "/a/b/.." };
    struct request request = good;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        request.path = same[i];
        expect(&request, "");
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        request.path = others[i];
        expect(&request, MISMATCH);
    }
}
END_TEST

START_TEST(whatever_was_changed_breaks_it)
{
    struct request request = good;
    request.body = "{}";
    expect(&request, MISMATCH);
    request = good;
    request.target = "GraniteServiceVersion20100801.ListMetrics";
    expect(&request, MISMATCH);
    request = good;
    request.target = NULL; /* signed, but not there */
    expect(&request, MISMATCH);
    request = good;
    request.date = "20261123T101145Z";
    expect(&request, MISMATCH);
}
END_TEST

/* The Authorization header for the good request's body and date. */
static void sign(const char *path, const char *query, const char *token,
                 const struct sigv4_credentials *credentials, struct buffer *authorization)
{
    const struct sigv4_header headers[] = { { "host", "127.0.0.1:4599" },
                                            { "x-amz-date", good.date },
                                            { "x-amz-security-token", token } };
    char hash[SHA256_HEX_SIZE];
    struct sigv4_request request = { .method = "POST",
                                     .path = text_from(path),
                                     .query = text_from(query),
                                     .headers = headers,
                                     .header_count = COUNT_OF(headers) - !token,
                                     .payload_hash = hash,
                                     .region = "us-east-1",
                                     .service = "monitoring" };
    crypto_sha256_hex(text_from(good.body), hash);
    ck_assert(timestamp_parse(text_from(good.date), &request.time_ms));
    sigv4_authorization(&request, credentials, authorization);
}

/* What is signed, by AWS's rules, and what else than that is sent. */
START_TEST(paths_and_queries_are_brought_into_the_form_in_which_they_are_signed)
{
    static const struct {
        const char *signed_path;
        const char *signed_query;
        const char *path;
        const char *query;
        const char *verdict;
    } rows[] = {
        { "/", "a=~&b=&c=x%2By&d%2F=1", "/", "d/=1&a=%7e&b&c=x+y", "" },
        { "/", "a=1", "/", "a=2", MISMATCH },
        { "/", "a=1", "/", "b=1", MISMATCH },
        { "/a/b/", "", "//a/./b/", "", "" },
        { "/a/b", "", "//a/./b", "", "" },
        { "/a/b/", "", "//a/./b", "", MISMATCH },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(buffer_clear) struct buffer authorization = { 0 };
        sign(rows[i].signed_path, rows[i].signed_query, NULL,
             &(struct sigv4_credentials){ "AKIAIOSFODNN7EXAMPLE", good_secret, NULL },
             &authorization);
        struct request request = good;
        request.authorization = authorization.data;
        request.path = rows[i].path;
        request.query = rows[i].query;
        expect(&request, rows[i].verdict);
    }
}
END_TEST

START_TEST(each_flaw_has_its_sentence)
{
    static const struct {
        const char *authorization;
        const char *verdict;
    } cases[] = {
        { NULL, "MissingAuthenticationTokenException: Request is missing Authentication Token" },
        { "Basic abc",
          "MissingAuthenticationTokenException: Request is missing Authentication Token" },
        { "AWS4-HMAC-SHA256 Credential=k/" SCOPE,
          "IncompleteSignatureException: Authorization header requires 'Signature' parameter. "
          "Authorization header requires 'SignedHeaders' parameter. "
          "Authorization=AWS4-HMAC-SHA256 Credential=k/" SCOPE },
        { "AWS4-HMAC-SHA256 Credential=k/" SCOPE ", SignedHeaders=x-amz-date, Signature=0",
          SIGNATURE_FAULT "'Host' must be a 'SignedHeader' in the AWS Authorization." },
        { "AWS4-HMAC-SHA256 Credential=k/" SCOPE ", SignedHeaders=ho;hosts, Signature=0",
          SIGNATURE_FAULT "'Host' must be a 'SignedHeader' in the AWS Authorization." },
        { "AWS4-HMAC-SHA1 Credential=k/" SCOPE ", SignedHeaders=host, Signature=0", SIGNATURE_FAULT
          "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1' (only AWS4-HMAC-SHA256 for now). " },
        { "AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0",
          SIGNATURE_FAULT "Credential must have exactly 5 slash-delimited elements, e.g. "
                          "keyid/date/region/service/term, got 'a/b/c/d'" },
        { "AWS4-HMAC-SHA256 Credential=k/20261123/us-east-1/lambda/e, SignedHeaders=host, "
          "Signature=0",
          SIGNATURE_FAULT "Credential should be scoped to correct service: 'monitoring'. "
                          "Credential should be scoped with a valid terminator: 'aws4_request', "
                          "not 'e'. " },
        { "AWS4-HMAC-SHA256 Credential=k/20261122/us-east-1/monitoring/aws4_request, "
          "SignedHeaders=host, Signature=0",
          SIGNATURE_FAULT
          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
          "HTTP: '20261122' != '20261123', from '20261123T101144Z'." },
        { "AWS4-HMAC-SHA256 Credential=k/20261123/us_east/monitoring/aws4_request, "
          "SignedHeaders=host, Signature=0",
          SIGNATURE_FAULT "Credential should be scoped to a valid region, not 'us_east'. " },
        { "AWS4-HMAC-SHA256 Credential=AKIANOBODY/" SCOPE ", SignedHeaders=host, Signature=0",
          "UnrecognizedClientException: The security token included in the request is invalid." },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request request = good;
        request.authorization = cases[i].authorization;
        expect(&request, cases[i].verdict);
    }
}
END_TEST

START_TEST(a_signature_is_good_for_five_minutes_around_its_date)
{
    struct request request = good;
    request.now = "20261123T101644Z";
    expect(&request, "");
    request.now = "20261123T101645Z";
    expect(&request, SIGNATURE_FAULT "Signature expired: 20261123T101144Z is now earlier than "
                                     "20261123T101145Z (20261123T101645Z - 5 min.)");
    request.now = "20261123T100643Z";
    expect(&request,
           SIGNATURE_FAULT "Signature not yet current: 20261123T101144Z is still later than "
                           "20261123T101143Z (20261123T100643Z + 5 min.)");
    request.date = "201";
    expect(&request, "IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got "
                     "'201'. See http://en.wikipedia.org/wiki/ISO_8601");
    request.date = NULL;
    expect(&request,
           "IncompleteSignatureException: Authorization header requires existence of either a "
           "'X-Amz-Date' or a 'Date' header. Authorization=" AUTHORIZATION);
    request.now = good.now;
    request.plain_date = good.date;
    expect(&request, MISMATCH); /* it is not what was signed, but says when */
}
END_TEST

START_TEST(a_long_term_key_has_no_token)
{
    struct request request = good;
    request.token = "forged";
    expect(&request, "UnrecognizedClientException: The security token included in the request is "
                     "invalid");
}
END_TEST

START_TEST(query_services_spell_it_their_way)
{
    int status;
    struct request request = good;
    request.authorization = NULL;
    char *verdict = judge_as(&request, PROTOCOL_QUERY, &status);
    ck_assert_str_eq(verdict,
                     "MissingAuthenticationToken: Request is missing Authentication Token");
    ck_assert_int_eq(status, 403);
    free(verdict);
    request = good;
    request.body = "";
    verdict = judge_as(&request, PROTOCOL_QUERY, &status);
    ck_assert_ptr_nonnull(strstr(verdict, "SignatureDoesNotMatch: The request signature"));
    ck_assert_int_eq(status, 403);
    free(verdict);
}
END_TEST

/* A week at most; and who says by a header who he is does not say it by the query. */
START_TEST(a_presigned_query_is_read_with_its_time)
{
    static const struct {
        const char *expires;
        int64_t expires_s;
    } rows[] = { { "60", 60 }, { "604800", 604800 }, { "604801", 604800 },
                 { "-1", 0 },  { "x", 0 },           { "", 900 } };
    struct arena arena = { 0 };
    struct signature_claim claim;
    struct request headers = { 0 };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(freep)
        char *query = xformat("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=%s", rows[i].expires);
        struct signed_request request = { .query = text_from(query),
                                          .header = header,
                                          .owner = &headers };
        headers.authorization = NULL;
        ck_assert(signature_claim_read(&request, &arena, &claim));
        ck_assert(claim.is_presigned);
        ck_assert_int_eq(claim.expires_s, rows[i].expires_s);
        headers.authorization = "Bearer x";
        ck_assert(!signature_claim_read(&request, &arena, &claim));
    }
    arena_clear(&arena);
}
END_TEST

#define PRESIGNED_WITHOUT_TIME                                                                     \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/" SCOPE                \
    "&X-Amz-Date=20261123T101144Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
#define PRESIGNED PRESIGNED_WITHOUT_TIME "&X-Amz-Expires="

/* What comes in time is judged by its signature. */
START_TEST(a_presigned_query_is_good_for_its_own_time)
{
    static const struct {
        const char *query;
        const char *now;
        const char *verdict;
    } rows[] = {
        { PRESIGNED "60", "20261123T101244Z", MISMATCH },
        { PRESIGNED "60", "20261123T101245Z",
          SIGNATURE_FAULT "Signature expired: 20261123T101144Z is now earlier than "
                          "20261123T101145Z (20261123T101245Z - 1 min.)" },
        { PRESIGNED "3600", "20261123T111144Z", MISMATCH },
        { PRESIGNED_WITHOUT_TIME, "20261123T102644Z", MISMATCH },
        { PRESIGNED_WITHOUT_TIME, "20261123T102645Z",
          SIGNATURE_FAULT "Signature expired: 20261123T101144Z is now earlier than "
                          "20261123T101145Z (20261123T102645Z - 15 min.)" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct request request = good;
        request.authorization = NULL;
        request.query = rows[i].query;
        request.now = rows[i].now;
        expect(&request, rows[i].verdict);
    }
}
END_TEST

START_TEST(a_key_file_that_says_nothing_is_refused)
{
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        { "", "no key in it" },
        { "[a]\nregion = us-east-1\n", "no key in it" },
        { "[a]\naws_access_key_id = x\n", "section [a] has only one of" },
        { "[a]\naws_access_key_id = x\naws_secret_access_key = y\ncoalmine_account = 12\n",
          "not 12 digits" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        ck_assert_ptr_null(keyring_from(cases[i].text, &error));
        ck_assert_msg(strstr(error.message, cases[i].part), "%s", error.message);
        error_clear(&error);
    }
}
END_TEST

/* A request that is signed with the credentials of a session. */
static void expect_of_session(const struct session *session, const char *vouching_secret,
                              const char *now, const char *verdict)
{
    struct arena arena = { 0 };
    struct request request = good;
    const char *token = session_print(session, vouching_secret, &arena);
    CLEANUP(buffer_clear) struct buffer authorization = { 0 };
    sign("/", "", token,
         &(struct sigv4_credentials){ given_key, session_secret(token, vouching_secret, &arena),
                                      token },
         &authorization);
    request.authorization = authorization.data;
    request.token = token;
    request.now = now;
    expect(&request, verdict);
    arena_clear(&arena);
}

START_TEST(a_session_is_good_as_long_as_it_lasts_and_its_key_vouches_for_it)
{
    static const char unknown[] = "UnrecognizedClientException: The security token included in the "
                                  "request is invalid.";
    struct session session = { .access_key_id = given_key,
                               .vouching_id = "AKIAIOSFODNN7EXAMPLE",
                               .account = "123456789012",
                               .arn = "arn",
                               .user_id = "id" };
    ck_assert(timestamp_parse(TEXT("20261123T101200Z"), &session.expires_ms));
    expect_of_session(&session, good_secret, "20261123T101159Z", "");
    expect_of_session(&session, good_secret, "20261123T101200Z",
                      "ExpiredTokenException: The security token included in the request is "
                      "expired");
    expect_of_session(&session, "", "20261123T101159Z", unknown);
    expect_of_session(&session, "another", "20261123T101159Z", unknown);
    session.vouching_id = "AKIANOBODY";
    expect_of_session(&session, good_secret, "20261123T101159Z", unknown);
    session.vouching_id = "AKIAIOSFODNN7EXAMPLE";
    session.access_key_id = "ASIAANOTHER"; /* signed in the name of the given one */
    expect_of_session(&session, good_secret, "20261123T101159Z", unknown);
}
END_TEST

SUITE("authenticate", a_good_signature_is_admitted_with_its_account,
      a_path_may_be_signed_without_what_leads_nowhere, whatever_was_changed_breaks_it,
      paths_and_queries_are_brought_into_the_form_in_which_they_are_signed,
      each_flaw_has_its_sentence, a_signature_is_good_for_five_minutes_around_its_date,
      a_long_term_key_has_no_token, query_services_spell_it_their_way,
      a_presigned_query_is_read_with_its_time, a_presigned_query_is_good_for_its_own_time,
      a_session_is_good_as_long_as_it_lasts_and_its_key_vouches_for_it,
      a_key_file_that_says_nothing_is_refused)
