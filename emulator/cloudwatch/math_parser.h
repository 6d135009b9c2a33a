/*
 * Metric-math expressions as trees (cloudwatch-api.md section 2.6). Pure: knows operators, names
 * and brackets, but not which names and functions there are.
 */
#ifndef COALMINE_MATH_PARSER_H
#define COALMINE_MATH_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "compiler.h"
#include "text.h"

enum {
    MATH_EXPRESSION_MAX = 2048, /* characters */
    MATH_DEPTH_MAX = 100,       /* brackets inside brackets */
};

enum math_kind {
    MATH_NUMBER,
    MATH_STRING,
    MATH_NAME,
    MATH_NEGATION,
    MATH_OPERATION, /* first and first->next are its operands */
    MATH_LIST,      /* [a, b] */
    MATH_CALL,
};

enum math_operator {
    MATH_OR,
    MATH_AND,
    MATH_EQUAL,
    MATH_UNEQUAL,
    MATH_AT_MOST,
    MATH_AT_LEAST,
    MATH_BELOW,
    MATH_ABOVE,
    MATH_ADD,
    MATH_SUBTRACT,
    MATH_MULTIPLY,
    MATH_DIVIDE,
    MATH_POWER,
};

struct math_function;

struct math_node {
    enum math_kind kind;
    enum math_operator operator;
    double number;
    struct text text;        /* of a string without its quotes, a name, a call's function */
    struct math_node *first; /* operand, member or argument */
    struct math_node *next;  /* sibling */
    int type;                /* enum math_type, once math_check() has been there */
    const struct math_function *function; /* of a call, likewise */
};

/* How an operator is spelled. */
const char *math_operator_text(enum math_operator operator);

/* The tree, in the arena; its texts borrow from `expression` or the arena. NULL with a sentence in
 * *problem_out (in the arena) if it is none. */
MUST_CHECK struct math_node *math_parse(struct text expression, struct arena *arena,
                                        const char **problem_out);

#endif
