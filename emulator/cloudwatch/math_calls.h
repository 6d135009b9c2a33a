/*
 * Metric-math functions that need more than one series at a time: what the rows of
 * math_functions.c point to.
 */
#ifndef COALMINE_MATH_CALLS_H
#define COALMINE_MATH_CALLS_H

#include "cloudwatch/math_function.h"
#include "cloudwatch/math_parser.h"

typedef struct math_series *math_series_maker(struct math_context *context,
                                              const struct math_series *from, const void *detail);

/* The same for one series or all of an array; what is made goes by the name of what it is from. */
struct math_value math_for_each(struct math_context *context, const struct math_value *from,
                                math_series_maker *make, const void *detail);

/* The longest period that both are multiples of. */
int64_t math_common_period(int64_t a, int64_t b);

/* An operator between operands of types that math_check() let pass. */
struct math_value math_operate(struct math_context *context, enum math_operator operator,
                               const struct math_value * left, const struct math_value *right);

/* function->map over one series or all of an array. */
struct math_value math_map(struct math_context *context, const struct math_function *function,
                           const struct math_value *from);
/* function->fold over the points that an array's series have at the same time. */
struct math_value math_fold_array(struct math_context *context,
                                  const struct math_function *function,
                                  const struct math_value *from);

/* The functions that are neither map nor fold, each by its name in CloudWatch. Values live in the
 * context's arena; the caller has checked count and kinds of the arguments. */
struct math_value math_call_fill(struct math_context *context, const struct math_value *arguments,
                                 size_t count);
struct math_value math_call_first(struct math_context *context, const struct math_value *arguments,
                                  size_t count);
struct math_value math_call_last(struct math_context *context, const struct math_value *arguments,
                                 size_t count);
struct math_value math_call_if(struct math_context *context, const struct math_value *arguments,
                               size_t count);
struct math_value math_call_metrics(struct math_context *context,
                                    const struct math_value *arguments, size_t count);
struct math_value math_call_metric_count(struct math_context *context,
                                         const struct math_value *arguments, size_t count);
struct math_value math_call_period(struct math_context *context, const struct math_value *arguments,
                                   size_t count);
struct math_value math_call_remove_empty(struct math_context *context,
                                         const struct math_value *arguments, size_t count);
struct math_value math_call_search(struct math_context *context, const struct math_value *arguments,
                                   size_t count);
struct math_value math_call_slice(struct math_context *context, const struct math_value *arguments,
                                  size_t count);
struct math_value math_call_sort(struct math_context *context, const struct math_value *arguments,
                                 size_t count);
struct math_value math_call_time_series(struct math_context *context,
                                        const struct math_value *arguments, size_t count);

#endif
