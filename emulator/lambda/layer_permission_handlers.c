/*
 * The policies of layer versions (lambda-api.md section 27.3, J8).
 */
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/layer_handlers.h"
#include "lambda/policy.h"
#include "xalloc.h"

/* The policy of the version that the call names; false with the fault if there is no such version.
 */
static bool read_policy_key(struct call *call, struct policy_key *policy_out)
{
    struct function_key layer;
    struct layer_version version;
    int64_t number = json_int(call->input, "VersionNumber", 0);
    if (!layer_name_read(call, &layer))
        return false;
    *policy_out = policy_key_of_layer(&layer, number, &call->arena);
    return layer_version_find(call->store, &layer, number, &call->arena, &version) ||
           error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "Layer version %s does not exist.",
                     policy_resource_arn(policy_out, &call->arena));
}

static enum outcome add_layer_version_permission(struct call *call)
{
    struct policy_key key;
    struct policy_grant grant = {
        .statement_id = json_text(call->input, "StatementId", ""),
        .action = json_text(call->input, "Action", ""),
        .principal = json_text(call->input, "Principal", ""),
        .organization_id = json_text(call->input, "OrganizationId", NULL),
    };
    const char *statement;
    const char *revision;
    if (!read_policy_key(call, &key))
        return OUTCOME_FAULT;
    if (grant.organization_id && strcmp(grant.principal, "*") != 0)
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "If organization id is specified then principal should be *");
    if (!policy_add(call->store, &key, &grant, json_text(call->input, "RevisionId", NULL),
                    &call->arena, &statement, &revision, &call->error))
        return OUTCOME_FAULT;
    json_set_text(call_output(call), "Statement", statement);
    json_set_text(call_output(call), "RevisionId", revision);
    return OUTCOME_OK;
}

static enum outcome get_layer_version_policy(struct call *call)
{
    struct policy_key key;
    CLEANUP(policy_clear) struct policy policy = { 0 };
    if (!read_policy_key(call, &key))
        return OUTCOME_FAULT;
    if (!policy_find(call->store, &key, &call->arena, &policy))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND,
                          "No policy is associated with the given resource.");
    CLEANUP(freep) char *document = policy_print(&policy);
    json_set_text(call_output(call), "Policy", document);
    json_set_text(call_output(call), "RevisionId", policy.revision_id);
    return OUTCOME_OK;
}

static enum outcome remove_layer_version_permission(struct call *call)
{
    struct policy_key key;
    bool is_removed =
        read_policy_key(call, &key) &&
        policy_remove(call->store, &key, json_text(call->input, "StatementId", ""),
                      json_text(call->input, "RevisionId", NULL), &call->arena, &call->error);
    return is_removed ? OUTCOME_OK : OUTCOME_FAULT;
}

#define REVISION_FIELD                                                                             \
    {                                                                                              \
        .name = "RevisionId", .type = FIELD_STRING, .place = FIELD_IN_QUERY                        \
    }

static const struct field add_fields[] = {
    LAYER_NAME_FIELD,
    VERSION_NUMBER_FIELD,
    STATEMENT_ID_FIELD,
    { .name = "Action",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 22),
      .pattern = "lambda:GetLayerVersion" },
    { .name = "Principal",
      .type = FIELD_STRING,
      .is_required = true,
      .pattern = "\\d{12}|\\*|arn:(aws[a-zA-Z-]*):iam::\\d{12}:root" },
    { .name = "OrganizationId",
      .type = FIELD_STRING,
      .length = BETWEEN(0, 34),
      .pattern = "o-[a-z0-9]{10,32}" },
    REVISION_FIELD,
    { 0 },
};
static const struct field get_fields[] = { LAYER_NAME_FIELD, VERSION_NUMBER_FIELD, { 0 } };
static const struct field remove_fields[] = {
    LAYER_NAME_FIELD,
    VERSION_NUMBER_FIELD,
    { .name = "StatementId",
      .type = FIELD_STRING,
      .place = FIELD_IN_PATH,
      .is_required = true,
      .length = BETWEEN(1, 100),
      .pattern = "([a-zA-Z0-9-_]+)" },
    REVISION_FIELD,
    { 0 },
};

#define ROUTE " /2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"

const struct operation layer_permission_operations[] = {
    { .name = "AddLayerVersionPermission",
      .route = "POST" ROUTE,
      .status = 201,
      .flags = OPERATION_WRITES,
      .input = add_fields,
      .handle = add_layer_version_permission,
      .note = "Policies are kept and shown; every layer can be read within its account." },
    { .name = "GetLayerVersionPolicy",
      .route = "GET" ROUTE,
      .input = get_fields,
      .handle = get_layer_version_policy },
    { .name = "RemoveLayerVersionPermission",
      .route = "DELETE" ROUTE "/{StatementId}",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = remove_fields,
      .handle = remove_layer_version_permission },
    { 0 },
};
