#include "json.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "map.h"
#include "number.h"
#include "xalloc.h"

/* As cJSON_GetObjectItemCaseSensitive() does; what a request is checked by is mostly this. */
cJSON *json_get(const cJSON *object, const char *name)
{
    for (cJSON *member = object ? object->child : NULL; member; member = member->next) {
        if (member->string && *member->string == *name && strcmp(member->string, name) == 0)
            return json_kind(member) == cJSON_NULL ? NULL : member;
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

void json_replace(cJSON *object, const char *name, cJSON *takes)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    json_set(object, name, takes);
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

void json_keep_last(cJSON *object)
{
    struct map last = { 0 };
    cJSON *next;
    for (cJSON *member = object->child; member; member = next) {
        next = member->next;
        cJSON *earlier = map_remove(&last, member->string);
        if (earlier)
            cJSON_Delete(cJSON_DetachItemViaPointer(object, earlier));
        map_set(&last, member->string, member);
    }
    map_clear(&last, NULL);
}

cJSON *json_lend_list(cJSON *object, const char *name)
{
    cJSON *list = json_set_array(object, name);
    list->type |= cJSON_IsReference; /* cJSON_Delete() leaves its children alone */
    return list;
}

cJSON *json_lend(struct arena *arena, cJSON *container, const char *name, int type)
{
    cJSON *node = arena_alloc(arena, sizeof(*node));
    node->type = type | cJSON_IsReference | cJSON_StringIsConst;
    node->string = (char *)(uintptr_t)name;
    cJSON *first = container->child;
    if (first) {
        node->prev = first->prev; /* the first one's is the last */
        node->prev->next = node;
    } else {
        container->child = first = node;
    }
    first->prev = node;
    return node;
}

void json_lend_text(struct arena *arena, cJSON *container, const char *name, const char *value)
{
    json_lend(arena, container, name, cJSON_String)->valuestring = (char *)(uintptr_t)value;
}

void json_lend_double(struct arena *arena, cJSON *container, const char *name, double value)
{
    cJSON_SetNumberHelper(json_lend(arena, container, name, cJSON_Number), value);
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

/* Whether any byte of the eight is below `bound`, which is at most 128. */
static bool has_byte_below(uint64_t eight, uint64_t bound)
{
    static const uint64_t ones = 0x0101010101010101u;
    return ((eight - ones * bound) & ~eight & (ones << 7)) != 0;
}

static bool eight_need_escapes(uint64_t eight)
{
    static const uint64_t quotes = 0x2222222222222222u;
    static const uint64_t backslashes = 0x5C5C5C5C5C5C5C5Cu;
    return has_byte_below(eight, ' ') || has_byte_below(eight ^ quotes, 1) ||
           has_byte_below(eight ^ backslashes, 1);
}

/* Whether the string cannot stand between quotes as it is. */
static bool needs_escapes(const char *bytes, size_t size)
{
    uint64_t eight;
    for (; size >= sizeof(eight); bytes += sizeof(eight), size -= sizeof(eight)) {
        memcpy(&eight, bytes, sizeof(eight));
        if (eight_need_escapes(eight))
            return true;
    }
    eight = 0x2020202020202020u; /* spaces behind the rest */
    memcpy(&eight, bytes, size);
    return eight_need_escapes(eight);
}

static void print_escaped(struct buffer *buffer, const char *string)
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

void json_print_string(struct buffer *buffer, const char *string)
{
    size_t size = strlen(string);
    if (needs_escapes(string, size)) {
        print_escaped(buffer, string);
        return;
    }
    char *room = buffer_reserve(buffer, size + 2);
    if (!room)
        return;
    room[0] = '"';
    memcpy(room + 1, string, size);
    room[size + 1] = '"';
    buffer_commit(buffer, size + 2);
}

bool json_print_plain(struct buffer *buffer, const cJSON *value)
{
    switch (json_kind(value)) {
    case cJSON_String:
        json_print_string(buffer, value->valuestring);
        return true;
    case cJSON_True:
        buffer_add_string(buffer, "true");
        return true;
    case cJSON_False:
        buffer_add_string(buffer, "false");
        return true;
    case cJSON_NULL:
        buffer_add_string(buffer, "null");
        return true;
    case cJSON_Raw:
        buffer_add_string(buffer, value->valuestring);
        return true;
    default:
        return false;
    }
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
    if (json_print_plain(buffer, value))
        return;
    if (cJSON_IsArray(value) || cJSON_IsObject(value))
        print_children(buffer, value);
    else if (cJSON_IsNumber(value) && isfinite(value->valuedouble))
        number_print(buffer, value->valuedouble, false);
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

/* The number that the four digits stand for. */
static unsigned escaped_unit(const char *digits)
{
    unsigned unit = 0;
    for (int i = 0; i < 4; i++) {
        unsigned digit = (unsigned char)digits[i];
        unit = unit << 4 | (digit <= '9' ? digit - '0' : (digit | 0x20u) - 'a' + 10);
    }
    return unit;
}

/* In valid JSON: escapes of NUL and of halves of surrogate pairs become those of U+FFFD. */
static void mend_escapes(char *at, const char *end)
{
    enum { ESCAPE_SIZE = 6, PAIR_SIZE = 12 };
    while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
        if (at[1] != 'u') {
            at += 2;
            continue;
        }
        unsigned unit = escaped_unit(at + 2);
        bool is_half = unit >= 0xD800 && unit < 0xE000;
        if (unit >= 0xD800 && unit < 0xDC00 && end - at > PAIR_SIZE && at[ESCAPE_SIZE] == '\\' &&
            at[ESCAPE_SIZE + 1] == 'u' && (escaped_unit(at + ESCAPE_SIZE + 2) & 0xFC00) == 0xDC00) {
            at += PAIR_SIZE;
            continue;
        }
        if (is_half || unit == 0)
            memcpy(at + 2, "fffd", 4);
        at += ESCAPE_SIZE;
    }
}

cJSON *json_parse_mended(struct text text)
{
    struct json_fault fault;
    cJSON *tree = json_parse(text);
    if (tree || !json_check(text, &fault))
        return tree;
    CLEANUP(freep) char *copy = xmemdup(text.data, text.size);
    mend_escapes(copy, copy + text.size);
    return cJSON_ParseWithLength(copy, text.size);
}

void json_deletep(cJSON **tree)
{
    cJSON_Delete(*tree);
}
