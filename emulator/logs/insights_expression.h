/*
 * Expressions of Logs Insights: parsed once into the query's arena, evaluated for each record.
 */
#ifndef COALMINE_INSIGHTS_EXPRESSION_H
#define COALMINE_INSIGHTS_EXPRESSION_H

#include "logs/insights_lexer.h"
#include "logs/insights_value.h"

struct insights_expression;
struct insights_regex;

/* Where an evaluation finds its fields, and makes its texts. */
struct insights_scope {
    struct insights_value (*lookup)(const char *name, void *owner);
    void *owner;
    struct arena *arena;
};

/* NULL with the lexer's error if there is none. */
MUST_CHECK struct insights_expression *insights_expression_parse(struct insights_lexer *lexer);

struct insights_value insights_evaluate(const struct insights_expression *expression,
                                        const struct insights_scope *scope);

/* The name if the expression is a field and nothing else; else NULL. */
const char *insights_field_name(const struct insights_expression *expression);

/* A regular expression of the query: compiled into a list that its owner destroys. Its captures
 * by number; NULL with the lexer's error if it does not compile. */
MUST_CHECK struct insights_regex *insights_regex_compile(struct insights_lexer *lexer,
                                                         const char *source, bool ignores_case);
bool insights_regex_match(const struct insights_regex *regex, struct text text,
                          struct text *captures_out, int count);
/* Calls for each named group: its name and number. */
void insights_regex_each_name(const struct insights_regex *regex,
                              void (*function)(const char *name, int number, void *owner),
                              void *owner);
void insights_regexes_destroy(struct insights_regex *first);

#endif
