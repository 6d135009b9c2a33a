/*
 * PublishVersion and ListVersionsByFunction (lambda-api.md section 1).
 */
#include "lambda/code_storage.h"
#include "lambda/configuration.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/settle.h"
#include "lambda/unsupported.h"
#include "lambda/version_code.h"

static bool code_matches(struct call *call, const struct function_version *latest)
{
    const char *wanted = json_text(call->input, "CodeSha256", NULL);
    return !wanted || strcmp(wanted, latest->code_sha256) == 0 ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). "
                     "Please try again with the CodeSHA256 in $LATEST.",
                     wanted, latest->code_sha256);
}

static bool begin(struct call *call, struct function_version *latest_out)
{
    struct function_name name;
    return function_name_read(call, &name) && latest_get(call, &name, latest_out);
}

/* `latest` as it is to be published: its code is at rest. */
static enum outcome publish_frozen(struct call *call, const struct function_version *latest)
{
    struct function_version version;
    if (!settle_is_over(call, latest) || !revision_matches(call, version_revision(latest)))
        return OUTCOME_FAULT;
    bool is_new = publish(call, latest, json_text(call->input, "Description", NULL), &version);
    if (!code_storage_check(call, &latest->key, is_new ? version.code_size : 0))
        return OUTCOME_FAULT;
    bool takes_time = is_new && configuration_takes_snapshots(&version);
    configuration_write(call, call_output(call), &version,
                        version_text(&call->arena, version.number),
                        takes_time ? CONFIGURATION_CREATING : configuration_state_of(&version));
    return OUTCOME_OK;
}

static enum outcome publish_version_with_code(struct call *call)
{
    struct function_version latest;
    struct code_taken taken;
    if (!code_upload_end(call, &taken) || !begin(call, &latest))
        return OUTCOME_FAULT;
    const char *folder = configuration_folder(&latest, &call->arena);
    if (folder && strcmp(folder, taken.folder) != 0) /* it was moved while the copy was made */
        return call_fault(call, &LAMBDA_RESOURCE_CONFLICT,
                          "The operation cannot be performed at this time. An update is in "
                          "progress for resource: %s",
                          function_arn(&call->arena, &latest.key, NULL));
    struct function_version frozen = version_code_freeze(call, &latest, &taken);
    /* CodeSha256 may be what $LATEST shows, or what the copy is to be. */
    if (!code_matches(call, &latest) && !code_matches(call, &frozen))
        return OUTCOME_FAULT;
    error_clear(&call->error);
    return publish_frozen(call, &frozen);
}

static enum outcome publish_version(struct call *call)
{
    struct function_version latest;
    if (!begin(call, &latest) || !unsupported_check(call))
        return OUTCOME_FAULT;
    struct code_source source = { .folder = configuration_folder(&latest, &call->arena),
                                  .is_frozen = true };
    if (source.folder)
        return code_upload_start(call, &source, publish_version_with_code);
    return code_matches(call, &latest) ? publish_frozen(call, &latest) : OUTCOME_FAULT;
}

static enum outcome list_versions(struct call *call)
{
    struct function_name name;
    struct function_version version;
    const char *marker;
    int left;
    if (!function_name_read(call, &name) || !list_begin(call, &marker, &left) ||
        !function_check(call, &name.key, NULL))
        return OUTCOME_FAULT;
    int64_t after = -1;
    if (marker && !text_to_int64(text_from(marker), &after))
        return call_fault(call, &LAMBDA_INVALID_PARAMETER, "Invalid Marker.");
    cJSON *list = json_set_array(call_output(call), "Versions");
    bool has_more;
    while ((has_more = version_next(call->store, &name.key, after, &call->arena, &version)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        configuration_write(call, item, &version, version_text(&call->arena, version.number),
                            CONFIGURATION_LISTED);
        cJSON_AddItemToArray(list, item);
        after = version.number;
    }
    list_end(call, arena_format(&call->arena, "%lld", (long long)after), has_more);
    return OUTCOME_OK;
}

static const struct field publish_version_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    { .name = "CodeSha256", .type = FIELD_STRING },
    { .name = "Description", .type = FIELD_STRING, .length = BETWEEN(0, 256) },
    { .name = "RevisionId", .type = FIELD_STRING },
    UNSUPPORTED_PUBLISH_FIELD,
    { 0 },
};
static const struct field list_versions_fields[] = { FUNCTION_NAME_FIELD, LIST_FIELDS, { 0 } };

const struct operation version_operations[] = {
    { .name = "PublishVersion",
      .route = "POST /2015-03-31/functions/{FunctionName}/versions",
      .status = 201,
      .flags = OPERATION_WRITES,
      .input = publish_version_fields,
      .handle = publish_version,
      .note = "With SnapStart no snapshot is taken: the version starts like others, but its "
              "environment says snap-start. Every runtime is accepted, as recorded of AWS." },
    { .name = "ListVersionsByFunction",
      .route = "GET /2015-03-31/functions/{FunctionName}/versions",
      .input = list_versions_fields,
      .handle = list_versions },
    { 0 },
};
