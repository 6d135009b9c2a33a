#include "cloudwatch/put_entity.h"

#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"

enum { KEYS_MIN = 2, KEYS_MAX = 4, ATTRIBUTES_MAX = 10, NAME_MAX_SIZE = 256, VALUE_MAX = 2048 };

static const char *const types[] = { "Service", "RemoteService", "AWS::Service", "Resource",
                                     "AWS::Resource" };

static bool is_type(const char *text)
{
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (strcmp(text, types[i]) == 0)
            return true;
    }
    return false;
}

static bool has_long_text(const cJSON *map)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, map)
    {
        const char *value = cJSON_GetStringValue(member);
        if (strlen(member->string) > NAME_MAX_SIZE || (value && strlen(value) > VALUE_MAX))
            return true;
    }
    return false;
}

/* The failure's name as AWS gives it, or NULL. */
static const char *find_failure(const cJSON *data)
{
    const cJSON *entity = json_get(data, "Entity");
    const cJSON *keys = json_get(entity, "KeyAttributes");
    const cJSON *attributes = json_get(entity, "Attributes");
    int key_count = cJSON_GetArraySize(keys);
    if (!entity)
        return "InvalidEntity";
    if (!json_get(keys, "Type") || key_count < KEYS_MIN)
        return "MissingRequiredFields";
    if (key_count > KEYS_MAX)
        return "InvalidKeyAttributes";
    if (!is_type(json_text(keys, "Type", "")))
        return "InvalidTypeValue";
    if (cJSON_GetArraySize(attributes) > ATTRIBUTES_MAX)
        return "InvalidAttributes";
    return has_long_text(keys) || has_long_text(attributes) ? "EntitySizeTooLarge" : NULL;
}

bool put_entity_check(struct call *call)
{
    const cJSON *data;
    int at = 0;
    cJSON_ArrayForEach(data, json_get(call->input, "EntityMetricData"))
    {
        const char *failure = find_failure(data);
        at++;
        if (!failure)
            continue;
        if (json_bool(call->input, "StrictEntityValidation", false))
            return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                             "The parameter EntityMetricData.member.%d.Entity is invalid: %s", at,
                             failure);
        call_header(call, "X-Amzn-Failure-Message", failure);
        return true;
    }
    return true;
}

const struct field put_entity_fields[] = {
    { .name = "KeyAttributes", .type = FIELD_MAP, .item = &cloudwatch_text_item },
    { .name = "Attributes", .type = FIELD_MAP, .item = &cloudwatch_text_item },
    { 0 },
};
