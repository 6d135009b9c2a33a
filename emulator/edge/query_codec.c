/*
 * awsQuery: form parameters in, XML out (cloudwatch-api.md section 1.6). Parameters are first
 * all decoded into a list; a row then picks its own by name.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/codec.h"
#include "edge/xml.h"
#include "number.h"
#include "timestamp.h"
#include "url.h"
#include "xalloc.h"

enum { MEMBERS_MAX = 10000, PARAMETERS_MAX = 200000, FRACTION_DIGITS_MAX = 6 };

struct parameter {
    char *name;
    char *value;
};

struct parameters {
    struct parameter *list; /* sorted by name */
    size_t count;
    const struct service *service;
    struct error *error;
};

static int compare_parameters(const void *a, const void *b)
{
    return strcmp(((const struct parameter *)a)->name, ((const struct parameter *)b)->name);
}

/* NULL for what the tree cannot hold; the caller owns it. */
static char *decoded_text(struct text text)
{
    size_t size;
    struct buffer buffer = { 0 };
    url_decode(&buffer, text, true);
    char *string = buffer_take(&buffer, &size);
    if (text_is_whole_string((struct text){ string, size }))
        return string;
    free(string);
    return NULL;
}

/* False, with the error, if the body holds what is no text. */
static bool parameters_read(struct parameters *parameters, struct text body)
{
    size_t capacity = 0;
    while (body.size && parameters->count < PARAMETERS_MAX) {
        struct text value = text_cut(&body, '&');
        struct text name = text_cut(&value, '=');
        if (name.size == 0)
            continue;
        if (parameters->count == capacity)
            parameters->list = xgrow(parameters->list, &capacity, 32, sizeof(*parameters->list));
        struct parameter *parameter = &parameters->list[parameters->count++];
        *parameter = (struct parameter){ decoded_text(name), decoded_text(value) };
        if (!parameter->name || !parameter->value) {
            error_set(parameters->error, parameters->service->serialization_fault,
                      "%s is not UTF-8, or holds a NUL",
                      parameter->name ? parameter->name : "A name");
            return false;
        }
    }
    if (parameters->count)
        qsort(parameters->list, parameters->count, sizeof(*parameters->list), compare_parameters);
    return true;
}

static void parameters_clear(struct parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        free(parameters->list[i].name);
        free(parameters->list[i].value);
    }
    free(parameters->list);
}

/* The first parameter whose name is not before `name`. */
static size_t lower_bound(const struct parameters *parameters, const char *name)
{
    size_t low = 0;
    size_t high = parameters->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(parameters->list[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const char *find_value(const struct parameters *parameters, const char *name)
{
    size_t at = lower_bound(parameters, name);
    if (at < parameters->count && strcmp(parameters->list[at].name, name) == 0)
        return parameters->list[at].value;
    return NULL;
}

/* True if `path` itself or something below it ("path.") was sent. */
static bool is_present(const struct parameters *parameters, const char *path)
{
    if (find_value(parameters, path))
        return true;
    char *below = xformat("%s.", path);
    size_t at = lower_bound(parameters, below);
    bool found =
        at < parameters->count && strncmp(parameters->list[at].name, below, strlen(below)) == 0;
    free(below);
    return found;
}

static cJSON *read_value(struct parameters *parameters, const struct field *field,
                         const char *path);

static cJSON *malformed(struct parameters *parameters, const char *path, const char *value)
{
    error_set(parameters->error, parameters->service->serialization_fault,
              "Invalid value '%s' for %s", value, path);
    return NULL;
}

/* CloudWatch takes microseconds, and nothing finer. */
static bool is_too_fine(struct text time)
{
    size_t digits = 0;
    const char *point = memchr(time.data, '.', time.size);
    while (point && point[1 + digits] >= '0' && point[1 + digits] <= '9')
        digits++;
    return digits > FRACTION_DIGITS_MAX;
}

static cJSON *read_time(struct parameters *parameters, struct text text)
{
    int64_t ms;
    if (timestamp_parse(text, &ms) && !is_too_fine(text))
        return cJSON_CreateNumber((double)ms / 1000);
    error_set(parameters->error, parameters->service->serialization_fault,
              "timestamp must follow ISO8601");
    return NULL;
}

static cJSON *read_scalar(struct parameters *parameters, const struct field *field,
                          const char *path, const char *value)
{
    double real;
    int64_t whole;
    struct text text = text_from(value);
    switch (field->type) {
    case FIELD_INTEGER:
        return text_to_int64(text, &whole) ? cJSON_CreateNumber((double)whole)
                                           : malformed(parameters, path, value);
    case FIELD_DOUBLE:
        if (!text_to_double(text, &real))
            return malformed(parameters, path, value);
        return isfinite(real) ? cJSON_CreateNumber(real) : cJSON_CreateString(number_word(real));
    case FIELD_BOOLEAN:
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return malformed(parameters, path, value);
        return cJSON_CreateBool(value[0] == 't');
    case FIELD_TIMESTAMP:
        return read_time(parameters, text);
    default:
        return cJSON_CreateString(value);
    }
}

static cJSON *read_list(struct parameters *parameters, const struct field *field, const char *path)
{
    cJSON *list = cJSON_CreateArray();
    for (int number = 1; number <= MEMBERS_MAX; number++) {
        CLEANUP(freep) char *item_path = xformat("%s.member.%d", path, number);
        if (!is_present(parameters, item_path))
            break;
        cJSON *item = read_value(parameters, field->item, item_path);
        if (!item) {
            cJSON_Delete(list);
            return NULL;
        }
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static cJSON *read_map(struct parameters *parameters, const struct field *field, const char *path)
{
    cJSON *map = cJSON_CreateObject();
    for (int number = 1; number <= MEMBERS_MAX; number++) {
        CLEANUP(freep) char *key_path = xformat("%s.entry.%d.key", path, number);
        CLEANUP(freep) char *value_path = xformat("%s.entry.%d.value", path, number);
        const char *key = find_value(parameters, key_path);
        if (!key)
            break;
        cJSON *value = read_value(parameters, field->item, value_path);
        if (!value) {
            cJSON_Delete(map);
            return NULL;
        }
        json_set(map, key, value);
    }
    return map;
}

static cJSON *read_structure(struct parameters *parameters, const struct field *rows,
                             const char *path)
{
    cJSON *structure = cJSON_CreateObject();
    for (const struct field *field = rows; field && field->name; field++) {
        CLEANUP(freep)
        char *member_path = xformat("%s%s%s", path, *path ? "." : "", field->name);
        if (!is_present(parameters, member_path))
            continue;
        cJSON *value = read_value(parameters, field, member_path);
        if (!value) {
            cJSON_Delete(structure);
            return NULL;
        }
        json_set(structure, field->name, value);
    }
    return structure;
}

static cJSON *read_value(struct parameters *parameters, const struct field *field, const char *path)
{
    if (field->type == FIELD_LIST)
        return read_list(parameters, field, path);
    if (field->type == FIELD_MAP)
        return read_map(parameters, field, path);
    if (field->type == FIELD_STRUCTURE)
        return read_structure(parameters, field->members, path);
    const char *value = find_value(parameters, path);
    return value ? read_scalar(parameters, field, path, value) : malformed(parameters, path, "");
}

cJSON *query_codec_decode(const struct service *service, const struct field *rows, struct text body,
                          struct error *error)
{
    struct parameters parameters = { .service = service, .error = error };
    cJSON *tree = parameters_read(&parameters, body) ? read_structure(&parameters, rows, "") : NULL;
    parameters_clear(&parameters);
    return tree;
}

static void print_value(struct buffer *buffer, const struct field *field, const char *name,
                        const cJSON *value);

static void print_number(struct buffer *buffer, const struct field *field, double value)
{
    char text[TIMESTAMP_SIZE];
    if (field && field->type == FIELD_TIMESTAMP) {
        enum timestamp_form form = field->is_milliseconds ? TIMESTAMP_ISO_MS : TIMESTAMP_ISO;
        buffer_add_string(buffer, timestamp_print((int64_t)llround(value * 1000), form, text));
        return;
    }
    number_print(buffer, value, field && field->type == FIELD_DOUBLE);
}

static void print_structure(struct buffer *buffer, const struct field *rows, const cJSON *structure)
{
    for (const struct field *field = rows; field && field->name; field++) {
        const cJSON *value = json_get(structure, field->name);
        if (value)
            print_value(buffer, field, field->name, value);
    }
}

static void print_map(struct buffer *buffer, const struct field *field, const cJSON *map)
{
    const cJSON *entry;
    cJSON_ArrayForEach(entry, map)
    {
        xml_open(buffer, "entry");
        xml_element(buffer, "key", entry->string);
        print_value(buffer, field->item, "value", entry);
        xml_close(buffer, "entry");
    }
}

static void print_value(struct buffer *buffer, const struct field *field, const char *name,
                        const cJSON *value)
{
    const cJSON *item;
    bool is_container = cJSON_IsArray(value) || cJSON_IsObject(value);
    if (is_container && !value->child) {
        xml_empty(buffer, name);
        return;
    }
    xml_open(buffer, name);
    if (cJSON_IsArray(value)) {
        cJSON_ArrayForEach(item, value) print_value(buffer, field->item, "member", item);
    } else if (cJSON_IsObject(value)) {
        if (field->type == FIELD_MAP)
            print_map(buffer, field, value);
        else
            print_structure(buffer, field->members, value);
    } else if (cJSON_IsNumber(value)) {
        print_number(buffer, field, value->valuedouble);
    } else if (cJSON_IsBool(value)) {
        buffer_add_string(buffer, cJSON_IsTrue(value) ? "true" : "false");
    } else {
        xml_text(buffer, value->valuestring ? value->valuestring : "");
    }
    xml_close(buffer, name);
}

void query_codec_print(const struct field *rows, const cJSON *structure, struct buffer *buffer)
{
    print_structure(buffer, rows, structure);
}

void query_codec_encode(const struct service *service, const struct operation *operation,
                        const cJSON *output, const char *request_id, struct buffer *buffer)
{
    buffer_add_format(buffer, "<%sResponse xmlns=\"%s\">", operation->name, service->xml_namespace);
    if (operation->output) {
        buffer_add_format(buffer, "<%sResult>", operation->name);
        print_structure(buffer, operation->output, output);
        buffer_add_format(buffer, "</%sResult>", operation->name);
    }
    buffer_add_format(buffer,
                      "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>"
                      "</%sResponse>",
                      request_id, operation->name);
}
