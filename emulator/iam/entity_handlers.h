/*
 * What the operations on roles and on policies share: pages, tags, documents.
 */
#ifndef COALMINE_ENTITY_HANDLERS_H
#define COALMINE_ENTITY_HANDLERS_H

#include "arn.h"
#include "operation/operation.h"

#define ROLE_NAME_FIELD                                                                            \
    {                                                                                              \
        .name = "RoleName", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 64)    \
    }
#define POLICY_NAME_FIELD                                                                          \
    {                                                                                              \
        .name = "PolicyName", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 128) \
    }
#define POLICY_ARN_FIELD                                                                           \
    {                                                                                              \
        .name = "PolicyArn", .type = FIELD_STRING, .is_required = true,                            \
        .length = BETWEEN(20, 2048)                                                                \
    }
#define POLICY_DOCUMENT_FIELD                                                                      \
    {                                                                                              \
        .name = "PolicyDocument", .type = FIELD_STRING, .is_required = true,                       \
        .length = BETWEEN(1, 131072)                                                               \
    }
#define PATH_FIELD(NAME)                                                                           \
    {                                                                                              \
        .name = (NAME), .type = FIELD_STRING, .length = BETWEEN(1, 512),                           \
        .pattern = "(\\x{2F})|(\\x{2F}[\\x{21}-\\x{7E}]+\\x{2F})"                                  \
    }
#define POLICY_PATH_FIELD(NAME)                                                                    \
    {                                                                                              \
        .name = (NAME), .type = FIELD_STRING, .length = BETWEEN(1, 512),                           \
        .pattern = "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"                                                \
    }
#define DESCRIPTION_FIELD                                                                          \
    {                                                                                              \
        .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 1000)                    \
    }
#define MAX_ITEMS_FIELD                                                                            \
    {                                                                                              \
        .name = "MaxItems", .type = FIELD_INTEGER, .range = BETWEEN(1, 1000)                       \
    }
#define MARKER_FIELD                                                                               \
    {                                                                                              \
        .name = "Marker", .type = FIELD_STRING                                                     \
    }
#define IS_TRUNCATED_FIELD                                                                         \
    {                                                                                              \
        .name = "IsTruncated", .type = FIELD_BOOLEAN                                               \
    }
#define TAGS_FIELD                                                                                 \
    {                                                                                              \
        .name = "Tags", .type = FIELD_LIST, .length = BETWEEN(0, 50), .item = &iam_tag_item        \
    }

#define REQUIRED_TAGS_FIELD                                                                        \
    {                                                                                              \
        .name = "Tags", .type = FIELD_LIST, .is_required = true, .length = BETWEEN(0, 50),         \
        .item = &iam_tag_item                                                                      \
    }
#define TAG_KEYS_FIELD                                                                             \
    {                                                                                              \
        .name = "TagKeys", .type = FIELD_LIST, .is_required = true, .length = BETWEEN(0, 50),      \
        .item = &iam_tag_key_item                                                                  \
    }

extern const struct field iam_string_item;
extern const struct field iam_tag_item; /* Key and Value */
extern const struct field iam_tag_key_item;
extern const struct field iam_tags_output[]; /* a page of Tags */

/* Reads the page's start from Marker, and its length from MaxItems; false with the error if the
 * marker is none of ours. */
MUST_CHECK bool iam_begin_page(struct call *call, const char **after_out, int64_t *left_out);
void iam_end_page(struct call *call, const char *last, bool is_truncated);

/* Tags are kept as a JSON list of Key and Value; keys differ by more than their case. All these
 * give theirs in the call's arena. */

/* What the call's Tags make of those that are there; NULL with InvalidInput if a key is given
 * twice, or LimitExceeded if that is too many, naming the quota ("TagsPerRole"). */
const char *iam_add_tags(struct call *call, const char *tags, const char *quota);
/* Those that are there without the call's TagKeys. */
const char *iam_remove_tags(struct call *call, const char *tags);
/* Answers with a page of them. */
enum outcome iam_list_tags(struct call *call, const char *tags);
/* Sets Tags in what is answered, if there are any. */
void iam_write_tags(cJSON *output, const char *tags);

/* ValidationError if the ARN is of another partition than the call. */
MUST_CHECK bool iam_check_partition(struct call *call, const struct arn *arn);

/* A policy document travels percent-encoded inside the XML. */
void iam_write_document(cJSON *output, const char *name, const char *document);

#endif
