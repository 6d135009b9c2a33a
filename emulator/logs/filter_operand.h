/*
 * What a filter pattern compares with: text with wildcards, a number, or a regular expression.
 * Internal to the filter pattern's files.
 */
#ifndef COALMINE_FILTER_OPERAND_H
#define COALMINE_FILTER_OPERAND_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "compiler.h"
#include "pattern.h"
#include "text.h"

enum filter_operator {
    FILTER_EQUAL,
    FILTER_NOT_EQUAL,
    FILTER_LESS,
    FILTER_GREATER,
    FILTER_AT_MOST,
    FILTER_AT_LEAST,
};

struct filter_operand {
    const char *text; /* with its wildcards */
    bool is_number;
    double number;
    struct regex *regex; /* NULL: none */
};

/* A place in the pattern's text. */
struct filter_cursor {
    struct text rest;
    struct arena *arena;    /* of what is made */
    struct regex **regexes; /* all that were made, for the end */
    int depth;              /* of parentheses */
};

void filter_skip_space(struct filter_cursor *cursor);
/* Takes the word if it comes next, after white space. */
bool filter_take(struct filter_cursor *cursor, const char *word);

/* Reads `=`, `!=`, `<`, `>`, `<=`, `>=`. */
MUST_CHECK bool filter_read_operator(struct filter_cursor *cursor,
                                     enum filter_operator *operator_out);
/* Reads "quoted", %regex%, or a bare word that ends before any of `stops` or white space. */
MUST_CHECK bool filter_read_operand(struct filter_cursor *cursor, const char *stops,
                                    struct filter_operand *operand_out);
/* Reads a text in double quotes; a backslash takes the next character as it is. */
MUST_CHECK bool filter_read_quoted(struct filter_cursor *cursor, const char **text_out);
/* Reads %regex%; at most two in a pattern. */
MUST_CHECK bool filter_read_regex(struct filter_cursor *cursor, struct regex **regex_out);

/* Does the value stand in that relation to the operand? `is_number` says that the value is a
 * number by nature. */
bool filter_compare(struct text value, bool is_number, enum filter_operator relation,
                    const struct filter_operand *operand);

#endif
