#include "lambda/lineage.h"

#include <endian.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "crypto.h"
#include "random.h"

enum { MS_PER_SECOND = 1000, ROOT_DIGITS = 24, PARENT_DIGITS = 16, TRACE_GUESS = 127 };

void lineage_hash(const char *function_arn, char hash_out[LINEAGE_HASH_SIZE])
{
    char hex[SHA256_HEX_SIZE];
    crypto_sha256_hex(text_from(function_arn), hex);
    memcpy(hash_out, hex, LINEAGE_HASH_SIZE - 1);
    hash_out[LINEAGE_HASH_SIZE - 1] = '\0';
}

/* A trace that begins here and is not sampled. */
static void add_new_trace(struct buffer *trace)
{
    char digits[ROOT_DIGITS + 1];
    uint32_t now_s = htobe32((uint32_t)(clock_now_ms() / MS_PER_SECOND));
    buffer_add_string(trace, "Root=1-");
    crypto_hex((const unsigned char *)&now_s, sizeof(now_s), digits);
    buffer_add(trace, digits, 2 * sizeof(now_s));
    buffer_add_char(trace, '-');
    random_hex_aside(digits, ROOT_DIGITS);
    buffer_add(trace, digits, ROOT_DIGITS);
    buffer_add_string(trace, ";Parent=");
    random_hex_aside(digits, PARENT_DIGITS);
    buffer_add(trace, digits, PARENT_DIGITS);
    buffer_add_string(trace, ";Sampled=0");
}

/* Copies the pairs, counting the function's own; adds it if it was not there. */
static void add_pairs(struct buffer *trace, struct text pairs, const char *hash, int *count_out)
{
    const char *separator = "";
    bool is_known = false;
    *count_out = 0;
    while (pairs.size) {
        struct text count = text_cut(&pairs, '|');
        struct text name = text_cut(&count, ':');
        int64_t times;
        if (!count.data || !text_to_int64(count, &times))
            continue;
        if (text_equal(name, hash)) {
            is_known = true;
            *count_out = (int)++times;
        }
        buffer_add_format(trace, "%s%.*s:%lld", separator, TEXT_ARGS(name), (long long)times);
        separator = "|";
    }
    if (!is_known) {
        buffer_add_string(trace, separator);
        buffer_add_string(trace, hash);
        buffer_add_string(trace, ":0");
    }
}

char *lineage_extend(const char *trace_id, const char *hash, int *count_out)
{
    struct buffer trace = { 0 };
    buffer_reserve(&trace, TRACE_GUESS);
    struct text lineage = TEXT("");
    struct text rest = text_from(trace_id);
    while (rest.size) {
        struct text part = text_cut(&rest, ';');
        if (text_starts_with(part, "Lineage="))
            lineage = (struct text){ part.data + 8, part.size - 8 };
        else
            buffer_add_format(&trace, "%s%.*s", trace.size ? ";" : "", TEXT_ARGS(part));
    }
    if (!trace.size)
        add_new_trace(&trace);
    buffer_add_string(&trace, ";Lineage=1:");
    if (text_starts_with(lineage, "1:"))
        lineage = (struct text){ lineage.data + 2, lineage.size - 2 };
    add_pairs(&trace, lineage, hash, count_out);
    return buffer_take(&trace, NULL);
}
