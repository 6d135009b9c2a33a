/*
 * Smithy RPC v2 CBOR. libcbor parses into a tree of its own, which is then read by the rows;
 * printing is by libcbor's encoders, in AWS's style: indefinite maps and arrays, timestamps as
 * tag 1 with a float64 (cloudwatch-api.md section 1.5).
 */
#include <cbor.h>
#include <math.h>
#include <stdlib.h>

#include "crypto.h"
#include "edge/cbor_check.h"
#include "edge/codec.h"
#include "number.h"
#include "xalloc.h"

enum { TAG_EPOCH_TIME = 1, HEAD_MAX = 9 };

struct reader {
    const struct service *service;
    struct error *error;
};

static cJSON *read_item(struct reader *reader, const struct field *field, const cbor_item_t *item);

static cJSON *unreadable(struct reader *reader, const char *why)
{
    error_set(reader->error, reader->service->serialization_fault, "%s", why);
    return NULL;
}

/* The bytes of a definite or chunked string; the caller owns them. */
static char *string_bytes(const cbor_item_t *item, size_t *size_out)
{
    struct buffer bytes = { 0 };
    if (cbor_isa_string(item)) {
        if (cbor_string_is_definite(item))
            buffer_add(&bytes, cbor_string_handle(item), cbor_string_length(item));
        for (size_t i = 0; cbor_string_is_indefinite(item) && i < cbor_string_chunk_count(item);
             i++) {
            const cbor_item_t *chunk = cbor_string_chunks_handle(item)[i];
            buffer_add(&bytes, cbor_string_handle(chunk), cbor_string_length(chunk));
        }
    } else {
        if (cbor_bytestring_is_definite(item))
            buffer_add(&bytes, cbor_bytestring_handle(item), cbor_bytestring_length(item));
        for (size_t i = 0;
             cbor_bytestring_is_indefinite(item) && i < cbor_bytestring_chunk_count(item); i++) {
            const cbor_item_t *chunk = cbor_bytestring_chunks_handle(item)[i];
            buffer_add(&bytes, cbor_bytestring_handle(chunk), cbor_bytestring_length(chunk));
        }
    }
    return buffer_take(&bytes, size_out);
}

static bool is_null(const cbor_item_t *item)
{
    return cbor_isa_float_ctrl(item) && cbor_float_ctrl_is_ctrl(item) &&
           (cbor_is_null(item) || cbor_is_undef(item));
}

static bool is_number(const cbor_item_t *item)
{
    return cbor_isa_uint(item) || cbor_isa_negint(item) || cbor_is_float(item);
}

static double number_of(const cbor_item_t *item)
{
    if (cbor_isa_uint(item))
        return (double)cbor_get_int(item);
    if (cbor_isa_negint(item))
        return -1.0 - (double)cbor_get_int(item);
    return cbor_float_get_float(item);
}

static cJSON *read_double(double value)
{
    return isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateString(number_word(value));
}

static cJSON *read_text(struct reader *reader, const struct field *field, const cbor_item_t *item)
{
    bool is_blob = field->type == FIELD_BLOB;
    if (!(is_blob ? cbor_isa_bytestring(item) : cbor_isa_string(item)))
        return unreadable(reader, is_blob ? "A byte string is expected" : "A text is expected");
    size_t size;
    char *bytes = string_bytes(item, &size);
    cJSON *text = NULL;
    if (is_blob) {
        char *encoded = base64_encode((struct text){ bytes, size });
        text = cJSON_CreateString(encoded);
        free(encoded);
    } else if (text_is_utf8((struct text){ bytes, size }, NULL) && strlen(bytes) == size) {
        text = cJSON_CreateString(bytes);
    }
    free(bytes);
    return text ? text : unreadable(reader, "A text is not UTF-8, or holds a NUL");
}

static cJSON *read_timestamp(struct reader *reader, const cbor_item_t *item)
{
    if (!cbor_isa_tag(item) || cbor_tag_value(item) != TAG_EPOCH_TIME) {
        return is_number(item) && isfinite(number_of(item))
                   ? cJSON_CreateNumber(number_of(item))
                   : unreadable(reader, "A timestamp is expected");
    }
    cbor_item_t *inner = cbor_tag_item(item);
    double seconds = is_number(inner) ? number_of(inner) : NAN;
    cbor_decref(&inner);
    return isfinite(seconds) ? cJSON_CreateNumber(seconds)
                             : unreadable(reader, "A timestamp is expected");
}

/* Of a list or map: a null stays, for validation to refuse. */
static cJSON *read_member(struct reader *reader, const struct field *field, const cbor_item_t *item)
{
    return is_null(item) ? cJSON_CreateNull() : read_item(reader, field, item);
}

static cJSON *read_list(struct reader *reader, const struct field *field, const cbor_item_t *item)
{
    if (!cbor_isa_array(item))
        return unreadable(reader, "A list is expected");
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < cbor_array_size(item); i++) {
        cJSON *value = read_member(reader, field->item, cbor_array_handle(item)[i]);
        if (!value) {
            cJSON_Delete(list);
            return NULL;
        }
        cJSON_AddItemToArray(list, value);
    }
    return list;
}

static const struct field *find_row(const struct field *rows, const char *name)
{
    for (; rows && rows->name; rows++) {
        if (strcmp(rows->name, name) == 0)
            return rows;
    }
    return NULL;
}

/* The key of a pair, owned by the caller; NULL if it is none that JSON could hold. */
static char *read_key(const cbor_item_t *key)
{
    size_t size;
    char *name = cbor_isa_string(key) ? string_bytes(key, &size) : NULL;
    if (name && text_is_whole_string((struct text){ name, size }))
        return name;
    free(name);
    return NULL;
}

static cJSON *read_map(struct reader *reader, const struct field *field, const cbor_item_t *item)
{
    if (!cbor_isa_map(item))
        return unreadable(reader, "A map is expected");
    cJSON *map = cJSON_CreateObject();
    for (size_t i = 0; i < cbor_map_size(item); i++) {
        const struct cbor_pair *pair = &cbor_map_handle(item)[i];
        CLEANUP(freep) char *key = read_key(pair->key);
        cJSON *value = key ? read_member(reader, field->item, pair->value)
                           : unreadable(reader, "A key is no text, not UTF-8, or holds a NUL");
        if (!value) {
            cJSON_Delete(map);
            return NULL;
        }
        json_set(map, key, value);
    }
    json_keep_last(map);
    return map;
}

static cJSON *read_structure(struct reader *reader, const struct field *rows,
                             const cbor_item_t *item)
{
    if (!cbor_isa_map(item))
        return unreadable(reader, "A structure is expected");
    cJSON *structure = cJSON_CreateObject();
    for (size_t i = 0; i < cbor_map_size(item); i++) {
        const struct cbor_pair *pair = &cbor_map_handle(item)[i];
        CLEANUP(freep) char *name = read_key(pair->key);
        const struct field *field = name ? find_row(rows, name) : NULL;
        if (!field)
            continue;
        cJSON_DeleteItemFromObjectCaseSensitive(structure, name); /* the last one counts */
        if (is_null(pair->value))
            continue;
        cJSON *value = read_item(reader, field, pair->value);
        if (!value) {
            cJSON_Delete(structure);
            return NULL;
        }
        json_set(structure, name, value);
    }
    return structure;
}

static cJSON *read_container(struct reader *reader, const struct field *field,
                             const cbor_item_t *item)
{
    return field->type == FIELD_LIST  ? read_list(reader, field, item)
           : field->type == FIELD_MAP ? read_map(reader, field, item)
                                      : read_structure(reader, field->members, item);
}

static cJSON *read_item(struct reader *reader, const struct field *field, const cbor_item_t *item)
{
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_BLOB:
        return read_text(reader, field, item);
    case FIELD_INTEGER:
        return is_number(item) && isfinite(number_of(item)) &&
                       number_of(item) == trunc(number_of(item))
                   ? cJSON_CreateNumber(number_of(item))
                   : unreadable(reader, "A whole number is expected");
    case FIELD_DOUBLE:
        return is_number(item) ? read_double(number_of(item))
                               : unreadable(reader, "A number is expected");
    case FIELD_BOOLEAN:
        return cbor_isa_float_ctrl(item) && cbor_is_bool(item)
                   ? cJSON_CreateBool(cbor_get_bool(item))
                   : unreadable(reader, "A boolean is expected");
    case FIELD_TIMESTAMP:
        return read_timestamp(reader, item);
    default:
        return read_container(reader, field, item);
    }
}

cJSON *cbor_codec_decode(const struct service *service, const struct field *rows, struct text body,
                         struct error *error)
{
    struct reader reader = { .service = service, .error = error };
    struct cbor_load_result result;
    if (body.size == 0)
        return cJSON_CreateObject();
    if (!cbor_is_safe(body))
        return unreadable(&reader, "The body is not one whole CBOR item");
    cbor_item_t *item = cbor_load((cbor_data)body.data, body.size, &result);
    if (!item)
        return unreadable(&reader, "The body is not CBOR");
    cJSON *tree = read_structure(&reader, rows, item);
    cbor_decref(&item);
    return tree;
}

static void print_item(struct buffer *buffer, const struct field *field, const cJSON *value);

typedef size_t head_encoder(size_t value, unsigned char *bytes, size_t room);

static void print_head(struct buffer *buffer, head_encoder *encode, size_t value)
{
    char *room = buffer_reserve(buffer, HEAD_MAX);
    if (room)
        buffer_commit(buffer, encode(value, (unsigned char *)room, HEAD_MAX));
}

static void print_byte(struct buffer *buffer, size_t (*encode)(unsigned char *, size_t))
{
    char *room = buffer_reserve(buffer, HEAD_MAX);
    if (room)
        buffer_commit(buffer, encode((unsigned char *)room, HEAD_MAX));
}

static void print_text(struct buffer *buffer, const char *text)
{
    print_head(buffer, cbor_encode_string_start, strlen(text));
    buffer_add_string(buffer, text);
}

static void print_float(struct buffer *buffer, double value)
{
    char *room = buffer_reserve(buffer, HEAD_MAX);
    if (room)
        buffer_commit(buffer, cbor_encode_double(value, (unsigned char *)room, HEAD_MAX));
}

static size_t encode_uint(size_t value, unsigned char *bytes, size_t room)
{
    return cbor_encode_uint(value, bytes, room);
}

static size_t encode_negint(size_t value, unsigned char *bytes, size_t room)
{
    return cbor_encode_negint(value, bytes, room);
}

static size_t encode_tag(size_t value, unsigned char *bytes, size_t room)
{
    return cbor_encode_tag(value, bytes, room);
}

static void print_number(struct buffer *buffer, const struct field *field, double value)
{
    if (field && field->type == FIELD_TIMESTAMP)
        print_head(buffer, encode_tag, TAG_EPOCH_TIME);
    bool is_whole = value == trunc(value) && fabs(value) < 9e15;
    bool is_real = field && (field->type == FIELD_TIMESTAMP || field->type == FIELD_DOUBLE);
    if (is_real || !is_whole)
        print_float(buffer, value);
    else if (value >= 0)
        print_head(buffer, encode_uint, (size_t)value);
    else
        print_head(buffer, encode_negint, (size_t)(-1 - value));
}

static void print_string(struct buffer *buffer, const struct field *field, const char *text)
{
    size_t size;
    char *bytes = field && field->type == FIELD_BLOB ? base64_decode(text_from(text), &size) : NULL;
    if (field && field->type == FIELD_DOUBLE) {
        print_float(buffer, text[0] == 'N' ? NAN : text[0] == '-' ? -INFINITY : INFINITY);
    } else if (bytes) {
        print_head(buffer, cbor_encode_bytestring_start, size);
        buffer_add(buffer, bytes, size);
    } else {
        print_text(buffer, text);
    }
    free(bytes);
}

static void print_container(struct buffer *buffer, const struct field *field, const cJSON *value)
{
    bool is_object = cJSON_IsObject(value);
    const cJSON *child;
    print_byte(buffer, is_object ? cbor_encode_indef_map_start : cbor_encode_indef_array_start);
    cJSON_ArrayForEach(child, value)
    {
        const struct field *row = field ? field->item : NULL;
        if (is_object)
            print_text(buffer, child->string);
        if (is_object && field && field->type == FIELD_STRUCTURE)
            row = find_row(field->members, child->string);
        print_item(buffer, row, child);
    }
    print_byte(buffer, cbor_encode_break);
}

static void print_item(struct buffer *buffer, const struct field *field, const cJSON *value)
{
    if (cJSON_IsString(value)) {
        print_string(buffer, field, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        print_number(buffer, field, value->valuedouble);
    } else if (cJSON_IsBool(value)) {
        char *room = buffer_reserve(buffer, HEAD_MAX);
        if (room)
            buffer_commit(buffer,
                          cbor_encode_bool(cJSON_IsTrue(value), (unsigned char *)room, HEAD_MAX));
    } else if (cJSON_IsNull(value)) {
        print_byte(buffer, cbor_encode_null);
    } else {
        print_container(buffer, field, value);
    }
}

void cbor_codec_encode(const struct field *rows, const cJSON *output, struct buffer *buffer)
{
    const struct field whole = { .type = FIELD_STRUCTURE, .members = rows };
    cJSON *empty = output ? NULL : cJSON_CreateObject();
    print_item(buffer, &whole, output ? output : empty);
    cJSON_Delete(empty);
}
