/*
 * Types of metric-math expressions: what is wrong with one is known before any data is read.
 */
#ifndef COALMINE_MATH_CHECK_H
#define COALMINE_MATH_CHECK_H

#include "cloudwatch/math_parser.h"
#include "cloudwatch/math_value.h"
#include "compiler.h"

/* What names stand for. */
struct math_names {
    void *owner;
    /* The type of the query with this id, MATH_NONE if there is none. */
    enum math_type (*type_of)(void *owner, struct text id, bool *is_metric_out);
};

/* Calls `found` with each name in the tree that may be an id. */
void math_for_each_name(const struct math_node *node, void (*found)(struct text name, void *owner),
                        void *owner);

/* How often the tree calls this function. */
int math_count_calls(const struct math_node *node, const char *function);

/* Gives every node its type and every call its function. False with a sentence in *problem_out (in
 * the arena). */
MUST_CHECK bool math_check(struct math_node *node, const struct math_names *names,
                           struct arena *arena, const char **problem_out);

#endif
