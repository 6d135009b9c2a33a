/*
 * Metric-math trees become values.
 */
#ifndef COALMINE_MATH_EVAL_H
#define COALMINE_MATH_EVAL_H

#include "cloudwatch/math_parser.h"
#include "cloudwatch/math_value.h"

/* The value of a tree that math_check() let pass. If context->is_exhausted afterwards, it is not to
 * be used. */
struct math_value math_evaluate(struct math_context *context, const struct math_node *node);

#endif
