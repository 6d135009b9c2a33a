/*
 * The slices of operations that make up the service, and what their files share.
 */
#ifndef COALMINE_FUNCTION_HANDLERS_H
#define COALMINE_FUNCTION_HANDLERS_H

#include "lambda/function.h"
#include "operation/operation.h"

extern const struct operation function_operations[];
extern const struct operation function_update_operations[];
extern const struct operation version_operations[];
extern const struct operation account_operations[];
extern const struct operation alias_operations[];
extern const struct operation invoke_operations[];
extern const struct operation stream_operations[];
extern const struct operation permission_operations[];
extern const struct operation layer_permission_operations[];
extern const struct operation layer_operations[];
extern const struct operation function_url_operations[];
extern const struct operation concurrency_operations[];
extern const struct operation provision_operations[];
extern const struct operation tag_operations[];
extern const struct operation code_signing_operations[];
extern const struct operation function_code_signing_operations[];
extern const struct operation runtime_management_operations[];
extern const struct operation recursion_operations[];
extern const struct operation event_invoke_config_operations[];
extern const struct operation event_source_mapping_operations[];

/* False with "Function not found" if there is none; its ARN is shown with the qualifier, if any. */
MUST_CHECK bool function_check(struct call *call, const struct function_key *key,
                               const char *qualifier);

/* The function that the call names, whatever the qualifier; false with "Function not found". */
MUST_CHECK bool function_read(struct call *call, struct function_name *name_out);

/* The version that a qualifier (NULL: $LATEST) names; an alias names its primary version. False
 * with "Function not found". */
MUST_CHECK bool version_resolve(struct call *call, const struct function_name *name,
                                struct function_version *version_out);

/* $LATEST, for operations that take nothing else; false with the fault. */
MUST_CHECK bool latest_get(struct call *call, const struct function_name *name,
                           struct function_version *latest_out);

/* False with 412 if the call names a RevisionId that is not this one. */
MUST_CHECK bool revision_matches(struct call *call, const char *revision_id);

/* Publishes $LATEST and tells the caches; true if that made a new version. */
bool publish(struct call *call, const struct function_version *latest, const char *description,
             struct function_version *version_out);

/* Reads MaxItems (50 at most) and Marker: the key behind which to go on, NULL from the start. False
 * with the fault if the marker is none of ours. */
MUST_CHECK bool list_begin(struct call *call, const char **after_out, int *left_out);
/* NextMarker, if there is more behind the key of the last that is listed. */
void list_end(struct call *call, const char *last, bool has_more);

#define LIST_FIELDS                                                                                \
    { .name = "Marker", .type = FIELD_STRING, .place = FIELD_IN_QUERY },                           \
    {                                                                                              \
        .name = "MaxItems", .type = FIELD_INTEGER, .place = FIELD_IN_QUERY,                        \
        .range = BETWEEN(1, 10000)                                                                 \
    }

/* Of the lists whose model allows 50 at most. */
#define SHORT_LIST_FIELDS                                                                          \
    { .name = "Marker", .type = FIELD_STRING, .place = FIELD_IN_QUERY },                           \
    {                                                                                              \
        .name = "MaxItems", .type = FIELD_INTEGER, .place = FIELD_IN_QUERY,                        \
        .range = BETWEEN(1, 50)                                                                    \
    }

/* An ARN of whatever service, as the service prints the rule. */
#define ARN_PATTERN                                                                                \
    "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"   \
    "\\d{1})?:(\\d{12})?:(.*)"

/* The statement that AddPermission and AddLayerVersionPermission add. */
#define STATEMENT_ID_FIELD                                                                         \
    {                                                                                              \
        .name = "StatementId", .type = FIELD_STRING, .is_required = true,                          \
        .length = BETWEEN(1, 100), .pattern = "([a-zA-Z0-9-_]+)"                                   \
    }

#endif
