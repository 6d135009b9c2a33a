/*
 * UpdateFunctionCode and UpdateFunctionConfiguration (lambda-api.md section 15).
 */
#include "clock.h"
#include "lambda/code.h"
#include "lambda/configuration.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/runtime_management.h"
#include "lambda/settle.h"
#include "lambda/target.h"
#include "lambda/unsupported.h"
#include "xalloc.h"

enum { UPDATE_BODY_MAX = 70167211 };

/* Stores the change; what was there before goes on running until it has settled. */
static void finish_update(struct call *call, const struct function_version *old,
                          struct function_version *latest)
{
    latest->modified_ms = clock_now_ms();
    settle_begin(call, latest);
    if (latest->settles_ms)
        function_keep_previous(call->store, old);
    else
        target_retire(lambda_of(call), old);
    function_update(call->store, latest);
    latest->generation++; /* as stored */
    targets_forget(lambda_of(call));
    settle_refresh(lambda_of(call));
}

static bool begin_update(struct call *call, struct function_version *latest_out)
{
    struct function_name name;
    return function_name_read(call, &name) && latest_get(call, &name, latest_out) &&
           settle_is_over(call, latest_out) &&
           revision_matches(call, version_revision(latest_out)) && unsupported_check(call);
}

/* A new version is Pending as long as the update lasts; the same content is the newest version
 * again. */
static void publish_updated(struct call *call, const struct function_version *latest)
{
    struct function_version version;
    bool is_new = publish(call, latest, NULL, &version);
    enum configuration_state state =
        is_new ? CONFIGURATION_CREATING : configuration_state_of(&version);
    configuration_write(call, call_output(call), &version,
                        version_text(&call->arena, version.number), state);
}

static enum outcome update_function_code_with_code(struct call *call)
{
    struct function_version latest;
    const char *sha256;
    int64_t size;
    if (!code_upload_end(call, &sha256, &size) || !begin_update(call, &latest))
        return OUTCOME_FAULT;
    const struct function_version old = latest;
    latest.code_sha256 = sha256;
    latest.code_size = size;
    latest.code_id = new_uuid(call);
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(latest.configuration));
    configuration_update(call, configuration); /* Architectures is the one member it can change */
    CLEANUP(freep) char *text = json_print(configuration);
    latest.configuration = arena_copy(&call->arena, text_from(text));
    if (json_bool(call->input, "DryRun", false)) {
        code_release(lambda_of(call), sha256);
        configuration_write(call, call_output(call), &latest, NULL, CONFIGURATION_ACTIVE);
        return OUTCOME_OK;
    }
    finish_update(call, &old, &latest);
    if (strcmp(old.code_sha256, sha256) != 0)
        code_release(lambda_of(call), old.code_sha256);
    if (json_bool(call->input, "Publish", false)) {
        publish_updated(call, &latest);
        return OUTCOME_OK;
    }
    configuration_write(call, call_output(call), &latest, NULL, CONFIGURATION_UPDATING);
    return OUTCOME_OK;
}

static enum outcome update_function_code(struct call *call)
{
    struct function_version latest;
    if (!begin_update(call, &latest))
        return OUTCOME_FAULT;
    const char *zip = json_text(call->input, "ZipFile", NULL);
    if (json_get(call->input, "ImageUri"))
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "Please don't provide ImageUri when updating a function with "
                          "packageType Zip.");
    if (!zip && json_get(call->input, "S3Bucket"))
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error "
                          "Message: The specified bucket does not exist");
    if (!zip)
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "Please provide a source for function code.");
    return code_upload_start(call, zip, update_function_code_with_code);
}

/* A function that stays on one runtime version stays on its runtime. */
static bool check_runtime_change(struct call *call, const struct function_version *latest)
{
    const char *wanted = json_text(call->input, "Runtime", NULL);
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(latest->configuration));
    if (!wanted || strcmp(json_text(configuration, "Runtime", ""), wanted) == 0)
        return true;
    struct runtime_management setting =
        runtime_management_get(call->store, &latest->key, "$LATEST", &call->arena);
    return !setting.runtime_version_arn ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "Cannot change runtime identifier when runtime management configuration is "
                     "set to 'Manual'. Change the runtime management configuration to 'Auto' or "
                     "'FunctionUpdate', then retry.");
}

static enum outcome update_function_configuration(struct call *call)
{
    struct function_version latest;
    if (!begin_update(call, &latest) || !configuration_check(call) ||
        !check_runtime_change(call, &latest))
        return OUTCOME_FAULT;
    const struct function_version old = latest;
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(latest.configuration));
    configuration_update(call, configuration);
    CLEANUP(freep) char *text = json_print(configuration);
    latest.configuration = arena_copy(&call->arena, text_from(text));
    finish_update(call, &old, &latest);
    configuration_write(call, call_output(call), &latest, NULL, CONFIGURATION_UPDATING);
    return OUTCOME_OK;
}

static const char *const architectures[] = { "x86_64", "arm64", NULL };
static const struct field architecture_item = { .type = FIELD_STRING, .values = architectures };
static const struct field update_code_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    { .name = "ZipFile", .type = FIELD_BLOB, .is_sensitive = true },
    { .name = "S3Bucket",
      .type = FIELD_STRING,
      .length = BETWEEN(3, 63),
      .pattern = "[0-9A-Za-z\\.\\-_]*(?<!\\.)" },
    { .name = "S3Key", .type = FIELD_STRING, .length = BETWEEN(1, 1024) },
    { .name = "S3ObjectVersion", .type = FIELD_STRING, .length = BETWEEN(1, 1024) },
    { .name = "ImageUri", .type = FIELD_STRING },
    { .name = "SourceKMSKeyArn",
      .type = FIELD_STRING,
      .pattern = "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()" },
    { .name = "Publish", .type = FIELD_BOOLEAN },
    UNSUPPORTED_PUBLISH_FIELD,
    { .name = "DryRun", .type = FIELD_BOOLEAN },
    { .name = "RevisionId", .type = FIELD_STRING },
    { .name = "Architectures",
      .type = FIELD_LIST,
      .length = BETWEEN(1, 1),
      .item = &architecture_item },
    { 0 },
};
static const struct field update_configuration_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    { .name = "Role", .type = FIELD_STRING, .pattern = configuration_role_pattern },
    CONFIGURATION_FIELDS,
    UNSUPPORTED_FIELDS,
    { .name = "RevisionId", .type = FIELD_STRING },
    { 0 },
};

const struct operation function_update_operations[] = {
    { .name = "UpdateFunctionCode",
      .route = "PUT /2015-03-31/functions/{FunctionName}/code",
      .flags = OPERATION_WRITES,
      .input = update_code_fields,
      .handle = update_function_code,
      .body_ceiling = UPDATE_BODY_MAX,
      .note =
          "Answers InProgress as AWS does; done when the answer arrives, or after `--settle`." },
    { .name = "UpdateFunctionConfiguration",
      .route = "PUT /2015-03-31/functions/{FunctionName}/configuration",
      .flags = OPERATION_WRITES,
      .input = update_configuration_fields,
      .handle = update_function_configuration,
      .note =
          "Answers InProgress as AWS does; done when the answer arrives, or after `--settle`." },
    { 0 },
};
