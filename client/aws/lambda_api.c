#include "aws/lambda_api.h"

#include <ctype.h>
#include <stdlib.h>

#include "clock.h"
#include "crypto.h"
#include "url.h"
#include "xalloc.h"

enum { UPDATE_WAIT_MS = 120000, POLL_MS = 250, POLL_MAX_MS = 2000, UPDATES_MAX = 8 };
enum { STATUS_NOT_FOUND = 404, STATUS_CONFLICT = 409, STATUS_PRECONDITION_FAILED = 412 };

static char *function_path(const char *function, const char *rest)
{
    struct buffer path = { 0 };
    buffer_add_string(&path, "/2015-03-31/functions/");
    url_encode(&path, text_from(function), false);
    buffer_add_string(&path, rest);
    return buffer_take(&path, NULL);
}

static char *alias_path(const char *function, const char *alias)
{
    CLEANUP(buffer_clear) struct buffer rest = { 0 };
    buffer_add_string(&rest, "/aliases/");
    url_encode(&rest, text_from(alias), false);
    return function_path(function, rest.data);
}

char *lambda_invoke_path(const char *function)
{
    return function_path(function, "/invocations");
}

/* What came back, parsed, and the response cleared; NULL with the sentence on failure. */
static cJSON *take_json(struct api_response *response, bool is_good, const char *doing,
                        struct error *error)
{
    cJSON *tree = NULL;
    if (!is_good)
        api_failure(response, doing, error);
    else if (!(tree = api_response_json(response)))
        error_set(error, NULL, "cannot %s: the answer is no JSON", doing);
    api_response_clear(response);
    return tree;
}

static cJSON *call_json(struct api *api, const struct api_request *request, const char *doing,
                        struct error *error)
{
    struct api_response response;
    bool is_good = api_call(api, request, &response);
    return take_json(&response, is_good, doing, error);
}

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

/* False with a sentence if it is no alias: not all that answers is AWS. */
static bool read_alias(const cJSON *tree, struct lambda_alias *alias_out, struct error *error)
{
    if (!*json_text(tree, "FunctionVersion", ""))
        return error_set(error, NULL, "what came as an answer about the alias is none of AWS's");
    *alias_out = (struct lambda_alias){ 0 };
    copy_text(alias_out->version, sizeof(alias_out->version),
              json_text(tree, "FunctionVersion", ""));
    copy_text(alias_out->revision_id, sizeof(alias_out->revision_id),
              json_text(tree, "RevisionId", ""));
    const cJSON *weights = json_get(json_get(tree, "RoutingConfig"), "AdditionalVersionWeights");
    if (!weights || !weights->child)
        return true;
    copy_text(alias_out->routed_version, sizeof(alias_out->routed_version), weights->child->string);
    alias_out->weight = weights->child->valuedouble;
    return true;
}

static bool function_is_there(struct api *api, const char *function, struct error *error)
{
    CLEANUP(freep) char *path = function_path(function, "/configuration");
    struct api_request request = { .service = API_LAMBDA,
                                   .operation = "GetFunctionConfiguration",
                                   .method = "GET",
                                   .path = path };
    CLEANUP(json_deletep) cJSON *tree = call_json(api, &request, "find the function", error);
    return tree != NULL;
}

enum alias_found lambda_get_alias(struct api *api, const char *function, const char *alias,
                                  struct lambda_alias *alias_out, struct error *error)
{
    CLEANUP(freep) char *path = alias_path(function, alias);
    struct api_request request = {
        .service = API_LAMBDA, .operation = "GetAlias", .method = "GET", .path = path
    };
    struct api_response response;
    enum alias_found found = ALIAS_FAILED;
    if (api_call(api, &request, &response)) {
        CLEANUP(json_deletep) cJSON *tree = api_response_json(&response);
        found = read_alias(tree, alias_out, error) ? ALIAS_PRESENT : ALIAS_FAILED;
    } else if (response.status == STATUS_NOT_FOUND) {
        found = function_is_there(api, function, error) ? ALIAS_ABSENT : ALIAS_FAILED;
    } else {
        api_failure(&response, "read the alias", error);
    }
    api_response_clear(&response);
    return found;
}

bool lambda_alias_is_at(struct api *api, const char *function, const char *alias,
                        const char *version)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda_alias seen = { 0 };
    return lambda_get_alias(api, function, alias, &seen, &error) == ALIAS_PRESENT &&
           strcmp(seen.version, version) == 0 && !*seen.routed_version;
}

bool lambda_alias_is_gone(struct api *api, const char *function, const char *alias,
                          struct error *error)
{
    CLEANUP(freep) char *path = alias_path(function, alias);
    struct api_request request = { .service = API_LAMBDA,
                                   .operation = "GetAlias",
                                   .method = "GET",
                                   .path = path,
                                   .is_never_stopped = true };
    struct api_response response;
    bool is_gone = !api_call(api, &request, &response) && response.status == STATUS_NOT_FOUND;
    api_response_clear(&response);
    if (is_gone)
        error_set(error, NULL,
                  "somebody has deleted alias %s of %s meanwhile: there is nothing to take back",
                  alias, function);
    return is_gone;
}

bool lambda_create_alias(struct api *api, const char *function, const char *alias,
                         const char *version, struct error *error)
{
    CLEANUP(json_deletep) cJSON *body = cJSON_CreateObject();
    json_set_text(body, "Name", alias);
    json_set_text(body, "FunctionVersion", version);
    CLEANUP(freep) char *text = json_print(body);
    CLEANUP(freep) char *path = function_path(function, "/aliases");
    struct api_request request = { .service = API_LAMBDA,
                                   .operation = "CreateAlias",
                                   .method = "POST",
                                   .path = path,
                                   .body = text_from(text),
                                   .is_never_stopped = true };
    struct api_response response;
    bool is_made = api_call(api, &request, &response) ||
                   ((response.status == STATUS_CONFLICT || response.may_be_done) &&
                    lambda_alias_is_at(api, function, alias, version));
    if (!is_made)
        api_failure(&response, "create the alias", error);
    api_response_clear(&response);
    return is_made;
}

static char *alias_change(const struct lambda_alias *alias, const char *version, const char *routed,
                          double weight)
{
    CLEANUP(json_deletep) cJSON *body = cJSON_CreateObject();
    json_set_text(body, "FunctionVersion", version);
    cJSON *weights =
        json_set_object(json_set_object(body, "RoutingConfig"), "AdditionalVersionWeights");
    if (routed)
        json_set_double(weights, routed, weight);
    json_set_text(body, "RevisionId", alias->revision_id);
    return json_print(body);
}

enum alias_change lambda_update_alias(struct api *api, const char *function, const char *name,
                                      struct lambda_alias *alias, const char *version,
                                      const char *routed, double weight, struct error *error)
{
    CLEANUP(freep) char *body = alias_change(alias, version, routed, weight);
    CLEANUP(freep) char *path = alias_path(function, name);
    struct api_request request = { .service = API_LAMBDA,
                                   .operation = "UpdateAlias",
                                   .method = "PUT",
                                   .path = path,
                                   .body = text_from(body),
                                   .is_never_stopped = true };
    struct api_response response;
    enum alias_change change = ALIAS_CHANGE_DONE;
    if (api_call(api, &request, &response)) {
        CLEANUP(json_deletep) cJSON *tree = api_response_json(&response);
        if (!read_alias(tree, alias, error))
            change = ALIAS_CHANGE_UNKNOWN;
    } else if (response.status == STATUS_PRECONDITION_FAILED) {
        change = ALIAS_CHANGE_STALE;
        error_set(error, NULL,
                  "somebody else has changed alias %s meanwhile; nothing was overwritten. See "
                  "canary status",
                  name);
    } else if (response.status == STATUS_NOT_FOUND && /* or a version is not there */
               lambda_alias_is_gone(api, function, name, error)) {
        change = ALIAS_CHANGE_GONE;
    } else {
        change = response.may_be_done                  ? ALIAS_CHANGE_UNKNOWN
                 : response.is_throttled               ? ALIAS_CHANGE_THROTTLED
                 : response.status == STATUS_CONFLICT  ? ALIAS_CHANGE_BUSY
                 : response.status == STATUS_NOT_FOUND ? ALIAS_CHANGE_VERSION_ABSENT
                                                       : ALIAS_CHANGE_REFUSED;
        api_failure(&response, "change the alias", error);
    }
    api_response_clear(&response);
    return change;
}

/* NULL if there is none. */
static char *qualifier_query(const char *qualifier)
{
    struct buffer query = { 0 };
    if (!qualifier)
        return NULL;
    buffer_add_string(&query, "Qualifier=");
    url_encode(&query, text_from(qualifier), false);
    return buffer_take(&query, NULL);
}

/* Before the next look, each longer than the one before; false with a sentence once the user wants
 * to stop. */
static bool wait_a_while(struct api *api, int64_t *poll_ms, struct error *error)
{
    const struct patience patience = { api->should_stop, api->owner, 0 };
    if (!patience_sleep(&patience, *poll_ms))
        return error_set(error, NULL, "the function's update was not waited for");
    *poll_ms = 2 * *poll_ms < POLL_MAX_MS ? 2 * *poll_ms : POLL_MAX_MS;
    return true;
}

/* Until creation, update or snapshot of the version (NULL: $LATEST) has ended. A second of all its
 * callers holds 15 such questions: who waits for long asks seldom. */
static bool wait_until_ready(struct api *api, const char *function, const char *version,
                             struct error *error)
{
    CLEANUP(freep) char *path = function_path(function, "/configuration");
    CLEANUP(freep) char *query = qualifier_query(version);
    struct api_request request = { .service = API_LAMBDA,
                                   .operation = "GetFunctionConfiguration",
                                   .method = "GET",
                                   .path = path,
                                   .query = query };
    int64_t deadline_us = clock_monotonic_us() + UPDATE_WAIT_MS * 1000LL;
    int64_t poll_ms = POLL_MS;
    for (;;) {
        CLEANUP(json_deletep)
        cJSON *tree = call_json(
            api, &request, version ? "find the version" : "watch the function's update", error);
        if (!tree)
            return false;
        const char *state = json_text(tree, "State", "Active");
        const char *status = json_text(tree, "LastUpdateStatus", "Successful");
        if (strcmp(state, "Failed") == 0 || strcmp(status, "Failed") == 0)
            return error_set(error, NULL, "the function's update failed: %s",
                             json_text(tree, "LastUpdateStatusReason",
                                       json_text(tree, "StateReason", "no reason given")));
        if (strcmp(state, "Pending") != 0 && strcmp(status, "Successful") == 0)
            return true;
        if (clock_monotonic_us() > deadline_us)
            return error_set(error, NULL, "the function's update did not end in two minutes");
        if (!wait_a_while(api, &poll_ms, error))
            return false;
    }
}

/* Once no update of the function is under way: somebody else's, or our own, if the answer to an
 * earlier try was lost. AWS may refuse for that when it does not tell of it yet, or any more. */
static cJSON *change_function(struct api *api, const char *function,
                              const struct api_request *request, const char *doing,
                              struct error *error)
{
    int64_t poll_ms = POLL_MS;
    for (int updates = 0;; updates++) {
        struct api_response response;
        bool is_good = api_call(api, request, &response);
        if (response.status != STATUS_CONFLICT || updates == UPDATES_MAX)
            return take_json(&response, is_good, doing, error);
        api_response_clear(&response);
        if (!wait_a_while(api, &poll_ms, error) || !wait_until_ready(api, function, NULL, error))
            return NULL;
    }
}

bool lambda_update_code(struct api *api, const char *function, struct text zip,
                        char sha256_out[CODE_SHA256_SIZE], struct error *error)
{
    CLEANUP(freep) char *encoded = base64_encode(zip);
    CLEANUP(freep) char *body = xformat("{\"ZipFile\":\"%s\"}", encoded);
    CLEANUP(freep) char *path = function_path(function, "/code");
    struct api_request request = { .service = API_LAMBDA,
                                   .operation = "UpdateFunctionCode",
                                   .method = "PUT",
                                   .path = path,
                                   .body = text_from(body) };
    CLEANUP(json_deletep)
    cJSON *tree = change_function(api, function, &request, "upload the package", error);
    copy_text(sha256_out, CODE_SHA256_SIZE, json_text(tree, "CodeSha256", ""));
    return tree && wait_until_ready(api, function, NULL, error);
}

bool lambda_publish(struct api *api, const char *function, const char *sha256, char version_out[24],
                    struct error *error)
{
    CLEANUP(json_deletep) cJSON *input = cJSON_CreateObject();
    json_set_text(input, "CodeSha256", *sha256 ? sha256 : NULL);
    CLEANUP(freep) char *body = json_print(input);
    CLEANUP(freep) char *path = function_path(function, "/versions");
    struct api_request request = { .service = API_LAMBDA,
                                   .operation = "PublishVersion",
                                   .method = "POST",
                                   .path = path,
                                   .body = text_from(body) };
    CLEANUP(json_deletep)
    cJSON *tree = change_function(api, function, &request, "publish a version", error);
    if (!tree)
        return false;
    copy_text(version_out, 24, json_text(tree, "Version", ""));
    return strcmp(json_text(tree, "State", "Active"), "Pending") != 0 ||
           wait_until_ready(api, function, version_out, error);
}

bool lambda_invoke_within(struct api *api, const char *function, const char *qualifier,
                          struct text payload, long timeout_ms, struct api_response *response_out)
{
    CLEANUP(freep) char *path = lambda_invoke_path(function);
    CLEANUP(freep) char *query = qualifier_query(qualifier);
    struct api_request request = { .service = API_LAMBDA,
                                   .method = "POST",
                                   .path = path,
                                   .query = query,
                                   .body = payload,
                                   .is_retried_on_throttling_only = true,
                                   .timeout_ms = timeout_ms };
    return api_call(api, &request, response_out);
}

bool lambda_invoke(struct api *api, const char *function, const char *qualifier,
                   struct text payload, struct api_response *response_out)
{
    return lambda_invoke_within(api, function, qualifier, payload, 0, response_out);
}

char *lambda_function_error(const struct api_response *response)
{
    CLEANUP(json_deletep) cJSON *tree = api_response_json(response);
    const char *type = json_text(tree, "errorType", "");
    const char *message = json_text(tree, "errorMessage", "");
    if (!*message && response->body.size)
        message = response->body.data;
    char *said = xformat("%s%s%.300s", type, *type ? ": " : "", message);
    text_mend_utf8(said);
    for (char *at = said; *at; at++) {
        if (isspace((unsigned char)*at)) /* it is one line of what canary tells */
            *at = ' ';
    }
    return said;
}

bool lambda_version_ready(struct api *api, const char *function, const char *version,
                          struct error *error)
{
    return wait_until_ready(api, function, version, error);
}
