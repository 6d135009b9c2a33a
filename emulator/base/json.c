#include "json.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "number.h"

/* As cJSON_GetObjectItemCaseSensitive() does; what a request is checked by is mostly this. */
cJSON *json_get(const cJSON *object, const char *name)
{
    for (cJSON *member = object ? object->child : NULL; member; member = member->next) {
        if (member->string && *member->string == *name && strcmp(member->string, name) == 0)
            return cJSON_IsNull(member) ? NULL : member;
    }
    return NULL;
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

void json_mend_utf8(cJSON *tree)
{
    if (tree->valuestring)
        text_mend_utf8(tree->valuestring);
    if (tree->string && !(tree->type & cJSON_StringIsConst))
        text_mend_utf8(tree->string);
    for (cJSON *child = tree->child; child; child = child->next)
        json_mend_utf8(child);
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

/* The byte as it stands in a string of JSON, if it cannot stand there as it is. */
static const char *escape_of(unsigned char byte, char escape_out[8])
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n",  ['\r'] = "\\r",
        ['\t'] = "\\t", ['"'] = "\\\"", ['\\'] = "\\\\",
    };
    const char *name = byte < sizeof(named) / sizeof(named[0]) ? named[byte] : NULL;
    if (name || byte >= ' ')
        return name;
    snprintf(escape_out, 8, "\\u%04x", byte);
    return escape_out;
}

void json_print_string(struct buffer *buffer, const char *string)
{
    char bytes[8];
    const char *escape;
    const char *run = string;
    buffer_add_char(buffer, '"');
    for (; *string; string++) {
        if (!(escape = escape_of((unsigned char)*string, bytes)))
            continue;
        buffer_add(buffer, run, (size_t)(string - run));
        buffer_add_string(buffer, escape);
        run = string + 1;
    }
    buffer_add(buffer, run, (size_t)(string - run));
    buffer_add_char(buffer, '"');
}

static void print_value(struct buffer *buffer, const cJSON *value);

static void print_children(struct buffer *buffer, const cJSON *value)
{
    bool is_object = cJSON_IsObject(value);
    buffer_add_char(buffer, is_object ? '{' : '[');
    for (const cJSON *child = value->child; child; child = child->next) {
        if (child != value->child)
            buffer_add_char(buffer, ',');
        if (is_object) {
            json_print_string(buffer, child->string);
            buffer_add_char(buffer, ':');
        }
        print_value(buffer, child);
    }
    buffer_add_char(buffer, is_object ? '}' : ']');
}

static void print_value(struct buffer *buffer, const cJSON *value)
{
    if (cJSON_IsString(value))
        json_print_string(buffer, value->valuestring);
    else if (cJSON_IsNumber(value) && isfinite(value->valuedouble))
        number_print(buffer, value->valuedouble, false);
    else if (cJSON_IsBool(value))
        buffer_add_string(buffer, cJSON_IsTrue(value) ? "true" : "false");
    else if (cJSON_IsRaw(value))
        buffer_add_string(buffer, value->valuestring);
    else if (cJSON_IsArray(value) || cJSON_IsObject(value))
        print_children(buffer, value);
    else
        buffer_add_string(buffer, "null");
}

char *json_print(const cJSON *tree)
{
    struct buffer text = { 0 };
    print_value(&text, tree);
    return buffer_take(&text, NULL);
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
