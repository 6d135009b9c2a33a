/*
 * The functions of metric math: one row each (math_functions.c).
 */
#ifndef COALMINE_MATH_FUNCTION_H
#define COALMINE_MATH_FUNCTION_H

#include "cloudwatch/math_value.h"

enum { MATH_PARAMETERS_MAX = 4 };

/* The type of what a function gives. */
enum math_result {
    MATH_GIVES_SCALAR,
    MATH_GIVES_SERIES,
    MATH_GIVES_ARRAY,
    MATH_GIVES_SAME,   /* as its first argument */
    MATH_GIVES_FOLD,   /* a scalar of a series, a series of an array */
    MATH_GIVES_CHOICE, /* IF: a scalar if all arguments are, else a series */
};

struct math_function {
    const char *name;
    const char *refusal;                      /* why it is not emulated; NULL: it is */
    int minimum;                              /* arguments that must be there */
    unsigned parameters[MATH_PARAMETERS_MAX]; /* of enum math_type; 0: no more */
    enum math_result gives;
    const char *words[MATH_PARAMETERS_MAX]; /* what a MATH_WORD may be: "|REPEAT|LINEAR|" */

    /* One of these does it. */
    struct math_value (*call)(struct math_context *context, const struct math_value *arguments,
                              size_t count);
    void (*map)(const struct math_series *from, struct math_series *into);
    double (*fold)(const double *values, size_t count, size_t series_count);
    double (*time)(int64_t time_s, double given);
};

/* NULL if there is none of that name. */
const struct math_function *math_function_find(struct text name);

/* Calls it with arguments of its parameters' types. */
struct math_value math_function_call(struct math_context *context,
                                     const struct math_function *function,
                                     const struct math_value *arguments, size_t count);

/* A scalar of one series, point by point of an array: AVG, SUM, ... */
double math_fold_series(const struct math_function *function, const struct math_series *series);

#endif
