/* code_link: a link is good for ten minutes of service time, and only as it was signed. */
#include "lambda/code_link.h"

#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "lambda/state.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

struct fixture {
    struct lambda lambda;
    char *file;
    char *query;
};

static struct fixture set_up(void)
{
    struct fixture fixture = { 0 };
    struct error error = { 0 };
    char *directory = test_directory();
    struct store *store = store_open(directory, false, &error);
    ck_assert_ptr_nonnull(store);
    fixture.lambda.parts.store = store;
    fixture.lambda.link_secret = code_link_secret(store, &error);
    ck_assert_ptr_nonnull(fixture.lambda.link_secret);
    fixture.lambda.code_directory = directory;
    struct call call = { .store = store, .state = &fixture.lambda, .base_url = "http://here" };
    const struct function_key key = { "000000000000", "us-east-1", "fn" };
    const char *link = code_link_make(&call, &key, "3ef06cfa-3b00-4eb4-a912-4ad620483002");
    const char *prefix = "http://here/snapshots/000000000000/";
    ck_assert_int_eq(strncmp(link, prefix, strlen(prefix)), 0);
    fixture.file = xstrdup(link + strlen(prefix));
    fixture.query = strchr(fixture.file, '?');
    *fixture.query++ = '\0';
    arena_clear(&call.arena);
    return fixture;
}

static void tear_down(struct fixture *fixture)
{
    store_close(fixture->lambda.parts.store);
    free(fixture->lambda.link_secret);
    free(fixture->file);
}

#define DENIED "Access Denied"
#define EXPIRED "Request has expired"
#define GONE "The specified key does not exist." /* the good case: no disk here has the package */

static void expect(struct fixture *fixture, const char *account, const char *query,
                   const char *message)
{
    struct call call = { 0 };
    const struct lambda_code_link link = { account, fixture->file, query };
    ck_assert_int_eq(lambda_code_download(&fixture->lambda, &call, &link), OUTCOME_FAULT);
    ck_assert_str_eq(call.error.message, message);
    ck_assert_int_eq(call.error.fault->status, strcmp(message, GONE) == 0 ? 404 : 403);
    error_clear(&call.error);
    arena_clear(&call.arena);
}

START_TEST(a_link_is_good_for_ten_minutes)
{
    clock_set_mode(CLOCK_FROZEN, 0); /* a slow machine takes its time */
    struct fixture fixture = set_up();
    ck_assert_str_eq(fixture.file, "fn-3ef06cfa-3b00-4eb4-a912-4ad620483002");
    expect(&fixture, "000000000000", fixture.query, GONE);
    clock_set_now_ms(clock_now_ms() + 599 * 1000);
    expect(&fixture, "000000000000", fixture.query, GONE);
    clock_set_now_ms(clock_now_ms() + 3 * 1000);
    expect(&fixture, "000000000000", fixture.query, EXPIRED);
    tear_down(&fixture);
}
END_TEST

START_TEST(a_changed_link_is_refused)
{
    struct fixture fixture = set_up();
    expect(&fixture, "111111111111", fixture.query, DENIED);
    expect(&fixture, "000000000000", "", DENIED);
    fixture.query[strlen(fixture.query) - 1] ^= 1;
    expect(&fixture, "000000000000", fixture.query, DENIED);
    tear_down(&fixture);
}
END_TEST

START_TEST(a_secret_is_made_once)
{
    struct fixture fixture = set_up();
    struct error error = { 0 };
    CLEANUP(freep) char *again = code_link_secret(fixture.lambda.parts.store, &error);
    ck_assert_str_eq(again, fixture.lambda.link_secret);
    ck_assert_uint_eq(strlen(again), 64);
    tear_down(&fixture);
}
END_TEST

SUITE("code_link", a_secret_is_made_once, a_link_is_good_for_ten_minutes, a_changed_link_is_refused)
