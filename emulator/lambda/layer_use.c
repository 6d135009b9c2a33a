#include "lambda/layer_use.h"

#include <string.h>

#include "lambda/faults.h"
#include "lambda/layer.h"

enum { LAYERS_MAX = 5 };

/* AWS does not say which layer versions of other accounts exist. */
static bool not_shared(struct call *call, const char *arn)
{
    return error_set(&call->error, &LAMBDA_ACCESS_DENIED,
                     "User: %s is not authorized to perform: "
                     "lambda:GetLayerVersion on resource: %s because no resource-based policy "
                     "allows the lambda:GetLayerVersion action",
                     call_caller_arn(call, call->region), arn);
}

static bool not_found(struct call *call, const char *arn)
{
    return error_set(&call->error, &LAMBDA_INVALID_PARAMETER, "Layer version %s does not exist.",
                     arn);
}

/* Whether an item before this one is a version of the same layer. */
static bool check_is_new(struct call *call, const cJSON *item, const char *arn)
{
    size_t size = (size_t)(strrchr(arn, ':') - arn) + 1;
    for (const cJSON *other = item->prev; other->next; other = other->prev) {
        const char *other_arn = json_text(other, "Arn", "");
        if (strncmp(other_arn, arn, size) == 0)
            return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                             "Two different versions of the same layer are not allowed to be "
                             "referenced in the same function. %s and %s are versions of the same "
                             "layer.",
                             other_arn, arn);
    }
    return true;
}

/* Permission is not asked: IAM is not emulated, and a layer of another account can be used. */
static bool find_version(struct call *call, const char *arn, struct layer_version *version_out)
{
    struct function_key key;
    int64_t number;
    if (!layer_arn_parse(arn, &call->arena, &key, &number))
        return not_found(call, arn);
    bool is_foreign = strcmp(key.account, call->account) != 0;
    if (is_foreign && strcmp(key.region, call->region) != 0)
        return not_shared(call, arn);
    if (strcmp(key.region, call->region) != 0)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Layers are not in the same region as the function. Layers are expected "
                         "to be in region %s.",
                         call->region);
    return layer_version_find(call->store, &key, number, &call->arena, version_out) ||
           (is_foreign ? not_shared(call, arn) : not_found(call, arn));
}

static bool resolve_item(struct call *call, cJSON *layers, cJSON *item)
{
    struct layer_version version = { 0 };
    const char *arn = item->valuestring;
    if (!find_version(call, arn, &version) || !check_is_new(call, item, arn))
        return false;
    cJSON *stored = cJSON_CreateObject();
    json_set_text(stored, "Arn", layer_version_arn(&call->arena, &version.key, version.number));
    json_set_double(stored, "CodeSize", (double)version.code_size);
    json_set_text(stored, "CodeSha256", version.code_sha256);
    cJSON_ReplaceItemViaPointer(layers, item, stored);
    return true;
}

bool layer_use_resolve(struct call *call)
{
    cJSON *layers = json_get(call->input, "Layers");
    if (cJSON_GetArraySize(layers) > LAYERS_MAX)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Cannot reference more than %d layers.", LAYERS_MAX);
    for (cJSON *item = layers ? layers->child : NULL, *next; item; item = next) {
        next = item->next;
        if (cJSON_IsString(item) && !resolve_item(call, layers, item))
            return false;
    }
    return true;
}

void layer_use_write(cJSON *output, const cJSON *configuration)
{
    const cJSON *layers = json_get(configuration, "Layers");
    const cJSON *layer;
    cJSON *list = layers ? json_set_array(output, "Layers") : NULL;
    cJSON_ArrayForEach(layer, layers)
    {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "Arn", json_text(layer, "Arn", ""));
        json_set_double(item, "CodeSize", (double)json_int(layer, "CodeSize", 0));
        cJSON_AddItemToArray(list, item);
    }
}

const char *const *layer_use_digests(struct arena *arena, const cJSON *layers)
{
    size_t count = (size_t)cJSON_GetArraySize(layers);
    if (count == 0)
        return NULL;
    const char **list = arena_alloc(arena, (count + 1) * sizeof(*list));
    const cJSON *layer;
    size_t at = 0;
    cJSON_ArrayForEach(layer, layers) list[at++] =
        arena_copy(arena, text_from(json_text(layer, "CodeSha256", "")));
    list[at] = NULL;
    return list;
}
