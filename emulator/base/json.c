#include "json.h"

#include <stddef.h>
#include <stdlib.h>

#include "xalloc.h"

cJSON *json_get(const cJSON *object, const char *name)
{
    cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNull(member) ? NULL : member;
}

const char *json_text(const cJSON *object, const char *name, const char *fallback)
{
    const char *value = cJSON_GetStringValue(json_get(object, name));
    return value ? value : fallback;
}

double json_double(const cJSON *object, const char *name, double fallback)
{
    const cJSON *member = json_get(object, name);
    return cJSON_IsNumber(member) ? member->valuedouble : fallback;
}

int64_t json_int(const cJSON *object, const char *name, int64_t fallback)
{
    static const double most = (double)(INT64_C(1) << 62); /* what lies beyond has no use */
    const cJSON *member = json_get(object, name);
    if (!cJSON_IsNumber(member))
        return fallback;
    double value = member->valuedouble;
    return value >= most ? INT64_C(1) << 62 : value <= -most ? -(INT64_C(1) << 62) : (int64_t)value;
}

bool json_bool(const cJSON *object, const char *name, bool fallback)
{
    const cJSON *member = json_get(object, name);
    return cJSON_IsBool(member) ? cJSON_IsTrue(member) : fallback;
}

void json_set(cJSON *object, const char *name, cJSON *takes)
{
    cJSON_AddItemToObject(object, name, takes);
}

void json_set_text(cJSON *object, const char *name, const char *value)
{
    if (value)
        json_set(object, name, cJSON_CreateString(value));
}

void json_set_double(cJSON *object, const char *name, double value)
{
    json_set(object, name, cJSON_CreateNumber(value));
}

void json_set_bool(cJSON *object, const char *name, bool value)
{
    json_set(object, name, cJSON_CreateBool(value));
}

cJSON *json_set_object(cJSON *object, const char *name)
{
    cJSON *child = cJSON_CreateObject();
    json_set(object, name, child);
    return child;
}

cJSON *json_set_array(cJSON *object, const char *name)
{
    cJSON *child = cJSON_CreateArray();
    json_set(object, name, child);
    return child;
}

char *json_print(const cJSON *tree)
{
    char *text = cJSON_PrintUnformatted(tree);
    return text ? text : xstrdup("null");
}

/* "\u0000" inside a string of valid JSON: a backslash that is not itself escaped. */
static bool has_nul(struct text text)
{
    static const char escape[] = "\\u0000";
    const char *at = text.data;
    const char *end = text.data + text.size;
    while ((at = memmem(at, (size_t)(end - at), escape, sizeof(escape) - 1))) {
        size_t backslashes = 1;
        while (at - backslashes >= text.data && at[-(ptrdiff_t)backslashes] == '\\')
            backslashes++;
        if (backslashes % 2 == 1)
            return true;
        at++;
    }
    return false;
}

/* cJSON takes more than JSON (raw control characters, any bytes in strings), so the strict
 * scanner judges first; and its strings end at a NUL, so one that holds it is refused rather
 * than cut. */
cJSON *json_parse(struct text text)
{
    struct json_fault fault;
    if (!json_check(text, &fault) || has_nul(text))
        return NULL;
    return cJSON_ParseWithLength(text.data, text.size);
}

void json_deletep(cJSON **tree)
{
    cJSON_Delete(*tree);
}
