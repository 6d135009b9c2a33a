/* sigv4: a request that the AWS CLI signed, stage by stage. */
#include "sigv4.h"

#include "support/suite.h"
#include "timestamp.h"

static const char body[] =
    "{\"Namespace\": \"MyApp\", \"MetricData\": [{\"MetricName\": \"Latency\", \"Value\": 12.5, "
    "\"Unit\": \"Milliseconds\", \"Timestamp\": 1760954707, \"Dimensions\": [{\"Name\": \"Fn\", "
    "\"Value\": \"f1\"}]}]}";

static const struct sigv4_header headers[] = {
    { "content-type", "application/x-amz-json-1.0" },
    { "host", "127.0.0.1:4599" },
    { "x-amz-date", "20261123T101144Z" },
    { "x-amz-target", "GraniteServiceVersion20100801.PutMetricData" },
    { "x-amzn-query-mode", "true" },
};

static struct sigv4_request cli_request(const char *hash)
{
    struct sigv4_request request = { .method = "POST",
                                     .path = TEXT("/"),
                                     .query = TEXT(""),
                                     .headers = headers,
                                     .header_count = COUNT_OF(headers),
                                     .payload_hash = hash,
                                     .region = "us-east-1",
                                     .service = "monitoring" };
    ck_assert(timestamp_parse(TEXT("20261123T101144Z"), &request.time_ms));
    return request;
}

START_TEST(each_stage_is_what_the_cli_made)
{
    char hash[SHA256_HEX_SIZE];
    char canonical_hash[SHA256_HEX_SIZE];
    char signature[SHA256_HEX_SIZE];
    struct buffer canonical = { 0 };
    struct buffer to_sign = { 0 };
    crypto_sha256_hex(text_from(body), hash);
    ck_assert_str_eq(hash, "7b5ee8ed3d6da18a5659786b9dd46f447caa7d48ab037af4f314a48ebbb687b4");
    struct sigv4_request request = cli_request(hash);
    sigv4_canonical_request(&request, &canonical);
    crypto_sha256_hex(buffer_text(&canonical), canonical_hash);
    ck_assert_str_eq(canonical_hash,
                     "0cea97541390dbf6aae3a431c7b41a3120499075ddc2e0181c3e8fd169e30074");
    sigv4_text_to_sign(&request, buffer_text(&canonical), &to_sign);
    sigv4_signature(&request, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", buffer_text(&to_sign),
                    signature);
    ck_assert_str_eq(signature, "8120bd4a9489a436b43c3369e519e328c83a4816b1bffee01279e50816211655");
    buffer_clear(&canonical);
    buffer_clear(&to_sign);
}
END_TEST

START_TEST(paths_are_encoded_twice_and_queries_sorted)
{
    struct buffer canonical = { 0 };
    struct sigv4_request request = cli_request("-");
    request.path = TEXT("/2015-03-31/functions/f%3A1/invocations");
    request.query = TEXT("b=2&a=3&a&X-Amz-Signature=zzz&a=1");
    request.header_count = 0;
    sigv4_canonical_request(&request, &canonical);
    ck_assert_str_eq(canonical.data, "POST\n/2015-03-31/functions/f%253A1/invocations\n"
                                     "a=&a=1&a=3&b=2\n\n\n-");
    buffer_clear(&canonical);
}
END_TEST

START_TEST(header_values_are_trimmed_and_squeezed)
{
    static const struct sigv4_header spaced[] = { { "x-a", "  one   two  " } };
    struct buffer canonical = { 0 };
    struct sigv4_request request = cli_request("-");
    request.headers = spaced;
    request.header_count = 1;
    sigv4_canonical_request(&request, &canonical);
    ck_assert_ptr_nonnull(strstr(canonical.data, "\nx-a:one two\n"));
    buffer_clear(&canonical);
}
END_TEST

SUITE("sigv4", each_stage_is_what_the_cli_made, paths_are_encoded_twice_and_queries_sorted,
      header_values_are_trimmed_and_squeezed)
