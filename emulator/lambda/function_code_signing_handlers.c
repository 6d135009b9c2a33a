/*
 * Which function has which code signing configuration (lambda-api.md section 27.4).
 */
#include "lambda/code_signing.h"
#include "lambda/function_handlers.h"

static void answer(struct call *call, const struct function_key *key, const char *config_arn)
{
    json_set_text(call_output(call), "CodeSigningConfigArn", config_arn);
    json_set_text(call_output(call), "FunctionName", key->name);
}

/* An unknown configuration is reported before an unknown function. */
static enum outcome put_config(struct call *call)
{
    struct function_name name;
    const char *config_arn = json_text(call->input, "CodeSigningConfigArn", NULL);
    if (!code_signing_check(call, config_arn) || !function_read(call, &name))
        return OUTCOME_FAULT;
    code_signing_set_function(call->store, &name.key, config_arn);
    answer(call, &name.key, config_arn);
    return OUTCOME_OK;
}

static enum outcome get_config(struct call *call)
{
    struct function_name name;
    if (!function_read(call, &name))
        return OUTCOME_FAULT;
    const char *config_arn = code_signing_of_function(call->store, &name.key, &call->arena);
    call_output(call);
    if (config_arn)
        answer(call, &name.key, config_arn);
    return OUTCOME_OK;
}

static enum outcome delete_config(struct call *call)
{
    struct function_name name;
    if (!function_read(call, &name))
        return OUTCOME_FAULT;
    code_signing_set_function(call->store, &name.key, NULL);
    return OUTCOME_OK;
}

static const struct field name_fields[] = { FUNCTION_NAME_FIELD, { 0 } };
static const struct field put_fields[] = {
    FUNCTION_NAME_FIELD,
    { .name = "CodeSigningConfigArn",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 200),
      .pattern = code_signing_arn_pattern },
    { 0 },
};

#define ROUTE " /2020-06-30/functions/{FunctionName}/code-signing-config"

const struct operation function_code_signing_operations[] = {
    { .name = "PutFunctionCodeSigningConfig",
      .route = "PUT" ROUTE,
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_config },
    { .name = "GetFunctionCodeSigningConfig",
      .route = "GET" ROUTE,
      .input = name_fields,
      .handle = get_config },
    { .name = "DeleteFunctionCodeSigningConfig",
      .route = "DELETE" ROUTE,
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = name_fields,
      .handle = delete_config },
    { 0 },
};
