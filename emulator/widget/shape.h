/*
 * What JSON that a user wrote must look like, as rows; and what is wrong with it, in the words that
 * CloudWatch uses for dashboards: a path and a sentence each (cloudwatch-api.md section 5.1).
 */
#ifndef COALMINE_SHAPE_H
#define COALMINE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "compiler.h"
#include "json.h"

struct shape_problem {
    const char *path; /* "/widgets/1/properties/metrics/0" */
    const char *message;
    bool is_warning; /* it is taken all the same */
};

enum { SHAPE_PROBLEMS_MAX = 100 };

/* Zero all but the arena, which owns the texts. Past the maximum, problems are only counted. */
struct shape_problems {
    struct arena *arena;
    struct shape_problem list[SHAPE_PROBLEMS_MAX];
    int count;
    int errors; /* those that are no warnings, counted past the maximum too */
};

/* Adds an error at that path; beyond the maximum it is only counted. */
void shape_complain(struct shape_problems *problems, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* All problems as an indented JSON list, in the arena. */
const char *shape_print(const struct shape_problems *problems);

enum shape_type {
    SHAPE_TEXT,
    SHAPE_NUMBER,
    SHAPE_INTEGER,
    SHAPE_BOOLEAN,
    SHAPE_OBJECT,
    SHAPE_ARRAY,
    SHAPE_ANY, /* `check` knows */
};

struct shape {
    const char *name;
    enum shape_type type;
    bool is_required;
    const char *const *values; /* of a text, NULL-ended */
    double min;                /* of a number, or of an array's size; both 0: any */
    double max;
    const struct shape *members; /* of an object; ended by a nameless row. NULL: any */
    const struct shape *item;    /* of an array; NULL: any */
    /* What rows cannot say; called when the type is right. */
    void (*check)(struct shape_problems *problems, const cJSON *value, const char *path);
};

/* Judges an object's members. Members that no row knows are warnings. */
void shape_check_members(struct shape_problems *problems, const struct shape *rows,
                         const cJSON *object, const char *path);
void shape_check(struct shape_problems *problems, const struct shape *shape, const cJSON *value,
                 const char *path);

#endif
