#include "command/remote.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "shared_library.h"
#include "xalloc.h"

enum { CALL_MAX_MS = 10000, ANSWER_MAX = 4 << 20, STATUS_FAILED = 300 };

/* The server makes no requests: it does without libcurl, and all that libcurl loads. */
#define CURL_FUNCTIONS(X)                                                                          \
    X(curl, easy_init)                                                                             \
    X(curl, easy_setopt)                                                                           \
    X(curl, easy_perform)                                                                          \
    X(curl, easy_getinfo)                                                                          \
    X(curl, easy_strerror)                                                                         \
    X(curl, easy_cleanup)                                                                          \
    X(curl, slist_append)                                                                          \
    X(curl, slist_free_all)

static struct {
    CURL_FUNCTIONS(SHARED_LIBRARY_POINTER)
} curl_api;

static bool load_curl(struct error *error)
{
    static const char *const names[] = { CURL_FUNCTIONS(SHARED_LIBRARY_NAME) };
    static struct shared_library library = {
        .file = "libcurl.so.4", .names = names, .count = COUNT_OF(names), .functions = &curl_api
    };
    return shared_library_load(&library, error);
}

static const char *variable(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value && *value ? value : fallback;
}

void remote_read_credentials(struct remote *remote)
{
    remote->access_key_id = variable("AWS_ACCESS_KEY_ID", "coalmine");
    remote->secret_access_key = variable("AWS_SECRET_ACCESS_KEY", "coalmine");
    remote->session_token = variable("AWS_SESSION_TOKEN", NULL);
}

static size_t take(char *data, size_t unit, size_t count, void *owner)
{
    return buffer_add(owner, data, unit * count) ? unit * count : 0;
}

static void set_signature(CURL *curl, const struct remote *remote)
{
    CLEANUP(freep) char *scope = xformat("aws:amz:%s:coalmine", remote->region);
    CLEANUP(freep)
    char *key = xformat("%s:%s", remote->access_key_id, remote->secret_access_key);
    curl_api.easy_setopt(curl, CURLOPT_AWS_SIGV4, scope);
    curl_api.easy_setopt(curl, CURLOPT_USERPWD, key);
}

static struct curl_slist *make_headers(const struct remote *remote)
{
    struct curl_slist *headers = curl_api.slist_append(NULL, "Content-Type: application/json");
    if (remote->session_token) {
        CLEANUP(freep)
        char *token = xformat("X-Amz-Security-Token: %s", remote->session_token);
        headers = curl_api.slist_append(headers, token);
    }
    return headers;
}

/* An endpoint may end with a slash, as AWS's tools take it. Owned by the caller. */
static char *make_url(const char *endpoint, const char *path)
{
    size_t size = strlen(endpoint);
    while (size && endpoint[size - 1] == '/')
        size--;
    return xformat("%.*s%s", (int)size, endpoint, path);
}

/* The status, or 0 with the error set. */
static long perform(CURL *curl, const struct remote *remote, struct error *error)
{
    long status = 0;
    CURLcode code = curl_api.easy_perform(curl);
    if (code != CURLE_OK)
        error_set(error, NULL, "cannot ask %s: %s%s", remote->endpoint,
                  curl_api.easy_strerror(code),
                  code == CURLE_COULDNT_CONNECT ? "; does coalmine serve run there?" : "");
    else
        curl_api.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

cJSON *remote_call(const struct remote *remote, const struct remote_request *request,
                   struct error *error)
{
    if (!load_curl(error))
        return NULL;
    CLEANUP(buffer_clear) struct buffer answer = { .ceiling = ANSWER_MAX };
    CLEANUP(freep) char *url = make_url(remote->endpoint, request->path);
    CLEANUP(freep) char *text = request->body ? json_print(request->body) : xstrdup("");
    struct curl_slist *headers = make_headers(remote);
    CURL *curl = curl_api.easy_init();
    set_signature(curl, remote);
    curl_api.easy_setopt(curl, CURLOPT_URL, url);
    curl_api.easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_api.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_api.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CALL_MAX_MS);
    curl_api.easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_api.easy_setopt(curl, CURLOPT_POSTFIELDS, text);
    curl_api.easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_api.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_api.easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    long status = perform(curl, remote, error);
    curl_api.easy_cleanup(curl);
    curl_api.slist_free_all(headers);
    if (!status)
        return NULL;
    cJSON *tree = answer.size ? json_parse(buffer_text(&answer)) : cJSON_CreateObject();
    bool is_refused = status >= STATUS_FAILED;
    if (tree && !is_refused && (!request->member || json_get(tree, request->member)))
        return tree;
    const char *sentence = json_text(tree, "message", json_text(tree, "Message", NULL));
    if (is_refused && sentence)
        error_set(error, NULL, "%s", sentence);
    else
        error_set(error, NULL,
                  "%s answers %ld to %s %s, and not as coalmine does: what runs there?",
                  remote->endpoint, status, request->method, request->path);
    cJSON_Delete(tree);
    return NULL;
}
