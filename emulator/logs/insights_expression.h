/*
 * Expressions of Logs Insights: parsed once into the query's arena, evaluated for each record.
 */
#ifndef COALMINE_INSIGHTS_EXPRESSION_H
#define COALMINE_INSIGHTS_EXPRESSION_H

#include "logs/insights_lexer.h"
#include "logs/insights_value.h"

struct insights_expression;

/* Where an evaluation finds its fields, and makes its texts. */
struct insights_scope {
    struct insights_value (*lookup)(const char *name, void *owner);
    void *owner;
    struct arena *arena;
};

/* NULL with the lexer's error if there is none. */
MUST_CHECK struct insights_expression *insights_expression_parse(struct insights_lexer *lexer);

/* Just a field; `name` lives as long as the arena. */
struct insights_expression *insights_expression_field(struct arena *arena, const char *name);

/* Its value for what the scope looks up; none where one is to be calculated with what is no number.
 */
struct insights_value insights_evaluate(const struct insights_expression *expression,
                                        const struct insights_scope *scope);

/* A structure counts as missing. */
struct insights_value insights_evaluate_scalar(const struct insights_expression *expression,
                                               const struct insights_scope *scope);

/* The name if the expression is a field and nothing else; else NULL. */
const char *insights_field_name(const struct insights_expression *expression);

#endif
