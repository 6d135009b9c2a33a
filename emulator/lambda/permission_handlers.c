/*
 * AddPermission, RemovePermission, GetPolicy (lambda-api.md section 25), and the three operations
 * of 2026 that put, show and delete a policy as a whole. The function, each version and each alias
 * has a policy of its own.
 */
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/policy.h"
#include "lambda/qualifier.h"
#include "xalloc.h"

/* The texts differ from those of other operations (section 2.8). */
static bool check_resource(struct call *call, const struct function_name *name)
{
    int64_t number;
    const char *qualifier = name->qualifier;
    if (!function_exists(call->store, &name->key))
        return function_not_found(call, &name->key, NULL);
    if (!qualifier || qualifier_exists(call->store, &name->key, qualifier))
        return true;
    if (version_parse(qualifier, &number) || strchr(qualifier, '$'))
        return function_not_found(call, &name->key, qualifier);
    return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "Cannot find alias arn: %s",
                     function_arn(&call->arena, &name->key, qualifier));
}

static bool check_not_latest(struct call *call, const struct function_name *name)
{
    return !name->qualifier || strcmp(name->qualifier, "$LATEST") != 0 ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "We currently do not support adding policies for $LATEST.");
}

/* Two conditions belong to one action each. */
static bool check_url_conditions(struct call *call, const struct policy_grant *grant)
{
    if (grant->function_url_auth_type && strcmp(grant->action, "lambda:InvokeFunctionUrl") != 0)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl "
                         "action");
    return !grant->via_function_url || strcmp(grant->action, "lambda:InvokeFunction") == 0 ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action");
}

static struct policy_grant read_grant(const struct call *call)
{
    const cJSON *input = call->input;
    return (struct policy_grant){
        .statement_id = json_text(input, "StatementId", ""),
        .action = json_text(input, "Action", ""),
        .principal = json_text(input, "Principal", ""),
        .source_arn = json_text(input, "SourceArn", NULL),
        .source_account = json_text(input, "SourceAccount", NULL),
        .function_url_auth_type = json_text(input, "FunctionUrlAuthType", NULL),
        .organization_id = json_text(input, "PrincipalOrgID", NULL),
        .event_source_token = json_text(input, "EventSourceToken", NULL),
        .via_function_url = json_bool(input, "InvokedViaFunctionUrl", false),
    };
}

static enum outcome add_permission(struct call *call)
{
    struct function_name name;
    struct policy_grant grant = read_grant(call);
    const char *statement;
    const char *revision;
    if (!function_name_read(call, &name) || !check_not_latest(call, &name) ||
        !check_url_conditions(call, &grant) || !check_resource(call, &name))
        return OUTCOME_FAULT;
    struct policy_key key = policy_key_of_function(&name.key, name.qualifier, &call->arena);
    if (!policy_add(call->store, &key, &grant, json_text(call->input, "RevisionId", NULL),
                    &call->arena, &statement, &revision, &call->error))
        return OUTCOME_FAULT;
    json_set_text(call_output(call), "Statement", statement);
    return OUTCOME_OK;
}

/* Of whom something is to be removed. */
static bool check_owner(struct call *call, const struct function_name *name)
{
    if (!function_exists(call->store, &name->key))
        return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "No policy found for: %s",
                         function_arn(&call->arena, &name->key, NULL));
    return check_resource(call, name);
}

static enum outcome remove_permission(struct call *call)
{
    struct function_name name;
    if (!function_name_read(call, &name) || !check_owner(call, &name))
        return OUTCOME_FAULT;
    struct policy_key key = policy_key_of_function(&name.key, name.qualifier, &call->arena);
    bool is_removed =
        policy_remove(call->store, &key, json_text(call->input, "StatementId", ""),
                      json_text(call->input, "RevisionId", NULL), &call->arena, &call->error);
    return is_removed ? OUTCOME_OK : OUTCOME_FAULT;
}

static enum outcome answer(struct call *call, const struct policy *policy)
{
    CLEANUP(freep) char *document = policy_print(policy);
    json_set_text(call_output(call), "Policy", document);
    json_set_text(call_output(call), "RevisionId", policy->revision_id);
    return OUTCOME_OK;
}

static enum outcome answer_with_policy_of(struct call *call, const struct function_name *name)
{
    CLEANUP(policy_clear) struct policy policy = { 0 };
    struct policy_key key = policy_key_of_function(&name->key, name->qualifier, &call->arena);
    if (!policy_find(call->store, &key, &call->arena, &policy))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND,
                          "The resource you requested does not exist.");
    return answer(call, &policy);
}

static enum outcome get_policy(struct call *call)
{
    struct function_name name;
    return function_name_read(call, &name) ? answer_with_policy_of(call, &name) : OUTCOME_FAULT;
}

static bool read_arn(struct call *call, struct function_name *name_out)
{
    return function_name_cut(call, json_text(call->input, "ResourceArn", ""), NULL, name_out);
}

static enum outcome get_resource_policy(struct call *call)
{
    struct function_name name;
    return read_arn(call, &name) ? answer_with_policy_of(call, &name) : OUTCOME_FAULT;
}

static enum outcome put_resource_policy(struct call *call)
{
    struct function_name name;
    CLEANUP(policy_clear) struct policy policy = { 0 };
    if (!read_arn(call, &name) || !check_not_latest(call, &name) || !check_resource(call, &name))
        return OUTCOME_FAULT;
    struct policy_key key = policy_key_of_function(&name.key, name.qualifier, &call->arena);
    bool is_put =
        policy_put(call->store, &key, json_text(call->input, "Policy", ""),
                   json_text(call->input, "RevisionId", NULL), &call->arena, &policy, &call->error);
    return is_put ? answer(call, &policy) : OUTCOME_FAULT;
}

static enum outcome delete_resource_policy(struct call *call)
{
    struct function_name name;
    if (!read_arn(call, &name) || !check_owner(call, &name))
        return OUTCOME_FAULT;
    struct policy_key key = policy_key_of_function(&name.key, name.qualifier, &call->arena);
    bool is_gone =
        policy_drop(call->store, &key, json_text(call->input, "RevisionId", NULL), &call->error);
    return is_gone ? OUTCOME_OK : OUTCOME_FAULT;
}

static const char *const auth_types[] = { "NONE", "AWS_IAM", NULL };
static const struct field add_fields[] = {
    FUNCTION_NAME_FIELD,
    QUALIFIER_FIELD,
    STATEMENT_ID_FIELD,
    { .name = "Action",
      .type = FIELD_STRING,
      .is_required = true,
      .pattern = "(lambda:[*]|lambda:[a-zA-Z]+|[*])" },
    { .name = "Principal", .type = FIELD_STRING, .is_required = true, .pattern = "[^\\s]+" },
    { .name = "SourceArn", .type = FIELD_STRING, .pattern = ARN_PATTERN },
    { .name = "SourceAccount",
      .type = FIELD_STRING,
      .length = BETWEEN(0, 12),
      .pattern = "\\d{12}" },
    { .name = "EventSourceToken",
      .type = FIELD_STRING,
      .length = BETWEEN(0, 256),
      .pattern = "[a-zA-Z0-9._\\-]+" },
    { .name = "PrincipalOrgID",
      .type = FIELD_STRING,
      .length = BETWEEN(12, 34),
      .pattern = "o-[a-z0-9]{10,32}" },
    { .name = "FunctionUrlAuthType", .type = FIELD_STRING, .values = auth_types },
    { .name = "InvokedViaFunctionUrl", .type = FIELD_BOOLEAN },
    { .name = "RevisionId", .type = FIELD_STRING },
    { 0 },
};
static const struct field remove_fields[] = {
    FUNCTION_NAME_FIELD,
    { .name = "StatementId",
      .type = FIELD_STRING,
      .place = FIELD_IN_PATH,
      .is_required = true,
      .length = BETWEEN(1, 100),
      .pattern = "([a-zA-Z0-9-_.]+)" },
    QUALIFIER_FIELD,
    { .name = "RevisionId", .type = FIELD_STRING, .place = FIELD_IN_QUERY },
    { 0 },
};
static const struct field get_fields[] = { FUNCTION_NAME_FIELD, QUALIFIER_FIELD, { 0 } };

#define RESOURCE_ARN_FIELD                                                                         \
    {                                                                                              \
        .name = "ResourceArn", .type = FIELD_STRING, .place = FIELD_IN_PATH, .is_required = true,  \
        .length = BETWEEN(1, 256),                                                                 \
        .pattern = "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"  \
                   "\\d{1}:\\d{12}:function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?"          \
    }

static const struct field put_whole_fields[] = {
    RESOURCE_ARN_FIELD,
    { .name = "Policy", .type = FIELD_STRING, .is_required = true },
    { .name = "RevisionId", .type = FIELD_STRING },
    { 0 },
};
static const struct field get_whole_fields[] = { RESOURCE_ARN_FIELD, { 0 } };
static const struct field delete_whole_fields[] = {
    RESOURCE_ARN_FIELD,
    { .name = "RevisionId", .type = FIELD_STRING, .place = FIELD_IN_QUERY },
    { 0 },
};

#define WHOLE " /2026-07-09/resource-policy/{ResourceArn}"

const struct operation permission_operations[] = {
    { .name = "AddPermission",
      .route = "POST /2015-03-31/functions/{FunctionName}/policy",
      .status = 201,
      .flags = OPERATION_WRITES,
      .input = add_fields,
      .handle = add_permission,
      .note = "Policies are kept and shown; only function URLs heed them. That a role or user "
              "named as principal exists is not checked." },
    { .name = "RemovePermission",
      .route = "DELETE /2015-03-31/functions/{FunctionName}/policy/{StatementId}",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = remove_fields,
      .handle = remove_permission },
    { .name = "GetPolicy",
      .route = "GET /2015-03-31/functions/{FunctionName}/policy",
      .input = get_fields,
      .handle = get_policy },
    { .name = "PutResourcePolicy",
      .route = "PUT" WHOLE,
      .flags = OPERATION_WRITES,
      .input = put_whole_fields,
      .handle = put_resource_policy,
      .note =
          "NotPrincipal, NotAction and NotResource are refused; public access is not blocked." },
    { .name = "GetResourcePolicy",
      .route = "GET" WHOLE,
      .input = get_whole_fields,
      .handle = get_resource_policy },
    { .name = "DeleteResourcePolicy",
      .route = "DELETE" WHOLE,
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = delete_whole_fields,
      .handle = delete_resource_policy },
    { 0 },
};
