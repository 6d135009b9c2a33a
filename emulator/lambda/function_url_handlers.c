/*
 * Function URL configurations (lambda-api.md section 26.1).
 */
#include <stdlib.h>

#include "clock.h"
#include "lambda/alias.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/function_url.h"
#include "pattern.h"
#include "timestamp.h"
#include "xalloc.h"

#define URL_QUALIFIER "((?!^\\d+$)^[0-9a-zA-Z-_]+$)"

static const char no_function[] = "Function does not exist";
static const char no_url[] = "The resource you requested does not exist.";

/* The row judges Qualifier; one behind the name is held to the same. */
static bool read_name(struct call *call, struct function_name *name_out)
{
    return function_name_read(call, name_out) &&
           (!name_out->qualifier ||
            pattern_matches(URL_QUALIFIER, text_from(name_out->qualifier)) ||
            error_set(&call->error, &LAMBDA_VALIDATION,
                      "1 validation error detected: Value '%s' at 'qualifier' failed to satisfy "
                      "constraint: Member must satisfy regular expression pattern: %s",
                      name_out->qualifier, URL_QUALIFIER));
}

static bool target_exists(struct call *call, const struct function_name *name)
{
    struct alias alias;
    bool exists = name->qualifier
                      ? alias_find(call->store, &name->key, name->qualifier, &call->arena, &alias)
                      : function_exists(call->store, &name->key);
    return exists || error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "%s", no_function);
}

/* What an answer shows beyond what every one does. */
enum shown {
    SHOWS_MODIFIED = 1,
    SHOWS_MODE = 2, /* InvokeMode, even if it was never given */
};

static void write_time(cJSON *output, const char *name, int64_t ms)
{
    char text[TIMESTAMP_SIZE];
    json_set_text(output, name, timestamp_print(ms, TIMESTAMP_ISO_MS, text));
}

static void write_url(struct call *call, cJSON *output, const struct function_url *url,
                      unsigned shown)
{
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(url->configuration));
    const char *qualifier = *url->qualifier ? url->qualifier : NULL;
    const char *mode = shown & SHOWS_MODE ? "BUFFERED" : NULL;
    json_set_text(output, "FunctionUrl", function_url_text(&call->arena, url, call->base_url));
    json_set_text(output, "FunctionArn", function_arn(&call->arena, &url->key, qualifier));
    json_set_text(output, "AuthType", json_text(configuration, "AuthType", ""));
    cJSON *cors = cJSON_DetachItemFromObjectCaseSensitive(configuration, "Cors");
    if (cors)
        json_set(output, "Cors", cors);
    write_time(output, "CreationTime", url->created_ms);
    if (shown & SHOWS_MODIFIED)
        write_time(output, "LastModifiedTime", url->modified_ms);
    json_set_text(output, "InvokeMode", json_text(configuration, "InvokeMode", mode));
}

/* A member that was given replaces the configuration's; an empty Cors takes it away. */
static void take_member(struct call *call, cJSON *configuration, const char *name)
{
    const cJSON *given = json_get(call->input, name);
    if (!given)
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(configuration, name);
    if (!cJSON_IsObject(given) || given->child)
        json_set(configuration, name, cJSON_Duplicate(given, true));
}

/* `before`: JSON text of what it was. The result lives in the arena. */
static const char *configure(struct call *call, const char *before)
{
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(before));
    take_member(call, configuration, "AuthType");
    take_member(call, configuration, "Cors");
    take_member(call, configuration, "InvokeMode");
    CLEANUP(freep) char *text = json_print(configuration);
    return arena_copy(&call->arena, text_from(text));
}

static bool has_wildcard_and_more(const cJSON *list)
{
    const cJSON *item;
    bool has_wildcard = false;
    cJSON_ArrayForEach(item, list) has_wildcard |= strcmp(item->valuestring, "*") == 0;
    return has_wildcard && cJSON_GetArraySize(list) > 1;
}

static bool check_cors(struct call *call)
{
    static const char *const members[] = { "AllowMethods", "AllowOrigins" };
    const cJSON *cors = json_get(call->input, "Cors");
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (has_wildcard_and_more(json_get(cors, members[i])))
            return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                             "You can't specify additional fields for %s because you already "
                             "specified the wildcard character (*).",
                             members[i]);
    }
    return true;
}

static enum outcome create_url(struct call *call)
{
    struct function_name name;
    struct function_url existing;
    if (!read_name(call, &name) || !target_exists(call, &name) || !check_cors(call))
        return OUTCOME_FAULT;
    if (function_url_find(call->store, &name.key, name.qualifier, &call->arena, &existing))
        return call_fault(call, &LAMBDA_RESOURCE_CONFLICT,
                          "Failed to create function url config for [functionArn = %s]. Error "
                          "message:  FunctionUrlConfig exists for this Lambda function",
                          function_arn(&call->arena, &name.key, name.qualifier));
    struct function_url url = {
        .key = name.key,
        .qualifier = name.qualifier ? name.qualifier : "",
        .id = function_url_make_id(&call->arena),
        .configuration = configure(call, "{}"),
        .created_ms = clock_now_ms(),
        .modified_ms = clock_now_ms(),
    };
    function_url_save(call->store, &url);
    write_url(call, call_output(call), &url, 0);
    return OUTCOME_OK;
}

static enum outcome get_url(struct call *call)
{
    struct function_name name;
    struct function_url url;
    if (!read_name(call, &name))
        return OUTCOME_FAULT;
    if (!function_url_find(call->store, &name.key, name.qualifier, &call->arena, &url))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND, "%s", no_url);
    write_url(call, call_output(call), &url, SHOWS_MODIFIED | SHOWS_MODE);
    return OUTCOME_OK;
}

static enum outcome update_url(struct call *call)
{
    struct function_name name;
    struct function_url url;
    if (!read_name(call, &name) || !target_exists(call, &name) || !check_cors(call))
        return OUTCOME_FAULT;
    if (!function_url_find(call->store, &name.key, name.qualifier, &call->arena, &url))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND, "%s", no_url);
    url.configuration = configure(call, url.configuration);
    url.modified_ms = clock_now_ms();
    function_url_save(call->store, &url);
    write_url(call, call_output(call), &url, SHOWS_MODIFIED);
    return OUTCOME_OK;
}

static enum outcome delete_url(struct call *call)
{
    struct function_name name;
    if (!read_name(call, &name))
        return OUTCOME_FAULT;
    if (!function_url_delete(call->store, &name.key, name.qualifier))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND, "%s", no_url);
    return OUTCOME_OK;
}

static enum outcome list_urls(struct call *call)
{
    struct function_name name;
    struct function_url url;
    const char *after;
    int left;
    if (!function_name_read(call, &name) || !list_begin(call, &after, &left))
        return OUTCOME_FAULT;
    if (!function_exists(call->store, &name.key))
        return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND, "%s", no_function);
    cJSON *list = json_set_array(call_output(call), "FunctionUrlConfigs");
    bool has_more;
    while ((has_more = function_url_next(call->store, &name.key, after, &call->arena, &url)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        write_url(call, item, &url, SHOWS_MODIFIED | SHOWS_MODE);
        cJSON_AddItemToArray(list, item);
        after = url.qualifier;
    }
    list_end(call, after, has_more);
    return OUTCOME_OK;
}

static const char *const auth_types[] = { "NONE", "AWS_IAM", NULL };
static const char *const invoke_modes[] = { "RESPONSE_STREAM", "BUFFERED", NULL };

static const struct field header_item = { .type = FIELD_STRING,
                                          .length = BETWEEN(0, 1024),
                                          .pattern = ".*" };
static const struct field method_item = { .type = FIELD_STRING,
                                          .length = BETWEEN(0, 6),
                                          .pattern = ".*" };
static const struct field origin_item = { .type = FIELD_STRING,
                                          .length = BETWEEN(1, 253),
                                          .pattern = ".*" };
static const struct field cors_fields[] = {
    { .name = "AllowCredentials", .type = FIELD_BOOLEAN },
    { .name = "AllowHeaders", .type = FIELD_LIST, .item = &header_item, .length = BETWEEN(0, 100) },
    { .name = "AllowMethods", .type = FIELD_LIST, .item = &method_item, .length = BETWEEN(0, 6) },
    { .name = "AllowOrigins", .type = FIELD_LIST, .item = &origin_item, .length = BETWEEN(0, 100) },
    { .name = "ExposeHeaders",
      .type = FIELD_LIST,
      .item = &header_item,
      .length = BETWEEN(0, 100) },
    { .name = "MaxAge", .type = FIELD_INTEGER, .range = BETWEEN(0, 86400) },
    { 0 },
};

#define URL_QUALIFIER_FIELD                                                                        \
    {                                                                                              \
        .name = "Qualifier", .type = FIELD_STRING, .place = FIELD_IN_QUERY,                        \
        .length = BETWEEN(1, 128), .pattern = URL_QUALIFIER                                        \
    }
#define CORS_FIELD                                                                                 \
    {                                                                                              \
        .name = "Cors", .type = FIELD_STRUCTURE, .members = cors_fields                            \
    }
#define INVOKE_MODE_FIELD                                                                          \
    {                                                                                              \
        .name = "InvokeMode", .type = FIELD_STRING, .values = invoke_modes                         \
    }

static const struct field create_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    URL_QUALIFIER_FIELD,
    { .name = "AuthType", .type = FIELD_STRING, .is_required = true, .values = auth_types },
    CORS_FIELD,
    INVOKE_MODE_FIELD,
    { 0 },
};
static const struct field update_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    URL_QUALIFIER_FIELD,
    { .name = "AuthType", .type = FIELD_STRING, .values = auth_types },
    CORS_FIELD,
    INVOKE_MODE_FIELD,
    { 0 },
};
static const struct field name_fields[] = { FUNCTION_NAME_FIELD_CREATE,
                                            URL_QUALIFIER_FIELD,
                                            { 0 } };
static const struct field list_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    SHORT_LIST_FIELDS,
    { 0 },
};

const struct operation function_url_operations[] = {
    { .name = "CreateFunctionUrlConfig",
      .route = "POST /2021-10-31/functions/{FunctionName}/url",
      .status = 201,
      .flags = OPERATION_WRITES,
      .input = create_fields,
      .handle = create_url,
      .note = "FunctionUrl leads back to this server: "
              "`http://<url-id>.lambda-url.<region>.localhost:<port>/`; docs/function-urls.md." },
    { .name = "GetFunctionUrlConfig",
      .route = "GET /2021-10-31/functions/{FunctionName}/url",
      .input = name_fields,
      .handle = get_url },
    { .name = "UpdateFunctionUrlConfig",
      .route = "PUT /2021-10-31/functions/{FunctionName}/url",
      .flags = OPERATION_WRITES,
      .input = update_fields,
      .handle = update_url },
    { .name = "DeleteFunctionUrlConfig",
      .route = "DELETE /2021-10-31/functions/{FunctionName}/url",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = name_fields,
      .handle = delete_url },
    { .name = "ListFunctionUrlConfigs",
      .route = "GET /2021-10-31/functions/{FunctionName}/urls",
      .input = list_fields,
      .handle = list_urls },
    { 0 },
};
