/*
 * Naming a function: name, name:qualifier, partial ARN, full ARN, and the Qualifier beside it
 * (lambda-api.md section 4). The patterns are checked by the field rows before; here the parts
 * are taken apart and judged against the caller's region and account.
 */
#ifndef COALMINE_FUNCTION_NAME_H
#define COALMINE_FUNCTION_NAME_H

#include <stdbool.h>

#include "compiler.h"
#include "operation/operation.h"

/* As the live service prints them, section 4.2: FN-CREATE, FN-NS, QUAL. */
#define FUNCTION_NAME_PREFIX                                                                       \
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?"    \
    "(\\d{12}:)?(function:)?"
#define FUNCTION_NAME_CREATE FUNCTION_NAME_PREFIX "([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
#define FUNCTION_NAME_NAMESPACED                                                                   \
    FUNCTION_NAME_PREFIX "([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
#define FUNCTION_QUALIFIER "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"

extern const char function_name_create_pattern[];
extern const char function_name_namespaced_pattern[];
extern const char function_qualifier_pattern[];

/* The rows' members, ready to stand in a list of fields. */
#define FUNCTION_NAME_FIELD_CREATE                                                                 \
    {                                                                                              \
        .name = "FunctionName", .type = FIELD_STRING, .place = FIELD_IN_PATH, .is_required = true, \
        .length = BETWEEN(1, 140), .pattern = function_name_create_pattern                         \
    }
#define FUNCTION_NAME_FIELD                                                                        \
    {                                                                                              \
        .name = "FunctionName", .type = FIELD_STRING, .place = FIELD_IN_PATH, .is_required = true, \
        .length = BETWEEN(1, 256), .pattern = function_name_namespaced_pattern                     \
    }
#define QUALIFIER_FIELD                                                                            \
    {                                                                                              \
        .name = "Qualifier", .type = FIELD_STRING, .place = FIELD_IN_QUERY,                        \
        .length = BETWEEN(1, 128), .pattern = function_qualifier_pattern                           \
    }

struct function_key {
    const char *account;
    const char *region;
    const char *name;
};

bool function_key_equal(const struct function_key *one, const struct function_key *other);

struct function_name {
    struct function_key key;
    const char *qualifier; /* NULL: none given */
};

/* Reads FunctionName and Qualifier of the call. Texts live in the call's arena. False with the
 * fault: another region, another account, qualifiers that differ. */
MUST_CHECK bool function_name_read(struct call *call, struct function_name *name_out);
/* The same for a name that the call has elsewhere; `qualifier` NULL: none beside it. */
MUST_CHECK bool function_name_cut(struct call *call, const char *given, const char *qualifier,
                                  struct function_name *name_out);

/* The version or alias that is meant: "$LATEST" where none was given. */
const char *function_qualifier(const struct function_name *name);

/* The ARN, qualified unless `qualifier` is NULL; in the arena. */
const char *function_arn(struct arena *arena, const struct function_key *key,
                         const char *qualifier);

/* Sets "Function not found: <ARN>" and returns false. */
bool function_not_found(struct call *call, const struct function_key *key, const char *qualifier);

/* "$LATEST" for 0, else the number; in the arena. */
const char *version_text(struct arena *arena, int64_t number);

/* The number of a version qualifier ("$LATEST" is 0); false if it is no version but an alias. */
bool version_parse(const char *qualifier, int64_t *number_out);

#endif
