/*
 * Recursive descent with precedence climbing. Brackets, calls and signs count against
 * MATH_DEPTH_MAX, so that no text can exhaust the stack; chains of operators grow the tree to the
 * left, in a loop.
 */
#include "cloudwatch/math_parser.h"

#include "cloudwatch/math_lexer.h"

/* Higher binds tighter; 0: no operator. */
enum { PRECEDENCE_POWER = 6 };

static const struct {
    const char *text;
    int precedence;
} operators[] = {
    [MATH_OR] = { "OR", 1 },
    [MATH_AND] = { "AND", 2 },
    [MATH_EQUAL] = { "==", 3 },
    [MATH_UNEQUAL] = { "!=", 3 },
    [MATH_AT_MOST] = { "<=", 3 },
    [MATH_AT_LEAST] = { ">=", 3 },
    [MATH_BELOW] = { "<", 3 },
    [MATH_ABOVE] = { ">", 3 },
    [MATH_ADD] = { "+", 4 },
    [MATH_SUBTRACT] = { "-", 4 },
    [MATH_MULTIPLY] = { "*", 5 },
    [MATH_DIVIDE] = { "/", 5 },
    [MATH_POWER] = { "^", PRECEDENCE_POWER },
};

struct parser {
    struct math_lexer lexer;
    struct math_token token; /* the next one */
    struct arena *arena;
    const char *problem;
    int depth;
};

const char *math_operator_text(enum math_operator operator)
{
    return operators[operator].text;
}

static void advance(struct parser *parser)
{
    parser->token = math_lexer_next(&parser->lexer);
}

/* Always NULL. The first problem is the one to tell. */
static struct math_node *fail(struct parser *parser, const char *problem)
{
    if (!parser->problem)
        parser->problem = problem;
    return NULL;
}

static struct math_node *unexpected(struct parser *parser)
{
    const struct math_token *token = &parser->token;
    if (token->kind == MATH_TOKEN_END)
        return fail(parser, "Unexpected end of the expression");
    if (token->kind == MATH_TOKEN_BAD && token->text.data[0] != '\'' && token->text.data[0] != '"')
        return fail(parser,
                    arena_format(parser->arena, "Unexpected character '%.*s' at position %zu",
                                 TEXT_ARGS(token->text), token->at + 1));
    if (token->kind == MATH_TOKEN_BAD)
        return fail(parser, arena_format(parser->arena, "The string at position %zu has no end",
                                         token->at + 1));
    return fail(parser, arena_format(parser->arena, "Unexpected '%.*s' at position %zu",
                                     TEXT_ARGS(token->text), token->at + 1));
}

static struct math_node *make_node(struct parser *parser, enum math_kind kind)
{
    struct math_node *node = arena_alloc(parser->arena, sizeof(*node));
    node->kind = kind;
    return node;
}

static bool accept(struct parser *parser, enum math_token_kind kind)
{
    if (parser->token.kind != kind)
        return false;
    advance(parser);
    return true;
}

static struct math_node *parse_operation(struct parser *parser, int precedence);

/* What stands between brackets, up to and with the closing one. */
static struct math_node *parse_items(struct parser *parser, struct math_node *owner,
                                     enum math_token_kind closing)
{
    struct math_node **link = &owner->first;
    if (accept(parser, closing))
        return owner;
    do {
        *link = parse_operation(parser, 1);
        if (!*link)
            return NULL;
        link = &(*link)->next;
    } while (accept(parser, MATH_TOKEN_COMMA));
    return accept(parser, closing) ? owner : unexpected(parser);
}

static struct math_node *parse_name(struct parser *parser)
{
    struct math_node *node = make_node(parser, MATH_NAME);
    node->text = parser->token.text;
    advance(parser);
    if (!accept(parser, MATH_TOKEN_OPEN))
        return node;
    node->kind = MATH_CALL;
    return parse_items(parser, node, MATH_TOKEN_CLOSE);
}

static struct math_node *parse_group(struct parser *parser)
{
    advance(parser);
    struct math_node *node = parse_operation(parser, 1);
    if (!node)
        return NULL;
    return accept(parser, MATH_TOKEN_CLOSE) ? node : unexpected(parser);
}

static struct math_node *parse_list(struct parser *parser)
{
    struct math_node *node = make_node(parser, MATH_LIST);
    advance(parser);
    if (!parse_items(parser, node, MATH_TOKEN_CLOSE_LIST))
        return NULL;
    return node->first ? node : fail(parser, "An array must have at least one member");
}

/* -2 ^ 2 is -(2 ^ 2). */
static struct math_node *parse_negation(struct parser *parser)
{
    struct math_node *node = make_node(parser, MATH_NEGATION);
    advance(parser);
    node->first = parse_operation(parser, PRECEDENCE_POWER);
    return node->first ? node : NULL;
}

static struct math_node *parse_plain(struct parser *parser)
{
    struct math_node *node;
    switch (parser->token.kind) {
    case MATH_TOKEN_NUMBER:
        node = make_node(parser, MATH_NUMBER);
        node->number = parser->token.number;
        break;
    case MATH_TOKEN_STRING:
        node = make_node(parser, MATH_STRING);
        node->text = parser->token.text;
        break;
    case MATH_TOKEN_NAME:
        return parse_name(parser);
    case MATH_TOKEN_OPEN:
        return parse_group(parser);
    case MATH_TOKEN_OPEN_LIST:
        return parse_list(parser);
    default:
        if (parser->token.kind == MATH_TOKEN_OPERATOR && parser->token.operator== MATH_SUBTRACT)
            return parse_negation(parser);
        return unexpected(parser);
    }
    advance(parser);
    return node;
}

static struct math_node *parse_operand(struct parser *parser)
{
    if (parser->depth == MATH_DEPTH_MAX)
        return fail(parser, arena_format(parser->arena, "Nested deeper than %d", MATH_DEPTH_MAX));
    parser->depth++;
    struct math_node *node = parse_plain(parser);
    parser->depth--;
    return node;
}

/* Operators of this precedence and above, from left to right. */
static struct math_node *parse_operation(struct parser *parser, int precedence)
{
    struct math_node *left = parse_operand(parser);
    while (left && parser->token.kind == MATH_TOKEN_OPERATOR) {
        enum math_operator operator= parser->token.operator;
        int own = operators[operator].precedence;
        if (own < precedence)
            break;
        struct math_node *node = make_node(parser, MATH_OPERATION);
        node->operator= operator;
        advance(parser);
        node->first = left;
        left->next = parse_operation(parser, own + 1);
        left = left->next ? node : NULL;
    }
    return left;
}

struct math_node *math_parse(struct text expression, struct arena *arena, const char **problem_out)
{
    struct parser parser = { .lexer = { .rest = expression, .arena = arena }, .arena = arena };
    struct math_node *node = NULL;
    if (expression.size > MATH_EXPRESSION_MAX) {
        fail(&parser, arena_format(arena, "Longer than %d characters", MATH_EXPRESSION_MAX));
    } else {
        advance(&parser);
        node = parse_operation(&parser, 1);
        if (node && parser.token.kind != MATH_TOKEN_END)
            node = unexpected(&parser);
    }
    if (!node)
        *problem_out = parser.problem;
    return node;
}
