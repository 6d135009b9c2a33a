/*
 * Values of Logs Insights: nothing, a text, or a number. A text that spells a number is one
 * wherever a number is wanted, as in the real service.
 */
#ifndef COALMINE_INSIGHTS_VALUE_H
#define COALMINE_INSIGHTS_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"

enum insights_kind {
    INSIGHTS_MISSING, /* zero */
    INSIGHTS_TEXT,
    INSIGHTS_NUMBER,
    INSIGHTS_TIME, /* a number of milliseconds that prints as a date */
};

struct insights_value {
    enum insights_kind kind;
    const char *text; /* INSIGHTS_TEXT; lives in some arena */
    double number;
};

struct insights_value insights_text(const char *text); /* NULL: missing */
struct insights_value insights_number(double number);  /* NaN: missing */
struct insights_value insights_time(double ms);
struct insights_value insights_boolean(bool truth);

/* False if the value is no number. */
MUST_CHECK bool insights_to_number(const struct insights_value *value, double *number_out);
/* A missing value is false; so are 0, "", "0" and "false". */
bool insights_is_true(const struct insights_value *value);
/* As results show it, "" for a missing one; in the arena or borrowed from the value. */
const char *insights_print(const struct insights_value *value, struct arena *arena);

/* Orders as sort does: what is missing, then texts (a9 before a10), then numbers by size. Of a
 * descending order what is missing comes last. */
int insights_compare(const struct insights_value *a, const struct insights_value *b);

#endif
