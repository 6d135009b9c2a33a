/*
 * GetFunctionRecursionConfig and PutFunctionRecursionConfig (lambda-api.md section 27.5).
 */
#include "lambda/function_handlers.h"
#include "lambda/recursion.h"
#include "lambda/target.h"

static enum outcome answer(struct call *call, const struct function_key *key)
{
    json_set_text(call_output(call), "RecursiveLoop",
                  recursion_is_stopped(call->store, key) ? "Terminate" : "Allow");
    return OUTCOME_OK;
}

static enum outcome get_recursion_config(struct call *call)
{
    struct function_name name;
    return function_read(call, &name) ? answer(call, &name.key) : OUTCOME_FAULT;
}

static enum outcome put_recursion_config(struct call *call)
{
    struct function_name name;
    if (!function_read(call, &name))
        return OUTCOME_FAULT;
    bool is_stopped = strcmp(json_text(call->input, "RecursiveLoop", ""), "Terminate") == 0;
    recursion_set_stopped(call->store, &name.key, is_stopped);
    targets_forget_function(lambda_of(call), &name.key);
    return answer(call, &name.key);
}

static const char *const loops[] = { "Terminate", "Allow", NULL };

#define UNQUALIFIED_NAME_FIELD                                                                     \
    {                                                                                              \
        .name = "FunctionName", .type = FIELD_STRING, .place = FIELD_IN_PATH, .is_required = true, \
        .length = BETWEEN(1, 140), .pattern = FUNCTION_NAME_PREFIX "([a-zA-Z0-9-_]+)"              \
    }

static const struct field get_fields[] = { UNQUALIFIED_NAME_FIELD, { 0 } };
static const struct field put_fields[] = {
    UNQUALIFIED_NAME_FIELD,
    { .name = "RecursiveLoop", .type = FIELD_STRING, .is_required = true, .values = loops },
    { 0 },
};

const struct operation recursion_operations[] = {
    { .name = "GetFunctionRecursionConfig",
      .route = "GET /2024-08-31/functions/{FunctionName}/recursion-config",
      .input = get_fields,
      .handle = get_recursion_config },
    { .name = "PutFunctionRecursionConfig",
      .route = "PUT /2024-08-31/functions/{FunctionName}/recursion-config",
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_recursion_config },
    { 0 },
};
