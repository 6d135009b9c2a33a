/*
 * The words of a metric-math expression.
 */
#ifndef COALMINE_MATH_LEXER_H
#define COALMINE_MATH_LEXER_H

#include "arena.h"
#include "cloudwatch/math_parser.h"
#include "text.h"

enum math_token_kind {
    MATH_TOKEN_END,
    MATH_TOKEN_BAD, /* a character that begins nothing, or a string without end */
    MATH_TOKEN_NUMBER,
    MATH_TOKEN_STRING, /* text: without quotes, \' and \" of its own kind resolved */
    MATH_TOKEN_NAME,
    MATH_TOKEN_OPERATOR,
    MATH_TOKEN_OPEN,
    MATH_TOKEN_CLOSE,
    MATH_TOKEN_OPEN_LIST,
    MATH_TOKEN_CLOSE_LIST,
    MATH_TOKEN_COMMA,
};

struct math_token {
    enum math_token_kind kind;
    struct text text;
    size_t at; /* bytes before it */
    double number;
    enum math_operator operator;
};

struct math_lexer {
    struct text rest;
    size_t at;
    struct arena *arena; /* for strings with escapes */
};

/* The next token, without the white space before it; MATH_TOKEN_END at the end, again and again. */
struct math_token math_lexer_next(struct math_lexer *lexer);

#endif
