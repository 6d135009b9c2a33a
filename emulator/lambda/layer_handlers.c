/*
 * Layers (lambda-api.md section 27.3). Policies of layer versions: layer_permission_handlers.c.
 */
#include "clock.h"
#include "lambda/code.h"
#include "lambda/code_link.h"
#include "lambda/code_storage.h"
#include "lambda/code_upload.h"
#include "lambda/configuration.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/layer_handlers.h"
#include "timestamp.h"
#include "xalloc.h"

enum { PAGE_MAX = 50, RUNTIMES_MAX = 15 };

bool layer_name_read(struct call *call, struct function_key *key_out)
{
    int64_t number;
    const char *name = json_text(call->input, "LayerName", "");
    *key_out = (struct function_key){ call->account, call->region, name };
    return !strchr(name, ':') || layer_arn_parse(name, &call->arena, key_out, &number);
}

static bool layer_missing(struct call *call)
{
    return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND,
                     "The resource you requested does not exist.");
}

static void copy(cJSON *to, const cJSON *from, const char *name)
{
    const cJSON *value = json_get(from, name);
    if (value)
        json_set(to, name, cJSON_Duplicate(value, true));
}

/* The members that every answer has of a version. */
static void write_version(struct call *call, cJSON *output, const struct layer_version *version)
{
    char created[TIMESTAMP_SIZE];
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(version->configuration));
    json_set_text(output, "LayerVersionArn",
                  layer_version_arn(&call->arena, &version->key, version->number));
    json_set_double(output, "Version", (double)version->number);
    json_set_text(output, "Description", json_text(configuration, "Description", ""));
    json_set_text(output, "CreatedDate",
                  timestamp_print(version->created_ms, TIMESTAMP_LAMBDA, created));
    copy(output, configuration, "CompatibleRuntimes");
    copy(output, configuration, "LicenseInfo");
    copy(output, configuration, "CompatibleArchitectures");
}

static void write_whole(struct call *call, const struct layer_version *version)
{
    cJSON *output = call_output(call);
    cJSON *content = json_set_object(output, "Content");
    json_set_text(content, "Location", code_link_make(call, &version->key, version->code_id));
    json_set_text(content, "CodeSha256", version->code_sha256);
    json_set_double(content, "CodeSize", (double)version->code_size);
    json_set_text(output, "LayerArn", layer_arn(&call->arena, &version->key));
    write_version(call, output, version);
}

static const char *read_configuration(struct call *call)
{
    static const char *const members[] = { "Description", "CompatibleRuntimes", "LicenseInfo",
                                           "CompatibleArchitectures" };
    CLEANUP(json_deletep) cJSON *configuration = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT_OF(members); i++)
        copy(configuration, call->input, members[i]);
    CLEANUP(freep) char *text = json_print(configuration);
    return arena_copy(&call->arena, text_from(text));
}

static enum outcome publish_with_code(struct call *call)
{
    struct code_taken taken;
    struct layer_version version = { .created_ms = clock_now_ms() };
    if (!code_upload_end(call, &taken) || !layer_name_read(call, &version.key))
        return OUTCOME_FAULT;
    version.configuration = read_configuration(call);
    version.code_sha256 = taken.sha256;
    version.code_size = taken.size;
    version.code_id = new_uuid(&call->arena);
    layer_version_insert(call->store, &version);
    if (!code_storage_check(call, &version.key, version.code_size))
        return OUTCOME_FAULT;
    write_whole(call, &version);
    return OUTCOME_OK;
}

static enum outcome publish_layer_version(struct call *call)
{
    struct function_key key;
    struct code_source source;
    if (!layer_name_read(call, &key) ||
        !code_source_read(call, json_get(call->input, "Content"), false, &source))
        return OUTCOME_FAULT;
    if (strcmp(key.account, call->account) != 0 || strcmp(key.region, call->region) != 0) {
        error_set_silent(&call->error, &LAMBDA_ACCESS_DENIED);
        return OUTCOME_FAULT;
    }
    return code_upload_start(call, &source, publish_with_code);
}

static enum outcome answer_version(struct call *call, const struct function_key *key,
                                   int64_t number)
{
    struct layer_version version;
    if (!layer_version_find(call->store, key, number, &call->arena, &version)) {
        layer_missing(call);
        return OUTCOME_FAULT;
    }
    write_whole(call, &version);
    return OUTCOME_OK;
}

static bool version_number_read(struct call *call, int64_t *number_out)
{
    *number_out = json_int(call->input, "VersionNumber", 0);
    return *number_out >= 1 || error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                                         "Layer Version Cannot be less than 1");
}

static enum outcome get_layer_version(struct call *call)
{
    struct function_key key;
    int64_t number;
    if (!version_number_read(call, &number) || !layer_name_read(call, &key))
        return OUTCOME_FAULT;
    return answer_version(call, &key, number);
}

static enum outcome get_layer_version_by_arn(struct call *call)
{
    struct function_key key = { "", "", "" };
    int64_t number = 0;
    if (!layer_arn_parse(json_text(call->input, "Arn", ""), &call->arena, &key, &number))
        number = 0; /* one of AWS's own, "awslayer" */
    return answer_version(call, &key, number);
}

static enum outcome delete_layer_version(struct call *call)
{
    struct function_key key;
    struct layer_version version;
    int64_t number;
    if (!version_number_read(call, &number) || !layer_name_read(call, &key))
        return OUTCOME_FAULT;
    if (layer_version_find(call->store, &key, number, &call->arena, &version)) {
        code_release(lambda_of(call), version.code_sha256);
        layer_version_delete(call->store, &key, number);
    }
    return OUTCOME_OK;
}

/* Whether the version says that it goes with what the caller filters by. */
static bool matches(struct call *call, const cJSON *configuration, const char *filter,
                    const char *member)
{
    const char *wanted = json_text(call->input, filter, NULL);
    const cJSON *value;
    cJSON_ArrayForEach(value, json_get(configuration, member))
    {
        if (wanted && strcmp(value->valuestring, wanted) == 0)
            return true;
    }
    return !wanted;
}

/* The newest version before `before` that passes the filters. */
static bool next_match(struct call *call, const struct function_key *key, int64_t before,
                       struct layer_version *version_out)
{
    while (layer_version_before(call->store, key, before, &call->arena, version_out)) {
        CLEANUP(json_deletep)
        cJSON *configuration = json_parse(text_from(version_out->configuration));
        if (matches(call, configuration, "CompatibleRuntime", "CompatibleRuntimes") &&
            matches(call, configuration, "CompatibleArchitecture", "CompatibleArchitectures"))
            return true;
        before = version_out->number;
    }
    return false;
}

static enum outcome list_layer_versions(struct call *call)
{
    struct function_key key;
    struct layer_version version;
    const char *marker;
    int left;
    int64_t before = INT64_MAX;
    if (!layer_name_read(call, &key) || !list_begin(call, &marker, &left))
        return OUTCOME_FAULT;
    if (marker && !text_to_int64(text_from(marker), &before))
        return call_fault(call, &LAMBDA_INVALID_PARAMETER, "Invalid Marker.");
    cJSON *list = json_set_array(call_output(call), "LayerVersions");
    bool has_more;
    while ((has_more = next_match(call, &key, before, &version)) && left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        write_version(call, item, &version);
        cJSON_AddItemToArray(list, item);
        before = version.number;
    }
    list_end(call, arena_format(&call->arena, "%lld", (long long)before), has_more);
    return OUTCOME_OK;
}

/* The next layer by name that has a version which passes the filters. */
static bool next_layer(struct call *call, const char *after, struct layer_version *version_out)
{
    struct function_key key = { call->account, call->region, after };
    while ((key.name = layer_next(call->store, &key, key.name, &call->arena))) {
        if (next_match(call, &key, INT64_MAX, version_out))
            return true;
    }
    return false;
}

static enum outcome list_layers(struct call *call)
{
    struct layer_version version;
    const char *after;
    int left;
    if (!list_begin(call, &after, &left))
        return OUTCOME_FAULT;
    after = after ? after : "";
    cJSON *list = json_set_array(call_output(call), "Layers");
    bool has_more;
    while ((has_more = next_layer(call, after, &version)) && left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "LayerName", version.key.name);
        json_set_text(item, "LayerArn", layer_arn(&call->arena, &version.key));
        write_version(call, json_set_object(item, "LatestMatchingVersion"), &version);
        cJSON_AddItemToArray(list, item);
        after = version.key.name;
    }
    list_end(call, after, has_more);
    return OUTCOME_OK;
}

static const struct field runtime_item = { .type = FIELD_STRING, .values = configuration_runtimes };
static const struct field architecture_item = { .type = FIELD_STRING,
                                                .values = configuration_architectures };
static const struct field content_fields[] = {
    CODE_S3_FIELDS,
    { .name = "ZipFile", .type = FIELD_BLOB, .is_sensitive = true },
    { 0 },
};

#define FILTER_FIELDS                                                                              \
    { .name = "CompatibleRuntime",                                                                 \
      .type = FIELD_STRING,                                                                        \
      .place = FIELD_IN_QUERY,                                                                     \
      .values = configuration_runtimes },                                                          \
        { .name = "CompatibleArchitecture",                                                        \
          .type = FIELD_STRING,                                                                    \
          .place = FIELD_IN_QUERY,                                                                 \
          .values = configuration_architectures },                                                 \
        { .name = "Marker", .type = FIELD_STRING, .place = FIELD_IN_QUERY },                       \
    {                                                                                              \
        .name = "MaxItems", .type = FIELD_INTEGER, .place = FIELD_IN_QUERY,                        \
        .range = BETWEEN(1, PAGE_MAX)                                                              \
    }

static const struct field publish_fields[] = {
    LAYER_NAME_FIELD,
    { .name = "Content", .type = FIELD_STRUCTURE, .is_required = true, .members = content_fields },
    { .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 256) },
    { .name = "CompatibleRuntimes",
      .type = FIELD_LIST,
      .length = BETWEEN(0, RUNTIMES_MAX),
      .item = &runtime_item },
    { .name = "LicenseInfo", .type = FIELD_STRING, .length = BETWEEN(0, 512) },
    { .name = "CompatibleArchitectures",
      .type = FIELD_LIST,
      .length = BETWEEN(0, 2),
      .item = &architecture_item },
    { 0 },
};
static const struct field version_fields[] = { LAYER_NAME_FIELD, VERSION_NUMBER_FIELD, { 0 } };
static const struct field by_arn_fields[] = {
    { .name = "Arn",
      .type = FIELD_STRING,
      .place = FIELD_IN_QUERY,
      .is_required = true,
      .length = BETWEEN(1, 140),
      .pattern = layer_version_arn_pattern },
    { 0 },
};
static const struct field list_versions_fields[] = { LAYER_NAME_FIELD, FILTER_FIELDS, { 0 } };
static const struct field list_layers_fields[] = { FILTER_FIELDS, { 0 } };

#define LAYERS "/2018-10-31/layers"

const struct operation layer_operations[] = {
    { .name = "PublishLayerVersion",
      .route = "POST " LAYERS "/{LayerName}/versions",
      .status = 201,
      .flags = OPERATION_WRITES,
      .input = publish_fields,
      .handle = publish_layer_version,
      .body_ceiling = CODE_BODY_MAX,
      .note = "Content by ZipFile, or from --s3-dir." },
    { .name = "GetLayerVersionByArn",
      .route = "GET " LAYERS "?find=LayerVersion",
      .input = by_arn_fields,
      .handle = get_layer_version_by_arn },
    { .name = "ListLayers",
      .route = "GET " LAYERS,
      .input = list_layers_fields,
      .handle = list_layers },
    { .name = "ListLayerVersions",
      .route = "GET " LAYERS "/{LayerName}/versions",
      .input = list_versions_fields,
      .handle = list_layer_versions },
    { .name = "GetLayerVersion",
      .route = "GET " LAYERS "/{LayerName}/versions/{VersionNumber}",
      .input = version_fields,
      .handle = get_layer_version },
    { .name = "DeleteLayerVersion",
      .route = "DELETE " LAYERS "/{LayerName}/versions/{VersionNumber}",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = version_fields,
      .handle = delete_layer_version },
    { 0 },
};
