#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler.h"
#include "xalloc.h"

struct pattern {
    struct pattern *next;
    const char *source;
    pcre2_code *code;
    pcre2_match_data *match;
};

enum { BUCKETS = 64 };
static struct pattern *patterns[BUCKETS];

/* Of all the above: a worker may look for patterns too. Held for one match, and mostly free. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct pattern *compile(const char *source)
{
    int failure;
    PCRE2_SIZE at;
    char *anchored = xformat("^(?:%s)\\z", source);
    struct pattern *pattern = xcalloc(1, sizeof(*pattern));
    pattern->source = source;
    pattern->code = pcre2_compile((PCRE2_SPTR)anchored, PCRE2_ZERO_TERMINATED, PCRE2_DOLLAR_ENDONLY,
                                  &failure, &at, NULL);
    if (!pattern->code) {
        fprintf(stderr, "pattern does not compile (at %zu): %s\n", (size_t)at, anchored);
        abort();
    }
    free(anchored);
    pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE); /* without JIT it only is slower */
    pattern->match = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    if (!pattern->match)
        abort();
    return pattern;
}

static struct pattern *find(const char *source)
{
    struct pattern **bucket = &patterns[((uintptr_t)source >> 4) % BUCKETS];
    for (struct pattern *pattern = *bucket; pattern; pattern = pattern->next) {
        if (pattern->source == source)
            return pattern;
    }
    struct pattern *pattern = compile(source);
    pattern->next = *bucket;
    *bucket = pattern;
    return pattern;
}

static bool capture(const char *source, struct text text, struct text *groups_out, int count)
{
    struct pattern *pattern = find(source);
    const char *subject = text.data ? text.data : "";
    int matched =
        pcre2_match(pattern->code, (PCRE2_SPTR)subject, text.size, 0, 0, pattern->match, NULL);
    if (matched < 0)
        return false;
    PCRE2_SIZE *ends = pcre2_get_ovector_pointer(pattern->match);
    for (int i = 0; i < count; i++) {
        int group = i + 1;
        bool took_part = group < matched && ends[2 * group] != PCRE2_UNSET;
        groups_out[i] = took_part ? (struct text){ subject + ends[2 * group],
                                                   ends[2 * group + 1] - ends[2 * group] }
                                  : (struct text){ NULL, 0 };
    }
    return true;
}

bool pattern_capture(const char *source, struct text text, struct text *groups_out, int count)
{
    pthread_mutex_lock(&lock);
    bool is_match = capture(source, text, groups_out, count);
    pthread_mutex_unlock(&lock);
    return is_match;
}

bool pattern_matches(const char *source, struct text text)
{
    return pattern_capture(source, text, NULL, 0);
}
