/*
 * JSON objects as rows: one row gives a member's name, type, default, bounds, its line in a JSON
 * Schema and what is said when it is wrong. Reading goes on after a fault, so that all of them are
 * told at once. Implemented in emulator/base/members.c.
 */
#ifndef COALMINE_MEMBERS_H
#define COALMINE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "json.h"

enum member_type {
    MEMBER_FLAG,     /* bool */
    MEMBER_TEXT,     /* char *, owned; NULL when absent */
    MEMBER_INTEGER,  /* int64_t */
    MEMBER_NUMBER,   /* double */
    MEMBER_FRACTION, /* double in 0..1; "10%" or 0.1 */
    MEMBER_DURATION, /* int64_t milliseconds; "300ms", "90s", "5m", "2h", "1d" */
    MEMBER_RATE,     /* double per second; "10/s", "600/m" or a number */
    MEMBER_CHOICE,   /* int: index into `choices` */
    MEMBER_CUSTOM,   /* not read here: the row only makes the name known and gives its schema */
};

struct member_row {
    const char *name;
    enum member_type type;
    size_t offset; /* of the value in the caller's struct */
    bool is_required;
    const char *initial; /* as a string would be typed; NULL: zero, false, NULL */
    double low;          /* bounds of numbers; both 0: none */
    double high;
    const char *const *choices; /* NULL-ended */
    const char *schema;         /* its JSON Schema, as text; NULL: its type's (not MEMBER_CUSTOM) */
    bool may_be_null; /* as any JSON may; else null is a fault: it is no way to leave out */
    const char *help; /* a sentence, for schema and pages */
};

/* What is wrong, and where: path is "steps[2].weight". */
struct member_fault {
    char *path;
    char *message;
    int line; /* in the text, from 1; 0: where the path is */
};

struct member_faults {
    struct member_fault *items; /* owned */
    size_t count;
};

/* Frees them, and leaves none; a zeroed list has none. */
void member_faults_clear(struct member_faults *faults);
/* Adds a fault; returns false, so that failing is one line. */
bool member_fault(struct member_faults *faults, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Sets the rows' defaults in `values`, then what `object` says. Rows end with one without a name.
 * False if faults were added; `values` is then good enough for members_clear(). */
MUST_CHECK bool members_read(const struct member_row *rows, const cJSON *object, void *values,
                             const char *path, struct member_faults *faults);
/* Frees the texts. */
void members_clear(const struct member_row *rows, void *values);

/* "a.b" from "a" and "b"; the caller owns it. */
char *member_path(const char *path, const char *name);

/* The one of `count` names that is most like `name`; NULL: none is near. */
const char *nearest_name(const char *name, const char *const *names, size_t count);

/* The JSON Schema of such an object: type, properties, required; unknown members refused. The
 * caller owns it. */
cJSON *members_schema(const struct member_row *rows);
/* Such an object has exactly one of the members in `names` (NULL-ended). */
void members_schema_one_of(cJSON *schema, const char *const *names);

#endif
