/*
 * Runtime management configurations (lambda-api.md section 27.5).
 */
#include "arn.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/runtime_management.h"

/* $LATEST or a published version; an alias has no runtime of its own. */
static bool read_version(struct call *call, struct function_name *name_out)
{
    struct function_version version;
    int64_t number;
    return function_name_read(call, name_out) &&
           ((version_parse(function_qualifier(name_out), &number) &&
             version_find(call->store, &name_out->key, number, &call->arena, &version)) ||
            function_not_found(call, &name_out->key, name_out->qualifier));
}

static void write_setting(struct call *call, const struct function_name *name,
                          const struct runtime_management *setting)
{
    cJSON *output = call_output(call);
    json_set_text(output, "UpdateRuntimeOn", setting->update_on);
    json_set_text(output, "RuntimeVersionArn", setting->runtime_version_arn);
    json_set_text(output, "FunctionArn", function_arn(&call->arena, &name->key, name->qualifier));
}

static enum outcome get_config(struct call *call)
{
    struct function_name name;
    if (!read_version(call, &name))
        return OUTCOME_FAULT;
    struct runtime_management setting =
        runtime_management_get(call->store, &name.key, function_qualifier(&name), &call->arena);
    write_setting(call, &name, &setting);
    return OUTCOME_OK;
}

static bool check_runtime_version(struct call *call, const char *update_on, const char *given)
{
    struct arn arn;
    if (strcmp(update_on, "Auto") == 0 && given)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Unexpected runtime version ARN when UpdateRuntimeVersionOn=Auto. Remove "
                         "the runtime version ARN and retry the request.");
    if (strcmp(update_on, "Manual") != 0)
        return true;
    if (!given)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Missing runtime version ARN. A runtime version ARN is required when "
                         "UpdateRuntimeVersionOn=Manual. Provide a valid runtime version ARN and "
                         "retry the request.");
    return (arn_parse(text_from(given), &arn) && text_equal(arn.region, call->region)) ||
           error_set(
               &call->error, &LAMBDA_INVALID_PARAMETER,
               "Invalid runtime version ARN (%s). Check the runtime version ARN and retry the "
               "request.",
               given);
}

static enum outcome put_config(struct call *call)
{
    struct function_name name;
    struct runtime_management setting = { .update_on =
                                              json_text(call->input, "UpdateRuntimeOn", "") };
    const char *arn = json_text(call->input, "RuntimeVersionArn", NULL);
    if (strcmp(setting.update_on, "Manual") == 0) /* the ARN means nothing in the other modes */
        setting.runtime_version_arn = arn;
    if (!check_runtime_version(call, setting.update_on, arn) || !read_version(call, &name))
        return OUTCOME_FAULT;
    runtime_management_save(call->store, &name.key, function_qualifier(&name), &setting);
    write_setting(call, &name, &setting);
    return OUTCOME_OK;
}

static const char *const update_times[] = { "Auto", "Manual", "FunctionUpdate", NULL };
static const struct field get_fields[] = { FUNCTION_NAME_FIELD, QUALIFIER_FIELD, { 0 } };
static const struct field put_fields[] = {
    FUNCTION_NAME_FIELD,
    QUALIFIER_FIELD,
    { .name = "UpdateRuntimeOn",
      .type = FIELD_STRING,
      .is_required = true,
      .values = update_times },
    { .name = "RuntimeVersionArn",
      .type = FIELD_STRING,
      .length = BETWEEN(26, 2048),
      .pattern = "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}"
                 "::runtime:.+" },
    { 0 },
};

#define ROUTE " /2021-07-20/functions/{FunctionName}/runtime-management-config"

const struct operation runtime_management_operations[] = {
    { .name = "GetRuntimeManagementConfig",
      .route = "GET" ROUTE,
      .input = get_fields,
      .handle = get_config },
    { .name = "PutRuntimeManagementConfig",
      .route = "PUT" ROUTE,
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_config,
      .note = "Kept and shown; functions run on the machine's own node and Python." },
    { 0 },
};
