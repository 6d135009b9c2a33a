/*
 * TagResource, UntagResource, ListTags (lambda-api.md section 27.2), for functions and code signing
 * configurations; what else AWS lets one tag does not exist here.
 */
#include <strings.h>

#include "arn.h"
#include "lambda/code_signing.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/tags.h"
#include "xalloc.h"

enum { TAGS_MAX = 50 };

bool tags_check(struct call *call, const cJSON *given, const cJSON *all)
{
    const cJSON *tag;
    cJSON_ArrayForEach(tag, given)
    {
        if (strncasecmp(tag->string, "aws:", 4) == 0)
            return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                             "aws: prefixed tag key names are not allowed for external use.");
    }
    return cJSON_GetArraySize(all) <= TAGS_MAX ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "Number of tags exceeds resource tag limit.");
}

/* A resource with tags: one of the two is set. */
struct tagged {
    struct function_key function; /* name NULL: none */
    struct code_signing_config config;
    struct code_signing_scope scope;
    cJSON *tags; /* the caller's, ends with tagged_clear() */
};

static void tagged_clear(struct tagged *tagged)
{
    cJSON_Delete(tagged->tags);
}

static bool find_function(struct call *call, const struct arn *arn, struct text name,
                          struct tagged *tagged)
{
    struct text qualifier = name;
    const char *function = arena_copy(&call->arena, text_cut(&qualifier, ':'));
    tagged->function = (struct function_key){ arena_copy(&call->arena, arn->account),
                                              arena_copy(&call->arena, arn->region), function };
    if (qualifier.data)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Tags on function aliases and versions are not supported. Please specify "
                         "a function ARN.");
    if (!text_equal(arn->region, call->region) || !function_exists(call->store, &tagged->function))
        return function_not_found(call, &tagged->function, NULL);
    const char *tags = function_tags(call->store, &tagged->function, &call->arena);
    tagged->tags = json_parse(text_from(tags));
    return true;
}

static bool find_config(struct call *call, const char *resource, struct tagged *tagged)
{
    tagged->scope = (struct code_signing_scope){ call->account, call->region };
    const char *id = code_signing_id(&call->arena, &tagged->scope, resource);
    if (!id || !code_signing_find(call->store, &tagged->scope, id, &call->arena, &tagged->config))
        return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND_UNTYPED,
                         "The Lambda code signing configuration %s can not be found.", resource);
    tagged->tags = json_parse(text_from(tagged->config.tags));
    return true;
}

static bool set_not_found(struct call *call, const char *resource, struct text type)
{
    const char *what = text_equal(type, "event-source-mapping") ? "Event source mapping"
                       : text_equal(type, "capacity-provider")  ? "Capacity provider"
                                                                : "Layer";
    return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "%s not found: %s", what, resource);
}

static bool find(struct call *call, struct tagged *tagged)
{
    const char *resource = json_text(call->input, "Resource", "");
    struct arn arn = { 0 };
    if (!arn_parse(text_from(resource), &arn)) /* the pattern lets none of these through */
        return set_not_found(call, resource, arn.resource);
    struct text name = arn.resource;
    struct text type = text_cut(&name, ':');
    if (text_equal(type, "function"))
        return find_function(call, &arn, name, tagged);
    if (text_equal(type, "code-signing-config"))
        return find_config(call, resource, tagged);
    return set_not_found(call, resource, type);
}

static void save(struct call *call, struct tagged *tagged)
{
    CLEANUP(freep) char *text = json_print(tagged->tags);
    if (tagged->function.name) {
        function_set_tags(call->store, &tagged->function, text);
        function_touch(call->store, &tagged->function, new_uuid(&call->arena));
    } else {
        tagged->config.tags = text;
        code_signing_save(call->store, &tagged->scope, &tagged->config);
    }
}

static enum outcome tag_resource(struct call *call)
{
    CLEANUP(tagged_clear) struct tagged tagged = { 0 };
    const cJSON *wanted = json_get(call->input, "Tags");
    const cJSON *tag;
    if (!wanted->child)
        return call_fault(call, &LAMBDA_INVALID_PARAMETER,
                          "An error occurred and the request cannot be processed.");
    if (!find(call, &tagged))
        return OUTCOME_FAULT;
    cJSON_ArrayForEach(tag, wanted)
    {
        json_replace(tagged.tags, tag->string, cJSON_Duplicate(tag, true));
    }
    if (!tags_check(call, wanted, tagged.tags))
        return OUTCOME_FAULT;
    save(call, &tagged);
    return OUTCOME_OK;
}

static enum outcome untag_resource(struct call *call)
{
    CLEANUP(tagged_clear) struct tagged tagged = { 0 };
    const cJSON *key;
    if (!find(call, &tagged))
        return OUTCOME_FAULT;
    cJSON_ArrayForEach(key, json_get(call->input, "TagKeys"))
        cJSON_DeleteItemFromObjectCaseSensitive(tagged.tags, key->valuestring);
    save(call, &tagged);
    return OUTCOME_OK;
}

static enum outcome list_tags(struct call *call)
{
    CLEANUP(tagged_clear) struct tagged tagged = { 0 };
    if (!find(call, &tagged))
        return OUTCOME_FAULT;
    json_set(call_output(call), "Tags", tagged.tags);
    tagged.tags = NULL;
    return OUTCOME_OK;
}

#define RESOURCE_FIELD                                                                             \
    {                                                                                              \
        .name = "Resource", .type = FIELD_STRING, .place = FIELD_IN_PATH, .is_required = true,     \
        .length = BETWEEN(1, 256),                                                                 \
        .pattern = "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"   \
                   "\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|"        \
                   "layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|"                  \
                   "event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-"            \
                   "[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)"              \
    }

const struct field tags_key = { .type = FIELD_STRING, .length = BETWEEN(1, 128) };
const struct field tags_value = { .type = FIELD_STRING, .length = BETWEEN(0, 256) };
static const struct field tag_fields[] = {
    RESOURCE_FIELD,
    { .name = "Tags",
      .type = FIELD_MAP,
      .is_required = true,
      .key = &tags_key,
      .item = &tags_value },
    { 0 },
};
static const struct field key_item = { .type = FIELD_STRING, .length = BETWEEN(1, 128) };
static const struct field untag_fields[] = {
    RESOURCE_FIELD,
    { .name = "TagKeys",
      .type = FIELD_LIST,
      .place = FIELD_IN_QUERY,
      .wire_name = "tagKeys",
      .is_required = true,
      .item = &key_item },
    { 0 },
};
static const struct field list_fields[] = { RESOURCE_FIELD, { 0 } };

const struct operation tag_operations[] = {
    { .name = "TagResource",
      .route = "POST /2017-03-31/tags/{Resource}",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = tag_fields,
      .handle = tag_resource },
    { .name = "UntagResource",
      .route = "DELETE /2017-03-31/tags/{Resource}",
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = untag_fields,
      .handle = untag_resource },
    { .name = "ListTags",
      .route = "GET /2017-03-31/tags/{Resource}",
      .input = list_fields,
      .handle = list_tags },
    { 0 },
};
