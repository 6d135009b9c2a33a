/*
 * Values of Logs Insights: nothing, a text, a number, or what jsonParse makes. A text that spells a
 * number is one wherever a number is wanted, as in the real service.
 */
#ifndef COALMINE_INSIGHTS_VALUE_H
#define COALMINE_INSIGHTS_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "json.h"

enum insights_kind {
    INSIGHTS_MISSING, /* zero */
    INSIGHTS_TEXT,
    INSIGHTS_NUMBER,
    INSIGHTS_TIME,      /* a number of milliseconds that prints as a date */
    INSIGHTS_STRUCTURE, /* a map or a list of JSON */
    INSIGHTS_MONTHS,    /* a period of so many; to all but functions of dates it is nothing */
    INSIGHTS_REGEX,     /* of the one function that takes one */
};

struct insights_value {
    enum insights_kind kind;
    union {
        const char *text;  /* INSIGHTS_TEXT; lives in some arena */
        const cJSON *tree; /* INSIGHTS_STRUCTURE; so does it */
        const struct regex *regex;
    };
    double number;
};

struct insights_value insights_text(const char *text); /* NULL: missing */
struct insights_value insights_number(double number);  /* NaN: missing */
struct insights_value insights_time(double ms); /* NaN, or out of the years 0 to 9999: missing */
struct insights_value insights_boolean(bool truth);
/* A member or an item of a tree. A number is a text, so that it is shown with all its digits; a
 * text lives in the arena, a structure where the tree does. NULL: missing. */
struct insights_value insights_member(const cJSON *member, struct arena *arena);
/* What jsonParse makes of a text, in the arena; missing if it is neither a map nor a list. */
struct insights_value insights_structure(const char *text, struct arena *arena);
/* The same of a tree, which is copied. */
struct insights_value insights_structure_of(const cJSON *tree, struct arena *arena);
/* The value; a structure is missing, as on AWS wherever one value is wanted. */
struct insights_value insights_scalar(struct insights_value value);

/* The member "a.b.0" of a tree: members by name, which may have dots in it, and items of lists by
 * number. NULL if there is none. */
const cJSON *insights_find_member(const cJSON *tree, const char *path);

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
