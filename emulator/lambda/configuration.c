#include "lambda/configuration.h"

#include <stdlib.h>

#include "arn.h"
#include "buffer.h"
#include "crypto.h"
#include "lambda/faults.h"
#include "lambda/layer.h"
#include "lambda/layer_use.h"
#include "lambda/runtime_management.h"
#include "pattern.h"
#include "runtime/interpreters.h"
#include "timestamp.h"
#include "xalloc.h"

enum { TIMEOUT_DEFAULT_S = 3, MEMORY_DEFAULT_MB = 128, STORAGE_DEFAULT_MB = 512 };
enum { ENVIRONMENT_MAX = 4096, MEMORY_MAX_MB = 10240 };

const char configuration_role_pattern[] =
    "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";

const char configuration_bucket_pattern[] = "[0-9A-Za-z\\.\\-_]*(?<!\\.)";
const char *const configuration_storage_modes[] = { "COPY", "REFERENCE", NULL };
const char *const configuration_architectures[] = { "x86_64", "arm64", NULL };

static const struct field variable_key = { .type = FIELD_STRING,
                                           .pattern = "[a-zA-Z]([a-zA-Z0-9_])+" };
static const struct field variable_value = { .type = FIELD_STRING };
static const char *const tracing_modes[] = { "Active", "PassThrough", NULL };
static const char *const log_formats[] = { "JSON", "Text", NULL };
static const char *const application_levels[] = { "TRACE", "DEBUG", "INFO", "WARN",
                                                  "ERROR", "FATAL", NULL };
static const char *const system_levels[] = { "DEBUG", "INFO", "WARN", NULL };
static const char *const snap_starts[] = { "PublishedVersions", "None", NULL };
static const struct field subnet_item = { .type = FIELD_STRING,
                                          .length = BETWEEN(0, 1024),
                                          .pattern = "^subnet-[0-9a-z]*$" };
static const struct field security_group_item = { .type = FIELD_STRING,
                                                  .length = BETWEEN(0, 1024),
                                                  .pattern = "^sg-[0-9a-zA-Z]*$" };

const struct field configuration_environment_fields[] = {
    { .name = "Variables",
      .type = FIELD_MAP,
      .is_sensitive = true,
      .key = &variable_key,
      .item = &variable_value },
    { 0 },
};
const struct field configuration_storage_fields[] = {
    { .name = "Size", .type = FIELD_INTEGER, .is_required = true, .range = BETWEEN(512, 10240) },
    { 0 },
};
const struct field configuration_tracing_fields[] = {
    { .name = "Mode", .type = FIELD_STRING, .values = tracing_modes },
    { 0 },
};
const struct field configuration_logging_fields[] = {
    { .name = "LogFormat", .type = FIELD_STRING, .values = log_formats },
    { .name = "ApplicationLogLevel", .type = FIELD_STRING, .values = application_levels },
    { .name = "SystemLogLevel", .type = FIELD_STRING, .values = system_levels },
    { .name = "LogGroup",
      .type = FIELD_STRING,
      .length = BETWEEN(1, 512),
      .pattern = "[\\.\\-_/#A-Za-z0-9]+" },
    { 0 },
};
const struct field configuration_snap_start_fields[] = {
    { .name = "ApplyOn", .type = FIELD_STRING, .values = snap_starts },
    { 0 },
};
const struct field configuration_dead_letter_fields[] = {
    { .name = "TargetArn", .type = FIELD_STRING, .pattern = CONFIGURATION_ARN_OR_EMPTY },
    { 0 },
};
static const struct field text_item = { .type = FIELD_STRING };
/* Refused for functions made of a zip, and there are no others. */
const struct field configuration_image_fields[] = {
    { .name = "EntryPoint", .type = FIELD_LIST, .length = BETWEEN(0, 1500), .item = &text_item },
    { .name = "Command", .type = FIELD_LIST, .length = BETWEEN(0, 1500), .item = &text_item },
    { .name = "WorkingDirectory", .type = FIELD_STRING, .length = BETWEEN(0, 1000) },
    { 0 },
};
const struct field configuration_vpc_fields[] = {
    { .name = "SubnetIds", .type = FIELD_LIST, .length = BETWEEN(0, 16), .item = &subnet_item },
    { .name = "SecurityGroupIds",
      .type = FIELD_LIST,
      .length = BETWEEN(0, 5),
      .item = &security_group_item },
    { .name = "Ipv6AllowedForDualStack", .type = FIELD_BOOLEAN },
    { 0 },
};
const struct field configuration_layer_item = {
    .type = FIELD_STRING,
    .length = BETWEEN(1, 140),
    .pattern = layer_version_arn_pattern,
};

/* In the order in which the service printed them (section 12.6); then those that came later, as the
 * SDKs name them. */
const char *const configuration_runtimes[] = {
    "nodejs20.x",    "python3.14", "provided.al2023", "python3.12", "python3.13",   "nodejs24.x",
    "nodejs22.x",    "java25",     "python3.10",      "python3.11", "java21",       "ruby3.3",
    "ruby3.4",       "ruby3.2",    "python3.8",       "python3.9",  "java17",       "nodejs16.x",
    "dotnet10",      "dotnet8",    "java11",          "dotnet6",    "nodejs18.x",   "provided.al2",
    "java8.al2",     "nodejs26.x", "python3.15",      "ruby4.0",    "java8.al2023", "java11.al2023",
    "java17.al2023", NULL,
};
static const char *const deprecated_runtimes[] = {
    "nodejs",        "nodejs4.3",     "nodejs4.3-edge",
    "nodejs6.10",    "nodejs8.10",    "nodejs10.x",
    "nodejs12.x",    "nodejs14.x",    "java8",
    "python2.7",     "python3.6",     "python3.7",
    "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1",
    "dotnetcore3.1", "go1.x",         "ruby2.5",
    "ruby2.7",       "provided",      NULL,
};
static const char *const reserved_variables[] = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    NULL,
};

static bool check_runtime(struct call *call)
{
    const char *runtime = json_text(call->input, "Runtime", NULL);
    if (!runtime || string_is_one_of(runtime, configuration_runtimes))
        return true;
    if (string_is_one_of(runtime, deprecated_runtimes))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "The runtime parameter of %s is no longer supported for creating or "
                         "updating AWS Lambda functions. We recommend you use a supported runtime "
                         "while creating or updating functions.",
                         runtime);
    CLEANUP(buffer_clear) struct buffer list = { 0 };
    for (const char *const *known = configuration_runtimes; *known; known++)
        buffer_add_format(&list, "%s%s", known == configuration_runtimes ? "" : ", ", *known);
    return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum "
                     "value set: [%s] or be a valid ARN",
                     runtime, list.data);
}

static bool check_environment(struct call *call)
{
    cJSON *variables = json_get(json_get(call->input, "Environment"), "Variables");
    CLEANUP(buffer_clear) struct buffer reserved = { 0 };
    const cJSON *variable;
    cJSON_ArrayForEach(variable, variables)
    {
        if (string_is_one_of(variable->string, reserved_variables))
            buffer_add_format(&reserved, "%s%s", reserved.size ? ", " : "", variable->string);
    }
    if (reserved.size)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Lambda was unable to configure your environment variables because the "
                         "environment variables you have provided contains reserved keys that are "
                         "currently not supported for modification. Reserved keys used in this "
                         "request: %s",
                         reserved.data);
    if (!variables)
        return true;
    CLEANUP(freep) char *text = json_print(variables);
    if (strlen(text) <= ENVIRONMENT_MAX)
        return true;
    return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "Lambda was unable to configure your environment variables because the "
                     "environment variables you have provided exceeded the 4KB limit. String "
                     "measured: %s",
                     text);
}

/* `before`: NULL for a new function, whose format is Text unless the call says JSON. */
static bool check_logging(struct call *call, const cJSON *before)
{
    const cJSON *logging = json_get(call->input, "LoggingConfig");
    const char *present = json_text(json_get(before, "LoggingConfig"), "LogFormat", "Text");
    bool is_text = strcmp(json_text(logging, "LogFormat", present), "Text") == 0;
    bool has_level =
        json_get(logging, "ApplicationLogLevel") || json_get(logging, "SystemLogLevel");
    if (!is_text || !has_level)
        return true;
    return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel "
                     "from your request or change the LogFormat to \"JSON\" and try again.");
}

static bool check_log_group(struct call *call)
{
    const char *group = json_text(json_get(call->input, "LoggingConfig"), "LogGroup", "");
    return !text_starts_with(text_from(group), "aws/") ||
           error_set(
               &call->error, &LAMBDA_INVALID_PARAMETER,
               "Log groups starting with AWS/ are reserved for AWS. Update the LogGroup value "
               "and try again.");
}

/* An empty target takes the queue away. */
static bool check_dead_letter(struct call *call)
{
    const char *target = json_text(json_get(call->input, "DeadLetterConfig"), "TargetArn", "");
    struct arn arn;
    if (!*target || !arn_parse(text_from(target), &arn))
        return true;
    bool is_queue = text_equal(arn.service, "sqs");
    if (!text_equal(arn.region, call->region))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Invalid dead letter queue ARN: The resource specified by the TargetArn "
                         "must be in the same region as the Lambda function it's associated with.");
    if (!is_queue && !text_equal(arn.service, "sns"))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Invalid dead letter queue ARN: The service specified by the TargetArn is "
                         "not supported for dead letter configuration.");
    return !is_queue || !pattern_matches(".*\\.fifo", arn.resource) ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "Invalid dead letter queue ARN: FIFO SQS queue is not supported for dead "
                     "letter configuration");
}

/* The rows have the model's limit; that of accounts is lower. */
static bool check_memory(struct call *call)
{
    return json_int(call->input, "MemorySize", 0) <= MEMORY_MAX_MB ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "'MemorySize' value failed to satisfy constraint: Member must have value less "
                     "than or equal to %d",
                     MEMORY_MAX_MB);
}

/* A member of VpcConfig as it is after the call: one that the call does not name stays. */
static cJSON *vpc_member(const cJSON *change, const cJSON *before, const char *name)
{
    cJSON *member = json_get(change, name);
    return member ? member : json_get(json_get(before, "VpcConfig"), name);
}

static bool check_vpc(struct call *call, const cJSON *before)
{
    const cJSON *change = json_get(call->input, "VpcConfig");
    bool has_subnets = cJSON_GetArraySize(vpc_member(change, before, "SubnetIds")) > 0;
    bool has_groups = cJSON_GetArraySize(vpc_member(change, before, "SecurityGroupIds")) > 0;
    return has_subnets == has_groups ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "SubnetIds and SecurityIds must coexist or be both empty list.");
}

bool configuration_check(struct call *call, const struct function_version *latest)
{
    CLEANUP(json_deletep)
    cJSON *before = latest ? json_parse(text_from(latest->configuration)) : NULL;
    return check_memory(call) && check_vpc(call, before) && check_runtime(call) &&
           check_environment(call) && layer_use_resolve(call) && check_logging(call, before) &&
           check_log_group(call) && check_dead_letter(call);
}

/* LoggingConfig merges member by member; levels exist only in JSON format (section 24.1). */
static void update_logging(cJSON *configuration, const cJSON *change)
{
    cJSON *logging = json_get(configuration, "LoggingConfig");
    const cJSON *member;
    cJSON_ArrayForEach(member, change)
        json_replace(logging, member->string, cJSON_Duplicate(member, true));
    bool is_json = strcmp(json_text(logging, "LogFormat", "Text"), "JSON") == 0;
    static const char *const levels[] = { "ApplicationLogLevel", "SystemLogLevel" };
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        if (!is_json)
            cJSON_DeleteItemFromObjectCaseSensitive(logging, levels[i]);
        else if (!json_get(logging, levels[i]))
            json_set_text(logging, levels[i], "INFO");
    }
}

/* A structure without members says nothing. */
static void update_member(const struct call *call, cJSON *configuration, const char *name)
{
    const cJSON *value = json_get(call->input, name);
    if (value && !(cJSON_IsObject(value) && !value->child))
        json_replace(configuration, name, cJSON_Duplicate(value, true));
}

/* An empty target or key removes the member. */
static void update_removable(const struct call *call, cJSON *configuration)
{
    const cJSON *dead_letter = json_get(call->input, "DeadLetterConfig");
    const char *target = json_text(dead_letter, "TargetArn", NULL);
    const char *key = json_text(call->input, "KMSKeyArn", NULL);
    if (target) {
        cJSON_DeleteItemFromObjectCaseSensitive(configuration, "DeadLetterConfig");
        if (*target)
            update_member(call, configuration, "DeadLetterConfig");
    }
    if (key) {
        cJSON_DeleteItemFromObjectCaseSensitive(configuration, "KMSKeyArn");
        if (*key)
            update_member(call, configuration, "KMSKeyArn");
    }
}

static const cJSON *asked_variables(const struct call *call)
{
    return json_get(json_get(call->input, "Environment"), "Variables");
}

/* No variables take the member away: a function that lost its last one is as one that never had
 * any. */
static void update_environment(const struct call *call, cJSON *configuration)
{
    const cJSON *variables = asked_variables(call);
    if (!json_get(call->input, "Environment"))
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(configuration, "Environment");
    if (variables && variables->child)
        update_member(call, configuration, "Environment");
}

static cJSON *copy_or_empty(const cJSON *list)
{
    return list ? cJSON_Duplicate(list, true) : cJSON_CreateArray();
}

/* The VPC of the subnets: there is none here to look it up in, so it is one that goes with the
 * first of them. */
static void set_vpc_id(cJSON *vpc, const cJSON *subnets)
{
    char hex[SHA256_HEX_SIZE];
    crypto_sha256_hex(text_from(subnets->child ? subnets->child->valuestring : ""), hex);
    CLEANUP(freep) char *id = xformat("vpc-%.17s", hex);
    json_set_text(vpc, "VpcId", subnets->child ? id : "");
}

/* A function that had a VPC shows an empty one when it has left it; one that never had any shows
 * none. */
static void update_vpc(cJSON *configuration, const cJSON *change)
{
    const cJSON *subnets = vpc_member(change, configuration, "SubnetIds");
    const cJSON *groups = vpc_member(change, configuration, "SecurityGroupIds");
    bool has_vpc = json_get(configuration, "VpcConfig") || (subnets && subnets->child);
    if (!change || !change->child || !has_vpc)
        return;
    cJSON *vpc = cJSON_CreateObject();
    json_set(vpc, "SubnetIds", copy_or_empty(subnets));
    json_set(vpc, "SecurityGroupIds", copy_or_empty(groups));
    set_vpc_id(vpc, json_get(vpc, "SubnetIds"));
    json_set_bool(vpc, "Ipv6AllowedForDualStack",
                  cJSON_IsTrue(vpc_member(change, configuration, "Ipv6AllowedForDualStack")));
    json_replace(configuration, "VpcConfig", vpc);
}

void configuration_update(const struct call *call, cJSON *configuration)
{
    static const char *const members[] = { "Runtime",     "Role",          "Handler",
                                           "Description", "Timeout",       "Layers",
                                           "MemorySize",  "TracingConfig", "EphemeralStorage",
                                           "SnapStart",   "Architectures" };
    for (size_t i = 0; i < COUNT_OF(members); i++)
        update_member(call, configuration, members[i]);
    update_environment(call, configuration);
    if (cJSON_GetArraySize(json_get(configuration, "Layers")) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(configuration, "Layers");
    update_vpc(configuration, json_get(call->input, "VpcConfig"));
    update_removable(call, configuration);
    update_logging(configuration, json_get(call->input, "LoggingConfig"));
}

static void set_or_remove(cJSON *configuration, const char *name, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(configuration, name);
    json_set_text(configuration, name, value); /* NULL adds nothing */
}

void configuration_set_layers(cJSON *configuration, const char *layers_sha256)
{
    set_or_remove(configuration, "LayersSha256", layers_sha256);
}

void configuration_set_folder(cJSON *configuration, const char *folder)
{
    set_or_remove(configuration, "HotReload", folder);
}

void configuration_set_source_key(cJSON *configuration, const char *key_arn)
{
    set_or_remove(configuration, "SourceKMSKeyArn", key_arn);
}

/* A member that most have not, which is told sooner than by parsing. */
static const char *rare_member(const struct function_version *version, const char *name,
                               struct arena *arena)
{
    if (!strstr(version->configuration, arena_join(arena, "\"", name, "\"", NULL)))
        return NULL;
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(version->configuration));
    return arena_copy_string(arena, json_text(configuration, name, NULL));
}

const char *configuration_folder(const struct function_version *version, struct arena *arena)
{
    return rare_member(version, "HotReload", arena);
}

const char *configuration_source_key(const struct function_version *version, struct arena *arena)
{
    return rare_member(version, "SourceKMSKeyArn", arena);
}

cJSON *configuration_create(const struct call *call, const char *function_name)
{
    cJSON *configuration = cJSON_CreateObject();
    json_set_text(configuration, "Description", "");
    json_set_double(configuration, "Timeout", TIMEOUT_DEFAULT_S);
    json_set_double(configuration, "MemorySize", MEMORY_DEFAULT_MB);
    json_set_text(configuration, "PackageType", "Zip");
    json_set_text(json_set_object(configuration, "TracingConfig"), "Mode", "PassThrough");
    json_set_double(json_set_object(configuration, "EphemeralStorage"), "Size", STORAGE_DEFAULT_MB);
    json_set_text(json_set_object(configuration, "SnapStart"), "ApplyOn", "None");
    cJSON_AddItemToArray(json_set_array(configuration, "Architectures"),
                         cJSON_CreateString("x86_64"));
    CLEANUP(freep) char *group = xformat("/aws/lambda/%s", function_name);
    cJSON *logging = json_set_object(configuration, "LoggingConfig");
    json_set_text(logging, "LogFormat", "Text");
    json_set_text(logging, "LogGroup", group);
    configuration_update(call, configuration);
    if (asked_variables(call)) /* a new function shows the empty map too that it was made with */
        update_member(call, configuration, "Environment");
    return configuration;
}

static void move(cJSON *output, cJSON *configuration, const char *name)
{
    cJSON *value = json_get(configuration, name);
    if (value) /* it keeps its name */
        cJSON_AddItemToArray(output, cJSON_DetachItemViaPointer(configuration, value));
}

static bool asks_for_snapshots(const cJSON *configuration)
{
    const char *apply_on = json_text(json_get(configuration, "SnapStart"), "ApplyOn", "None");
    return strcmp(apply_on, "PublishedVersions") == 0;
}

bool configuration_takes_snapshots(const struct function_version *version)
{
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(version->configuration));
    return asks_for_snapshots(configuration);
}

enum configuration_state configuration_state_of(const struct function_version *version)
{
    static const enum configuration_state states[] = {
        [VERSION_ACTIVE] = CONFIGURATION_ACTIVE,
        [VERSION_PENDING] = CONFIGURATION_CREATING,
        [VERSION_UPDATING] = CONFIGURATION_UPDATING,
    };
    return states[version_state(version)];
}

static const char *revision_of(const struct function_version *version,
                               enum configuration_state state)
{
    bool is_settling = state == CONFIGURATION_CREATING || state == CONFIGURATION_UPDATING;
    return is_settling ? version->settling_revision_id : version_revision(version);
}

static void write_state(cJSON *output, enum configuration_state state)
{
    static const char reason[] = "The function is being created.";
    if (state == CONFIGURATION_LISTED)
        return;
    json_set_text(output, "State", state == CONFIGURATION_CREATING ? "Pending" : "Active");
    if (state == CONFIGURATION_CREATING) {
        json_set_text(output, "StateReason", reason);
        json_set_text(output, "StateReasonCode", "Creating");
    } else if (state == CONFIGURATION_UPDATING) {
        json_set_text(output, "LastUpdateStatus", "InProgress");
        json_set_text(output, "LastUpdateStatusReason", reason);
        json_set_text(output, "LastUpdateStatusReasonCode", "Creating");
    } else {
        json_set_text(output, "LastUpdateStatus", "Successful");
    }
}

/* The one that PutRuntimeManagementConfig chose, else the runtime's only one here. */
static void write_runtime_version(struct call *call, cJSON *output,
                                  const struct function_version *version, const char *runtime)
{
    CLEANUP(freep) char *only = runtime_version_arn(call->region, runtime);
    const char *chosen =
        runtime_management_get(call->store, &version->key,
                               version_text(&call->arena, version->number), &call->arena)
            .runtime_version_arn;
    json_set_text(json_set_object(output, "RuntimeVersionConfig"), "RuntimeVersionArn",
                  chosen ? chosen : only);
}

/* Optimization is On for published versions that asked for snapshots, once they have them; never
 * for $LATEST. */
static void write_snap_start(cJSON *output, const cJSON *configuration, bool is_made)
{
    bool is_asked_for = asks_for_snapshots(configuration);
    cJSON *snap_start = json_set_object(output, "SnapStart");
    json_set_text(snap_start, "ApplyOn", is_asked_for ? "PublishedVersions" : "None");
    json_set_text(snap_start, "OptimizationStatus", is_asked_for && is_made ? "On" : "Off");
}

void configuration_write(struct call *call, cJSON *output, const struct function_version *version,
                         const char *arn_qualifier, enum configuration_state state)
{
    static const char *const before[] = { "Runtime", "Role", "Handler" };
    static const char *const after[] = { "Environment", "DeadLetterConfig", "KMSKeyArn",
                                         "VpcConfig" };
    char modified[TIMESTAMP_SIZE];
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(version->configuration));
    json_set_text(output, "FunctionName", version->key.name);
    json_set_text(output, "FunctionArn", function_arn(&call->arena, &version->key, arn_qualifier));
    for (size_t i = 0; i < COUNT_OF(before); i++)
        move(output, configuration, before[i]);
    json_set_double(output, "CodeSize", (double)version->code_size);
    move(output, configuration, "Description");
    move(output, configuration, "Timeout");
    move(output, configuration, "MemorySize");
    json_set_text(output, "LastModified",
                  timestamp_print(version->modified_ms, TIMESTAMP_LAMBDA, modified));
    json_set_text(output, "CodeSha256", version->code_sha256);
    json_set_text(output, "Version", version_text(&call->arena, version->number));
    for (size_t i = 0; i < COUNT_OF(after); i++)
        move(output, configuration, after[i]);
    layer_use_write(output, configuration);
    move(output, configuration, "TracingConfig");
    json_set_text(output, "RevisionId", revision_of(version, state));
    write_state(output, state);
    move(output, configuration, "PackageType");
    move(output, configuration, "Architectures");
    move(output, configuration, "EphemeralStorage");
    write_snap_start(output, configuration,
                     version->number > 0 && version_state(version) == VERSION_ACTIVE &&
                         state != CONFIGURATION_CREATING);
    if (state != CONFIGURATION_LISTED)
        write_runtime_version(call, output, version, json_text(output, "Runtime", ""));
    move(output, configuration, "LoggingConfig");
}
