/*
 * GetAccountSettings (lambda-api.md section 8.1): limits, and what is used.
 */
#include "lambda/code_storage.h"
#include "lambda/code_upload.h"
#include "lambda/concurrency.h"
#include "lambda/function_handlers.h"
#include "runtime/package.h"

static enum outcome get_account_settings(struct call *call)
{
    struct account_usage usage = account_usage(call->store, call->account, call->region);
    struct concurrency_account concurrency =
        concurrency_account(lambda_of(call), call->account, call->region);
    cJSON *limit = json_set_object(call_output(call), "AccountLimit");
    json_set_double(limit, "TotalCodeSize", (double)code_storage_max);
    json_set_double(limit, "CodeSizeUnzipped", PACKAGE_UNZIPPED_MAX);
    json_set_double(limit, "CodeSizeZipped", CODE_ZIPPED_MAX);
    json_set_double(limit, "ConcurrentExecutions", (double)concurrency.limit);
    int64_t unreserved = concurrency.limit - concurrency.reserved;
    json_set_double(limit, "UnreservedConcurrentExecutions",
                    unreserved > 0 ? (double)unreserved : 0);
    cJSON *used = json_set_object(call_output(call), "AccountUsage");
    json_set_double(used, "TotalCodeSize", (double)usage.code_size);
    json_set_double(used, "FunctionCount", (double)usage.function_count);
    return OUTCOME_OK;
}

const struct operation account_operations[] = {
    { .name = "GetAccountSettings",
      .route = "GET /2016-08-19/account-settings",
      .handle = get_account_settings,
      .note = "Limits are AWS's defaults; `--concurrency` sets ConcurrentExecutions." },
    { 0 },
};
