/*
 * The rule of a composite alarm: a small language of ALARM(x), OK(x), INSUFFICIENT_DATA(x),
 * AT_LEAST(2, ALARM, (x, y, z)), TRUE, FALSE, NOT, AND, OR and parentheses (cloudwatch-api.md
 * section 4.9; AT_LEAST is from 2025). NOT binds tightest, then AND, then OR. Pure.
 */
#ifndef COALMINE_ALARM_RULE_H
#define COALMINE_ALARM_RULE_H

#include "alarms/evaluation.h"
#include "arena.h"
#include "error.h"
#include "text.h"

enum { ALARM_RULE_CHILDREN_MAX = 100, ALARM_RULE_ELEMENTS_MAX = 500 };

struct alarm_rule_node;

struct alarm_rule {
    struct arena arena;
    const struct alarm_rule_node *root;
    const char *children[ALARM_RULE_CHILDREN_MAX]; /* names or ARNs, each once, as they stand */
    size_t child_count;
};

/* False with a sentence and the fault given. A rule that was parsed is ended by
 * alarm_rule_clear(), which accepts a zeroed one. */
MUST_CHECK bool alarm_rule_parse(struct text text, const struct fault *fault,
                                 struct alarm_rule *rule_out, struct error *error);
void alarm_rule_clear(struct alarm_rule *rule);

/* A child's state; false: there is no such alarm, and nothing about it is true. */
typedef bool alarm_rule_lookup(void *owner, const char *child, enum alarm_state *state_out);

/* Whether the rule is true now, by what `lookup` says of its children. */
bool alarm_rule_holds(const struct alarm_rule *rule, alarm_rule_lookup *lookup, void *owner);

#endif
