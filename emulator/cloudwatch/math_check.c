#include "cloudwatch/math_check.h"

#include <assert.h>

#include "cloudwatch/math_function.h"
#include "cloudwatch/metric_query.h"
#include "cloudwatch/search.h"
#include "cloudwatch/statistic.h"

enum { NUMERIC = MATH_SCALAR | MATH_SERIES | MATH_ARRAY, LISTED = MATH_SERIES | MATH_ARRAY };

struct check {
    const struct math_names *names;
    struct arena *arena;
    const char *problem;
};

#define FAIL(check, ...) ((check)->problem = arena_format((check)->arena, __VA_ARGS__), false)

static bool check_node(struct check *check, struct math_node *node);

void math_for_each_name(const struct math_node *node, void (*found)(struct text name, void *owner),
                        void *owner)
{
    if (node->kind == MATH_NAME)
        found(node->text, owner);
    for (const struct math_node *child = node->first; child; child = child->next)
        math_for_each_name(child, found, owner);
}

int math_count_calls(const struct math_node *node, const char *function)
{
    int count = node->kind == MATH_CALL && text_equal(node->text, function);
    for (const struct math_node *child = node->first; child; child = child->next)
        count += math_count_calls(child, function);
    return count;
}

static bool check_name(struct check *check, struct math_node *node)
{
    bool is_metric;
    node->type = check->names->type_of(check->names->owner, node->text, &is_metric);
    return node->type != MATH_NONE || FAIL(check, "Unrecognized id '%.*s'", TEXT_ARGS(node->text));
}

static bool check_operation(struct check *check, struct math_node *node)
{
    struct math_node *left = node->first;
    struct math_node *right = left->next;
    if (!check_node(check, left) || !check_node(check, right))
        return false;
    node->type = left->type > right->type ? left->type : right->type;
    return ((left->type & NUMERIC) && (right->type & NUMERIC) &&
            (left->type != MATH_ARRAY || right->type != MATH_ARRAY)) ||
           FAIL(check, "Unsupported operand type(s) for %s: '[%s, %s]'",
                math_operator_text(node->operator), math_type_name(left->type),
                math_type_name(right->type));
}

static bool check_negation(struct check *check, struct math_node *node)
{
    if (!check_node(check, node->first))
        return false;
    node->type = node->first->type;
    return (node->type & NUMERIC) ||
           FAIL(check, "Unsupported operand type(s) for -: '[%s]'", math_type_name(node->type));
}

static bool check_list(struct check *check, struct math_node *node)
{
    node->type = MATH_ARRAY;
    for (struct math_node *member = node->first; member; member = member->next) {
        if (!check_node(check, member))
            return false;
        if (!(member->type & LISTED))
            return FAIL(check, "An array cannot hold a %s", math_type_name(member->type));
    }
    return true;
}

static bool is_word(const char *words, struct text word, struct arena *arena)
{
    return words && strstr(words, arena_format(arena, "|%.*s|", TEXT_ARGS(word)));
}

static bool check_argument(struct check *check, const struct math_node *call,
                           struct math_node *argument, int at)
{
    const struct math_function *function = call->function;
    unsigned allowed = function->parameters[at];
    bool is_metric = false;
    if (argument->kind == MATH_NAME && (allowed & MATH_WORD) &&
        is_word(function->words[at], argument->text, check->arena)) {
        argument->type = MATH_WORD;
        return true;
    }
    if (!check_node(check, argument))
        return false;
    if (allowed == MATH_METRIC) {
        if (argument->kind == MATH_NAME)
            check->names->type_of(check->names->owner, argument->text, &is_metric);
        return is_metric ||
               FAIL(check, "The argument of %s must be the id of a metric", function->name);
    }
    return ((unsigned)argument->type & allowed) ||
           FAIL(check, "Unsupported type %s of argument %d of function %s",
                math_type_name(argument->type), at + 1, function->name);
}

static int count_parameters(const struct math_function *function)
{
    int count = 0;
    while (count < MATH_PARAMETERS_MAX && function->parameters[count])
        count++;
    return count;
}

static bool check_count(struct check *check, const struct math_function *function, int count)
{
    int maximum = count_parameters(function);
    if (count >= function->minimum && count <= maximum)
        return true;
    if (function->minimum == maximum)
        return FAIL(check, "Function %s takes %d argument(s), not %d", function->name, maximum,
                    count);
    return FAIL(check, "Function %s takes %d to %d arguments, not %d", function->name,
                function->minimum, maximum, count);
}

/* The texts of a search are literals: they can be judged now. */
static bool check_search(struct check *check, const struct math_node *call)
{
    const struct math_node *query = call->first;
    assert(query && query->next); /* its row asks for two arguments */
    const struct math_node *stat = query->next;
    const struct math_node *period = stat->next;
    struct statistic statistic;
    const char *problem;
    const char *name = arena_copy(check->arena, stat->text);
    if (!search_parse(query->text, check->arena, &problem))
        return FAIL(check, "SEARCH: %s", problem);
    if (!statistic_parse(name, &statistic))
        return FAIL(check, "SEARCH: The statistic '%s' is not supported", name);
    return !period ||
           (period->kind == MATH_NUMBER && period->number <= INT32_MAX &&
            (double)(int64_t)period->number == period->number &&
            metric_period_is_valid((int64_t)period->number)) ||
           FAIL(check, "SEARCH: The period must be 1, 5, 10, 20, 30 or a multiple of 60");
}

static enum math_type type_of_call(const struct math_node *call)
{
    const struct math_node *first = call->first;
    int all = 0;
    for (const struct math_node *argument = call->first; argument; argument = argument->next)
        all |= argument->type;
    switch (call->function->gives) {
    case MATH_GIVES_SCALAR:
        return MATH_SCALAR;
    case MATH_GIVES_SERIES:
        return MATH_SERIES;
    case MATH_GIVES_ARRAY:
        return MATH_ARRAY;
    case MATH_GIVES_SAME:
        return first ? (enum math_type)first->type : MATH_NONE;
    case MATH_GIVES_FOLD:
        return first && first->type == MATH_ARRAY ? MATH_SERIES : MATH_SCALAR;
    default:
        return all == MATH_SCALAR ? MATH_SCALAR : MATH_SERIES;
    }
}

static bool find_function(struct check *check, struct math_node *call)
{
    call->function = math_function_find(call->text);
    if (!call->function)
        return FAIL(check, "Function '%.*s' not found", TEXT_ARGS(call->text));
    return !call->function->refusal || FAIL(check, "Coalmine does not emulate function %s (%s)",
                                            call->function->name, call->function->refusal);
}

static bool check_call(struct check *check, struct math_node *call)
{
    int count = 0;
    if (!find_function(check, call))
        return false;
    for (const struct math_node *argument = call->first; argument; argument = argument->next)
        count++;
    if (!check_count(check, call->function, count))
        return false;
    int at = 0;
    for (struct math_node *argument = call->first; argument; argument = argument->next) {
        if (!check_argument(check, call, argument, at++))
            return false;
    }
    call->type = type_of_call(call);
    return strcmp(call->function->name, "SEARCH") != 0 || check_search(check, call);
}

static bool check_node(struct check *check, struct math_node *node)
{
    switch (node->kind) {
    case MATH_NUMBER:
        node->type = MATH_SCALAR;
        return true;
    case MATH_STRING:
        node->type = MATH_TEXT;
        return true;
    case MATH_NAME:
        return check_name(check, node);
    case MATH_NEGATION:
        return check_negation(check, node);
    case MATH_OPERATION:
        return check_operation(check, node);
    case MATH_LIST:
        return check_list(check, node);
    default:
        return check_call(check, node);
    }
}

bool math_check(struct math_node *node, const struct math_names *names, struct arena *arena,
                const char **problem_out)
{
    struct check check = { names, arena, NULL };
    bool is_good = check_node(&check, node);
    if (is_good && !(node->type & NUMERIC))
        is_good = FAIL(&check, "A %s is no result", math_type_name(node->type));
    if (!is_good)
        *problem_out = check.problem;
    return is_good;
}
