/*
 * UpdateFunctionCode and UpdateFunctionConfiguration (lambda-api.md section 15).
 */
#include "clock.h"
#include "lambda/code.h"
#include "lambda/code_storage.h"
#include "lambda/configuration.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/layer_use.h"
#include "lambda/runtime_management.h"
#include "lambda/settle.h"
#include "lambda/target.h"
#include "lambda/unsupported.h"
#include "lambda/version_code.h"
#include "xalloc.h"

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
    code_release_version(lambda_of(call), old); /* looks again, later, whether anybody uses it */
    function_update(call->store, latest);
    latest->generation++; /* as stored */
    targets_forget_function(lambda_of(call), &latest->key);
    settle_refresh(lambda_of(call));
}

static const char *const *stored_layers(struct call *call, const struct function_version *latest)
{
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(latest->configuration));
    return layer_use_digests(&call->arena, json_get(configuration, "Layers"));
}

static bool begin_update(struct call *call, struct function_version *latest_out)
{
    struct function_name name;
    return function_name_read(call, &name) && latest_get(call, &name, latest_out) &&
           settle_is_over(call, latest_out) &&
           revision_matches(call, version_revision(latest_out)) && unsupported_check(call);
}

/* The answer is $LATEST, or the version that the call asks for: a new one is Pending as long as the
 * update lasts; the same content is the newest version again. */
static enum outcome answer_update(struct call *call, const struct function_version *latest,
                                  const struct code_taken *taken, int64_t size_before)
{
    bool is_published = json_bool(call->input, "Publish", false);
    struct function_version shown = *latest;
    enum configuration_state state = CONFIGURATION_UPDATING;
    int64_t added = latest->code_size - size_before;
    if (is_published) {
        struct function_version frozen = version_code_freeze(call, latest, taken);
        bool is_new = publish(call, &frozen, NULL, &shown);
        state = is_new ? CONFIGURATION_CREATING : configuration_state_of(&shown);
        added += is_new ? shown.code_size : 0;
    }
    if (!code_storage_check(call, &latest->key, added))
        return OUTCOME_FAULT;
    configuration_write(call, call_output(call), &shown,
                        is_published ? version_text(&call->arena, shown.number) : NULL, state);
    return OUTCOME_OK;
}

/* The code that the call brings; the layers are those that the function has, for the limit that
 * is on both. */
static bool read_source(struct call *call, const struct function_version *latest,
                        struct code_source *source_out)
{
    if (!code_source_read(call, call->input, true, source_out))
        return false;
    source_out->is_frozen = json_bool(call->input, "Publish", false);
    source_out->layers = stored_layers(call, latest);
    return true;
}

static enum outcome update_function_code_with_code(struct call *call)
{
    struct function_version latest;
    struct code_source source;
    struct code_taken taken;
    if (!code_upload_end(call, &taken) || !begin_update(call, &latest) ||
        !read_source(call, &latest, &source))
        return OUTCOME_FAULT;
    const struct function_version old = latest;
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(latest.configuration));
    configuration_update(call, configuration); /* Architectures is the one member it can change */
    version_code_set(call, &source, &taken, configuration, &latest);
    CLEANUP(freep) char *text = json_print(configuration);
    latest.configuration = arena_copy(&call->arena, text_from(text));
    if (json_bool(call->input, "DryRun", false)) {
        configuration_write(call, call_output(call), &latest, NULL, CONFIGURATION_ACTIVE);
        return OUTCOME_OK;
    }
    finish_update(call, &old, &latest);
    return answer_update(call, &latest, &taken, old.code_size);
}

static enum outcome update_function_code(struct call *call)
{
    struct function_version latest;
    if (!begin_update(call, &latest))
        return OUTCOME_FAULT;
    struct code_source source;
    if (json_get(call->input, "ImageUri"))
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "Please don't provide ImageUri when updating a function with "
                          "packageType Zip.");
    if (!read_source(call, &latest, &source))
        return OUTCOME_FAULT;
    return code_upload_start(call, &source, update_function_code_with_code);
}

static enum outcome store_configuration(struct call *call, const struct function_version *old,
                                        const char *layers_sha256)
{
    struct function_version latest = *old;
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(latest.configuration));
    configuration_update(call, configuration);
    if (json_get(call->input, "Layers"))
        configuration_set_layers(configuration, layers_sha256);
    CLEANUP(freep) char *text = json_print(configuration);
    latest.configuration = arena_copy(&call->arena, text_from(text));
    finish_update(call, old, &latest);
    configuration_write(call, call_output(call), &latest, NULL, CONFIGURATION_UPDATING);
    return OUTCOME_OK;
}

static enum outcome update_configuration_with_layers(struct call *call)
{
    struct function_version latest;
    struct code_taken taken;
    if (!code_upload_end(call, &taken) || !begin_update(call, &latest))
        return OUTCOME_FAULT;
    return store_configuration(call, &latest, taken.layers_sha256);
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
    if (!begin_update(call, &latest) || !configuration_check(call, &latest) ||
        !check_runtime_change(call, &latest))
        return OUTCOME_FAULT;
    if (json_get(call->input, "ImageConfig"))
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "Please don't provide ImageConfig when updating a function with "
                          "packageType Zip.");
    struct code_source source = {
        .sha256 = configuration_folder(&latest, &call->arena) ? NULL : latest.code_sha256,
        .layers = layer_use_digests(&call->arena, json_get(call->input, "Layers")),
    };
    if (!source.layers)
        return store_configuration(call, &latest, NULL);
    return code_upload_start(call, &source, update_configuration_with_layers);
}

static const struct field architecture_item = { .type = FIELD_STRING,
                                                .values = configuration_architectures };
static const struct field update_code_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    CODE_FIELDS,
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
      .body_ceiling = CODE_BODY_MAX,
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
