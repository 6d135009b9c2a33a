/*
 * The policies of layer versions (lambda-api.md section 27.3, J8).
 */
#include "arn.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/policy.h"
#include "xalloc.h"

/* A layer version as the call names it. */
struct layer_version_name {
    struct function_key layer; /* account, region and name of the layer */
    int64_t number;
    struct policy_key policy;
};

static bool exists(struct store *store, const struct layer_version_name *name);

/* LayerName is a name or the layer's ARN. */
static struct function_key read_layer(struct call *call)
{
    const char *given = json_text(call->input, "LayerName", "");
    struct function_key key = { call->account, call->region, given };
    struct arn arn;
    if (!arn_parse(text_from(given), &arn))
        return key;
    struct text name = arn.resource;
    text_cut(&name, ':');
    return (struct function_key){ arena_copy(&call->arena, arn.account),
                                  arena_copy(&call->arena, arn.region),
                                  arena_copy(&call->arena, name) };
}

static bool read_name(struct call *call, struct layer_version_name *name_out)
{
    struct function_key layer = read_layer(call);
    int64_t number = json_int(call->input, "VersionNumber", 0);
    *name_out = (struct layer_version_name){
        .layer = layer,
        .number = number,
        .policy = policy_key_of_layer(&layer, number, &call->arena),
    };
    return exists(call->store, name_out) ||
           error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "Layer version %s does not exist.",
                     policy_resource_arn(&name_out->policy, &call->arena));
}

static enum outcome add_layer_version_permission(struct call *call)
{
    struct layer_version_name name;
    struct policy_grant grant = {
        .statement_id = json_text(call->input, "StatementId", ""),
        .action = json_text(call->input, "Action", ""),
        .principal = json_text(call->input, "Principal", ""),
        .organization_id = json_text(call->input, "OrganizationId", NULL),
    };
    const char *statement;
    const char *revision;
    if (!read_name(call, &name) ||
        !policy_add(call->store, &name.policy, &grant, json_text(call->input, "RevisionId", NULL),
                    &call->arena, &statement, &revision, &call->error))
        return OUTCOME_FAULT;
    json_set_text(call_output(call), "Statement", statement);
    json_set_text(call_output(call), "RevisionId", revision);
    return OUTCOME_OK;
}

static enum outcome get_layer_version_policy(struct call *call)
{
    struct layer_version_name name;
    CLEANUP(policy_clear) struct policy policy = { 0 };
    if (!read_name(call, &name))
        return OUTCOME_FAULT;
    if (!policy_find(call->store, &name.policy, &call->arena, &policy))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND,
                          "No policy is associated with the given resource.");
    CLEANUP(freep) char *document = policy_print(&policy);
    json_set_text(call_output(call), "Policy", document);
    json_set_text(call_output(call), "RevisionId", policy.revision_id);
    return OUTCOME_OK;
}

static enum outcome remove_layer_version_permission(struct call *call)
{
    struct layer_version_name name;
    bool is_removed =
        read_name(call, &name) &&
        policy_remove(call->store, &name.policy, json_text(call->input, "StatementId", ""),
                      json_text(call->input, "RevisionId", NULL), &call->arena, &call->error);
    return is_removed ? OUTCOME_OK : OUTCOME_FAULT;
}

static bool exists(struct store *store, const struct layer_version_name *name)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT 1 FROM lambda_layer_version WHERE account = ? AND region = ? "
                           "AND name = ? AND number = ?");
    store_bind_text(query, 1, name->layer.account);
    store_bind_text(query, 2, name->layer.region);
    store_bind_text(query, 3, name->layer.name);
    store_bind_int(query, 4, name->number);
    return store_has_row(store, query);
}

#define LAYER_FIELDS                                                                               \
    { .name = "LayerName",                                                                         \
      .type = FIELD_STRING,                                                                        \
      .place = FIELD_IN_PATH,                                                                      \
      .is_required = true,                                                                         \
      .length = BETWEEN(1, 140),                                                                   \
      .pattern = "(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+)|"          \
                 "[a-zA-Z0-9-_]+" },                                                               \
    {                                                                                              \
        .name = "VersionNumber", .type = FIELD_INTEGER, .place = FIELD_IN_PATH,                    \
        .is_required = true                                                                        \
    }
#define REVISION_FIELD                                                                             \
    {                                                                                              \
        .name = "RevisionId", .type = FIELD_STRING, .place = FIELD_IN_QUERY                        \
    }

static const struct field add_fields[] = {
    LAYER_FIELDS,
    { .name = "StatementId",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 100),
      .pattern = "([a-zA-Z0-9-_]+)" },
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
static const struct field get_fields[] = { LAYER_FIELDS, { 0 } };
static const struct field remove_fields[] = {
    LAYER_FIELDS,
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
