/*
 * Regular expressions of queries, on PCRE2, bounded in the work that one match may take.
 */
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "logs/insights_expression.h"
#include "xalloc.h"

enum { MATCH_LIMIT = 100000, DEPTH_LIMIT = 1000 };

struct insights_regex {
    struct insights_regex *next;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

struct insights_regex *insights_regex_compile(struct insights_lexer *lexer, const char *source,
                                              bool ignores_case)
{
    int failure;
    PCRE2_SIZE at;
    uint32_t options =
        PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOTALL | (ignores_case ? PCRE2_CASELESS : 0);
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)source, PCRE2_ZERO_TERMINATED, options, &failure, &at, NULL);
    if (!code) {
        PCRE2_UCHAR message[200];
        pcre2_get_error_message(failure, message, sizeof(message));
        if (!lexer->has_failed)
            error_set(lexer->error, NULL, "invalid regular expression /%s/: %s", source,
                      (const char *)message);
        lexer->has_failed = true;
        return NULL;
    }
    struct insights_regex *regex = xcalloc(1, sizeof(*regex));
    regex->code = code;
    regex->data = pcre2_match_data_create_from_pattern(code, NULL);
    regex->context = pcre2_match_context_create(NULL);
    if (!regex->data || !regex->context)
        abort();
    pcre2_set_match_limit(regex->context, MATCH_LIMIT);
    pcre2_set_depth_limit(regex->context, DEPTH_LIMIT);
    regex->next = *lexer->regexes;
    *lexer->regexes = regex;
    return regex;
}

void insights_regexes_destroy(struct insights_regex *first)
{
    while (first) {
        struct insights_regex *next = first->next;
        pcre2_match_context_free(first->context);
        pcre2_match_data_free(first->data);
        pcre2_code_free(first->code);
        free(first);
        first = next;
    }
}

bool insights_regex_match(const struct insights_regex *regex, struct text text,
                          struct text *captures_out, int count)
{
    int found = pcre2_match(regex->code, (PCRE2_SPTR)(text.size ? text.data : ""), text.size, 0, 0,
                            regex->data, regex->context);
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(regex->data);
    if (found < 0)
        return false;
    for (int i = 0; i < count; i++) {
        bool is_set = i < found && offsets[2 * i] != PCRE2_UNSET;
        captures_out[i] = is_set ? (struct text){ text.data + offsets[2 * i],
                                                  offsets[2 * i + 1] - offsets[2 * i] }
                                 : (struct text){ NULL, 0 };
    }
    return true;
}

void insights_regex_each_name(const struct insights_regex *regex,
                              void (*function)(const char *name, int number, void *owner),
                              void *owner)
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
