/*
 * What metric-math expressions are made of: scalars, time series, arrays of time series; and the
 * context in which one is evaluated.
 */
#ifndef COALMINE_MATH_VALUE_H
#define COALMINE_MATH_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "cloudwatch/metric_label.h"
#include "text.h"

enum math_type {
    MATH_NONE = 0,
    MATH_SCALAR = 1,
    MATH_SERIES = 2,
    MATH_ARRAY = 4,
    MATH_TEXT = 8,   /* a string, as an argument */
    MATH_WORD = 16,  /* REPEAT, ASC, ...: as an argument */
    MATH_METRIC = 32 /* a parameter that takes nothing but the id of a metric */
};

/* "Scalar", "TimeSeries", ... for messages. */
const char *math_type_name(int type);

struct math_series {
    int64_t period_s;
    size_t count;
    int64_t *times_s;                         /* ascending */
    double *values;                           /* finite */
    const struct metric_label_source *source; /* the metric it comes from; NULL: computed */
    const char *label;                        /* what it would be called by itself; NULL: nothing */
    const char *unit;                         /* of a metric's values; NULL: computed */
    const char *status;                       /* StatusCode; NULL: Complete */
    const char *message_code;                 /* NULL: none */
    const char *message;
};

struct math_value {
    enum math_type type;
    double scalar; /* not a number: no value */
    struct math_series *const *list;
    size_t count; /* 1 for MATH_SERIES */
    struct text text;
};

enum {
    MATH_DENSE_MAX = 100800,   /* points of a series that is made, not read */
    MATH_POINTS_MAX = 4 << 20, /* of all series of one request together */
    MATH_LISTED_PRICE = 8,     /* points that a series counts for wherever it stands in a list */
};

/* Where metrics come from; the answers live in the arena. */
struct math_library {
    void *owner;
    /* The value of the query with this id: it is there, the check saw to it. */
    struct math_value (*find)(void *owner, struct text id);
    /* All metrics whose id holds `part`. */
    struct math_value (*metrics)(void *owner, struct text part);
    struct math_value (*search)(void *owner, struct text query, struct text stat, int64_t period_s);
};

struct math_context {
    struct arena *arena;
    const struct math_library *library;
    int64_t start_ms;
    bool is_exact; /* the range begins at start_ms itself, not at a round time before it */
    int64_t end_ms;
    int64_t now_ms;
    int64_t period_s;  /* of what has no metric in it */
    size_t points;     /* spent so far */
    bool is_exhausted; /* more than MATH_POINTS_MAX, or a series of more than MATH_DENSE_MAX */
};

/* Counts points, before there is memory for them. */
void math_spend(struct math_context *context, size_t points);

/* An empty series with room for `capacity` points. After exhaustion the room is still there; the
 * evaluation ends soon. */
struct math_series *math_series_make(struct math_context *context, int64_t period_s,
                                     size_t capacity);

/* Adds a point behind the last; values that are not finite are no points. */
void math_series_add(struct math_series *series, int64_t time_s, double value);

/* An array of one series or several. */
struct math_value math_series_value(struct math_context *context, struct math_series *series);
struct math_value math_array_value(struct math_series *const *list, size_t count);
struct math_value math_scalar_value(double scalar);

/* The periods of the request's range; none if they are more than MATH_DENSE_MAX. */
struct math_grid {
    int64_t start_s;
    int64_t period_s;
    size_t count;
};
struct math_grid math_grid_make(struct math_context *context, int64_t period_s);

/* All of them, each with the value of `value_at`. */
struct math_series *math_series_dense(struct math_context *context, int64_t period_s,
                                      double (*value_at)(int64_t time_s, double given),
                                      double given);

#endif
