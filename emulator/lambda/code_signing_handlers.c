/*
 * Code signing configurations (lambda-api.md section 27.4). Which function has which is in
 * function_code_signing_handlers.c.
 */
#include "clock.h"
#include "lambda/code_signing.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/tags.h"
#include "timestamp.h"
#include "xalloc.h"

static struct code_signing_scope scope_of(const struct call *call)
{
    return (struct code_signing_scope){ call->account, call->region };
}

static void write_config(struct call *call, cJSON *output, const struct code_signing_config *config)
{
    static const char *const members[] = { "Description", "AllowedPublishers",
                                           "CodeSigningPolicies" };
    char modified[TIMESTAMP_SIZE];
    struct code_signing_scope scope = scope_of(call);
    CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(config->configuration));
    json_set_text(output, "CodeSigningConfigId", config->id);
    json_set_text(output, "CodeSigningConfigArn",
                  code_signing_arn(&call->arena, &scope, config->id));
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const cJSON *value = json_get(tree, members[i]);
        if (value)
            json_set(output, members[i], cJSON_Duplicate(value, true));
    }
    json_set_text(output, "LastModified",
                  timestamp_print(config->modified_ms, TIMESTAMP_LAMBDA, modified));
}

static enum outcome answer(struct call *call, const struct code_signing_config *config)
{
    write_config(call, json_set_object(call_output(call), "CodeSigningConfig"), config);
    return OUTCOME_OK;
}

/* The configuration that the call names, or AWS's text about it. */
static bool find(struct call *call, struct code_signing_config *config_out)
{
    const char *arn = json_text(call->input, "CodeSigningConfigArn", "");
    struct code_signing_scope scope = scope_of(call);
    const char *id = code_signing_id(&call->arena, &scope, arn);
    return (id && code_signing_find(call->store, &scope, id, &call->arena, config_out)) ||
           error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND_UNTYPED,
                     "The Lambda code signing configuration %s can not be found.", arn);
}

static void replace_member(const struct call *call, cJSON *tree, const char *name)
{
    const cJSON *value = json_get(call->input, name);
    if (value)
        json_replace(tree, name, cJSON_Duplicate(value, true));
}

/* Puts what the call names into the configuration and saves it. */
static void apply(struct call *call, struct code_signing_config *config)
{
    struct code_signing_scope scope = scope_of(call);
    CLEANUP(json_deletep) cJSON *tree = json_parse(text_from(config->configuration));
    replace_member(call, tree, "Description");
    replace_member(call, tree, "AllowedPublishers");
    if (json_get(json_get(call->input, "CodeSigningPolicies"), "UntrustedArtifactOnDeployment"))
        replace_member(call, tree, "CodeSigningPolicies");
    CLEANUP(freep) char *text = json_print(tree);
    config->configuration = arena_copy(&call->arena, text_from(text));
    config->modified_ms = clock_now_ms();
    code_signing_save(call->store, &scope, config);
}

static const char *new_id(struct call *call)
{
    return arena_format(&call->arena, "csc-0%.8s%.8s", new_uuid(&call->arena),
                        new_uuid(&call->arena));
}

static enum outcome create_config(struct call *call)
{
    struct code_signing_config config = {
        .id = new_id(call),
        .configuration = "{\"CodeSigningPolicies\":{\"UntrustedArtifactOnDeployment\":\"Warn\"}}",
        .tags = "{}",
    };
    const cJSON *tags = json_get(call->input, "Tags");
    if (!tags_check(call, tags, tags))
        return OUTCOME_FAULT;
    CLEANUP(freep) char *text = tags ? json_print(tags) : NULL;
    if (text)
        config.tags = arena_copy(&call->arena, text_from(text));
    apply(call, &config);
    return answer(call, &config);
}

static enum outcome update_config(struct call *call)
{
    struct code_signing_config config = { 0 };
    if (!find(call, &config))
        return OUTCOME_FAULT;
    apply(call, &config);
    return answer(call, &config);
}

static enum outcome get_config(struct call *call)
{
    struct code_signing_config config = { 0 };
    return find(call, &config) ? answer(call, &config) : OUTCOME_FAULT;
}

static enum outcome delete_config(struct call *call)
{
    struct code_signing_config config = { 0 };
    struct code_signing_scope scope = scope_of(call);
    const char *arn = json_text(call->input, "CodeSigningConfigArn", "");
    if (!find(call, &config))
        return OUTCOME_FAULT;
    if (code_signing_next_function(call->store, &scope, arn, "", &call->arena))
        return call_fault(call, &LAMBDA_RESOURCE_CONFLICT,
                          "The code signing configuration %s cannot be deleted: functions use it.",
                          arn);
    code_signing_delete(call->store, &scope, config.id);
    return OUTCOME_OK;
}

static enum outcome list_configs(struct call *call)
{
    struct code_signing_scope scope = scope_of(call);
    struct code_signing_config config = { 0 };
    const char *after;
    int left;
    if (!list_begin(call, &after, &left))
        return OUTCOME_FAULT;
    after = after ? after : "";
    cJSON *list = json_set_array(call_output(call), "CodeSigningConfigs");
    bool has_more;
    while ((has_more = code_signing_next(call->store, &scope, after, &call->arena, &config)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        write_config(call, item, &config);
        cJSON_AddItemToArray(list, item);
        after = config.id;
    }
    list_end(call, after, has_more);
    return OUTCOME_OK;
}

static enum outcome list_functions(struct call *call)
{
    struct code_signing_scope scope = scope_of(call);
    struct code_signing_config config = { 0 };
    const char *arn = json_text(call->input, "CodeSigningConfigArn", "");
    const char *after;
    const char *name;
    int left;
    if (!list_begin(call, &after, &left) || !find(call, &config))
        return OUTCOME_FAULT;
    after = after ? after : "";
    cJSON *list = json_set_array(call_output(call), "FunctionArns");
    while ((name = code_signing_next_function(call->store, &scope, arn, after, &call->arena)) &&
           left-- > 0) {
        struct function_key key = { scope.account, scope.region, name };
        cJSON_AddItemToArray(list, cJSON_CreateString(function_arn(&call->arena, &key, NULL)));
        after = name;
    }
    list_end(call, after, name != NULL);
    return OUTCOME_OK;
}

static const char *const policies[] = { "Warn", "Enforce", NULL };
static const struct field publisher_item = {
    .type = FIELD_STRING,
    .pattern = ARN_PATTERN,
};
static const struct field publishers_fields[] = {
    { .name = "SigningProfileVersionArns",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(1, 20),
      .item = &publisher_item },
    { 0 },
};
static const struct field policies_fields[] = {
    { .name = "UntrustedArtifactOnDeployment", .type = FIELD_STRING, .values = policies },
    { 0 },
};
static const struct field create_fields[] = {
    { .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 256) },
    { .name = "AllowedPublishers",
      .type = FIELD_STRUCTURE,
      .is_required = true,
      .members = publishers_fields },
    { .name = "CodeSigningPolicies", .type = FIELD_STRUCTURE, .members = policies_fields },
    TAGS_FIELD,
    { 0 },
};

#define ARN_FIELD                                                                                  \
    {                                                                                              \
        .name = "CodeSigningConfigArn", .type = FIELD_STRING, .place = FIELD_IN_PATH,              \
        .is_required = true, .length = BETWEEN(0, 200), .pattern = code_signing_arn_pattern        \
    }

static const struct field update_fields[] = {
    ARN_FIELD,
    { .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 256) },
    { .name = "AllowedPublishers", .type = FIELD_STRUCTURE, .members = publishers_fields },
    { .name = "CodeSigningPolicies", .type = FIELD_STRUCTURE, .members = policies_fields },
    { 0 },
};
static const struct field arn_fields[] = { ARN_FIELD, { 0 } };
static const struct field list_fields[] = { LIST_FIELDS, { 0 } };
static const struct field list_functions_fields[] = { ARN_FIELD, LIST_FIELDS, { 0 } };

#define ROUTE " /2020-04-22/code-signing-configs"

const struct operation code_signing_operations[] = {
    { .name = "CreateCodeSigningConfig",
      .route = "POST" ROUTE,
      .status = 201,
      .flags = OPERATION_WRITES,
      .input = create_fields,
      .handle = create_config,
      .note = "Kept and shown; signatures are not verified, and Enforce accepts every package." },
    { .name = "GetCodeSigningConfig",
      .route = "GET" ROUTE "/{CodeSigningConfigArn}",
      .input = arn_fields,
      .handle = get_config },
    { .name = "UpdateCodeSigningConfig",
      .route = "PUT" ROUTE "/{CodeSigningConfigArn}",
      .flags = OPERATION_WRITES,
      .input = update_fields,
      .handle = update_config },
    { .name = "DeleteCodeSigningConfig",
      .route = "DELETE" ROUTE "/{CodeSigningConfigArn}",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = arn_fields,
      .handle = delete_config },
    { .name = "ListCodeSigningConfigs",
      .route = "GET" ROUTE,
      .input = list_fields,
      .handle = list_configs },
    { .name = "ListFunctionsByCodeSigningConfig",
      .route = "GET" ROUTE "/{CodeSigningConfigArn}/functions",
      .input = list_functions_fields,
      .handle = list_functions },
    { 0 },
};
