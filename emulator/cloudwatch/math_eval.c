#include "cloudwatch/math_eval.h"

#include "cloudwatch/math_calls.h"
#include "cloudwatch/math_function.h"

/* What stands for a value once the request has asked for too much. */
static struct math_value blank(struct math_context *context, const struct math_node *node)
{
    struct math_value value = { .type = (enum math_type)node->type };
    if (value.type == MATH_SERIES)
        return math_series_value(context, math_series_make(context, context->period_s, 0));
    return value;
}

static struct math_value evaluate_operation(struct math_context *context,
                                            const struct math_node *node)
{
    struct math_value left = math_evaluate(context, node->first);
    struct math_value right = math_evaluate(context, node->first->next);
    return math_operate(context, node->operator, & left, &right);
}

static struct math_value evaluate_negation(struct math_context *context,
                                           const struct math_node *node)
{
    const struct math_value minus_one = math_scalar_value(-1);
    struct math_value value = math_evaluate(context, node->first);
    return math_operate(context, MATH_MULTIPLY, &value, &minus_one);
}

/* Arrays inside an array are laid out flat. */
static struct math_value evaluate_list(struct math_context *context, const struct math_node *node)
{
    struct math_series **list = NULL;
    size_t count = 0;
    for (const struct math_node *member = node->first; member; member = member->next) {
        struct math_value value = math_evaluate(context, member);
        math_spend(context, (count + value.count) * MATH_LISTED_PRICE);
        if (context->is_exhausted)
            return blank(context, node);
        struct math_series **longer =
            arena_alloc(context->arena, (count + value.count + 1) * sizeof(struct math_series *));
        if (count)
            memcpy(longer, list, count * sizeof(struct math_series *));
        if (value.count)
            memcpy(longer + count, value.list, value.count * sizeof(struct math_series *));
        list = longer;
        count += value.count;
    }
    return math_array_value(list, count);
}

static struct math_value evaluate_call(struct math_context *context, const struct math_node *node)
{
    struct math_value arguments[MATH_PARAMETERS_MAX] = { 0 };
    size_t count = 0;
    for (const struct math_node *argument = node->first; argument; argument = argument->next) {
        arguments[count] = math_evaluate(context, argument);
        math_spend(context, arguments[count++].count * MATH_LISTED_PRICE);
    }
    if (context->is_exhausted)
        return blank(context, node);
    return math_function_call(context, node->function, arguments, count);
}

struct math_value math_evaluate(struct math_context *context, const struct math_node *node)
{
    if (context->is_exhausted)
        return blank(context, node);
    switch (node->kind) {
    case MATH_NUMBER:
        return math_scalar_value(node->number);
    case MATH_STRING:
        return (struct math_value){ .type = MATH_TEXT, .text = node->text };
    case MATH_NAME:
        if (node->type == MATH_WORD)
            return (struct math_value){ .type = MATH_WORD, .text = node->text };
        return context->library->find(context->library->owner, node->text);
    case MATH_NEGATION:
        return evaluate_negation(context, node);
    case MATH_OPERATION:
        return evaluate_operation(context, node);
    case MATH_LIST:
        return evaluate_list(context, node);
    default:
        return evaluate_call(context, node);
    }
}
