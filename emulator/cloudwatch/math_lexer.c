#include "cloudwatch/math_lexer.h"

static const struct {
    const char *text;
    enum math_token_kind kind;
    enum math_operator operator;
} marks[] = {
    /* The longer ones first. */
    { "==", MATH_TOKEN_OPERATOR, MATH_EQUAL },
    { "!=", MATH_TOKEN_OPERATOR, MATH_UNEQUAL },
    { "<=", MATH_TOKEN_OPERATOR, MATH_AT_MOST },
    { ">=", MATH_TOKEN_OPERATOR, MATH_AT_LEAST },
    { "&&", MATH_TOKEN_OPERATOR, MATH_AND },
    { "||", MATH_TOKEN_OPERATOR, MATH_OR },
    { "<", MATH_TOKEN_OPERATOR, MATH_BELOW },
    { ">", MATH_TOKEN_OPERATOR, MATH_ABOVE },
    { "+", MATH_TOKEN_OPERATOR, MATH_ADD },
    { "-", MATH_TOKEN_OPERATOR, MATH_SUBTRACT },
    { "*", MATH_TOKEN_OPERATOR, MATH_MULTIPLY },
    { "/", MATH_TOKEN_OPERATOR, MATH_DIVIDE },
    { "^", MATH_TOKEN_OPERATOR, MATH_POWER },
    { "(", MATH_TOKEN_OPEN, 0 },
    { ")", MATH_TOKEN_CLOSE, 0 },
    { "[", MATH_TOKEN_OPEN_LIST, 0 },
    { "]", MATH_TOKEN_CLOSE_LIST, 0 },
    { ",", MATH_TOKEN_COMMA, 0 },
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_part(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void take(struct math_lexer *lexer, struct math_token *token, enum math_token_kind kind,
                 size_t size)
{
    token->kind = kind;
    token->text = (struct text){ lexer->rest.data, size };
    lexer->rest.data += size;
    lexer->rest.size -= size;
    lexer->at += size;
}

static size_t count_digits(struct text text, size_t from)
{
    size_t at = from;
    while (at < text.size && is_digit(text.data[at]))
        at++;
    return at - from;
}

/* 12, 0.5, .5, 1e-3 */
static void take_number(struct math_lexer *lexer, struct math_token *token)
{
    struct text rest = lexer->rest;
    size_t size = count_digits(rest, 0);
    if (size < rest.size && rest.data[size] == '.')
        size += 1 + count_digits(rest, size + 1);
    if (size < rest.size && (rest.data[size] == 'e' || rest.data[size] == 'E')) {
        size_t sign =
            size + 1 < rest.size && (rest.data[size + 1] == '-' || rest.data[size + 1] == '+');
        size_t digits = count_digits(rest, size + 1 + sign);
        size += digits ? 1 + sign + digits : 0;
    }
    take(lexer, token, MATH_TOKEN_NUMBER, size);
    if (!text_to_double(token->text, &token->number))
        token->kind = MATH_TOKEN_BAD;
}

/* A quote of the string's own kind is written behind a backslash; other backslashes stay, for
 * SEARCH has its own use for them. */
static void take_string(struct math_lexer *lexer, struct math_token *token)
{
    char quote = lexer->rest.data[0];
    char *copy = arena_alloc(lexer->arena, lexer->rest.size);
    size_t size = 0;
    for (size_t at = 1; at < lexer->rest.size; at++) {
        char c = lexer->rest.data[at];
        if (c == quote) {
            take(lexer, token, MATH_TOKEN_STRING, at + 1);
            token->text = (struct text){ copy, size };
            return;
        }
        if (c == '\\' && at + 1 < lexer->rest.size && lexer->rest.data[at + 1] == quote)
            c = lexer->rest.data[++at];
        copy[size++] = c;
    }
    take(lexer, token, MATH_TOKEN_BAD, lexer->rest.size);
}

static void take_name(struct math_lexer *lexer, struct math_token *token)
{
    size_t size = 0;
    while (size < lexer->rest.size && is_name_part(lexer->rest.data[size]))
        size++;
    take(lexer, token, MATH_TOKEN_NAME, size);
    bool is_and = text_equal(token->text, "AND");
    if (is_and || text_equal(token->text, "OR")) {
        token->kind = MATH_TOKEN_OPERATOR;
        token->operator= is_and ? MATH_AND : MATH_OR;
    }
}

static void take_mark(struct math_lexer *lexer, struct math_token *token)
{
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        if (text_starts_with(lexer->rest, marks[i].text)) {
            take(lexer, token, marks[i].kind, strlen(marks[i].text));
            token->operator= marks[i].operator;
            return;
        }
    }
    size_t size = 1; /* all bytes of a UTF-8 character */
    while (size < lexer->rest.size && !text_begins_character(lexer->rest.data[size]))
        size++;
    take(lexer, token, MATH_TOKEN_BAD, size);
}

struct math_token math_lexer_next(struct math_lexer *lexer)
{
    size_t blank = 0;
    struct math_token token = { .kind = MATH_TOKEN_END };
    while (blank < lexer->rest.size && is_space(lexer->rest.data[blank]))
        blank++;
    take(lexer, &token, MATH_TOKEN_END, blank);
    token.at = lexer->at;
    if (lexer->rest.size == 0)
        return token;
    char c = lexer->rest.data[0];
    if (is_digit(c) || c == '.')
        take_number(lexer, &token);
    else if (c == '\'' || c == '"')
        take_string(lexer, &token);
    else if (is_name_part(c))
        take_name(lexer, &token);
    else
        take_mark(lexer, &token);
    return token;
}
