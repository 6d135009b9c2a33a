#include "logs/insights_expression.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "logs/insights_function.h"

enum { DEPTH_MAX = 64, LIST_MAX = 100 };

enum kind {
    EXPRESSION_VALUE,
    EXPRESSION_FIELD,
    EXPRESSION_CALL,
    EXPRESSION_BINARY, /* arithmetic and comparisons, by `sign` */
    EXPRESSION_AND,
    EXPRESSION_OR,
    EXPRESSION_NOT,
    EXPRESSION_NEGATE,
    EXPRESSION_REGEX, /* left like /re/, or =~ */
    EXPRESSION_LIKE,  /* left like "text": contains it */
    EXPRESSION_IN,    /* left in [ arguments ] */
};

struct insights_expression {
    enum kind kind;
    struct insights_value value;
    const char *name;
    const char *sign;
    const struct insights_function *function;
    const struct regex *regex;
    struct insights_expression *left;
    struct insights_expression *right;
    struct insights_expression *arguments; /* linked by next */
    struct insights_expression *next;
    int argument_count;
};

static struct insights_expression *parse_or(struct insights_lexer *lexer);
static struct insights_expression *parse_unary(struct insights_lexer *lexer);

static struct insights_expression *make(struct insights_lexer *lexer, enum kind kind)
{
    struct insights_expression *node = arena_alloc(lexer->arena, sizeof(*node));
    node->kind = kind;
    return node;
}

struct insights_expression *insights_expression_field(struct arena *arena, const char *name)
{
    struct insights_expression *node = arena_alloc(arena, sizeof(*node));
    node->kind = EXPRESSION_FIELD;
    node->name = name;
    return node;
}

static struct insights_expression *fail(struct insights_lexer *lexer, const char *wanted)
{
    insights_unexpected(lexer, wanted);
    return NULL;
}

/* a, b, c up to the closing sign, which is taken. */
static bool parse_list(struct insights_lexer *lexer, struct insights_expression *node,
                       const char *closing)
{
    struct insights_expression **last = &node->arguments;
    if (insights_take_sign(lexer, closing))
        return true;
    do {
        struct insights_expression *item = parse_or(lexer);
        if (!item || ++node->argument_count > LIST_MAX)
            return item != NULL && insights_unexpected(lexer, NULL);
        *last = item;
        last = &item->next;
    } while (insights_take_sign(lexer, ","));
    return insights_take_sign(lexer, closing) || insights_unexpected(lexer, closing);
}

/* bin(5m) is datefloor(@timestamp, 5m). */
static struct insights_expression *parse_bin(struct insights_lexer *lexer)
{
    struct insights_expression *node = make(lexer, EXPRESSION_CALL);
    struct insights_expression *time = insights_expression_field(lexer->arena, "@timestamp");
    node->function = insights_function_find("datefloor");
    node->arguments = time;
    node->argument_count = 2;
    if (!(time->next = parse_or(lexer)))
        return NULL;
    return insights_take_sign(lexer, ")") ? node : fail(lexer, ")");
}

/* true and false where a function takes them; elsewhere they are fields, as on AWS. */
static void read_truths(struct insights_expression *node)
{
    for (struct insights_expression *argument = node->arguments; argument;
         argument = argument->next) {
        bool is_true = argument->kind == EXPRESSION_FIELD && strcmp(argument->name, "true") == 0;
        if (is_true || (argument->kind == EXPRESSION_FIELD && strcmp(argument->name, "false") == 0))
            *argument = (struct insights_expression){ .kind = EXPRESSION_VALUE,
                                                      .value = insights_boolean(is_true),
                                                      .next = argument->next };
    }
}

/* The second argument, a text in quotes, compiled for all records. */
static bool compile_pattern(struct insights_lexer *lexer, struct insights_expression *node)
{
    struct insights_value *pattern = &node->arguments->next->value;
    if (node->arguments->next->kind != EXPRESSION_VALUE || pattern->kind != INSIGHTS_TEXT)
        return insights_unexpected(lexer, "a regular expression in quotes");
    const struct regex *regex = insights_compile_regex(lexer, pattern->text, 0);
    *pattern = (struct insights_value){ .kind = INSIGHTS_REGEX, .regex = regex };
    return regex != NULL;
}

/* Behind the "(" that follows the name, which is `symbol`. */
static struct insights_expression *parse_call(struct insights_lexer *lexer,
                                              struct insights_token symbol)
{
    struct insights_expression *node = make(lexer, EXPRESSION_CALL);
    const char *field = NULL;
    if (strcasecmp(symbol.text, "bin") == 0)
        return parse_bin(lexer);
    if (lexer->read_aggregate && !lexer->read_aggregate(lexer, symbol.text, &field))
        return NULL;
    if (field)
        return insights_expression_field(lexer->arena, field);
    node->function = insights_function_find(symbol.text);
    if (!node->function) {
        lexer->token = symbol; /* which is what the error is about */
        return fail(lexer, lexer->read_aggregate ? "count, sum, avg, min, max, pct, ... or another "
                                                   "function that there is"
                                                 : "a function that there is");
    }
    if (!parse_list(lexer, node, ")"))
        return NULL;
    if (node->argument_count < node->function->least || node->argument_count > node->function->most)
        return fail(lexer, "another number of arguments");
    if (node->function->tell) {
        node->kind = EXPRESSION_VALUE; /* the same for all records */
        node->value = node->function->tell(lexer->times);
    }
    if (node->function->flags & INSIGHTS_TAKES_TRUTH)
        read_truths(node);
    return !(node->function->flags & INSIGHTS_TAKES_REGEX) || compile_pattern(lexer, node) ? node
                                                                                           : NULL;
}

static struct insights_expression *parse_primary(struct insights_lexer *lexer)
{
    struct insights_token token = lexer->token;
    bool may_be_column = token.kind == TOKEN_NAME && !token.is_quoted && !lexer->read_aggregate;
    const char *column = may_be_column ? insights_take_column(lexer) : NULL;
    if (column)
        return insights_expression_field(lexer->arena, column);
    struct insights_expression *node = make(lexer, EXPRESSION_VALUE);
    switch (token.kind) {
    case TOKEN_NUMBER:
    case TOKEN_PERIOD:
        node->value = insights_number(token.number);
        break;
    case TOKEN_MONTHS:
        node->value = (struct insights_value){ .kind = INSIGHTS_MONTHS, .number = token.number };
        break;
    case TOKEN_TEXT:
        node->value = insights_text(token.text);
        break;
    case TOKEN_NAME:
        node->kind = EXPRESSION_FIELD;
        node->name = token.text;
        break;
    default:
        if (!insights_take_sign(lexer, "("))
            return fail(lexer, "a field or a value");
        node = parse_or(lexer);
        return !node || insights_take_sign(lexer, ")") ? node : fail(lexer, ")");
    }
    insights_next(lexer);
    if (token.kind == TOKEN_NAME && !token.is_quoted && insights_take_sign(lexer, "("))
        return parse_call(lexer, token);
    return node;
}

static struct insights_expression *parse_power(struct insights_lexer *lexer)
{
    struct insights_expression *left = parse_primary(lexer);
    if (!left || !insights_take_sign(lexer, "^"))
        return left;
    struct insights_expression *node = make(lexer, EXPRESSION_BINARY);
    node->sign = "^";
    node->left = left;
    node->right = parse_unary(lexer); /* binds to the right */
    return node->right ? node : NULL;
}

/* Every way down to something nested comes through here. */
static struct insights_expression *parse_unary(struct insights_lexer *lexer)
{
    if (++lexer->depth > DEPTH_MAX)
        return fail(lexer, "less nesting");
    struct insights_expression *node;
    if (insights_take_sign(lexer, "-")) {
        node = make(lexer, EXPRESSION_NEGATE);
        node->left = parse_unary(lexer);
        node = node->left ? node : NULL;
    } else {
        node = parse_power(lexer);
    }
    lexer->depth--;
    return node;
}

static struct insights_expression *
parse_signs(struct insights_lexer *lexer, const char *const *signs,
            struct insights_expression *(*next)(struct insights_lexer *lexer))
{
    struct insights_expression *node = next(lexer);
    for (const char *const *sign = signs; node && *sign;) {
        if (!insights_take_sign(lexer, *sign)) {
            sign++;
            continue;
        }
        struct insights_expression *parent = make(lexer, EXPRESSION_BINARY);
        parent->sign = *sign;
        parent->left = node;
        parent->right = next(lexer);
        node = parent->right ? parent : NULL;
        sign = signs;
    }
    return node;
}

static struct insights_expression *parse_product(struct insights_lexer *lexer)
{
    static const char *const signs[] = { "*", "/", "%", NULL };
    return parse_signs(lexer, signs, parse_unary);
}

static struct insights_expression *parse_sum(struct insights_lexer *lexer)
{
    static const char *const signs[] = { "+", "-", NULL };
    return parse_signs(lexer, signs, parse_product);
}

/* Behind like or =~: a text or a regular expression. */
static struct insights_expression *parse_like(struct insights_lexer *lexer,
                                              struct insights_expression *left)
{
    struct insights_token token = lexer->token;
    struct insights_expression *node =
        make(lexer, token.kind == TOKEN_REGEX ? EXPRESSION_REGEX : EXPRESSION_LIKE);
    node->left = left;
    if (token.kind == TOKEN_REGEX) {
        node->regex = insights_compile_regex(lexer, token.text, REGEX_DOT_ALL);
        insights_next(lexer);
        return node->regex ? node : NULL;
    }
    node->right = parse_sum(lexer);
    return node->right ? node : NULL;
}

static struct insights_expression *parse_in(struct insights_lexer *lexer,
                                            struct insights_expression *left)
{
    struct insights_expression *node = make(lexer, EXPRESSION_IN);
    node->left = left;
    if (!insights_take_sign(lexer, "["))
        return fail(lexer, "[");
    return parse_list(lexer, node, "]") ? node : NULL;
}

static struct insights_expression *negate(struct insights_lexer *lexer,
                                          struct insights_expression *left)
{
    struct insights_expression *node = make(lexer, EXPRESSION_NOT);
    node->left = left;
    return left ? node : NULL;
}

static struct insights_expression *parse_comparison(struct insights_lexer *lexer)
{
    static const char *const signs[] = { "=", "!=", "<=", ">=", "<", ">", NULL };
    struct insights_expression *left = parse_signs(lexer, signs, parse_sum);
    if (!left)
        return NULL;
    if (insights_take_sign(lexer, "=~") || insights_take_word(lexer, "like"))
        return parse_like(lexer, left);
    if (insights_take_word(lexer, "in"))
        return parse_in(lexer, left);
    if (!insights_take_word(lexer, "not"))
        return left;
    if (insights_take_word(lexer, "like"))
        return negate(lexer, parse_like(lexer, left));
    return insights_take_word(lexer, "in") ? negate(lexer, parse_in(lexer, left))
                                           : fail(lexer, "like or in");
}

static struct insights_expression *parse_not(struct insights_lexer *lexer)
{
    if (++lexer->depth > DEPTH_MAX)
        return fail(lexer, "less nesting");
    struct insights_expression *node = insights_take_word(lexer, "not")
                                           ? negate(lexer, parse_not(lexer))
                                           : parse_comparison(lexer);
    lexer->depth--;
    return node;
}

static struct insights_expression *
parse_words(struct insights_lexer *lexer, const char *word, enum kind kind,
            struct insights_expression *(*next)(struct insights_lexer *lexer))
{
    struct insights_expression *node = next(lexer);
    while (node && insights_take_word(lexer, word)) {
        struct insights_expression *parent = make(lexer, kind);
        parent->left = node;
        parent->right = next(lexer);
        node = parent->right ? parent : NULL;
    }
    return node;
}

static struct insights_expression *parse_and(struct insights_lexer *lexer)
{
    return parse_words(lexer, "and", EXPRESSION_AND, parse_not);
}

static struct insights_expression *parse_or(struct insights_lexer *lexer)
{
    return parse_words(lexer, "or", EXPRESSION_OR, parse_and);
}

struct insights_expression *insights_expression_parse(struct insights_lexer *lexer)
{
    return parse_or(lexer);
}

const char *insights_field_name(const struct insights_expression *expression)
{
    return expression->kind == EXPRESSION_FIELD ? expression->name : NULL;
}

static struct insights_value calculate(char sign, double a, double b)
{
    switch (sign) {
    case '+':
        return insights_number(a + b);
    case '-':
        return insights_number(a - b);
    case '*':
        return insights_number(a * b);
    case '/':
        return insights_number(a / b);
    case '%':
        return insights_number(fmod(a, b));
    default:
        return insights_number(pow(a, b));
    }
}

/* Digits that a number would round: those of an identifier rather than of an amount. */
static bool is_long_id(const struct insights_value *value)
{
    enum { ID_LENGTH = 18 };
    if (value->kind != INSIGHTS_TEXT)
        return false;
    size_t size = strspn(value->text, "0123456789");
    return size >= ID_LENGTH && value->text[size] == '\0';
}

/* Equal as numbers if both are, else as texts. */
static int order(const struct insights_value *a, const struct insights_value *b,
                 struct arena *arena)
{
    double first;
    double second;
    bool are_numbers = insights_to_number(a, &first) && insights_to_number(b, &second);
    if (are_numbers && !(is_long_id(a) && is_long_id(b) && first == second))
        return (first > second) - (first < second);
    return strcmp(insights_print(a, arena), insights_print(b, arena));
}

static struct insights_value compare(const char *sign, const struct insights_value *a,
                                     const struct insights_value *b, struct arena *arena)
{
    bool is_missing = a->kind == INSIGHTS_MISSING || b->kind == INSIGHTS_MISSING;
    if (a->kind == INSIGHTS_STRUCTURE || b->kind == INSIGHTS_STRUCTURE)
        return insights_boolean(false);
    if (is_missing)
        return insights_boolean(strcmp(sign, "!=") == 0 && a->kind != b->kind);
    int difference = order(a, b, arena);
    if (sign[0] == '=')
        return insights_boolean(difference == 0);
    if (sign[0] == '!')
        return insights_boolean(difference != 0);
    bool holds = sign[0] == '<' ? difference < 0 : difference > 0;
    return insights_boolean(holds || (sign[1] == '=' && difference == 0));
}

static struct insights_value evaluate_binary(const struct insights_expression *expression,
                                             const struct insights_scope *scope)
{
    double first;
    double second;
    struct insights_value a = insights_evaluate(expression->left, scope);
    struct insights_value b = insights_evaluate(expression->right, scope);
    if (strchr("=!<>", expression->sign[0]))
        return compare(expression->sign, &a, &b, scope->arena);
    if (!insights_to_number(&a, &first) || !insights_to_number(&b, &second))
        return (struct insights_value){ 0 };
    return calculate(expression->sign[0], first, second);
}

static struct insights_value evaluate_call(const struct insights_expression *expression,
                                           const struct insights_scope *scope)
{
    struct insights_value arguments[INSIGHTS_ARGUMENTS_MAX];
    int count = 0;
    const struct insights_expression *argument = expression->arguments;
    for (; argument && count < INSIGHTS_ARGUMENTS_MAX; argument = argument->next)
        arguments[count++] = expression->function->flags & INSIGHTS_TAKES_STRUCTURES
                                 ? insights_evaluate(argument, scope)
                                 : insights_evaluate_scalar(argument, scope);
    return expression->function->call(arguments, count, scope->arena);
}

static bool is_in(const struct insights_expression *expression, const struct insights_scope *scope)
{
    struct insights_value left = insights_evaluate_scalar(expression->left, scope);
    const struct insights_expression *item = expression->arguments;
    for (; item && left.kind != INSIGHTS_MISSING; item = item->next) {
        struct insights_value value = insights_evaluate_scalar(item, scope);
        if (value.kind != INSIGHTS_MISSING && order(&left, &value, scope->arena) == 0)
            return true;
    }
    return false;
}

static bool is_like(const struct insights_expression *expression,
                    const struct insights_scope *scope)
{
    struct insights_value left = insights_evaluate_scalar(expression->left, scope);
    const char *text = insights_print(&left, scope->arena);
    if (left.kind == INSIGHTS_MISSING)
        return false;
    if (expression->kind == EXPRESSION_REGEX)
        return regex_match(expression->regex, text_from(text), NULL, 0);
    struct insights_value right = insights_evaluate_scalar(expression->right, scope);
    return strstr(text, insights_print(&right, scope->arena)) != NULL;
}

static bool is_true(const struct insights_expression *expression,
                    const struct insights_scope *scope)
{
    struct insights_value value = insights_evaluate(expression, scope);
    return insights_is_true(&value);
}

static struct insights_value evaluate_negation(const struct insights_expression *expression,
                                               const struct insights_scope *scope)
{
    double number;
    struct insights_value value = insights_evaluate(expression->left, scope);
    return insights_to_number(&value, &number) ? insights_number(-number)
                                               : (struct insights_value){ 0 };
}

struct insights_value insights_evaluate(const struct insights_expression *expression,
                                        const struct insights_scope *scope)
{
    switch (expression->kind) {
    case EXPRESSION_VALUE:
        return expression->value;
    case EXPRESSION_FIELD:
        return scope->lookup(expression->name, scope->owner);
    case EXPRESSION_CALL:
        return evaluate_call(expression, scope);
    case EXPRESSION_BINARY:
        return evaluate_binary(expression, scope);
    case EXPRESSION_AND:
        return insights_boolean(is_true(expression->left, scope) &&
                                is_true(expression->right, scope));
    case EXPRESSION_OR:
        return insights_boolean(is_true(expression->left, scope) ||
                                is_true(expression->right, scope));
    case EXPRESSION_NOT:
        return insights_boolean(!is_true(expression->left, scope));
    case EXPRESSION_NEGATE:
        return evaluate_negation(expression, scope);
    case EXPRESSION_IN:
        return insights_boolean(is_in(expression, scope));
    default:
        return insights_boolean(is_like(expression, scope));
    }
}

struct insights_value insights_evaluate_scalar(const struct insights_expression *expression,
                                               const struct insights_scope *scope)
{
    return insights_scalar(insights_evaluate(expression, scope));
}
