/*
 * REST-JSON and awsJson bodies. Decoding checks types by the rows and normalises: timestamps
 * become epoch seconds, null and unknown members go (those of Coalmine's own: strict.h), and of
 * those with one name all but the last.
 */
#include <math.h>

#include "edge/codec.h"
#include "edge/strict.h"
#include "number.h"
#include "timestamp.h"

/* Lambda (REST) gives a sentence. */
static void explain_syntax(const struct fault *syntax, struct text body, struct error *error)
{
    struct json_fault fault = { .line = 1, .column = 1 };
    if (json_check(body, &fault))
        error_set(error, syntax,
                  "Could not parse request body into json: a JSON object is expected, without "
                  "NUL characters and halves of surrogate pairs");
    else
        error_set(error, syntax,
                  "Could not parse request body into json: %s\n at [Source: REDACTED "
                  "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %d, column: "
                  "%d]",
                  fault.reason, fault.line, fault.column);
}

/* For a body that is no JSON object or holds what no text here can. */
static void set_syntax_error(const struct service *service, struct text body, struct error *error)
{
    const struct fault *syntax =
        service->syntax_fault ? service->syntax_fault : service->serialization_fault;
    CLEANUP(json_deletep) cJSON *mended = json_parse_mended(body);
    if (service->protocols & PROTOCOL_REST_JSON)
        explain_syntax(syntax, body, error);
    else if (cJSON_IsObject(mended))
        error_set(error, syntax,
                  "A text of the request has a NUL character or half of a surrogate pair, which "
                  "Coalmine does not take here.");
    else
        error_set_silent(error, syntax); /* as AWS says nothing */
}

static bool is_named(const struct field *row, const char *name)
{
    return *row->name == *name && strcmp(row->name, name) == 0;
}

static bool normalise(const struct service *service, const struct field *field, cJSON *value,
                      struct error *error);

static bool normalise_structure(const struct service *service, const struct field *rows,
                                cJSON *tree, struct error *error)
{
    cJSON *child = tree->child;
    while (child) {
        cJSON *next = child->next;
        const struct field *field = rows;
        while (field && field->name && !is_named(field, child->string))
            field++;
        bool is_known = field && field->name;
        if (!is_known && !strict_allows_unknown(service, rows, child->string, error))
            return false;
        cJSON *earlier = is_known ? json_get(tree, child->string) : NULL;
        if (earlier && earlier != child) /* of two the last one counts */
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, earlier));
        if (!is_known || cJSON_IsNull(child))
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, child));
        else if (!normalise(service, field, child, error)) {
            strict_name_member(service, child->string, error);
            return false;
        }
        child = next;
    }
    return true;
}

static const char *token_name(const cJSON *value)
{
    return cJSON_IsString(value)   ? "STRING_VALUE"
           : cJSON_IsNumber(value) ? "NUMBER_VALUE"
           : cJSON_IsTrue(value)   ? "TRUE_VALUE"
           : cJSON_IsFalse(value)  ? "FALSE_VALUE"
                                   : NULL;
}

static bool wrong_type(const struct service *service, const cJSON *value, const char *wanted,
                       struct error *error)
{
    const char *token = token_name(value);
    if (token)
        return error_set(error, service->serialization_fault, "%s can not be converted to %s",
                         token, wanted);
    return error_set(error, service->serialization_fault,
                     cJSON_IsArray(value) ? "Start of list found where not expected"
                                          : "Start of structure or map found where not expected.");
}

/* 1e400 is JSON, and infinite once it is a double. */
static bool is_finite_number(const cJSON *value)
{
    return cJSON_IsNumber(value) && isfinite(value->valuedouble);
}

static bool normalise_timestamp(const struct service *service, cJSON *value, struct error *error)
{
    int64_t ms;
    if (is_finite_number(value))
        return true;
    if (!cJSON_IsString(value) || !timestamp_parse(text_from(value->valuestring), &ms))
        return wrong_type(service, value, "a Timestamp", error);
    cJSON_free(value->valuestring);
    value->valuestring = NULL;
    value->type = cJSON_Number;
    cJSON_SetNumberHelper(value, (double)ms / 1000);
    return true;
}

static bool is_double_text(const cJSON *value)
{
    return cJSON_IsString(value) &&
           (strcmp(value->valuestring, "NaN") == 0 || strcmp(value->valuestring, "Infinity") == 0 ||
            strcmp(value->valuestring, "-Infinity") == 0);
}

/* An infinite number becomes the text that stands for it everywhere else. */
static bool normalise_double(cJSON *value)
{
    if (cJSON_IsNumber(value) && isinf(value->valuedouble)) {
        const char *text = number_word(value->valuedouble);
        size_t size = strlen(text) + 1;
        value->valuestring = memcpy(cJSON_malloc(size), text, size);
        value->type = cJSON_String;
    }
    return cJSON_IsNumber(value) || is_double_text(value);
}

static bool normalise_children(const struct service *service, const struct field *item,
                               cJSON *value, struct error *error)
{
    cJSON *child;
    cJSON_ArrayForEach(child, value)
    {
        if (item && !cJSON_IsNull(child) && !normalise(service, item, child, error))
            return false;
    }
    return true;
}

static bool normalise(const struct service *service, const struct field *field, cJSON *value,
                      struct error *error)
{
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_BLOB:
        return cJSON_IsString(value) || wrong_type(service, value, "a String", error);
    case FIELD_INTEGER:
        if (is_finite_number(value) && value->valuedouble == trunc(value->valuedouble))
            return true;
        return wrong_type(service, value, "an Integer", error);
    case FIELD_DOUBLE:
        return normalise_double(value) || wrong_type(service, value, "a Double", error);
    case FIELD_BOOLEAN:
        return cJSON_IsBool(value) || wrong_type(service, value, "a Boolean", error);
    case FIELD_TIMESTAMP:
        return normalise_timestamp(service, value, error);
    case FIELD_LIST:
        if (!cJSON_IsArray(value))
            return error_set(error, service->serialization_fault, "Expected list or null");
        return normalise_children(service, field->item, value, error);
    case FIELD_MAP:
        if (!cJSON_IsObject(value))
            return error_set(error, service->serialization_fault, "Expected map or null");
        json_keep_last(value);
        return normalise_children(service, field->item, value, error);
    case FIELD_STRUCTURE:
        if (!cJSON_IsObject(value))
            return error_set(error, service->serialization_fault, "Expected structure or null");
        return normalise_structure(service, field->members, value, error);
    }
    return false;
}

cJSON *json_codec_decode(const struct service *service, const struct field *rows, struct text body,
                         struct error *error)
{
    if (body.size == 0)
        return cJSON_CreateObject();
    cJSON *tree = service->mends_texts ? json_parse_mended(body) : json_parse(body);
    if (!cJSON_IsObject(tree)) {
        cJSON_Delete(tree);
        set_syntax_error(service, body, error);
        return NULL;
    }
    if (!normalise_structure(service, rows, tree, error)) {
        cJSON_Delete(tree);
        return NULL;
    }
    return tree;
}

/* The row of that name; members mostly come in the order of their rows, so the search begins where
 * the last one was found. */
static const struct field *find_row(const struct field *rows, const struct field *from,
                                    const char *name)
{
    for (const struct field *row = from; row && row->name; row++) {
        if (is_named(row, name))
            return row;
    }
    for (const struct field *row = rows; row != from; row++) {
        if (is_named(row, name))
            return row;
    }
    return NULL;
}

static void print_double(struct buffer *buffer, double value, bool is_real)
{
    if (isfinite(value))
        number_print(buffer, value, is_real);
    else
        buffer_add_format(buffer, "\"%s\"", number_word(value));
}

static void print_tree(struct buffer *buffer, const struct field *field, const cJSON *value);

static void print_list(struct buffer *buffer, const struct field *item, const cJSON *list)
{
    const cJSON *child;
    buffer_add_char(buffer, '[');
    cJSON_ArrayForEach(child, list)
    {
        if (child != list->child)
            buffer_add_char(buffer, ',');
        print_tree(buffer, item, child);
    }
    buffer_add_char(buffer, ']');
}

static void print_object(struct buffer *buffer, const struct field *field, const cJSON *object)
{
    bool is_structure = field && field->type == FIELD_STRUCTURE;
    const struct field *rows = is_structure ? field->members : NULL;
    const struct field *next = rows;
    const cJSON *child;
    buffer_add_char(buffer, '{');
    cJSON_ArrayForEach(child, object)
    {
        const struct field *row = rows ? find_row(rows, next, child->string) : NULL;
        next = row ? row + 1 : next;
        if (child != object->child)
            buffer_add_char(buffer, ',');
        json_print_string(buffer, child->string);
        buffer_add_char(buffer, ':');
        print_tree(buffer, is_structure || !field ? row : field->item, child);
    }
    buffer_add_char(buffer, '}');
}

static void print_tree(struct buffer *buffer, const struct field *field, const cJSON *value)
{
    if (json_print_plain(buffer, value))
        return;
    if (cJSON_IsNumber(value))
        print_double(buffer, value->valuedouble,
                     field && (field->type == FIELD_DOUBLE || field->type == FIELD_TIMESTAMP));
    else if (cJSON_IsObject(value))
        print_object(buffer, field, value);
    else
        print_list(buffer, field ? field->item : NULL, value);
}

void json_codec_encode(const struct field *rows, const cJSON *output, struct buffer *buffer)
{
    const struct field whole = { .type = FIELD_STRUCTURE, .members = rows };
    if (output)
        print_tree(buffer, &whole, output);
    else
        buffer_add_string(buffer, "{}");
}
