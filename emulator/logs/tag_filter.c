#include "logs/tag_filter.h"

#include <string.h>
#include <strings.h>

#include "text.h"

enum { VALUES_MAX = 5 };

/* Stars stand at both ends at most. With one, letters are the same in either case; without, not. */
static bool is_like(const char *value, struct text wanted)
{
    bool is_open_front = wanted.size && wanted.data[0] == '*';
    bool is_open_end = wanted.size > 1 && wanted.data[wanted.size - 1] == '*';
    size_t size = strlen(value);
    struct text part = { wanted.data + is_open_front, wanted.size - is_open_front - is_open_end };
    if (!is_open_front && !is_open_end)
        return text_equal(wanted, value);
    for (size_t at = 0; at + part.size <= size; at++) {
        bool fits = (is_open_front || at == 0) && (is_open_end || at + part.size == size);
        if (fits && strncasecmp(value + at, part.data, part.size) == 0)
            return true;
    }
    return false;
}

static bool matches_value(const char *value, const char *wanted)
{
    bool is_negated = *wanted == '!';
    return is_like(value, text_from(wanted + is_negated)) != is_negated;
}

static bool matches(const cJSON *filter, const cJSON *tags)
{
    const cJSON *tag = cJSON_GetObjectItemCaseSensitive(tags, json_text(filter, "key", ""));
    const cJSON *values = json_get(filter, "values");
    const cJSON *value;
    cJSON_ArrayForEach(value, values)
    {
        if (tag && matches_value(tag->valuestring, value->valuestring))
            return true;
    }
    return tag && cJSON_GetArraySize(values) == 0;
}

bool tag_filters_match(const cJSON *filters, const char *tags)
{
    CLEANUP(json_deletep) cJSON *tree = filters ? json_parse(text_from(tags)) : NULL;
    const cJSON *filter;
    cJSON_ArrayForEach(filter, filters)
    {
        if (!matches(filter, tree))
            return false;
    }
    return true;
}

static const struct field value_item = { .type = FIELD_STRING,
                                         .length = BETWEEN(0, 259),
                                         .pattern =
                                             "^!?\\*?([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)\\*?$" };
static const struct field filter_members[] = {
    { .name = "key",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 128),
      .pattern = "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)$" },
    { .name = "values", .type = FIELD_LIST, .length = BETWEEN(0, VALUES_MAX), .item = &value_item },
    { 0 },
};
const struct field logs_tag_filter = { .type = FIELD_STRUCTURE, .members = filter_members };
