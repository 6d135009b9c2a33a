#include "lambda/lineage.h"

#include <stdio.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "crypto.h"
#include "random.h"
#include "xalloc.h"

enum { LINEAGE_VERSION = 1, MS_PER_SECOND = 1000, ROOT_DIGITS = 24, PARENT_DIGITS = 16 };

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
    char root[ROOT_DIGITS + 1];
    char parent[PARENT_DIGITS + 1];
    random_hex(root, ROOT_DIGITS);
    random_hex(parent, PARENT_DIGITS);
    buffer_add_format(trace, "Root=1-%08llx-%s;Parent=%s;Sampled=0",
                      (unsigned long long)(clock_now_ms() / MS_PER_SECOND), root, parent);
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
    if (!is_known)
        buffer_add_format(trace, "%s%s:0", separator, hash);
}

char *lineage_extend(const char *trace_id, const char *hash, int *count_out)
{
    struct buffer trace = { 0 };
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
    buffer_add_format(&trace, ";Lineage=%d:", LINEAGE_VERSION);
    if (text_starts_with(lineage, "1:"))
        lineage = (struct text){ lineage.data + 2, lineage.size - 2 };
    add_pairs(&trace, lineage, hash, count_out);
    return buffer_take(&trace, NULL);
}
