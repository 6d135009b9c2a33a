/*
 * CreateFunction, the operations that read and list functions, DeleteFunction; and what all of
 * the service's handlers share.
 */
#include "lambda/function_handlers.h"

#include <limits.h>

#include "clock.h"
#include "lambda/alias.h"
#include "lambda/code.h"
#include "lambda/code_link.h"
#include "lambda/code_signing.h"
#include "lambda/code_storage.h"
#include "lambda/configuration.h"
#include "lambda/faults.h"
#include "lambda/function_view.h"
#include "lambda/layer_use.h"
#include "lambda/policy.h"
#include "lambda/provision.h"
#include "lambda/qualifier.h"
#include "lambda/settle.h"
#include "lambda/tags.h"
#include "lambda/unsupported.h"
#include "lambda/target.h"
#include "lambda/version_code.h"
#include "operation/page.h"
#include "xalloc.h"

enum { LIST_PAGE_MAX = 50, NAME_MAX_SIZE = 64 };

bool function_check(struct call *call, const struct function_key *key, const char *qualifier)
{
    return function_exists(call->store, key) || function_not_found(call, key, qualifier);
}

bool function_read(struct call *call, struct function_name *name_out)
{
    return function_name_read(call, name_out) && function_check(call, &name_out->key, NULL);
}

bool version_resolve(struct call *call, const struct function_name *name,
                     struct function_version *version_out)
{
    int64_t number = 0;
    struct alias alias;
    if (name->qualifier && !version_parse(name->qualifier, &number)) {
        if (!alias_find(call->store, &name->key, name->qualifier, &call->arena, &alias))
            return function_not_found(call, &name->key, name->qualifier);
        number = alias.version;
    }
    return version_find(call->store, &name->key, number, &call->arena, version_out) ||
           function_not_found(call, &name->key, name->qualifier);
}

bool latest_get(struct call *call, const struct function_name *name,
                struct function_version *latest_out)
{
    if (name->qualifier && strcmp(name->qualifier, "$LATEST") != 0)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Current operation does not support versions other than $LATEST");
    return version_find(call->store, &name->key, 0, &call->arena, latest_out) ||
           function_not_found(call, &name->key, NULL);
}

bool revision_matches(struct call *call, const char *revision_id)
{
    const char *wanted = json_text(call->input, "RevisionId", NULL);
    return !wanted || strcmp(wanted, revision_id) == 0 ||
           error_set(&call->error, &LAMBDA_PRECONDITION_FAILED,
                     "The Revision Id provided does not match the latest Revision Id. Call the "
                     "GetFunction/GetAlias API to retrieve the latest Revision Id");
}

bool publish(struct call *call, const struct function_version *latest, const char *description,
             struct function_version *version_out)
{
    int64_t settles_ms = configuration_takes_snapshots(latest) ? settle_time(lambda_of(call)) : 0;
    bool is_new =
        version_publish(call->store, latest, description, settles_ms, &call->arena, version_out);
    targets_forget_function(lambda_of(call), &latest->key);
    settle_refresh(lambda_of(call));
    return is_new;
}

bool list_begin(struct call *call, const char **after_out, int *left_out)
{
    int64_t wanted = json_int(call->input, "MaxItems", LIST_PAGE_MAX);
    *left_out = wanted < LIST_PAGE_MAX ? (int)wanted : LIST_PAGE_MAX;
    *after_out = NULL; /* not "": a function URL without a qualifier has that key */
    return !json_get(call->input, "Marker") || page_begin(call, "Marker", after_out) ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER, "Invalid Marker.");
}

void list_end(struct call *call, const char *last, bool has_more)
{
    if (has_more)
        page_end(call, "NextMarker", last);
}

/* A new function's name: no qualifier to speak of, 64 characters, this account. */
static bool check_new_name(struct call *call, const struct function_name *name)
{
    if (strlen(name->key.name) > NAME_MAX_SIZE)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "1 validation error detected: Value '%s' at 'functionName' failed to "
                         "satisfy constraint: Member must have length less than or equal to %d",
                         name->key.name, NAME_MAX_SIZE);
    if (strcmp(name->key.account, call->account) != 0)
        return error_set_silent(&call->error, &LAMBDA_ACCESS_DENIED);
    return true;
}

static bool check_is_new(struct call *call, const struct function_name *name)
{
    return !function_exists(call->store, &name->key) ||
           error_set(&call->error, &LAMBDA_RESOURCE_CONFLICT, "Function already exist: %s",
                     name->key.name);
}

/* Where the new function's code comes from; its folder is frozen if it is published too. */
static bool read_source(struct call *call, struct code_source *source_out)
{
    const cJSON *code = json_get(call->input, "Code");
    if (json_get(code, "ImageUri"))
        return error_set(&call->error, &LAMBDA_NOT_IMPLEMENTED,
                         "Coalmine does not emulate container images (ImageUri); send ZipFile, or "
                         "S3Bucket and S3Key");
    if (!code_source_read(call, code, true, source_out))
        return false;
    source_out->is_frozen = json_bool(call->input, "Publish", false);
    source_out->layers = layer_use_digests(&call->arena, json_get(call->input, "Layers"));
    return true;
}

static bool refuse_image(struct call *call)
{
    if (json_get(call->input, "Handler") || json_get(call->input, "Runtime") ||
        json_get(call->input, "Layers"))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Please don't provide Handler or Runtime or Layer when the intended "
                         "function PackageType is Image.");
    return error_set(&call->error, &LAMBDA_NOT_IMPLEMENTED,
                     "Coalmine does not emulate container images (PackageType Image)");
}

static bool check_package_type(struct call *call)
{
    if (strcmp(json_text(call->input, "PackageType", "Zip"), "Zip") != 0)
        return refuse_image(call);
    if (json_get(call->input, "ImageConfig"))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "The ImageConfig parameter is not supported for functions created with "
                         "deployment packages.");
    return (json_get(call->input, "Runtime") && json_get(call->input, "Handler")) ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "Runtime and Handler are mandatory parameters for functions created "
                     "with deployment packages.");
}

static bool check_tags_and_signing(struct call *call)
{
    const cJSON *tags = json_get(call->input, "Tags");
    return tags_check(call, tags, tags) &&
           code_signing_check(call, json_text(call->input, "CodeSigningConfigArn", NULL));
}

static bool check_creation(struct call *call, struct function_name *name_out)
{
    return function_name_read(call, name_out) && check_new_name(call, name_out) &&
           check_package_type(call) && check_tags_and_signing(call) && unsupported_check(call) &&
           configuration_check(call, NULL) && check_is_new(call, name_out);
}

/* The row that is stored, from what was asked and uploaded. */
static void fill_latest(struct call *call, const struct function_name *name,
                        const struct code_source *source, const struct code_taken *taken,
                        struct function_version *latest)
{
    CLEANUP(json_deletep) cJSON *configuration = configuration_create(call, name->key.name);
    version_code_set(call, source, taken, configuration, latest);
    configuration_set_layers(configuration, taken->layers_sha256);
    CLEANUP(freep) char *text = json_print(configuration);
    latest->key = name->key;
    latest->configuration = arena_copy(&call->arena, text_from(text));
    latest->modified_ms = clock_now_ms();
    settle_begin(call, latest);
}

static enum outcome create_function_with_code(struct call *call)
{
    struct function_name name;
    struct function_version latest = { 0 };
    struct code_source source;
    struct code_taken taken;
    if (!code_upload_end(call, &taken) || !read_source(call, &source) ||
        !function_name_read(call, &name) || !check_is_new(call, &name))
        return OUTCOME_FAULT;
    cJSON *tags = json_get(call->input, "Tags");
    CLEANUP(freep) char *tags_text = tags ? json_print(tags) : xstrdup("{}");
    fill_latest(call, &name, &source, &taken, &latest);
    function_insert(call->store, &latest, tags_text);
    code_signing_set_function(call->store, &name.key,
                              json_text(call->input, "CodeSigningConfigArn", NULL));
    targets_forget_function(lambda_of(call), &name.key);
    settle_refresh(lambda_of(call));
    struct function_version shown = latest;
    int64_t size = latest.code_size;
    if (json_bool(call->input, "Publish", false)) {
        struct function_version frozen = version_code_freeze(call, &latest, &taken);
        publish(call, &frozen, NULL, &shown);
        size += shown.code_size;
    }
    if (!code_storage_check(call, &name.key, size))
        return OUTCOME_FAULT;
    configuration_write(call, call_output(call), &shown, NULL, CONFIGURATION_CREATING);
    return OUTCOME_OK;
}

static enum outcome create_function(struct call *call)
{
    struct function_name name;
    struct code_source source;
    if (!check_creation(call, &name) || !read_source(call, &source))
        return OUTCOME_FAULT;
    return code_upload_start(call, &source, create_function_with_code);
}

/* A folder is where it is: there is nothing to download. */
static void write_code(struct call *call, cJSON *code, const struct function_key *key,
                       const struct function_view *view)
{
    json_set_text(code, "RepositoryType", view->folder ? "hot-reload" : "S3");
    json_set_text(code, "Location",
                  view->folder ? arena_join(&call->arena, "file://", view->folder, NULL)
                               : code_link_make(call, key, view->code_id));
    json_set_text(code, "SourceKMSKeyArn", view->source_key);
}

static enum outcome get_function(struct call *call)
{
    struct function_name name;
    const struct function_view *view;
    if (!function_name_read(call, &name) || !(view = function_view_get(call, &name)))
        return OUTCOME_FAULT;
    cJSON *output = call_output(call);
    json_set(output, "Configuration", cJSON_CreateRaw(view->configuration));
    write_code(call, json_set_object(output, "Code"), &name.key, view);
    if (view->tags)
        json_set(output, "Tags", cJSON_CreateRaw(view->tags));
    if (view->reserved >= 0)
        json_set_double(json_set_object(output, "Concurrency"), "ReservedConcurrentExecutions",
                        (double)view->reserved);
    return OUTCOME_OK;
}

static enum outcome get_function_configuration(struct call *call)
{
    struct function_name name;
    const struct function_view *view;
    if (!function_name_read(call, &name) || !(view = function_view_get(call, &name)))
        return OUTCOME_FAULT;
    call->output = cJSON_CreateRaw(view->configuration);
    return OUTCOME_OK;
}

static void add_item(struct call *call, cJSON *list, const struct function_version *version,
                     const char *arn_qualifier)
{
    cJSON *item = cJSON_CreateObject();
    configuration_write(call, item, version, arn_qualifier, CONFIGURATION_LISTED);
    cJSON_AddItemToArray(list, item);
}

/* The next version in the order of ListFunctions FunctionVersion=ALL: function by function,
 * $LATEST first. `place` is "name:number" of the last one given. */
static bool next_of_all(struct call *call, const struct function_key *scope, const char *place,
                        struct function_version *version_out)
{
    struct text number = text_from(place);
    struct text function = text_cut(&number, ':');
    int64_t after;
    if (number.data && text_to_int64(number, &after)) {
        struct function_key key = { scope->account, scope->region,
                                    arena_copy(&call->arena, function) };
        if (version_next(call->store, &key, after, &call->arena, version_out))
            return true;
    }
    return function_next(call->store, scope, arena_copy(&call->arena, function), &call->arena,
                         version_out);
}

/* MasterRegion asks for replicas of Lambda@Edge only, from that region or, ALL, from any and for
 * the other functions too. There are no replicas here. */
static bool wants_replicas_only(const struct call *call)
{
    return strcmp(json_text(call->input, "MasterRegion", "ALL"), "ALL") != 0;
}

static enum outcome list_functions(struct call *call)
{
    struct function_key scope = { call->account, call->region, "" };
    struct function_version version;
    const char *after;
    int left;
    if (!list_begin(call, &after, &left))
        return OUTCOME_FAULT;
    bool is_all = json_get(call->input, "FunctionVersion") != NULL;
    const char *place = after ? after : "";
    cJSON *list = json_set_array(call_output(call), "Functions");
    if (wants_replicas_only(call))
        return OUTCOME_OK;
    bool has_more;
    while ((has_more = is_all
                           ? next_of_all(call, &scope, place, &version)
                           : function_next(call->store, &scope, place, &call->arena, &version)) &&
           left-- > 0) {
        const char *number = version_text(&call->arena, version.number);
        add_item(call, list, &version, is_all ? number : NULL);
        place = is_all ? arena_format(&call->arena, "%s:%lld", version.key.name,
                                      (long long)version.number)
                       : version.key.name;
    }
    list_end(call, place, has_more);
    return OUTCOME_OK;
}

static void release_versions(struct call *call, const struct function_key *key)
{
    struct function_version version;
    int64_t after = VERSION_PREVIOUS - 1;
    while (version_next(call->store, key, after, &call->arena, &version)) {
        code_release_version(lambda_of(call), &version);
        target_retire(lambda_of(call), &version);
        after = version.number;
    }
}

static enum outcome delete_version(struct call *call, const struct function_name *name,
                                   int64_t number)
{
    struct function_version version;
    if (!function_check(call, &name->key, NULL))
        return OUTCOME_FAULT;
    const char *aliases = alias_names_of(call->store, &name->key, number, &call->arena);
    if (aliases)
        return call_fault(call, &LAMBDA_RESOURCE_CONFLICT,
                          "Unable to delete version because the following aliases reference it: "
                          "[%s]",
                          aliases);
    if (version_find(call->store, &name->key, number, &call->arena, &version)) {
        code_release_version(lambda_of(call), &version);
        target_retire(lambda_of(call), &version);
        qualifier_release(call->store, &name->key, version_text(&call->arena, number));
        version_delete(call->store, &name->key, number);
        provision_delete(call->store, &name->key, name->qualifier);
        targets_forget_function(lambda_of(call), &name->key);
        provisions_refresh(lambda_of(call));
    }
    return OUTCOME_OK;
}

static enum outcome delete_function(struct call *call)
{
    struct function_name name;
    int64_t number;
    if (!function_name_read(call, &name))
        return OUTCOME_FAULT;
    if (name.qualifier && strcmp(name.qualifier, "$LATEST") == 0)
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "$LATEST version cannot be deleted without deleting the function.");
    if (name.qualifier && version_parse(name.qualifier, &number))
        return delete_version(call, &name, number);
    /* A qualifier with a '$' in it can be no alias's name. */
    if (name.qualifier && !strchr(name.qualifier, '$'))
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "Deletion of aliases is not currently supported.");
    if (name.qualifier || !function_exists(call->store, &name.key)) {
        function_not_found(call, &name.key, NULL);
        return OUTCOME_FAULT;
    }
    release_versions(call, &name.key);
    function_delete(call->store, &name.key);
    policy_delete_all(call->store, &name.key);
    targets_forget(lambda_of(call)); /* its reservation goes back to the account */
    provisions_refresh(lambda_of(call));
    return OUTCOME_OK;
}

static const char *const package_types[] = { "Zip", "Image", NULL };
static const char *const function_versions[] = { "ALL", NULL };
static const struct field architecture_item = { .type = FIELD_STRING,
                                                .values = configuration_architectures };
static const struct field code_fields[] = {
    CODE_FIELDS,
    { 0 },
};
static const struct field create_function_fields[] = {
    { .name = "FunctionName",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 140),
      .pattern = function_name_create_pattern },
    { .name = "Role",
      .type = FIELD_STRING,
      .is_required = true,
      .pattern = configuration_role_pattern },
    { .name = "Code", .type = FIELD_STRUCTURE, .is_required = true, .members = code_fields },
    CONFIGURATION_FIELDS,
    UNSUPPORTED_FIELDS,
    UNSUPPORTED_PUBLISH_FIELD,
    { .name = "TenancyConfig", .type = FIELD_STRUCTURE, .members = unsupported_tenancy_fields },
    { .name = "Publish", .type = FIELD_BOOLEAN },
    { .name = "PackageType", .type = FIELD_STRING, .values = package_types },
    { .name = "Architectures",
      .type = FIELD_LIST,
      .length = BETWEEN(1, 1),
      .item = &architecture_item },
    TAGS_FIELD,
    { .name = "CodeSigningConfigArn",
      .type = FIELD_STRING,
      .length = BETWEEN(0, 200),
      .pattern = code_signing_arn_pattern },
    { 0 },
};
static const struct field get_function_fields[] = { FUNCTION_NAME_FIELD, QUALIFIER_FIELD, { 0 } };
static const struct field list_functions_fields[] = {
    { .name = "FunctionVersion",
      .type = FIELD_STRING,
      .place = FIELD_IN_QUERY,
      .values = function_versions },
    { .name = "MasterRegion",
      .type = FIELD_STRING,
      .place = FIELD_IN_QUERY,
      .pattern = "ALL|[a-z]{2}(-gov)?-[a-z]+-\\d{1}" },
    LIST_FIELDS,
    { 0 },
};

const struct operation function_operations[] = {
    { .name = "CreateFunction",
      .route = "POST /2015-03-31/functions",
      .status = 201,
      .flags = OPERATION_WRITES,
      .input = create_function_fields,
      .handle = create_function,
      .body_ceiling = CODE_BODY_MAX,
      .note = "Code by ZipFile, from --s3-dir, or from a folder (bucket hot-reload). Every "
              "well-formed role can be assumed. VPC settings are kept and shown, with an invented "
              "VpcId, without effect. FileSystemConfigs, CapacityProviderConfig, DurableConfig, "
              "TenancyConfig and PublishTo are refused." },
    { .name = "GetFunction",
      .route = "GET /2015-03-31/functions/{FunctionName}",
      .input = get_function_fields,
      .handle = get_function },
    { .name = "GetFunctionConfiguration",
      .route = "GET /2015-03-31/functions/{FunctionName}/configuration",
      .input = get_function_fields,
      .handle = get_function_configuration },
    { .name = "ListFunctions",
      .route = "GET /2015-03-31/functions",
      .input = list_functions_fields,
      .handle = list_functions },
    { .name = "DeleteFunction",
      .route = "DELETE /2015-03-31/functions/{FunctionName}",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = get_function_fields,
      .handle = delete_function },
    { 0 },
};
