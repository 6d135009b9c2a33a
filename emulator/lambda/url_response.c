#include "lambda/url_response.h"

#include <stdlib.h>
#include <strings.h>

#include "crypto.h"
#include "json.h"
#include "xalloc.h"

enum { STATUS_OK = 200, STATUS_MIN = 200, STATUS_MAX = 599 };

static const char json_type[] = "application/json";

/* Headers of this hop: AWS shows the first kind under another name, and drops the second. */
static const char *const remapped[] = { "Connection", "Content-Length", "Date", NULL };
static const char *const dropped[] = { "Keep-Alive",        "Proxy-Connection", "TE", "Trailer",
                                       "Transfer-Encoding", "Upgrade",          NULL };

static bool is_among(const char *name, const char *const *names)
{
    while (*names && strcasecmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static bool is_name(const char *name)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return *name && strspn(name, token) == strlen(name);
}

/* No control characters: a line end would begin a header of the function's making. */
static bool is_value(const char *value)
{
    for (const char *c = value; *c; c++) {
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7F)
            return false;
    }
    return true;
}

static bool refuse(struct url_response *response, const char *fault)
{
    response->fault = fault;
    return false;
}

/* There is room. */
static bool add_header(struct url_response *response, struct arena *arena, const char *name,
                       const char *value)
{
    if (!is_name(name) || !is_value(value))
        return refuse(response, "the name or value of a header has characters that HTTP refuses");
    if (is_among(name, dropped))
        return true;
    if (is_among(name, remapped))
        name = arena_format(arena, "x-amzn-Remapped-%s", name);
    response->headers[response->header_count++] = (struct url_header){
        arena_copy(arena, text_from(name)),
        arena_copy(arena, text_from(value)),
    };
    return true;
}

/* The text of a string, number or boolean; NULL for anything else. */
static const char *scalar_text(const cJSON *value, struct arena *arena)
{
    if (cJSON_IsString(value))
        return value->valuestring;
    if (!cJSON_IsNumber(value) && !cJSON_IsBool(value))
        return NULL;
    CLEANUP(freep) char *text = json_print(value);
    return arena_copy(arena, text_from(text));
}

static bool has_content_type(const struct url_response *response)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcasecmp(response->headers[i].name, "Content-Type") == 0)
            return true;
    }
    return false;
}

static bool fits(const struct url_response *response)
{
    size_t size = 0;
    for (size_t i = 0; i < response->header_count; i++)
        size += strlen(response->headers[i].name) + strlen(response->headers[i].value) + 4;
    return size <= URL_HEADERS_MAX;
}

static bool read_headers(const cJSON *tree, struct arena *arena, struct url_response *response)
{
    const cJSON *headers = json_get(tree, "headers");
    const cJSON *cookies = json_get(tree, "cookies");
    const cJSON *entry;
    if ((headers && !cJSON_IsObject(headers)) || (cookies && !cJSON_IsArray(cookies)))
        return refuse(response, "headers is no object, or cookies no list");
    size_t room = (size_t)(cJSON_GetArraySize(headers) + cJSON_GetArraySize(cookies)) + 1;
    response->headers = arena_alloc(arena, room * sizeof(*response->headers));
    cJSON_ArrayForEach(entry, headers)
    {
        const char *value = scalar_text(entry, arena);
        if (cJSON_IsNull(entry))
            continue;
        if (!value)
            return refuse(response, "a header is no string, number or boolean");
        if (!add_header(response, arena, entry->string, value))
            return false;
    }
    cJSON_ArrayForEach(entry, cookies)
    {
        if (!cJSON_IsString(entry))
            return refuse(response, "a cookie is no string");
        if (!add_header(response, arena, "Set-Cookie", entry->valuestring))
            return false;
    }
    return fits(response) || refuse(response, "its headers are larger than 16 KB");
}

/* A number or its text; absent: 200. */
static bool read_status(const cJSON *tree, int *status_out)
{
    const cJSON *status = json_get(tree, "statusCode");
    double number = STATUS_OK;
    if (cJSON_IsString(status)) {
        if (!text_to_double(text_from(status->valuestring), &number))
            return false;
    } else if (status) {
        if (!cJSON_IsNumber(status))
            return false;
        number = status->valuedouble;
    }
    if (!(number >= STATUS_MIN && number <= STATUS_MAX) || number != (int)number)
        return false;
    *status_out = (int)number;
    return true;
}

/* A string, perhaps in base64; an object or list goes out as its JSON. */
static bool read_body(const cJSON *tree, struct arena *arena, struct text *body_out)
{
    const cJSON *body = json_get(tree, "body");
    *body_out = TEXT("");
    if (!body)
        return true;
    if (!cJSON_IsString(body)) {
        CLEANUP(freep) char *printed = json_print(body);
        *body_out = text_from(arena_copy(arena, text_from(printed)));
        return true;
    }
    if (!json_bool(tree, "isBase64Encoded", false)) {
        *body_out = text_from(arena_copy(arena, text_from(body->valuestring)));
        return true;
    }
    size_t size;
    CLEANUP(freep) char *decoded = base64_decode(text_from(body->valuestring), &size);
    if (!decoded)
        return false;
    *body_out = (struct text){ arena_copy(arena, (struct text){ decoded, size }), size };
    return true;
}

static bool read_response(const cJSON *tree, struct arena *arena, struct url_response *response)
{
    if (!read_status(tree, &response->status))
        return refuse(response, "statusCode is no number from 200 to 599");
    return read_headers(tree, arena, response) &&
           (read_body(tree, arena, &response->body) ||
            refuse(response, "isBase64Encoded is true, but the body is no base64"));
}

/* No response of the function's making: the whole result is the body. */
static void make_plain(struct text body, struct arena *arena, struct url_response *response_out)
{
    *response_out = (struct url_response){ .status = STATUS_OK, .body = body };
    response_out->headers = arena_alloc(arena, sizeof(*response_out->headers));
    response_out->headers[response_out->header_count++] =
        (struct url_header){ "Content-Type", json_type };
}

bool url_response_read(struct text payload, struct arena *arena, struct url_response *response_out)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse_mended(payload);
    *response_out = (struct url_response){ 0 };
    const char *string = cJSON_GetStringValue(tree);
    if (string) {
        make_plain(text_from(arena_copy(arena, text_from(string))), arena, response_out);
        return true;
    }
    if (!cJSON_IsObject(tree) || !cJSON_GetObjectItemCaseSensitive(tree, "statusCode")) {
        make_plain(payload, arena, response_out);
        return true;
    }
    if (!read_response(tree, arena, response_out))
        return false;
    if (!has_content_type(response_out)) /* there is room for one more */
        response_out->headers[response_out->header_count++] =
            (struct url_header){ "Content-Type", json_type };
    return true;
}

bool url_response_read_prelude(struct text prelude, struct arena *arena,
                               struct url_response *response_out)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse_mended(prelude);
    *response_out = (struct url_response){ 0 };
    if (!cJSON_IsObject(tree))
        return refuse(response_out, "what stands before the eight zero bytes is no JSON object");
    if (!read_response(tree, arena, response_out))
        return false;
    response_out->body = TEXT("");
    if (!has_content_type(response_out))
        response_out->headers[response_out->header_count++] =
            (struct url_header){ "Content-Type", "application/octet-stream" };
    return true;
}

bool url_prelude_find_end(struct text bytes, size_t *end_out)
{
    static const char zeros[URL_PRELUDE_END] = { 0 };
    const char *found = bytes.size ? memmem(bytes.data, bytes.size, zeros, sizeof(zeros)) : NULL;
    if (found)
        *end_out = (size_t)(found - bytes.data);
    return found != NULL;
}
