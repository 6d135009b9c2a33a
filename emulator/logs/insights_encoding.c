#include "logs/insights_functions.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "crypto.h"
#include "text.h"
#include "url.h"
#include "xalloc.h"

enum { HEXADECIMAL = 16 };

static const struct insights_value none;

/* Bytes that were encoded; missing if they are no text. */
static struct insights_value decoded(struct text bytes, struct arena *arena)
{
    return text_is_utf8(bytes, NULL) && text_is_whole_string(bytes)
               ? insights_text(arena_copy(arena, bytes))
               : none;
}

static struct insights_value do_urlencode(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    url_encode(&text, text_from(insights_print(arguments, arena)), false);
    return arguments->kind == INSIGHTS_MISSING ? none : decoded(buffer_text(&text), arena);
}

static struct insights_value do_urldecode(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    url_decode(&text, text_from(insights_print(arguments, arena)), false);
    return arguments->kind == INSIGHTS_MISSING ? none : decoded(buffer_text(&text), arena);
}

static struct insights_value do_base64encode(const struct insights_value *arguments,
                                             int count UNUSED, struct arena *arena)
{
    CLEANUP(freep) char *text = base64_encode(text_from(insights_print(arguments, arena)));
    return arguments->kind == INSIGHTS_MISSING ? none : decoded(text_from(text), arena);
}

static struct insights_value do_base64decode(const struct insights_value *arguments,
                                             int count UNUSED, struct arena *arena)
{
    size_t size;
    CLEANUP(freep)
    char *bytes = base64_decode(text_from(insights_print(arguments, arena)), &size);
    return bytes && arguments->kind != INSIGHTS_MISSING
               ? decoded((struct text){ bytes, size }, arena)
               : none;
}

/* Without the 0x that may stand before hexadecimal digits. */
static const char *digits_of(const struct insights_value *value, struct arena *arena)
{
    const char *text = insights_print(value, arena);
    return strncasecmp(text, "0x", 2) == 0 ? text + 2 : text;
}

static struct insights_value do_hextoascii(const struct insights_value *arguments, int count UNUSED,
                                           struct arena *arena)
{
    const char *digits = digits_of(arguments, arena);
    size_t size = strlen(digits) / 2;
    char *lower = arena_copy(arena, text_from(digits));
    char *bytes = arena_alloc(arena, size + 1);
    for (char *at = lower; *at; at++)
        *at = *at >= 'A' && *at <= 'F' ? (char)(*at + ('a' - 'A')) : *at;
    if (size == 0 || strlen(digits) % 2 || !crypto_unhex(lower, bytes, size))
        return none;
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)bytes[i] >= 0x80)
            return none;
    }
    return decoded((struct text){ bytes, size }, arena);
}

static struct insights_value do_hextodec(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena)
{
    const char *digits = digits_of(arguments, arena);
    size_t size = strlen(digits);
    if (size == 0 || size > HEXADECIMAL || strspn(digits, "0123456789abcdefABCDEF") != size)
        return none;
    return insights_number((double)strtoull(digits, NULL, HEXADECIMAL));
}

static struct insights_value do_dectohex(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena)
{
    static const double MOST = 9007199254740992; /* what a number holds exactly */
    double number = trunc(insights_number_of(arguments));
    if (isnan(number) || fabs(number) > MOST)
        return none;
    return insights_text(
        arena_format(arena, "%s0x%llx", number < 0 ? "-" : "", (unsigned long long)fabs(number)));
}

static struct insights_value do_md5(const struct insights_value *arguments, int count UNUSED,
                                    struct arena *arena)
{
    char *hex = arena_alloc(arena, MD5_HEX_SIZE);
    return arguments->kind != INSIGHTS_MISSING &&
                   crypto_md5_hex(text_from(insights_print(arguments, arena)), hex)
               ? insights_text(hex)
               : none;
}

static struct insights_value do_sha256(const struct insights_value *arguments, int count UNUSED,
                                       struct arena *arena)
{
    char *hex = arena_alloc(arena, SHA256_HEX_SIZE);
    crypto_sha256_hex(text_from(insights_print(arguments, arena)), hex);
    return arguments->kind == INSIGHTS_MISSING ? none : insights_text(hex);
}

const struct insights_function insights_encoding_functions[] = {
    { .name = "base64decode", .least = 1, .most = 1, .call = do_base64decode },
    { .name = "base64encode", .least = 1, .most = 1, .call = do_base64encode },
    { .name = "dectohex", .least = 1, .most = 1, .call = do_dectohex },
    { .name = "hextoascii", .least = 1, .most = 1, .call = do_hextoascii },
    { .name = "hextodec", .least = 1, .most = 1, .call = do_hextodec },
    { .name = "md5", .least = 1, .most = 1, .call = do_md5 },
    { .name = "sha256", .least = 1, .most = 1, .call = do_sha256 },
    { .name = "urldecode", .least = 1, .most = 1, .call = do_urldecode },
    { .name = "urlencode", .least = 1, .most = 1, .call = do_urlencode },
    { 0 },
};
