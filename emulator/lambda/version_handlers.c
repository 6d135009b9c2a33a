/*
 * PublishVersion and ListVersionsByFunction (lambda-api.md section 1).
 */
#include "lambda/configuration.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/settle.h"
#include "lambda/unsupported.h"

static bool code_matches(struct call *call, const struct function_version *latest)
{
    const char *wanted = json_text(call->input, "CodeSha256", NULL);
    return !wanted || strcmp(wanted, latest->code_sha256) == 0 ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). "
                     "Please try again with the CodeSHA256 in $LATEST.",
                     wanted, latest->code_sha256);
}

static enum outcome publish_version(struct call *call)
{
    struct function_name name;
    struct function_version latest;
    struct function_version version;
    if (!function_name_read(call, &name) || !latest_get(call, &name, &latest) ||
        !settle_is_over(call, &latest) || !code_matches(call, &latest) ||
        !revision_matches(call, version_revision(&latest)) || !unsupported_check(call))
        return OUTCOME_FAULT;
    bool is_new = publish(call, &latest, json_text(call->input, "Description", NULL), &version);
    bool takes_time = is_new && configuration_takes_snapshots(&version);
    configuration_write(call, call_output(call), &version,
                        version_text(&call->arena, version.number),
                        takes_time ? CONFIGURATION_CREATING : configuration_state_of(&version));
    return OUTCOME_OK;
}

static enum outcome list_versions(struct call *call)
{
    struct function_name name;
    struct function_version version;
    const char *marker;
    int left;
    if (!function_name_read(call, &name) || !list_begin(call, &marker, &left))
        return OUTCOME_FAULT;
    if (!function_exists(call->store, &name.key)) {
        function_not_found(call, &name.key, NULL);
        return OUTCOME_FAULT;
    }
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
