/*
 * Reserved concurrency (lambda-api.md section 8.2).
 */
#include "lambda/concurrency.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/target.h"

enum { NONE = -1 };

/* `missing` is the qualifier that AWS puts behind the name of a function that does not exist. */
static bool read_unqualified(struct call *call, const char *missing, struct function_name *name_out)
{
    if (!function_name_read(call, name_out))
        return false;
    if (name_out->qualifier)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "This operation is permitted on Lambda functions only. Aliases and "
                         "versions do not support this operation. Please specify either a function "
                         "name or an unqualified function ARN.");
    return function_check(call, &name_out->key, missing);
}

static bool check_reservation(struct call *call, const struct function_key *key, int64_t wanted)
{
    struct concurrency_account account =
        concurrency_account(lambda_of(call), key->account, key->region);
    int64_t present = concurrency_reserved(call->store, key);
    int64_t provisioned = concurrency_provisioned_total(call->store, key);
    int64_t others = account.reserved - (present == NONE ? 0 : present);
    int64_t others_provisioned =
        account.provisioned_unreserved - (present == NONE ? provisioned : 0);
    int64_t minimum = concurrency_unreserved_minimum(&account);
    if (wanted < provisioned)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER_UNTYPED,
                         " ReservedConcurrentExecutions  %lld should not be lower than function's "
                         "total provisioned concurrency [%lld].",
                         (long long)wanted, (long long)provisioned);
    return account.limit - others - others_provisioned - wanted >= minimum ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER_UNTYPED,
                     "Specified ReservedConcurrentExecutions for function decreases account's "
                     "UnreservedConcurrentExecution below its minimum value of [%lld].",
                     (long long)minimum);
}

static enum outcome put_function_concurrency(struct call *call)
{
    struct function_name name;
    int64_t wanted = json_int(call->input, "ReservedConcurrentExecutions", 0);
    if (!read_unqualified(call, "$LATEST", &name) || !check_reservation(call, &name.key, wanted))
        return OUTCOME_FAULT;
    concurrency_reserve(call->store, &name.key, wanted);
    targets_forget(lambda_of(call));
    json_set_double(call_output(call), "ReservedConcurrentExecutions", (double)wanted);
    return OUTCOME_OK;
}

static enum outcome get_function_concurrency(struct call *call)
{
    struct function_name name;
    if (!read_unqualified(call, NULL, &name))
        return OUTCOME_FAULT;
    int64_t reserved = concurrency_reserved(call->store, &name.key);
    cJSON *output = call_output(call);
    if (reserved != NONE)
        json_set_double(output, "ReservedConcurrentExecutions", (double)reserved);
    return OUTCOME_OK;
}

static enum outcome delete_function_concurrency(struct call *call)
{
    struct function_name name;
    if (!read_unqualified(call, NULL, &name))
        return OUTCOME_FAULT;
    concurrency_reserve(call->store, &name.key, NONE);
    targets_forget(lambda_of(call));
    return OUTCOME_OK;
}

static const struct field put_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    { .name = "ReservedConcurrentExecutions",
      .type = FIELD_INTEGER,
      .is_required = true,
      .range = AT_LEAST(0) },
    { 0 },
};
static const struct field name_fields[] = { FUNCTION_NAME_FIELD_CREATE, { 0 } };

const struct operation concurrency_operations[] = {
    { .name = "PutFunctionConcurrency",
      .route = "PUT /2017-10-31/functions/{FunctionName}/concurrency",
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_function_concurrency },
    { .name = "GetFunctionConcurrency",
      .route = "GET /2019-09-30/functions/{FunctionName}/concurrency",
      .input = name_fields,
      .handle = get_function_concurrency },
    { .name = "DeleteFunctionConcurrency",
      .route = "DELETE /2017-10-31/functions/{FunctionName}/concurrency",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = name_fields,
      .handle = delete_function_concurrency },
    { 0 },
};
