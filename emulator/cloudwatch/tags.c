#include "cloudwatch/tags.h"

#include <stdlib.h>
#include <strings.h>

#include "cloudwatch/faults.h"
#include "xalloc.h"

enum { TAGS_MAX = 50 };

static const struct field tag_fields[] = {
    { .name = "Key", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 128) },
    { .name = "Value", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(0, 256) },
    { 0 },
};
const struct field cloudwatch_tag_item = { .type = FIELD_STRUCTURE, .members = tag_fields };

bool cloudwatch_read_tags(struct call *call, const char *present, const char **tags_out)
{
    CLEANUP(json_deletep) cJSON *tags = json_parse(text_from(present ? present : "{}"));
    const cJSON *tag;
    cJSON_ArrayForEach(tag, json_get(call->input, "Tags"))
    {
        const char *key = json_text(tag, "Key", "");
        if (strncasecmp(key, "aws:", 4) == 0)
            return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                             "Tag keys must not start with aws: (%s)", key);
        json_replace(tags, key, cJSON_CreateString(json_text(tag, "Value", "")));
    }
    if (cJSON_GetArraySize(tags) > TAGS_MAX)
        return error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                         "A resource can have at most %d tags", TAGS_MAX);
    CLEANUP(freep) char *text = json_print(tags);
    *tags_out = arena_copy(&call->arena, text_from(text));
    return true;
}
