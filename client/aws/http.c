#include "aws/http.h"

#include <stdlib.h>
#include <string.h>

#include "version.h"

enum { ANSWER_MAX = 65536, CONNECT_MS = 10000 };

void http_trust(CURL *handle, const char *authorities)
{
    if (authorities)
        curl_easy_setopt(handle, CURLOPT_CAINFO, authorities);
}

static size_t on_body(char *data, size_t size, size_t count, void *owner)
{
    struct buffer *body = owner;
    size_t room = ANSWER_MAX - body->size;
    buffer_add(body, data, size * count < room ? size * count : room);
    return size * count;
}

static int on_progress(void *owner, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct http_call *call = owner;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return call->should_stop && call->should_stop(call->owner);
}

static struct curl_slist *make_headers(const struct http_call *call)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (headers && call->header)
        headers = curl_slist_append(headers, call->header);
    if (!headers)
        abort();
    return headers;
}

static void set_up(CURL *handle, const struct http_call *call, struct buffer *body)
{
    curl_easy_setopt(handle, CURLOPT_URL, call->url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "canary/" COALMINE_VERSION);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, call->timeout_ms);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, (void *)call);
    if (call->body.size) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
        curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, call->body.data);
    }
    http_trust(handle, call->authorities);
    if (call->is_direct)
        curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    if (call->method)
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, call->method);
}

long http_ask(const struct http_call *call, struct buffer *body_out, struct error *error)
{
    CURL *handle = curl_easy_init();
    struct curl_slist *headers = make_headers(call);
    long status = 0;
    if (!handle)
        abort();
    buffer_init(body_out, ANSWER_MAX);
    set_up(handle, call, body_out);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(handle);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(handle);
    if (code == CURLE_OK)
        return status;
    error_set(error, NULL, "%s", curl_easy_strerror(code));
    return 0;
}

bool http_perform(const struct http_call *call, struct buffer *body_out, struct error *error)
{
    CLEANUP(error_clear) struct error failure = { 0 };
    long status = http_ask(call, body_out, &failure);
    if (status == 0)
        return error_set(error, NULL, "%s: %s", call->url, failure.message);
    return (status >= 200 && status < 300) ||
           error_set(error, NULL, "%s answers with status %ld", call->url, status);
}
