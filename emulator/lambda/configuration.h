/*
 * A function's configuration: defaults, rules, merging an update, and FunctionConfiguration as
 * the API shows it (lambda-api.md sections 12.1 to 12.4 and 15.2).
 */
#ifndef COALMINE_CONFIGURATION_H
#define COALMINE_CONFIGURATION_H

#include <stdbool.h>

#include "json.h"
#include "lambda/function.h"
#include "operation/operation.h"

/* An ARN, or the empty text that takes one away, as the service prints the rule. */
#define CONFIGURATION_ARN_OR_EMPTY "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"

/* Rows of the members that CreateFunction and UpdateFunctionConfiguration share, for both. */
#define CONFIGURATION_FIELDS                                                                       \
    { .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 256) },                    \
        { .name = "Timeout", .type = FIELD_INTEGER, .range = BETWEEN(1, 900) },                    \
        { .name = "MemorySize", .type = FIELD_INTEGER, .range = BETWEEN(128, 32768) },             \
        { .name = "Runtime", .type = FIELD_STRING },                                               \
        { .name = "Handler",                                                                       \
          .type = FIELD_STRING,                                                                    \
          .length = BETWEEN(0, 128),                                                               \
          .pattern = "[^\\s]+" },                                                                  \
        { .name = "Environment",                                                                   \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = configuration_environment_fields },                                           \
        { .name = "EphemeralStorage",                                                              \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = configuration_storage_fields },                                               \
        { .name = "TracingConfig",                                                                 \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = configuration_tracing_fields },                                               \
        { .name = "LoggingConfig",                                                                 \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = configuration_logging_fields },                                               \
        { .name = "SnapStart",                                                                     \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = configuration_snap_start_fields },                                            \
        { .name = "DeadLetterConfig",                                                              \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = configuration_dead_letter_fields },                                           \
        { .name = "KMSKeyArn", .type = FIELD_STRING, .pattern = CONFIGURATION_ARN_OR_EMPTY },      \
        { .name = "Layers", .type = FIELD_LIST, .item = &configuration_layer_item },               \
        { .name = "ImageConfig", .type = FIELD_STRUCTURE, .members = configuration_image_fields }, \
    {                                                                                              \
        .name = "VpcConfig", .type = FIELD_STRUCTURE, .members = configuration_vpc_fields          \
    }

extern const struct field configuration_environment_fields[];
extern const struct field configuration_storage_fields[];
extern const struct field configuration_tracing_fields[];
extern const struct field configuration_logging_fields[];
extern const struct field configuration_snap_start_fields[];
extern const struct field configuration_dead_letter_fields[];
extern const struct field configuration_image_fields[];
extern const struct field configuration_vpc_fields[];
extern const struct field configuration_layer_item;
extern const char configuration_role_pattern[];
extern const char configuration_bucket_pattern[];
extern const char *const configuration_runtimes[];      /* in the order the service prints them */
extern const char *const configuration_storage_modes[]; /* of S3 objects: both are copied */
extern const char *const configuration_architectures[];

/* The rules that need more than a row: runtime, environment, layers, and what the VPC and the log
 * levels are once the call's members are put into `latest` (NULL: a new function). */
MUST_CHECK bool configuration_check(struct call *call, const struct function_version *latest);

/* The configuration of a new function; the caller owns the tree. */
cJSON *configuration_create(const struct call *call, const char *function_name);

/* Puts the members that the call names into an older configuration. */
void configuration_update(const struct call *call, cJSON *configuration);

/*
 * What is stored beside FunctionConfiguration's members: LayersSha256, the layers joined (NULL:
 * none), HotReload, the folder that $LATEST runs from (NULL: it runs its code), and
 * SourceKMSKeyArn, the key that the package is said to be encrypted with (NULL: AWS's own).
 * Versions have LatestDescription too: function.c.
 */
void configuration_set_layers(cJSON *configuration, const char *layers_sha256);
void configuration_set_folder(cJSON *configuration, const char *folder);
void configuration_set_source_key(cJSON *configuration, const char *key_arn);
/* In the arena; NULL: none. */
const char *configuration_folder(const struct function_version *version, struct arena *arena);
const char *configuration_source_key(const struct function_version *version, struct arena *arena);

/* What FunctionConfiguration says about the life of the version. */
enum configuration_state {
    CONFIGURATION_ACTIVE,   /* State Active, LastUpdateStatus Successful */
    CONFIGURATION_CREATING, /* State Pending */
    CONFIGURATION_UPDATING, /* LastUpdateStatus InProgress */
    CONFIGURATION_LISTED,   /* list items say nothing of it, nor RuntimeVersionConfig */
};

/* SnapStart: whether versions published of it start from a snapshot. */
bool configuration_takes_snapshots(const struct function_version *version);

/* As the version is stored. */
enum configuration_state configuration_state_of(const struct function_version *version);

/* Adds FunctionConfiguration's members to `output`. `arn_qualifier` NULL: unqualified ARN. While
 * it is created or updated, settling_revision_id is shown. */
void configuration_write(struct call *call, cJSON *output, const struct function_version *version,
                         const char *arn_qualifier, enum configuration_state state);

#endif
