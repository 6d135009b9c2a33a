/* text, buffer, arena, url, arn, crypto: tables of cases. */
#include <math.h>
#include <openssl/hmac.h>

#include "arena.h"
#include "arn.h"
#include "buffer.h"
#include "crypto.h"
#include "support/suite.h"
#include "text.h"
#include "url.h"
#include "xalloc.h"

START_TEST(integers_are_read_whole_or_not_at_all)
{
    static const struct {
        const char *text;
        bool is_good;
        int64_t value;
    } cases[] = {
        { "0", true, 0 },
        { "-12", true, -12 },
        { "9223372036854775807", true, INT64_MAX },
        { "9223372036854775808", false, 0 },
        { "", false, 0 },
        { "-", false, 0 },
        { "+1", false, 0 },
        { " 1", false, 0 },
        { "1 ", false, 0 },
        { "1x", false, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t value = 0;
        ck_assert_msg(text_to_int64(text_from(cases[i].text), &value) == cases[i].is_good, "'%s'",
                      cases[i].text);
        ck_assert_int_eq(value, cases[i].value);
    }
}
END_TEST

START_TEST(doubles_are_read_whole_or_not_at_all)
{
    double value = 0;
    ck_assert(text_to_double(TEXT("0.25"), &value));
    ck_assert(value == 0.25);
    ck_assert(text_to_double(TEXT("1e3"), &value));
    ck_assert(value == 1000);
    CLEANUP(freep) char *exact = xformat("%.1074f", 0x1p-1074);
    ck_assert(text_to_double(text_from(exact), &value));
    ck_assert(value == 0x1p-1074);
    CLEANUP(freep) char *too_long = xformat("%.100000f", 0.1);
    ck_assert(!text_to_double(text_from(too_long), &value));
    ck_assert(!text_to_double(TEXT("0x10"), &value));
    ck_assert(!text_to_double(TEXT("1.5%"), &value));
    ck_assert(!text_to_double(TEXT(""), &value));
}
END_TEST

START_TEST(utf8_is_checked_to_the_last_byte)
{
    const struct {
        struct text text;
        bool is_good;
        size_t bad;
    } cases[] = {
        { TEXT("plain"), true, 0 },
        { TEXT("more than eight, and sixteen, plain bytes"), true, 0 },
        { TEXT("bad byte \xFF behind eight plain ones"), false, 9 },
        { TEXT("1234567\x80"), false, 7 },
        { TEXT("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), true, 0 },
        { TEXT("\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"), true, 0 },
        { TEXT("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), true, 0 }, /* the first and last of each size */
        { TEXT("a\x80"), false, 1 },                           /* continuation alone */
        { TEXT("ab\xC0\xAF"), false, 2 },                      /* overlong */
        { TEXT("\xED\xA0\x80"), false, 0 },                    /* surrogate */
        { TEXT("\xF4\x90\x80\x80"), false, 0 },                /* past U+10FFFF */
        { TEXT("abc\xE2\x82"), false, 3 },                     /* cut short */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t bad = 0;
        ck_assert_msg(text_is_utf8(cases[i].text, &bad) == cases[i].is_good, "case %zu", i);
        ck_assert_uint_eq(bad, cases[i].bad);
    }
}
END_TEST

START_TEST(a_front_ends_between_characters)
{
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"; /* 1, 2, 3, 4 bytes */
    static const size_t sizes[] = { 0, 1, 3, 6, 10, 10 };
    for (size_t count = 0; count < COUNT_OF(sizes); count++) {
        struct text front = text_front(text_from(text), count);
        ck_assert_ptr_eq(front.data, text);
        ck_assert_uint_eq(front.size, sizes[count]);
    }
    ck_assert_uint_eq(text_count_characters(text_from(text)), 4);
    ck_assert_uint_eq(text_count_characters(TEXT("")), 0);
}
END_TEST

START_TEST(what_is_no_utf8_is_mended)
{
    static const struct {
        const char *before;
        const char *after;
    } cases[] = {
        { "", "" },
        { "plain, and whole: \xC3\xA9", "plain, and whole: \xC3\xA9" },
        { "cut off: \xC3", "cut off: " },
        { "cut off: \xF0\x9F\x98", "cut off: " },
        { "a\xFF"
          "b\x80"
          "c\xE2\x82"
          "d",
          "a?b?c??d" },
        { "last: \xFF", "last: ?" },
        { "overlong: \xE0\x80\x80", "overlong: ???" },
        { "too large: \xF5\x80", "too large: ??" },
        { "cut off: \xF4\x8F\xBF", "cut off: " },
        { "ends in one: \xE2-", "ends in one: ?-" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%s", cases[i].before);
        text_mend_utf8(text);
        ck_assert_str_eq(text, cases[i].after);
    }
}
END_TEST

START_TEST(white_space_is_trimmed_at_both_ends_only)
{
    ck_assert(text_equal(text_trimmed(TEXT(" \t\r\n a b\v\f ")), "a b"));
    ck_assert(text_equal(text_trimmed(TEXT("a")), "a"));
    ck_assert_uint_eq(text_trimmed(TEXT("  \n")).size, 0);
}
END_TEST

START_TEST(cutting_goes_through_all_parts)
{
    struct text rest = TEXT("a::b");
    ck_assert(text_equal(text_cut(&rest, ':'), "a"));
    ck_assert(text_equal(text_cut(&rest, ':'), ""));
    ck_assert(rest.data != NULL);
    ck_assert(text_equal(text_cut(&rest, ':'), "b"));
    ck_assert_ptr_null(rest.data);
}
END_TEST

START_TEST(a_buffer_stops_at_its_ceiling_and_keeps_what_it_has)
{
    struct buffer buffer;
    buffer_init(&buffer, 10);
    ck_assert(buffer_add_string(&buffer, "12345"));
    ck_assert(!buffer_add_string(&buffer, "678901"));
    ck_assert(buffer.overflowed);
    ck_assert_str_eq(buffer.data, "12345");
    ck_assert(buffer_add_format(&buffer, "%d", 67890));
    ck_assert_uint_eq(buffer.size, 10);
    buffer_drop(&buffer, 8);
    ck_assert_str_eq(buffer.data, "90");
    buffer_clear(&buffer);
    ck_assert_ptr_null(buffer.data);
}
END_TEST

START_TEST(bytes_become_text_that_json_can_carry)
{
    static const struct {
        struct text bytes;
        const char *text;
    } rows[] = {
        { { "", 0 }, "" },
        { { "a\0\0b\0", 5 }, "ab" },
        { { "a\xC3\xA9", 3 }, "a\xC3\xA9" },
        { { "a\xFF"
            "b\xE2\x82",
            5 },
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD\xEF\xBF\xBD" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer buffer = { 0 };
        buffer_add_as_utf8(&buffer, rows[i].bytes);
        ck_assert(text_equal(buffer_text(&buffer), rows[i].text));
        buffer_clear(&buffer);
    }
}
END_TEST

START_TEST(formatted_text_may_have_any_length)
{
    char wanted[700];
    memset(wanted, 'x', sizeof(wanted));
    for (int size = 0; size < (int)sizeof(wanted); size++) {
        struct buffer buffer = { 0 };
        struct buffer bounded;
        buffer_init(&bounded, 400);
        for (int part = 0; part < 2; part++)
            ck_assert(buffer_add_format(&buffer, "%.*s", size, wanted));
        ck_assert_uint_eq(buffer.size, 2 * (size_t)size);
        ck_assert_uint_eq(strspn(buffer.data, "x"), buffer.size);
        ck_assert_int_eq(buffer_add_format(&bounded, "%.*s", size, wanted), size <= 400);
        ck_assert_uint_eq(bounded.size, size <= 400 ? (size_t)size : 0);
        buffer_clear(&buffer);
        buffer_clear(&bounded);
    }
}
END_TEST

START_TEST(an_arena_gives_zeroed_memory_of_any_size)
{
    struct arena arena = { 0 };
    for (size_t size = 1; size < 20000; size = size * 3 + 1) {
        unsigned char *memory = arena_alloc(&arena, size);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(memory[i], 0);
        memset(memory, 0xFF, size);
    }
    ck_assert_str_eq(arena_format(&arena, "%s-%d", "x", 7), "x-7");
    ck_assert_str_eq(arena_copy_string(&arena, "x"), "x");
    ck_assert_ptr_null(arena_copy_string(&arena, NULL));
    arena_clear(&arena);
}
END_TEST

START_TEST(a_list_on_the_heap_grows)
{
    int *list = NULL;
    size_t capacity = 0;
    for (int i = 0; i < 1000; i++) {
        if ((size_t)i == capacity)
            list = xgrow(list, &capacity, 3, sizeof(*list));
        list[i] = i;
    }
    ck_assert_uint_eq(capacity, 3 << 9);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(list[i], i);
    free(list);
}
END_TEST

START_TEST(a_list_in_an_arena_grows)
{
    struct arena arena = { 0 };
    int *list = NULL;
    size_t capacity = 0;
    for (int i = 0; i < 1000; i++) {
        if ((size_t)i == capacity)
            list = arena_grow(&arena, list, &capacity, 3, sizeof(*list));
        list[i] = i;
    }
    ck_assert_uint_eq(capacity, 3 << 9);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(list[i], i);
    arena_clear(&arena);
}
END_TEST

START_TEST(an_arena_prints_texts_of_any_size)
{
    enum { TEXTS = 300 };
    struct arena arena = { 0 };
    char *printed[TEXTS];
    for (int i = 0; i < TEXTS; i++) /* over the ends of several blocks */
        printed[i] = arena_format(&arena, "%0*d<%s>", i + 1, i, i % 2 ? "" : "even");
    for (int i = 0; i < TEXTS; i++) {
        CLEANUP(buffer_clear) struct buffer expected = { 0 };
        buffer_add_format(&expected, "%0*d<%s>", i + 1, i, i % 2 ? "" : "even");
        ck_assert_str_eq(printed[i], expected.data);
    }
    ck_assert_str_eq(arena_join(&arena, "", NULL), "");
    ck_assert_str_eq(arena_join(&arena, "a", "", "bc", NULL), "abc");
    const char *after = arena_alloc(&arena, 100);
    ck_assert_str_eq(after, ""); /* zeroed, whatever was printed there and thrown away */
    arena_clear(&arena);
}
END_TEST

START_TEST(macs_are_those_of_libcrypto)
{
    enum { KEY_MAX = 200, TEXT_MAX = 300 };
    unsigned char bytes[TEXT_MAX];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    for (size_t key_size = 0; key_size <= KEY_MAX; key_size += 1 + key_size / 80) {
        for (size_t size = 0; size <= TEXT_MAX; size += 13) {
            unsigned char mac[SHA256_SIZE];
            unsigned char expected[SHA256_SIZE];
            const struct text key = { (const char *)bytes + 50, key_size };
            crypto_hmac_sha256(key, (struct text){ (const char *)bytes, size }, mac);
            ck_assert_ptr_nonnull(
                HMAC(EVP_sha256(), key.data, (int)key.size, bytes, size, expected, NULL));
            ck_assert_mem_eq(mac, expected, sizeof(mac));
        }
    }
}
END_TEST

START_TEST(percent_encoding_is_undone_by_decoding)
{
    struct buffer encoded = { 0 };
    struct buffer decoded = { 0 };
    struct text original = TEXT("arn:aws:lambda:$LATEST/\xC3\xA9 +%~");
    url_encode(&encoded, original, false);
    ck_assert_str_eq(encoded.data, "arn%3Aaws%3Alambda%3A%24LATEST%2F%C3%A9%20%2B%25~");
    url_decode(&decoded, buffer_text(&encoded), true);
    ck_assert_uint_eq(decoded.size, original.size);
    ck_assert_mem_eq(decoded.data, original.data, original.size);
    buffer_clear(&encoded);
    buffer_clear(&decoded);
    url_decode(&decoded, TEXT("a+b%zz%4"), true);
    ck_assert_str_eq(decoded.data, "a b%zz%4");
    buffer_clear(&decoded);
}
END_TEST

START_TEST(a_parameter_is_found_by_its_name)
{
    const struct text query =
        TEXT("Version=1&ActionX=no&Action=Put%20+It&Bare&Empty=&Action=later");
    struct arena arena = { 0 };
    ck_assert_str_eq(url_parameter_decoded(query, "Action", true, &arena), "Put  It");
    ck_assert_str_eq(url_parameter_decoded(query, "Action", false, &arena), "Put +It");
    ck_assert_str_eq(url_parameter_decoded(query, "Bare", true, &arena), "");
    ck_assert_str_eq(url_parameter_decoded(query, "Empty", true, &arena), "");
    ck_assert_ptr_null(url_parameter_decoded(query, "Act", true, &arena));
    ck_assert_ptr_null(url_parameter_decoded(TEXT(""), "Action", true, &arena));
    ck_assert(text_equal(url_parameter(query, "Action"), "Put%20+It"));
    ck_assert_ptr_null(url_parameter(query, "Act").data);
    arena_clear(&arena);
}
END_TEST

START_TEST(an_arn_is_six_parts)
{
    struct arn arn;
    ck_assert(arn_parse(TEXT("arn:aws:lambda:us-east-1:123456789012:function:f:1"), &arn));
    ck_assert(text_equal(arn.service, "lambda"));
    ck_assert(text_equal(arn.region, "us-east-1"));
    ck_assert(text_equal(arn.account, "123456789012"));
    ck_assert(text_equal(arn.resource, "function:f:1"));
    ck_assert(!arn_parse(TEXT("arn:aws:lambda:us-east-1:123456789012"), &arn));
    ck_assert(!arn_parse(TEXT("function:f"), &arn));
    ck_assert_str_eq(arn_partition("cn-north-1"), "aws-cn");
    struct arena arena = { 0 };
    ck_assert_str_eq(arn_of_caller(&arena, "us-gov-west-1", "123456789012"),
                     "arn:aws-us-gov:iam::123456789012:user/coalmine");
    arena_clear(&arena);
    ck_assert_str_eq(arn_partition("eu-west-3"), "aws");
}
END_TEST

START_TEST(digests_have_their_published_values)
{
    char hex[SHA256_HEX_SIZE];
    crypto_sha256_hex(TEXT("abc"), hex); /* FIPS 180-4, example */
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    unsigned char mac[SHA256_SIZE];
    crypto_hmac_sha256(TEXT("Jefe"), TEXT("what do ya want for nothing?"), mac); /* RFC 4231 */
    crypto_hex(mac, sizeof(mac), hex);
    ck_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    ck_assert_uint_eq(crypto_crc32c("123456789", 9), 0xE3069283u); /* RFC 3720 check value */
}
END_TEST

START_TEST(hexadecimal_is_read_as_it_is_written)
{
    unsigned char bytes[4] = { 0 };
    ck_assert(crypto_unhex("00ff9a0f", bytes, sizeof(bytes)));
    ck_assert_mem_eq(bytes, "\x00\xFF\x9A\x0F", sizeof(bytes));
    static const char *const wrong[] = {
        "", "00ff9a0", "00ff9a0f0", "00FF9A0F", "00ff9ag0", "new-a"
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        ck_assert_msg(!crypto_unhex(wrong[i], bytes, sizeof(bytes)), "%s", wrong[i]);
}
END_TEST

/* By the definition, bit by bit. */
static uint32_t slow_crc32c(const unsigned char *bytes, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

START_TEST(checksums_are_the_same_by_any_way)
{
    unsigned char bytes[100];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 37 + 200);
    for (size_t start = 0; start < 8; start++)
        for (size_t size = 0; start + size <= sizeof(bytes); size++)
            ck_assert_uint_eq(crypto_crc32c(bytes + start, size), slow_crc32c(bytes + start, size));
}
END_TEST

START_TEST(base64_round_trips_and_refuses_what_is_none)
{
    static const char *const bad[] = { "YQ", "YQ=", "Y===", "YQ==YQ==", "Y Q=", "YQ==\n", "=YQ=" };
    for (size_t size = 0; size < 40; size++) {
        char bytes[40];
        crypto_random(bytes, sizeof(bytes));
        char *text = base64_encode((struct text){ bytes, size });
        size_t decoded_size = 99;
        char *decoded = base64_decode(text_from(text), &decoded_size);
        ck_assert_ptr_nonnull(decoded);
        ck_assert_uint_eq(decoded_size, size);
        ck_assert_mem_eq(decoded, bytes, size);
        free(decoded);
        free(text);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        size_t size;
        ck_assert_msg(!base64_decode(text_from(bad[i]), &size), "'%s'", bad[i]);
    }
}
END_TEST

SUITE("base", integers_are_read_whole_or_not_at_all, doubles_are_read_whole_or_not_at_all,
      utf8_is_checked_to_the_last_byte, a_front_ends_between_characters, what_is_no_utf8_is_mended,
      cutting_goes_through_all_parts, white_space_is_trimmed_at_both_ends_only,
      a_buffer_stops_at_its_ceiling_and_keeps_what_it_has, bytes_become_text_that_json_can_carry,
      formatted_text_may_have_any_length, an_arena_gives_zeroed_memory_of_any_size,
      a_list_on_the_heap_grows, a_list_in_an_arena_grows, an_arena_prints_texts_of_any_size,
      macs_are_those_of_libcrypto, percent_encoding_is_undone_by_decoding,
      a_parameter_is_found_by_its_name, an_arn_is_six_parts, digests_have_their_published_values,
      hexadecimal_is_read_as_it_is_written, checksums_are_the_same_by_any_way,
      base64_round_trips_and_refuses_what_is_none)
