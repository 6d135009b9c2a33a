/* traffic: when requests are due, what they carry, how they are signed, how answers are read. */
#include "traffic/payloads.h"
#include "traffic/reply.h"
#include "traffic/schedule.h"
#include "traffic/signer.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "sigv4.h"
#include "support/suite.h"
#include "timestamp.h"
#include "xalloc.h"

enum { US = 1000000, DRAWS = 20000 };

/* Bounds of the tests below that draw: 5.2 standard deviations, or Kolmogorov and Smirnov's bound
 * at 1e-7. With any seed they would fail less than once in a million runs; the seed is fixed. */
static const double deviations = 5.2;

START_TEST(constant_arrivals_are_evenly_spaced)
{
    struct schedule schedule;
    schedule_init(&schedule, ARRIVALS_CONSTANT, 4, 0, "traffic");
    for (int64_t i = 0; i < 100; i++)
        ck_assert_int_eq(schedule_next_us(&schedule), i * US / 4);
}
END_TEST

static int count_until(struct schedule *schedule, int64_t until_us)
{
    int count = 0;
    while (schedule_next_us(schedule) < until_us)
        count++;
    return count;
}

START_TEST(a_ramp_rises_in_a_straight_line)
{
    static const struct {
        int64_t seconds;
        int count; /* 100 a second after 10 seconds: 5 t^2, then 100 t - 500 */
    } rows[] = { { 1, 5 }, { 2, 20 }, { 5, 125 }, { 10, 500 }, { 11, 600 }, { 20, 1500 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct schedule schedule;
        schedule_init(&schedule, ARRIVALS_CONSTANT, 100, 10000, "traffic");
        int count = count_until(&schedule, rows[i].seconds * US);
        ck_assert_msg(abs(count - rows[i].count) <= 1, "row %zu: %d", i, count);
    }
}
END_TEST

static int by_value(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return (first > second) - (first < second);
}

static void draw_gaps(double rate, double gaps_out[DRAWS])
{
    struct schedule schedule;
    int64_t before_us = 0;
    random_set_seed(20261125);
    schedule_init(&schedule, ARRIVALS_POISSON, rate, 0, "traffic");
    for (int i = 0; i < DRAWS; i++) {
        int64_t due_us = schedule_next_us(&schedule);
        gaps_out[i] = (double)(due_us - before_us) / US;
        before_us = due_us;
    }
}

START_TEST(poisson_arrivals_have_exponential_gaps)
{
    static double gaps[DRAWS];
    double greatest = 0;
    draw_gaps(50, gaps);
    qsort(gaps, DRAWS, sizeof(gaps[0]), by_value);
    for (int i = 0; i < DRAWS; i++) {
        double expected = -expm1(-50 * gaps[i]);
        greatest = fmax(greatest, fabs(expected - (double)i / DRAWS));
        greatest = fmax(greatest, fabs(expected - (i + 1.0) / DRAWS));
    }
    ck_assert_double_lt(greatest, sqrt(log(2 / 1e-7) / (2.0 * DRAWS)));
}
END_TEST

START_TEST(poisson_gaps_do_not_depend_on_each_other)
{
    static double gaps[DRAWS];
    double product = 0;
    draw_gaps(50, gaps);
    for (int i = 1; i < DRAWS; i++)
        product += (50 * gaps[i] - 1) * (50 * gaps[i - 1] - 1);
    ck_assert_double_lt(fabs(product / sqrt(DRAWS - 1.0)), deviations);
}
END_TEST

START_TEST(poisson_arrivals_follow_a_ramp)
{
    struct schedule schedule;
    random_set_seed(7);
    schedule_init(&schedule, ARRIVALS_POISSON, 10000, 10000, "traffic");
    int count = count_until(&schedule, 5 * US); /* 12500 expected */
    ck_assert_double_lt(fabs(count - 12500.0) / sqrt(12500), deviations);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_times)
{
    struct schedule first;
    struct schedule again;
    struct schedule other;
    random_set_seed(3);
    schedule_init(&first, ARRIVALS_POISSON, 10, 0, "a");
    schedule_init(&again, ARRIVALS_POISSON, 10, 0, "a");
    schedule_init(&other, ARRIVALS_POISSON, 10, 0, "b");
    int64_t due_us = schedule_next_us(&first);
    ck_assert_int_eq(due_us, schedule_next_us(&again));
    ck_assert_int_ne(due_us, schedule_next_us(&other));
}
END_TEST

/* A file of the test's own with that content; the path is the caller's to unlink. */
static void write_file(char path[], const char *content)
{
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, content, strlen(content)), (ssize_t)strlen(content));
    close(file);
}

START_TEST(lines_become_payloads)
{
    char path[] = "/tmp/test_traffic_XXXXXX";
    CLEANUP(error_clear) struct error error = { 0 };
    struct payloads payloads;
    write_file(path, "{\"n\":1}\r\n\n{\"n\":2}\n{\"n\":3}");
    ck_assert(payloads_read(path, true, &payloads, &error));
    ck_assert_uint_eq(payloads.count, 3);
    ck_assert(text_equal(payloads.items[0], "{\"n\":1}"));
    ck_assert(text_equal(payloads.items[2], "{\"n\":3}"));
    payloads_clear(&payloads);
    ck_assert(payloads_read(path, false, &payloads, &error));
    ck_assert_uint_eq(payloads.count, 1);
    ck_assert_uint_eq(payloads.items[0].size, 25);
    payloads_clear(&payloads);
    unlink(path);
}
END_TEST

START_TEST(a_file_without_lines_is_refused)
{
    char path[] = "/tmp/test_traffic_XXXXXX";
    CLEANUP(error_clear) struct error error = { 0 };
    struct payloads payloads;
    write_file(path, "\n\r\n");
    ck_assert(!payloads_read(path, true, &payloads, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "no line"));
    payloads_clear(&payloads);
    unlink(path);
}
END_TEST

#define HEAD "HTTP/1.1 200 OK\r\nX-Amz-Executed-Version: 12\r\n"

static const struct reply_row {
    const char *bytes;
    enum reply_state state; /* when the connection has ended */
    int status;
    const char *version;
    bool is_function_error;
    bool is_cold;
    bool is_last;
    size_t rest; /* bytes that are not its own */
} reply_rows[] = {
    { HEAD "Content-Length: 2\r\n\r\n{}", REPLY_DONE, 200, "12", false, false, false, 0 },
    { HEAD "content-length:2\r\n\r\n{}HTTP", REPLY_DONE, 200, "12", false, false, false, 4 },
    { HEAD "Content-Length: 0\r\nConnection: close\r\n\r\n", REPLY_DONE, 200, "12", false, false,
      true, 0 },
    { HEAD "Content-Length: 2\r\nX-Amz-Function-Error: Unhandled\r\n\r\n{}", REPLY_DONE, 200, "12",
      true, false, false, 0 },
    { HEAD "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
      REPLY_DONE, 200, "12", false, false, false, 0 },
    { HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n", REPLY_BAD, 200, "12", false, false, false,
      4 },
    { HEAD "\r\nall that comes", REPLY_DONE, 200, "12", false, false, true, 0 },
    { HEAD "Content-Length: 5\r\n\r\n{}", REPLY_BODY, 200, "12", false, false, false, 0 },
    { "HTTP/1.1 100 Continue\r\n\r\n" HEAD "Content-Length: 2\r\n\r\n{}", REPLY_DONE, 200, "12",
      false, false, false, 0 },
    { "HTTP/1.0 204 No Content\r\n\r\n", REPLY_DONE, 204, "", false, false, true, 0 },
    { "HTTP/1.1 204 No Content\r\n\r\nHTTP", REPLY_DONE, 204, "", false, false, false, 4 },
    /* "REPORT ... Init Duration: 12 ms" */
    { HEAD "X-Amz-Log-Result: UkVQT1JUIEluaXQgRHVyYXRpb246IDEyIG1z\r\nContent-Length: 2\r\n\r\n{}",
      REPLY_DONE, 200, "12", false, true, false, 0 },
    { "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", REPLY_BAD, 200, "", false, false, false, 0 },
    { "SSH-2.0-OpenSSH_9.2\r\n\r\n", REPLY_BAD, 0, "", false, false, false, 0 },
};

static void check_reply(size_t row, struct reply *reply, size_t rest)
{
    const struct reply_row *expected = &reply_rows[row];
    reply_end(reply);
    ck_assert_msg(reply->state == expected->state, "row %zu: state %d", row, reply->state);
    ck_assert_msg(reply->status == expected->status, "row %zu: status %d", row, reply->status);
    ck_assert_msg(strcmp(reply->version, expected->version) == 0, "row %zu", row);
    ck_assert_msg(reply->is_function_error == expected->is_function_error, "row %zu", row);
    ck_assert_msg(reply->is_cold == expected->is_cold, "row %zu", row);
    ck_assert_msg(reply->is_last == expected->is_last, "row %zu", row);
    if (expected->state == REPLY_DONE)
        ck_assert_msg(rest == expected->rest, "row %zu: rest %zu", row, rest);
}

START_TEST(answers_are_read_whole_and_in_pieces)
{
    struct reply reply = { 0 };
    for (size_t i = 0; i < COUNT_OF(reply_rows); i++) {
        const char *bytes = reply_rows[i].bytes;
        size_t size = strlen(bytes);
        reply_reset(&reply);
        reply_feed(&reply, bytes, size);
        check_reply(i, &reply, size - reply.seen);
        reply_reset(&reply);
        for (size_t at = 0; at < size; at++)
            reply_feed(&reply, bytes + at, 1);
        check_reply(i, &reply, size - reply.seen);
    }
    reply_clear(&reply);
}
END_TEST

START_TEST(a_failure_is_told_in_the_services_words)
{
    static const struct {
        const char *body;
        const char *message;
    } rows[] = {
        { "{\"Type\":\"User\",\"message\":\"Rate exceeded\"}", "HTTP 429: Rate exceeded" },
        { "{\"Message\":\"Not here\"}", "HTTP 429: Not here" },
        { "<html>", "HTTP 429: no message" },
    };
    struct reply reply = { 0 };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char message[100];
        CLEANUP(freep)
        char *bytes = xformat("HTTP/1.1 429 Too Many\r\nContent-Length: %zu\r\n\r\n%s",
                              strlen(rows[i].body), rows[i].body);
        reply_reset(&reply);
        reply_feed(&reply, bytes, strlen(bytes));
        ck_assert_int_eq(reply.state, REPLY_DONE);
        reply_message(&reply, message, sizeof(message));
        ck_assert_str_eq(message, rows[i].message);
    }
    reply_clear(&reply);
}
END_TEST

START_TEST(a_head_without_end_is_given_up)
{
    struct reply reply = { 0 };
    static char line[1024];
    memset(line, 'x', sizeof(line));
    for (int i = 0; i < 1000 && reply.state == REPLY_HEAD; i++)
        reply_feed(&reply, line, sizeof(line));
    ck_assert_int_eq(reply.state, REPLY_BAD);
    ck_assert_uint_le(reply.head.capacity, 2 * REPLY_HEAD_MAX);
    reply_clear(&reply);
}
END_TEST

static char region[] = "eu-west-1", key_id[] = "AKIDEXAMPLE", secret[] = "secret";
static char endpoint[] = "http://127.0.0.1:4566";

static struct profile profile_of(char *token)
{
    return (struct profile){ .region = region,
                             .access_key_id = key_id,
                             .secret_access_key = secret,
                             .session_token = token,
                             .lambda_endpoint = endpoint,
                             .is_local = true };
}

START_TEST(equal_requests_of_a_second_are_signed_once)
{
    const struct profile profile = profile_of(NULL);
    const struct text payloads[] = { TEXT("{}"), TEXT("[]") };
    struct signer signer;
    signer_init(&signer, &profile, "f", "live", false, payloads, COUNT_OF(payloads));
    CLEANUP(freep) char *first = xstrdup(signer_head(&signer, 0, 1000000).data);
    ck_assert_str_eq(signer_head(&signer, 0, 1000999).data, first);
    ck_assert_uint_eq(signer.made, 1);
    ck_assert_str_ne(signer_head(&signer, 1, 1000999).data, first);
    ck_assert_str_eq(signer_head(&signer, 0, 1000999).data, first);
    ck_assert_uint_eq(signer.made, 2);
    ck_assert_str_ne(signer_head(&signer, 0, 1001000).data, first);
    ck_assert_uint_eq(signer.made, 3);
    signer_clear(&signer);
}
END_TEST

/* Of more payloads than there are heads kept, some share one. */
START_TEST(each_of_many_payloads_has_its_own_head)
{
    enum { MANY = 5000 };
    static struct text payloads[MANY];
    const struct profile profile = profile_of(NULL);
    struct signer signer;
    for (size_t i = 0; i < MANY; i++)
        payloads[i] = TEXT("{}");
    payloads[0] = TEXT("first");
    signer_init(&signer, &profile, "f", "live", false, payloads, MANY);
    CLEANUP(freep) char *first = xstrdup(signer_head(&signer, 0, 1000000).data);
    for (size_t i = 1; i < MANY; i++)
        ck_assert_str_ne(signer_head(&signer, i, 1000000).data, first);
    signer_clear(&signer);
}
END_TEST

START_TEST(a_renewed_key_signs_at_once)
{
    static char renewed_id[] = "AKIDRENEWED";
    struct profile profile = profile_of(NULL);
    const struct text payload = TEXT("{}");
    struct signer signer;
    struct signer fresh;
    signer_init(&signer, &profile, "f", "live", false, &payload, 1);
    signer_head(&signer, 0, 1000000);
    profile.access_key_id = renewed_id;
    profile.secret_access_key = renewed_id;
    signer_init(&fresh, &profile, "f", "live", false, &payload, 1);
    ck_assert_str_eq(signer_head(&signer, 0, 1001000).data, signer_head(&fresh, 0, 1001000).data);
    signer_clear(&signer);
    signer_clear(&fresh);
}
END_TEST

START_TEST(a_kept_key_signs_as_a_fresh_one_does_day_by_day)
{
    static char token[] = "token";
    const struct profile profile = profile_of(token);
    const struct text payloads[] = { TEXT("{}") };
    static const int64_t times_ms[] = { 1440938160000, 1440979199999, 1440979200000, 86400000 };
    struct signer signer;
    char hash[SHA256_HEX_SIZE];
    crypto_sha256_hex(payloads[0], hash);
    signer_init(&signer, &profile, "my function", "a/b", true, payloads, 1);
    for (size_t i = 0; i < COUNT_OF(times_ms); i++) {
        char date[TIMESTAMP_SIZE];
        timestamp_print(times_ms[i], TIMESTAMP_BASIC, date);
        const struct sigv4_header headers[] = { { "content-type", "application/json" },
                                                { "host", "127.0.0.1:4566" },
                                                { "x-amz-date", date },
                                                { "x-amz-log-type", "Tail" },
                                                { "x-amz-security-token", "token" } };
        const struct sigv4_request request = {
            "POST",
            TEXT("/2015-03-31/functions/my%20function/invocations"),
            TEXT("Qualifier=a%2Fb"),
            headers,
            COUNT_OF(headers),
            hash,
            times_ms[i],
            region,
            "lambda"
        };
        const struct sigv4_credentials credentials = { key_id, secret, token };
        CLEANUP(buffer_clear) struct buffer line = { 0 };
        buffer_add_string(&line, "\r\nauthorization: ");
        sigv4_authorization(&request, &credentials, &line);
        buffer_add_string(&line, "\r\n");
        struct text head = signer_head(&signer, 0, times_ms[i]);
        ck_assert_msg(strstr(head.data, line.data) != NULL, "row %zu: %s", i, head.data);
        ck_assert(text_starts_with(head, "POST /2015-03-31/functions/my%20function/invocations?"
                                         "Qualifier=a%2Fb HTTP/1.1\r\n"));
    }
    signer_clear(&signer);
}
END_TEST

SUITE("traffic", constant_arrivals_are_evenly_spaced, a_ramp_rises_in_a_straight_line,
      poisson_arrivals_have_exponential_gaps, poisson_gaps_do_not_depend_on_each_other,
      poisson_arrivals_follow_a_ramp, the_same_seed_gives_the_same_times, lines_become_payloads,
      a_file_without_lines_is_refused, answers_are_read_whole_and_in_pieces,
      a_failure_is_told_in_the_services_words, a_head_without_end_is_given_up,
      equal_requests_of_a_second_are_signed_once, each_of_many_payloads_has_its_own_head,
      a_renewed_key_signs_at_once, a_kept_key_signs_as_a_fresh_one_does_day_by_day)
