#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "xalloc.h"

/* What a match may cost. */
struct bounds {
    pcre2_match_context *context;
    uint32_t steps;
};

struct regex {
    struct regex *next;
    pcre2_code *code;
    pcre2_match_data *match;
    struct bounds *bounds; /* NULL: ours, which needs none */
};

struct pattern {
    struct pattern *next;
    const char *source;
    struct regex *regex;
};

enum {
    BUCKETS = 64,
    STEPS_MAX = 100000, /* of a match; they take a millisecond or more */
    STEPS_MIN = 1000,
    HEAP_LIMIT_KIB = 8192,
    MESSAGE_SIZE = 200,
};
static struct pattern *patterns[BUCKETS];

/* Of all the above: a worker may look for patterns too. Held for one match, and mostly free. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct regex *compile(struct text source, uint32_t options, struct error *error)
{
    int failure;
    PCRE2_SIZE at;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)source.data, source.size, options, &failure, &at, NULL);
    if (!code) {
        PCRE2_UCHAR message[MESSAGE_SIZE];
        pcre2_get_error_message(failure, message, sizeof(message));
        if (error)
            error_set(error, NULL, "%s", (const char *)message);
        return NULL;
    }
    struct regex *regex = xcalloc(1, sizeof(*regex));
    regex->code = code;
    regex->match = pcre2_match_data_create_from_pattern(code, NULL);
    if (!regex->match)
        abort();
    return regex;
}

/* An expression that explodes does so on thousands of messages, for which the server has no time:
 * the more of its matches were given up, the less the next may cost. */
static void adapt(struct bounds *bounds, int found)
{
    bool was_given_up = found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_HEAPLIMIT;
    uint32_t steps = was_given_up ? bounds->steps / 4 : bounds->steps * 2;
    steps = steps < STEPS_MIN ? STEPS_MIN : steps > STEPS_MAX ? STEPS_MAX : steps;
    if (steps != bounds->steps)
        pcre2_set_match_limit(bounds->context, steps);
    bounds->steps = steps;
}

/* `first` is the capture that captures_out begins with: 0 is the whole match. */
static bool match(const struct regex *regex, struct text text, int first, struct text *captures_out,
                  int count)
{
    const char *subject = text.data ? text.data : "";
    int found = pcre2_match(regex->code, (PCRE2_SPTR)subject, text.size, 0, 0, regex->match,
                            regex->bounds ? regex->bounds->context : NULL);
    if (regex->bounds)
        adapt(regex->bounds, found);
    if (found < 0)
        return false;
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(regex->match);
    for (int i = 0; i < count; i++) {
        int group = first + i;
        bool took_part = group < found && ends[2 * group] != PCRE2_UNSET;
        captures_out[i] = took_part ? (struct text){ subject + ends[2 * group],
                                                     ends[2 * group + 1] - ends[2 * group] }
                                    : (struct text){ NULL, 0 };
    }
    return true;
}

static struct regex *compile_pattern(const char *source)
{
    struct error error = { 0 };
    char *anchored = xformat("^(?:%s)\\z", source);
    struct regex *regex = compile(text_from(anchored), PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &error);
    if (!regex) {
        fprintf(stderr, "pattern does not compile (%s): %s\n", error.message, anchored);
        abort();
    }
    free(anchored);
    pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without JIT it only is slower */
    return regex;
}

static struct pattern *find(const char *source)
{
    struct pattern **bucket = &patterns[((uintptr_t)source >> 4) % BUCKETS];
    for (struct pattern *pattern = *bucket; pattern; pattern = pattern->next) {
        if (pattern->source == source)
            return pattern;
    }
    struct pattern *pattern = xcalloc(1, sizeof(*pattern));
    *pattern = (struct pattern){ *bucket, source, compile_pattern(source) };
    *bucket = pattern;
    return pattern;
}

bool pattern_capture(const char *source, struct text text, struct text *groups_out, int count)
{
    pthread_mutex_lock(&lock);
    bool is_match = match(find(source)->regex, text, 1, groups_out, count);
    pthread_mutex_unlock(&lock);
    return is_match;
}

bool pattern_matches(const char *source, struct text text)
{
    return pattern_capture(source, text, NULL, 0);
}

struct regex *regex_compile(struct regex **list, struct text source, int options,
                            struct error *error)
{
    struct regex *regex = compile(source,
                                  PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C |
                                      (options & REGEX_CASELESS ? PCRE2_CASELESS : 0) |
                                      (options & REGEX_DOT_ALL ? PCRE2_DOTALL : 0),
                                  error);
    if (!regex)
        return NULL;
    regex->bounds = xcalloc(1, sizeof(*regex->bounds));
    regex->bounds->context = pcre2_match_context_create(NULL);
    if (!regex->bounds->context)
        abort();
    regex->bounds->steps = STEPS_MAX;
    pcre2_set_match_limit(regex->bounds->context, STEPS_MAX);
    pcre2_set_heap_limit(regex->bounds->context, HEAP_LIMIT_KIB);
    regex->next = *list;
    *list = regex;
    return regex;
}

bool regex_match(const struct regex *regex, struct text text, struct text *captures_out, int count)
{
    return match(regex, text, 0, captures_out, count);
}

char *regex_replace(const struct regex *regex, struct text text, struct text other, size_t most,
                    size_t *size_out)
{
    const uint32_t options =
        PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_LITERAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH;
    PCRE2_SIZE room = text.size + other.size + 1;
    PCRE2_SIZE size;
    char *result = NULL;
    int replaced;
    do {
        size = room;
        result = xrealloc(result, room);
        replaced = pcre2_substitute(regex->code, (PCRE2_SPTR)text.data, text.size, 0, options,
                                    regex->match, regex->bounds->context, (PCRE2_SPTR)other.data,
                                    other.size, (PCRE2_UCHAR *)result, &size);
        room = size;
    } while (replaced == PCRE2_ERROR_NOMEMORY && room <= most);
    adapt(regex->bounds, replaced);
    if (replaced < 0 && replaced != PCRE2_ERROR_NOMEMORY) {
        size = text.size;
        memcpy(result, text.data, text.size);
    }
    if (size > most) {
        free(result);
        return NULL;
    }
    *size_out = size;
    return result;
}

void regex_each_name(const struct regex *regex,
                     void (*function)(const char *name, int number, void *owner), void *owner)
{
    uint32_t count = 0;
    uint32_t size = 0;
    PCRE2_SPTR table = NULL;
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
    for (uint32_t i = 0; i < count; i++, table += size)
        function((const char *)table + 2, table[0] << 8 | table[1], owner);
}

size_t regexes_count(const struct regex *list)
{
    size_t count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

void regexes_destroy(struct regex *list)
{
    while (list) {
        struct regex *next = list->next;
        pcre2_match_context_free(list->bounds->context);
        free(list->bounds);
        pcre2_match_data_free(list->match);
        pcre2_code_free(list->code);
        free(list);
        list = next;
    }
}
