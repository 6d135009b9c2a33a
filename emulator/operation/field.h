/*
 * Field rows: what an operation takes and gives, as AWS's model declares it. The same rows drive
 * decoding (types that JSON cannot tell apart), validation with AWS's sentences, encoding in
 * every protocol, and docs/operations.md.
 */
#ifndef COALMINE_FIELD_H
#define COALMINE_FIELD_H

#include <stdbool.h>

enum field_type {
    FIELD_STRING,
    FIELD_INTEGER, /* whole number */
    FIELD_DOUBLE,  /* in the tree: a number, or the strings "NaN", "Infinity", "-Infinity" */
    FIELD_BOOLEAN,
    FIELD_TIMESTAMP, /* in the tree: a number, epoch seconds with fraction */
    FIELD_BLOB,      /* in the tree: base64 text */
    FIELD_LIST,      /* of `item` */
    FIELD_MAP,       /* text keys described by `key`, values by `item` */
    FIELD_STRUCTURE, /* of `members` */
};

enum field_place {
    FIELD_IN_BODY,
    FIELD_IN_PATH, /* {Name} of the route */
    FIELD_IN_QUERY,
    FIELD_IN_HEADER,
    FIELD_IN_WHOLE_QUERY, /* the query string as it came, still percent-encoded */
};

/* Both ends included. */
struct field_range {
    double min;
    double max;
    bool has_max;
};
#define AT_LEAST(low) (&(const struct field_range){ (low), 0, false })
#define BETWEEN(low, high) (&(const struct field_range){ (low), (high), true })
#define AT_MOST(high) BETWEEN(-1e308, high)

struct field {
    const char *name; /* the member, as AWS spells it */
    enum field_type type;
    enum field_place place;
    const char *wire_name; /* of the header or query parameter; NULL: same as name */
    bool is_required;
    bool is_sensitive;                /* the value never appears in messages */
    bool hides_misfit;                /* nor one that breaks the pattern */
    const char *too_long;             /* all that is said of a longer string; NULL: as of others */
    const struct field_range *length; /* characters of a string, members of a list or map */
    const struct field_range *range;  /* value of a number */
    const char *pattern;              /* as the live service prints it; PCRE syntax */
    const char *const *values;        /* enum, NULL-ended, in the order the service prints */
    const struct field *members;      /* FIELD_STRUCTURE: rows, ended by a row without a name */
    const struct field *item;         /* FIELD_LIST, FIELD_MAP */
    const struct field *key;          /* FIELD_MAP */
    bool is_milliseconds; /* FIELD_TIMESTAMP, output in XML: print three fraction digits */
};

#endif
