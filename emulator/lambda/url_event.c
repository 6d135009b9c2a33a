#include "lambda/url_event.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "buffer.h"
#include "crypto.h"
#include "json.h"
#include "url.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000 };

static const char *find_header(const struct url_event *event, const char *name)
{
    for (size_t i = 0; i < event->header_count; i++) {
        if (strcasecmp(event->headers[i].name, name) == 0)
            return event->headers[i].value;
    }
    return NULL;
}

/* A member keeps the place where it stood first. */
static void set_text(cJSON *object, const char *name, const char *value)
{
    if (json_get(object, name))
        cJSON_ReplaceItemInObjectCaseSensitive(object, name, cJSON_CreateString(value));
    else
        json_set_text(object, name, value);
}

/* Adds UTF-8 as it is. What is none JSON cannot carry: it is read as Latin-1, as HTTP once had it.
 */
static void add_latin1(struct buffer *buffer, struct text value)
{
    bool is_utf8 = text_is_utf8(value, NULL);
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (is_utf8 || c < 0x80)
            buffer_add_char(buffer, (char)c);
        else
            buffer_add_format(buffer, "%c%c", 0xC0 | c >> 6, 0x80 | (c & 0x3F));
    }
}

/* Adds a member; one that is there already is joined to it by a comma. */
static void add_text(cJSON *object, const char *name, struct text value)
{
    CLEANUP(buffer_clear) struct buffer joined = { 0 };
    const char *before = json_text(object, name, NULL);
    if (before)
        buffer_add_format(&joined, "%s,", before);
    add_latin1(&joined, value);
    set_text(object, name, joined.data ? joined.data : "");
}

static void add_header(cJSON *headers, const char *name, const char *value)
{
    CLEANUP(freep) char *lower = xstrdup(name);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    add_text(headers, lower, text_from(value));
}

static void add_headers(cJSON *tree, const struct url_event *event)
{
    cJSON *headers = json_set_object(tree, "headers");
    for (size_t i = 0; i < event->header_count; i++) {
        if (strcasecmp(event->headers[i].name, "Connection") != 0) /* of this hop alone */
            add_header(headers, event->headers[i].name, event->headers[i].value);
    }
    set_text(headers, "x-amzn-trace-id", event->trace_id);
    set_text(headers, "x-forwarded-for", event->client);
    set_text(headers, "x-forwarded-port", event->port);
    set_text(headers, "x-forwarded-proto", "http");
}

static void add_cookie(cJSON *tree, struct text cookie)
{
    while (cookie.size && cookie.data[0] == ' ') {
        cookie.data++;
        cookie.size--;
    }
    if (!cookie.size)
        return;
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    add_latin1(&text, cookie);
    cJSON *cookies = json_get(tree, "cookies");
    cJSON_AddItemToArray(cookies ? cookies : json_set_array(tree, "cookies"),
                         cJSON_CreateString(buffer_text(&text).data));
}

static void add_cookies(cJSON *tree, const struct url_event *event)
{
    for (size_t i = 0; i < event->header_count; i++) {
        struct text rest = text_from(event->headers[i].value);
        while (strcasecmp(event->headers[i].name, "Cookie") == 0 && rest.size)
            add_cookie(tree, text_cut(&rest, ';'));
    }
}

static char *decode(struct text text)
{
    struct buffer decoded = { 0 };
    url_decode(&decoded, text, true);
    return buffer_take(&decoded, NULL);
}

static void add_query(cJSON *tree, struct text query)
{
    while (query.size) {
        struct text value = text_cut(&query, '&');
        if (!value.size)
            continue;
        struct text name = text_cut(&value, '=');
        CLEANUP(freep) char *decoded_name = decode(name);
        CLEANUP(freep) char *decoded_value = decode(value);
        cJSON *parameters = json_get(tree, "queryStringParameters");
        if (!parameters)
            parameters = json_set_object(tree, "queryStringParameters");
        if (text_is_utf8(text_from(decoded_name), NULL))
            add_text(parameters, decoded_name, text_from(decoded_value));
    }
}

static void add_caller(cJSON *context, const struct url_event *event)
{
    if (!event->account)
        return;
    cJSON *iam = json_set_object(json_set_object(context, "authorizer"), "iam");
    json_set_text(iam, "accessKey", event->access_key);
    json_set_text(iam, "accountId", event->account);
    json_set_text(iam, "callerId", event->user_id);
    json_set(iam, "cognitoIdentity", cJSON_CreateNull());
    json_set(iam, "principalOrgId", cJSON_CreateNull());
    json_set_text(iam, "userArn", event->user_arn);
    json_set_text(iam, "userId", event->user_id);
}

/* "12/Mar/2020:19:03:58 +0000" */
static void add_time(cJSON *context, int64_t time_ms)
{
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t seconds = (time_t)(time_ms / MS_PER_SECOND);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    CLEANUP(freep)
    char *text = xformat("%02d/%s/%d:%02d:%02d:%02d +0000", utc.tm_mday, months[utc.tm_mon],
                         utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    json_set_text(context, "time", text);
    json_set_double(context, "timeEpoch", (double)time_ms);
}

static void add_context(cJSON *tree, const struct url_event *event)
{
    cJSON *context = json_set_object(tree, "requestContext");
    const char *agent = find_header(event, "User-Agent");
    json_set_text(context, "accountId", event->account ? event->account : "anonymous");
    json_set_text(context, "apiId", event->url_id);
    add_caller(context, event);
    json_set_text(context, "domainName", event->domain);
    json_set_text(context, "domainPrefix", event->url_id);
    cJSON *http = json_set_object(context, "http");
    add_text(http, "method", event->method);
    add_text(http, "path", event->path);
    json_set_text(http, "protocol", "HTTP/1.1");
    json_set_text(http, "sourceIp", event->client);
    if (agent)
        add_text(http, "userAgent", text_from(agent));
    json_set_text(context, "requestId", event->request_id);
    json_set_text(context, "routeKey", "$default");
    json_set_text(context, "stage", "$default");
    add_time(context, event->time_ms);
}

/* Text by its declared type, and by what JSON can carry. */
static bool is_text(const struct url_event *event)
{
    static const char *const kinds[] = { "text", "json", "xml", "javascript" };
    const char *type = find_header(event, "Content-Type");
    const char *encoding = find_header(event, "Content-Encoding");
    bool is_declared = false;
    for (size_t i = 0; type && i < COUNT_OF(kinds); i++)
        is_declared |= strcasestr(type, kinds[i]) != NULL;
    return is_declared && !encoding && !memchr(event->body.data, '\0', event->body.size) &&
           text_is_utf8(event->body, NULL);
}

static void add_body(cJSON *tree, const struct url_event *event)
{
    bool is_base64 = event->body.size && !is_text(event);
    if (event->body.size) {
        CLEANUP(freep)
        char *body =
            is_base64 ? base64_encode(event->body) : xstrndup(event->body.data, event->body.size);
        json_set_text(tree, "body", body);
    }
    json_set_bool(tree, "isBase64Encoded", is_base64);
}

char *url_event_print(const struct url_event *event)
{
    CLEANUP(json_deletep) cJSON *tree = cJSON_CreateObject();
    json_set_text(tree, "version", "2.0");
    json_set_text(tree, "routeKey", "$default");
    add_text(tree, "rawPath", event->path);
    add_text(tree, "rawQueryString", event->query);
    add_cookies(tree, event);
    add_headers(tree, event);
    add_query(tree, event->query);
    add_context(tree, event);
    add_body(tree, event);
    return json_print(tree);
}
