/* session: tokens are read as they were printed, and nobody makes or changes one without the
 * secret of the key that vouches for it. */
#include "sts/session.h"

#include <stdlib.h>

#include "crypto.h"
#include "support/suite.h"
#include "text.h"

static const struct session given = { .access_key_id = "ASIAQWERTYUIOPASDFGH",
                                      .vouching_id = "AKIAIOSFODNN7EXAMPLE",
                                      .account = "123456789012",
                                      .arn = "arn:aws:sts::123456789012:assumed-role/r/s",
                                      .user_id = "AROAQWERTYUIOPASDFGHJ:s",
                                      .is_role = true,
                                      .expires_ms = 1795428720123 };

static bool is_genuine(const char *token, const char *secret)
{
    struct arena arena = { 0 };
    struct session session;
    bool is_so = session_read(token, &arena, &session) &&
                 session_is_genuine(&session, token, secret, &arena);
    arena_clear(&arena);
    return is_so;
}

START_TEST(a_token_says_what_was_put_in)
{
    struct arena arena = { 0 };
    struct session got;
    const char *token = session_print(&given, "secret", &arena);
    ck_assert(session_read(token, &arena, &got));
    ck_assert_str_eq(got.access_key_id, given.access_key_id);
    ck_assert_str_eq(got.vouching_id, given.vouching_id);
    ck_assert_str_eq(got.account, given.account);
    ck_assert_str_eq(got.arn, given.arn);
    ck_assert_str_eq(got.user_id, given.user_id);
    ck_assert(got.is_role);
    ck_assert_int_eq(got.expires_ms, given.expires_ms);
    arena_clear(&arena);
}
END_TEST

START_TEST(a_token_is_genuine_for_one_secret_and_as_a_whole)
{
    struct arena arena = { 0 };
    const char *token = session_print(&given, "secret", &arena);
    ck_assert(is_genuine(token, "secret"));
    ck_assert(!is_genuine(token, "secrets"));
    ck_assert(!is_genuine(token, ""));
    size_t size;
    char *bytes = base64_decode(text_from(token), &size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 1;
        char *changed = base64_encode((struct text){ bytes, size });
        ck_assert_msg(!is_genuine(changed, "secret"), "byte %zu", i);
        free(changed);
        bytes[i] ^= 1;
    }
    free(bytes);
    arena_clear(&arena);
}
END_TEST

START_TEST(the_secret_access_key_is_of_this_token_and_of_who_vouches)
{
    struct arena arena = { 0 };
    struct session other = given;
    other.expires_ms++;
    const char *token = session_print(&given, "secret", &arena);
    const char *later = session_print(&other, "secret", &arena);
    const char *key = session_secret(token, "secret", &arena);
    ck_assert_uint_eq(strlen(key), 40);
    ck_assert_str_eq(key, session_secret(token, "secret", &arena));
    ck_assert_str_ne(key, session_secret(later, "secret", &arena));
    ck_assert_str_ne(key, session_secret(token, "", &arena));
    arena_clear(&arena);
}
END_TEST

#define MAC "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(what_is_no_token_is_none)
{
    static const char *const plain[] = {
        "",
        "short",
        MAC,
        MAC "a\nb\n123456789012\nc\nd\n1",        /* no end */
        MAC "a\nb\n123456789012\nc\nd\n1\n",      /* an empty one */
        MAC "a\nb\n123456789012\nc\nd\n1\n12x",   /* none */
        MAC "a\nb\n12345678901\nc\nd\n1\n12",     /* an account has twelve digits */
        MAC "\nb\n123456789012\nc\nd\n1\n12",     /* a field is empty */
        MAC "a\nb\n123456789012\nc\n\377\n1\n12", /* no UTF-8 */
    };
    struct arena arena = { 0 };
    struct session got;
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        char *token = base64_encode(text_from(plain[i]));
        ck_assert_msg(!session_read(token, &arena, &got), "%zu", i);
        free(token);
    }
    ck_assert(!session_read("no base64!", &arena, &got));
    ck_assert(!is_genuine("no base64!", "secret"));
    char *token = base64_encode(TEXT(MAC "a\nb\n123456789012\nc\nd\n1\n12"));
    ck_assert(session_read(token, &arena, &got));
    ck_assert(!is_genuine(token, "secret"));
    free(token);
    arena_clear(&arena);
}
END_TEST

SUITE("session", a_token_says_what_was_put_in, a_token_is_genuine_for_one_secret_and_as_a_whole,
      the_secret_access_key_is_of_this_token_and_of_who_vouches, what_is_no_token_is_none)
