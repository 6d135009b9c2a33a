/*
 * The alias operations (lambda-api.md section 2). The texts for "alias missing" differ from
 * operation to operation, as on AWS (section 2.8).
 */
#include "lambda/alias.h"

#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/provision.h"
#include "lambda/qualifier.h"
#include "lambda/target.h"

enum { NO_VERSION = -1 };

static void write_alias(struct call *call, cJSON *output, const struct function_key *key,
                        const struct alias *alias)
{
    json_set_text(output, "AliasArn", function_arn(&call->arena, key, alias->name));
    json_set_text(output, "Name", alias->name);
    json_set_text(output, "FunctionVersion", version_text(&call->arena, alias->version));
    json_set_text(output, "Description", alias->description);
    if (alias->routed_version != NO_VERSION) {
        cJSON *weights =
            json_set_object(json_set_object(output, "RoutingConfig"), "AdditionalVersionWeights");
        json_set_double(weights, version_text(&call->arena, alias->routed_version), alias->weight);
    }
    json_set_text(output, "RevisionId", alias->revision_id);
}

/* `asked`: the number as the caller wrote it; NULL: he did not. */
static bool version_get(struct call *call, const struct function_key *key, int64_t number,
                        const char *asked, struct function_version *version_out)
{
    return version_find(call->store, key, number, &call->arena, version_out) ||
           function_not_found(call, key, asked ? asked : version_text(&call->arena, number));
}

/* Both versions of a split run as one function: same role, same dead-letter queue or none. AWS's
 * text about the queue is not known. */
static bool check_run_alike(struct call *call, const struct function_version *primary,
                            const struct function_version *routed)
{
    static const char queue[] = "DeadLetterConfig";
    if (strcmp(primary->configuration, routed->configuration) == 0)
        return true;
    CLEANUP(json_deletep) cJSON *first = json_parse(text_from(primary->configuration));
    CLEANUP(json_deletep) cJSON *second = json_parse(text_from(routed->configuration));
    if (strcmp(json_text(first, "Role", ""), json_text(second, "Role", "")) != 0)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Specified versions must be associated with the same execution role");
    return strcmp(json_text(json_get(first, queue), "TargetArn", ""),
                  json_text(json_get(second, queue), "TargetArn", "")) == 0 ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "Specified versions must have the same dead letter queue or none");
}

static const cJSON *asked_weights(const struct call *call)
{
    return json_get(json_get(call->input, "RoutingConfig"), "AdditionalVersionWeights");
}

static const char *asked_version(const struct call *call)
{
    return json_text(call->input, "FunctionVersion", NULL);
}

/* Reads RoutingConfig: absent keeps what the alias has, `{}` and an empty map clear it. */
static bool read_weights(struct call *call, struct alias *alias)
{
    const cJSON *weights = asked_weights(call);
    if (!json_get(call->input, "RoutingConfig"))
        return true;
    if (cJSON_GetArraySize(weights) > 1)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Number of items in AdditionalVersionWeights cannot be greater than 1");
    const cJSON *entry = weights ? weights->child : NULL;
    alias->routed_version = NO_VERSION;
    alias->weight = 0;
    if (entry && version_parse(entry->string, &alias->routed_version))
        alias->weight = entry->valuedouble;
    return true;
}

static bool check_weights(struct call *call, const struct function_key *key,
                          const struct alias *alias, const struct function_version *primary)
{
    struct function_version routed;
    if (alias->routed_version == NO_VERSION)
        return true;
    if (alias->routed_version == alias->version)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Invalid function version %lld. Function version %lld is already "
                         "included in routing configuration.",
                         (long long)alias->version, (long long)alias->version);
    if (alias->version == 0)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER_UNTYPED,
                         "$LATEST is not supported for an alias pointing to more than 1 version");
    const cJSON *weights = asked_weights(call);
    const char *asked = weights && weights->child ? weights->child->string : NULL;
    return version_get(call, key, alias->routed_version, asked, &routed) &&
           check_run_alike(call, primary, &routed);
}

/* An alias with provisioned concurrency takes it along when it moves. */
static bool check_provisioned(struct call *call, const struct function_key *key,
                              const struct alias *alias)
{
    struct provision_order order;
    return !provision_find(call->store, key, alias->name, &call->arena, &order) ||
           provision_check_alias(call, key, alias);
}

static bool parse_version(struct call *call, int64_t *number_out)
{
    const char *text = asked_version(call);
    return !text || version_parse(text, number_out) ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER, "%s is not a version of a function",
                     text);
}

static enum outcome create_alias(struct call *call)
{
    struct function_name name;
    struct function_version primary;
    struct alias existing;
    struct alias alias = { .name = json_text(call->input, "Name", ""),
                           .routed_version = NO_VERSION,
                           .description = json_text(call->input, "Description", ""),
                           .revision_id = new_uuid(&call->arena) };
    if (!function_name_read(call, &name) || !parse_version(call, &alias.version) ||
        !version_get(call, &name.key, alias.version, asked_version(call), &primary))
        return OUTCOME_FAULT;
    if (alias_find(call->store, &name.key, alias.name, &call->arena, &existing))
        return call_fault(call, &LAMBDA_RESOURCE_CONFLICT, "Alias already exists: %s",
                          function_arn(&call->arena, &name.key, alias.name));
    if (!read_weights(call, &alias) || !check_weights(call, &name.key, &alias, &primary))
        return OUTCOME_FAULT;
    alias_save(call->store, &name.key, &alias);
    targets_forget_function(lambda_of(call), &name.key);
    write_alias(call, call_output(call), &name.key, &alias);
    return OUTCOME_OK;
}

static enum outcome get_alias(struct call *call)
{
    struct function_name name;
    struct alias alias;
    const char *wanted = json_text(call->input, "Name", "");
    if (!function_name_read(call, &name))
        return OUTCOME_FAULT;
    if (!alias_find(call->store, &name.key, wanted, &call->arena, &alias))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND, "Cannot find alias arn: %s",
                          function_arn(&call->arena, &name.key, wanted));
    write_alias(call, call_output(call), &name.key, &alias);
    return OUTCOME_OK;
}

static enum outcome update_alias(struct call *call)
{
    struct function_name name;
    struct function_version primary;
    struct alias alias;
    const char *wanted = json_text(call->input, "Name", "");
    if (!function_name_read(call, &name))
        return OUTCOME_FAULT;
    if (!alias_find(call->store, &name.key, wanted, &call->arena, &alias))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND, "Alias not found: %s",
                          function_arn(&call->arena, &name.key, wanted));
    if (!revision_matches(call, alias.revision_id) || !parse_version(call, &alias.version) ||
        !version_get(call, &name.key, alias.version, asked_version(call), &primary) ||
        !read_weights(call, &alias) || !check_weights(call, &name.key, &alias, &primary) ||
        !check_provisioned(call, &name.key, &alias))
        return OUTCOME_FAULT;
    alias.description = json_text(call->input, "Description", alias.description);
    alias.revision_id = new_uuid(&call->arena); /* even if nothing changed */
    alias_save(call->store, &name.key, &alias);
    targets_forget_function(lambda_of(call), &name.key);
    provisions_refresh(lambda_of(call));
    write_alias(call, call_output(call), &name.key, &alias);
    return OUTCOME_OK;
}

static enum outcome delete_alias(struct call *call)
{
    struct function_name name;
    if (!function_read(call, &name))
        return OUTCOME_FAULT;
    const char *alias = json_text(call->input, "Name", "");
    qualifier_release(call->store, &name.key, alias);
    provision_delete(call->store, &name.key, alias);
    alias_delete(call->store, &name.key, alias);
    targets_forget_function(lambda_of(call), &name.key);
    provisions_refresh(lambda_of(call));
    return OUTCOME_OK;
}

static enum outcome list_aliases(struct call *call)
{
    struct function_name name;
    struct alias alias;
    const char *after;
    int left;
    int64_t version = NO_VERSION;
    if (!function_name_read(call, &name) || !list_begin(call, &after, &left) ||
        !parse_version(call, &version) || !function_check(call, &name.key, NULL))
        return OUTCOME_FAULT;
    after = after ? after : "";
    cJSON *list = json_set_array(call_output(call), "Aliases");
    bool has_more;
    while ((has_more = alias_next(call->store, &name.key, after, version, &call->arena, &alias)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        write_alias(call, item, &name.key, &alias);
        cJSON_AddItemToArray(list, item);
        after = alias.name;
    }
    list_end(call, after, has_more);
    return OUTCOME_OK;
}

/* Members of rows, of which some requests have more. */
#define ALIAS_NAME_ROW                                                                             \
    .name = "Name", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 128),          \
    .pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)"
#define VERSION_ROW                                                                                \
    .name = "FunctionVersion", .type = FIELD_STRING, .length = BETWEEN(1, 1024),                   \
    .pattern = "(\\$LATEST(\\.PUBLISHED)?|[0-9]+)"
#define DESCRIPTION_ROW .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 256)
#define ROUTING_ROW .name = "RoutingConfig", .type = FIELD_STRUCTURE, .members = routing_fields

static const struct field weight_key = { .type = FIELD_STRING,
                                         .length = BETWEEN(1, 1024),
                                         .pattern = "[0-9]+" };
static const struct field weight_value = { .type = FIELD_DOUBLE, .range = BETWEEN(0, 1) };
static const struct field routing_fields[] = {
    { .name = "AdditionalVersionWeights",
      .type = FIELD_MAP,
      .key = &weight_key,
      .item = &weight_value },
    { 0 },
};
static const struct field create_alias_fields[] = {
    FUNCTION_NAME_FIELD_CREATE, { ALIAS_NAME_ROW }, { VERSION_ROW, .is_required = true },
    { DESCRIPTION_ROW },        { ROUTING_ROW },    { 0 },
};
static const struct field alias_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    { ALIAS_NAME_ROW, .place = FIELD_IN_PATH },
    { 0 },
};
static const struct field update_alias_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    { ALIAS_NAME_ROW, .place = FIELD_IN_PATH },
    { VERSION_ROW },
    { DESCRIPTION_ROW },
    { ROUTING_ROW },
    { .name = "RevisionId", .type = FIELD_STRING },
    { 0 },
};
static const struct field list_aliases_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    { VERSION_ROW, .place = FIELD_IN_QUERY },
    LIST_FIELDS,
    { 0 },
};

/* A whole weight is told as a double, too. */
static const struct field output_fields[] = {
    { ROUTING_ROW },
    { 0 },
};
static const struct field output_item = { .type = FIELD_STRUCTURE, .members = output_fields };
static const struct field list_output_fields[] = {
    { .name = "Aliases", .type = FIELD_LIST, .item = &output_item },
    { 0 },
};

const struct operation alias_operations[] = {
    { .name = "CreateAlias",
      .route = "POST /2015-03-31/functions/{FunctionName}/aliases",
      .status = 201,
      .flags = OPERATION_WRITES,
      .input = create_alias_fields,
      .output = output_fields,
      .handle = create_alias },
    { .name = "GetAlias",
      .route = "GET /2015-03-31/functions/{FunctionName}/aliases/{Name}",
      .input = alias_fields,
      .output = output_fields,
      .handle = get_alias },
    { .name = "UpdateAlias",
      .route = "PUT /2015-03-31/functions/{FunctionName}/aliases/{Name}",
      .flags = OPERATION_WRITES,
      .input = update_alias_fields,
      .output = output_fields,
      .handle = update_alias },
    { .name = "DeleteAlias",
      .route = "DELETE /2015-03-31/functions/{FunctionName}/aliases/{Name}",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = alias_fields,
      .handle = delete_alias },
    { .name = "ListAliases",
      .route = "GET /2015-03-31/functions/{FunctionName}/aliases",
      .input = list_aliases_fields,
      .output = list_output_fields,
      .handle = list_aliases },
    { 0 },
};
