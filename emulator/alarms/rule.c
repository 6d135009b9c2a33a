#include "alarms/rule.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum node_kind { NODE_CONSTANT, NODE_STATE, NODE_NOT, NODE_AND, NODE_OR };

struct alarm_rule_node {
    enum node_kind kind;
    bool constant;
    enum alarm_state state;
    const char *child;
    const struct alarm_rule_node *left;
    const struct alarm_rule_node *right;
};

struct parser {
    struct text whole;
    size_t at;
    int depth;
    int elements;
    struct alarm_rule *rule;
    const struct fault *fault;
    struct error *error;
};

static const struct alarm_rule_node *parse_or(struct parser *parser);

static void *complain(struct parser *parser, const char *problem)
{
    if (!parser->error->message)
        error_set(parser->error, parser->fault, "Invalid AlarmRule at position %zu: %s",
                  parser->at + 1, problem);
    return NULL;
}

static void skip_space(struct parser *parser)
{
    while (parser->at < parser->whole.size &&
           isspace((unsigned char)parser->whole.data[parser->at]))
        parser->at++;
}

static bool take_char(struct parser *parser, char character)
{
    skip_space(parser);
    if (parser->at == parser->whole.size || parser->whole.data[parser->at] != character)
        return false;
    parser->at++;
    return true;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The word that stands next, without taking it. */
static struct text peek_word(struct parser *parser)
{
    skip_space(parser);
    size_t end = parser->at;
    while (end < parser->whole.size && is_word_char(parser->whole.data[end]))
        end++;
    return (struct text){ parser->whole.data + parser->at, end - parser->at };
}

static bool take_word(struct parser *parser, const char *word)
{
    struct text next = peek_word(parser);
    if (next.size != strlen(word) || strncasecmp(next.data, word, next.size) != 0)
        return false;
    parser->at += next.size;
    return true;
}

static const struct alarm_rule_node *make(struct parser *parser, struct alarm_rule_node node)
{
    struct alarm_rule_node *made = arena_alloc(&parser->rule->arena, sizeof(*made));
    *made = node;
    return made;
}

static bool count_element(struct parser *parser)
{
    return ++parser->elements <= ALARM_RULE_ELEMENTS_MAX ||
           complain(parser, "an alarm rule has at most 500 elements");
}

/* A name or ARN: in quotes whatever it holds, else up to a space or parenthesis. */
static const char *parse_reference(struct parser *parser)
{
    bool is_quoted = take_char(parser, '"');
    skip_space(parser);
    size_t start = parser->at;
    while (parser->at < parser->whole.size) {
        char c = parser->whole.data[parser->at];
        if (is_quoted ? c == '"' : isspace((unsigned char)c) || (c && strchr("()\",", c)))
            break;
        if (iscntrl((unsigned char)c))
            return complain(parser, "alarm names hold no control characters");
        parser->at++;
    }
    struct text name = { parser->whole.data + start, parser->at - start };
    if (is_quoted && !take_char(parser, '"'))
        return complain(parser, "the quotation mark is not closed");
    if (name.size == 0)
        return complain(parser, "an alarm name or ARN is expected");
    return arena_copy(&parser->rule->arena, name);
}

static bool note_child(struct parser *parser, const char *child)
{
    struct alarm_rule *rule = parser->rule;
    for (size_t i = 0; i < rule->child_count; i++)
        if (strcmp(rule->children[i], child) == 0)
            return true;
    if (rule->child_count == ALARM_RULE_CHILDREN_MAX)
        return complain(parser, "an alarm rule has at most 100 children");
    rule->children[rule->child_count++] = child;
    return true;
}

static const struct alarm_rule_node *parse_state(struct parser *parser, enum alarm_state state)
{
    if (!take_char(parser, '('))
        return complain(parser, "'(' is expected");
    const char *child = parse_reference(parser);
    if (!child)
        return NULL;
    if (!take_char(parser, ')'))
        return complain(parser, "')' is expected");
    if (!count_element(parser) || !note_child(parser, child))
        return NULL;
    return make(parser,
                (struct alarm_rule_node){ .kind = NODE_STATE, .state = state, .child = child });
}

static const struct alarm_rule_node *parse_parenthesis(struct parser *parser)
{
    if (!count_element(parser))
        return NULL;
    const struct alarm_rule_node *inner = parse_or(parser);
    if (inner && !take_char(parser, ')'))
        return complain(parser, "')' is expected");
    return inner;
}

static const struct alarm_rule_node *parse_constant(struct parser *parser, bool constant)
{
    if (!count_element(parser))
        return NULL;
    return make(parser, (struct alarm_rule_node){ .kind = NODE_CONSTANT, .constant = constant });
}

static const struct alarm_rule_node *parse_atom(struct parser *parser)
{
    static const enum alarm_state states[] = { ALARM_STATE_ALARM, ALARM_STATE_OK,
                                               ALARM_STATE_INSUFFICIENT_DATA };
    if (take_char(parser, '('))
        return parse_parenthesis(parser);
    if (take_word(parser, "TRUE"))
        return parse_constant(parser, true);
    if (take_word(parser, "FALSE"))
        return parse_constant(parser, false);
    for (size_t i = 0; i < COUNT_OF(states); i++)
        if (take_word(parser, alarm_state_name(states[i])))
            return parse_state(parser, states[i]);
    return complain(parser, "ALARM(...), OK(...), INSUFFICIENT_DATA(...), TRUE, FALSE, NOT or '(' "
                            "is expected");
}

static const struct alarm_rule_node *parse_not(struct parser *parser)
{
    bool is_negated = false;
    while (take_word(parser, "NOT"))
        is_negated = !is_negated;
    const struct alarm_rule_node *inner = parse_atom(parser);
    return inner && is_negated
               ? make(parser, (struct alarm_rule_node){ .kind = NODE_NOT, .left = inner })
               : inner;
}

static const struct alarm_rule_node *parse_and(struct parser *parser)
{
    const struct alarm_rule_node *left = parse_not(parser);
    while (left && take_word(parser, "AND")) {
        const struct alarm_rule_node *right = parse_not(parser);
        left =
            right ? make(parser,
                         (struct alarm_rule_node){ .kind = NODE_AND, .left = left, .right = right })
                  : NULL;
    }
    return left;
}

static const struct alarm_rule_node *parse_or(struct parser *parser)
{
    if (++parser->depth > ALARM_RULE_DEPTH_MAX)
        return complain(parser, "parentheses are nested too deep");
    const struct alarm_rule_node *left = parse_and(parser);
    while (left && take_word(parser, "OR")) {
        const struct alarm_rule_node *right = parse_and(parser);
        left = right
                   ? make(parser,
                          (struct alarm_rule_node){ .kind = NODE_OR, .left = left, .right = right })
                   : NULL;
    }
    parser->depth--;
    return left;
}

bool alarm_rule_parse(struct text text, const struct fault *fault, struct alarm_rule *rule_out,
                      struct error *error)
{
    struct alarm_rule rule = { 0 };
    struct error problem = { 0 };
    struct parser parser = { .whole = text, .rule = &rule, .fault = fault, .error = &problem };
    rule.root = parse_or(&parser);
    skip_space(&parser);
    if (rule.root && parser.at < text.size) {
        complain(&parser, "AND, OR or the end is expected");
        rule.root = NULL;
    }
    if (rule.root) {
        *rule_out = rule;
        return true;
    }
    alarm_rule_clear(&rule);
    error_set(error, fault, "%s", problem.message);
    error_clear(&problem);
    return false;
}

void alarm_rule_clear(struct alarm_rule *rule)
{
    arena_clear(&rule->arena);
    *rule = (struct alarm_rule){ 0 };
}

static bool holds(const struct alarm_rule_node *node, alarm_rule_lookup *lookup, void *owner)
{
    enum alarm_state state;
    switch (node->kind) {
    case NODE_CONSTANT:
        return node->constant;
    case NODE_STATE:
        return lookup(owner, node->child, &state) && state == node->state;
    case NODE_NOT:
        return !holds(node->left, lookup, owner);
    case NODE_AND:
        return holds(node->left, lookup, owner) && holds(node->right, lookup, owner);
    case NODE_OR:
        return holds(node->left, lookup, owner) || holds(node->right, lookup, owner);
    }
    return false;
}

bool alarm_rule_holds(const struct alarm_rule *rule, alarm_rule_lookup *lookup, void *owner)
{
    return holds(rule->root, lookup, owner);
}
