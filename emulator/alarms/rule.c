#include "alarms/rule.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"

enum node_kind { NODE_CONSTANT, NODE_STATE, NODE_AT_LEAST, NODE_NOT, NODE_AND, NODE_OR };

enum { PERCENT_MAX = 100 };

struct alarm_rule_node {
    enum node_kind kind;
    bool constant;
    enum alarm_state state;
    const char *child;
    /* AT_LEAST: how many of the children, or how much percent of them, must (not) be in the state
     */
    const char *const *children;
    size_t child_count;
    size_t least;
    bool is_percent;
    bool is_not;
    const struct alarm_rule_node *left;
    const struct alarm_rule_node *right;
};

struct parser {
    struct text whole;
    size_t at;
    int elements; /* parentheses are some of them, so this bounds their depth too */
    struct alarm_rule *rule;
    const struct fault *fault;
    struct error *error;
};

static const struct alarm_rule_node *parse_or(struct parser *parser);

static void skip_space(struct parser *parser)
{
    while (parser->at < parser->whole.size &&
           isspace((unsigned char)parser->whole.data[parser->at]))
        parser->at++;
}

static bool is_delimiter(char c)
{
    return isspace((unsigned char)c) || (c && strchr("(),", c));
}

static void *fail(struct parser *parser, const char *problem)
{
    if (!parser->error->message)
        error_set(parser->error, parser->fault, "Error in AlarmRule [%s]", problem);
    return NULL;
}

/* AWS's sentence for what stands there, behind all space, and what could stand there instead. */
static void *complain(struct parser *parser, const char *expected)
{
    struct text rest = { parser->whole.data + parser->at, parser->whole.size - parser->at };
    size_t size = rest.size > 0;
    while (size && size < rest.size && !is_delimiter(rest.data[0]) &&
           !is_delimiter(rest.data[size]))
        size++;
    struct text token = { rest.data, size };
    const char *problem =
        size ? arena_format(&parser->rule->arena,
                            "Unsupported token '%.*s' at char %zu, must be: %s", TEXT_ARGS(token),
                            parser->at, expected)
             : arena_format(&parser->rule->arena, "The rule ends at char %zu, must be: %s",
                            parser->at, expected);
    return fail(parser, problem);
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
           fail(parser, "an alarm rule has at most 500 elements");
}

/* A name or ARN: in quotes whatever it holds, with \" for a quotation mark, else up to a space,
 * parenthesis or comma. */
static const char *parse_reference(struct parser *parser)
{
    struct buffer name = { 0 };
    skip_space(parser);
    bool is_quoted = take_char(parser, '"');
    for (; parser->at < parser->whole.size; parser->at++) {
        const char *c = parser->whole.data + parser->at;
        if (is_quoted ? *c == '"' : is_delimiter(*c))
            break;
        if (iscntrl((unsigned char)*c)) {
            buffer_clear(&name);
            return fail(parser, "alarm names hold no control characters");
        }
        if (is_quoted && parser->at + 1 < parser->whole.size && c[0] == '\\' && c[1] == '"')
            parser->at++;
        buffer_add_char(&name, parser->whole.data[parser->at]);
    }
    const char *reference = name.size ? arena_copy(&parser->rule->arena, buffer_text(&name)) : NULL;
    buffer_clear(&name);
    if (is_quoted && !take_char(parser, '"'))
        return complain(parser, "'\"'");
    return reference ? reference : complain(parser, "an alarm name or ARN");
}

static bool note_child(struct parser *parser, const char *child)
{
    struct alarm_rule *rule = parser->rule;
    for (size_t i = 0; i < rule->child_count; i++)
        if (strcmp(rule->children[i], child) == 0)
            return true;
    if (rule->child_count == ALARM_RULE_CHILDREN_MAX)
        return fail(parser, "an alarm rule has at most 100 children");
    rule->children[rule->child_count++] = child;
    return true;
}

static const char *parse_child(struct parser *parser)
{
    const char *child = parse_reference(parser);
    return child && count_element(parser) && note_child(parser, child) ? child : NULL;
}

static const struct alarm_rule_node *parse_state(struct parser *parser, enum alarm_state state)
{
    if (!take_char(parser, '('))
        return complain(parser, "'('");
    const char *child = parse_child(parser);
    if (!child)
        return NULL;
    if (!take_char(parser, ')'))
        return complain(parser, "')'");
    return make(parser,
                (struct alarm_rule_node){ .kind = NODE_STATE, .state = state, .child = child });
}

static bool take_state(struct parser *parser, enum alarm_state *state_out)
{
    static const enum alarm_state states[] = { ALARM_STATE_ALARM, ALARM_STATE_OK,
                                               ALARM_STATE_INSUFFICIENT_DATA };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        *state_out = states[i];
        if (take_word(parser, alarm_state_name(states[i])))
            return true;
    }
    return false;
}

/* "2" or "50%" */
static bool parse_least(struct parser *parser, struct alarm_rule_node *node)
{
    struct text word = peek_word(parser);
    int64_t least;
    size_t at = parser->at;
    bool is_number = text_to_int64(word, &least) && least > 0;
    parser->at += word.size;
    node->is_percent = take_char(parser, '%');
    if (is_number && (!node->is_percent || least <= PERCENT_MAX)) {
        node->least = (size_t)least;
        return true;
    }
    parser->at = at;
    return complain(parser, "a number of alarms or a percentage");
}

/* "(a, b, c)" */
static bool parse_children(struct parser *parser, struct alarm_rule_node *node)
{
    const char *list[ALARM_RULE_ELEMENTS_MAX];
    if (!take_char(parser, '('))
        return complain(parser, "'('");
    if (!count_element(parser))
        return false;
    do {
        const char *child = parse_child(parser);
        if (!child)
            return false;
        list[node->child_count++] = child;
    } while (take_char(parser, ','));
    if (!take_char(parser, ')'))
        return complain(parser, "',' or ')'");
    const char **children =
        arena_alloc(&parser->rule->arena, node->child_count * sizeof(*children));
    memcpy(children, list, node->child_count * sizeof(*children));
    node->children = children;
    return true;
}

/* AT_LEAST(2, NOT OK, (a, b, c)) */
static const struct alarm_rule_node *parse_at_least(struct parser *parser)
{
    struct alarm_rule_node node = { .kind = NODE_AT_LEAST };
    if (!take_char(parser, '('))
        return complain(parser, "'('");
    if (!parse_least(parser, &node))
        return NULL;
    if (!take_char(parser, ','))
        return complain(parser, "','");
    node.is_not = take_word(parser, "NOT");
    if (!take_state(parser, &node.state))
        return complain(parser, "ALARM, OK, or INSUFFICIENT_DATA");
    if (!take_char(parser, ','))
        return complain(parser, "','");
    if (!parse_children(parser, &node))
        return NULL;
    return take_char(parser, ')') ? make(parser, node) : complain(parser, "')'");
}

static const struct alarm_rule_node *parse_parenthesis(struct parser *parser)
{
    if (!count_element(parser))
        return NULL;
    const struct alarm_rule_node *inner = parse_or(parser);
    if (inner && !take_char(parser, ')'))
        return complain(parser, "')'");
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
    enum alarm_state state;
    if (take_char(parser, '('))
        return parse_parenthesis(parser);
    if (take_word(parser, "TRUE"))
        return parse_constant(parser, true);
    if (take_word(parser, "FALSE"))
        return parse_constant(parser, false);
    if (take_word(parser, "AT_LEAST"))
        return parse_at_least(parser);
    if (take_state(parser, &state))
        return parse_state(parser, state);
    return complain(parser, "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA");
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
    const struct alarm_rule_node *left = parse_and(parser);
    while (left && take_word(parser, "OR")) {
        const struct alarm_rule_node *right = parse_and(parser);
        left = right
                   ? make(parser,
                          (struct alarm_rule_node){ .kind = NODE_OR, .left = left, .right = right })
                   : NULL;
    }
    return left;
}

bool alarm_rule_parse(struct text text, const struct fault *fault, struct alarm_rule *rule_out,
                      struct error *error)
{
    struct alarm_rule rule = { 0 };
    struct error problem = { 0 };
    struct parser parser = { .whole = text, .rule = &rule, .fault = fault, .error = &problem };
    rule.root = parse_or(&parser);
    if (rule.root && parser.at < text.size) {
        complain(&parser, "AND, OR or the end");
        rule.root = NULL;
    }
    if (rule.root) {
        *rule_out = rule;
        return true;
    }
    error_set(error, fault, "%s", problem.message);
    alarm_rule_clear(&rule);
    error_clear(&problem);
    return false;
}

void alarm_rule_clear(struct alarm_rule *rule)
{
    arena_clear(&rule->arena);
    *rule = (struct alarm_rule){ 0 };
}

static bool is_in_state(const char *child, enum alarm_state wanted, alarm_rule_lookup *lookup,
                        void *owner)
{
    enum alarm_state state;
    return lookup(owner, child, &state) && state == wanted;
}

static bool are_enough(const struct alarm_rule_node *node, alarm_rule_lookup *lookup, void *owner)
{
    size_t count = 0;
    for (size_t i = 0; i < node->child_count; i++)
        count += is_in_state(node->children[i], node->state, lookup, owner) != node->is_not;
    return node->is_percent ? count * PERCENT_MAX >= node->least * node->child_count
                            : count >= node->least;
}

static bool holds(const struct alarm_rule_node *node, alarm_rule_lookup *lookup, void *owner)
{
    switch (node->kind) {
    case NODE_CONSTANT:
        return node->constant;
    case NODE_STATE:
        return is_in_state(node->child, node->state, lookup, owner);
    case NODE_AT_LEAST:
        return are_enough(node, lookup, owner);
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
