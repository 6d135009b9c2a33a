#include "traffic/signer.h"

#include <stdlib.h>

#include "aws/lambda_api.h"
#include "sigv4.h"
#include "timestamp.h"
#include "url.h"
#include "version.h"
#include "xalloc.h"

enum { HEADS = 1024, MS_PER_SECOND = 1000, MS_PER_DAY = 86400000, HEADERS_MAX = 5 };

struct signed_head {
    struct buffer bytes;
    size_t payload;
    int64_t second;
};

static void set_target(struct signer *signer, const char *function, const char *qualifier)
{
    const char *endpoint = signer->profile->lambda_endpoint;
    const char *host = strstr(endpoint, "://");
    host = host ? host + 3 : endpoint;
    const char *prefix = host + strcspn(host, "/");
    CLEANUP(freep) char *path = lambda_invoke_path(function);
    struct buffer query = { 0 };
    buffer_add_string(&query, "Qualifier=");
    url_encode(&query, text_from(qualifier), false);
    signer->query = buffer_take(&query, NULL);
    signer->origin = xstrndup(endpoint, (size_t)(prefix - endpoint));
    signer->host = xstrndup(host, (size_t)(prefix - host));
    signer->path = xformat("%s%s", prefix, path);
}

void signer_init(struct signer *signer, const struct profile *profile, const char *function,
                 const char *qualifier, bool wants_log, const struct text *payloads,
                 size_t payload_count)
{
    *signer = (struct signer){ .profile = profile,
                               .wants_log = wants_log,
                               .payloads = payloads,
                               .payload_count = payload_count,
                               .key_day = -1 };
    set_target(signer, function, qualifier);
    signer->hashes = xcalloc(payload_count, sizeof(*signer->hashes));
    for (size_t i = 0; i < payload_count; i++)
        crypto_sha256_hex(payloads[i], signer->hashes[i]);
    signer->heads = xcalloc(HEADS, sizeof(*signer->heads));
    for (size_t i = 0; i < HEADS; i++)
        signer->heads[i].second = -1;
}

void signer_clear(struct signer *signer)
{
    for (size_t i = 0; signer->heads && i < HEADS; i++)
        buffer_clear(&signer->heads[i].bytes);
    free(signer->heads);
    free(signer->hashes);
    free(signer->key_id);
    free(signer->origin);
    free(signer->host);
    free(signer->path);
    free(signer->query);
    *signer = (struct signer){ 0 };
}

/* The headers that are signed, in order of name. */
static size_t list_headers(const struct signer *signer, const char *date,
                           struct sigv4_header headers_out[HEADERS_MAX])
{
    size_t count = 0;
    headers_out[count++] = (struct sigv4_header){ "content-type", "application/json" };
    headers_out[count++] = (struct sigv4_header){ "host", signer->host };
    headers_out[count++] = (struct sigv4_header){ "x-amz-date", date };
    if (signer->wants_log)
        headers_out[count++] = (struct sigv4_header){ "x-amz-log-type", "Tail" };
    if (signer->profile->session_token)
        headers_out[count++] =
            (struct sigv4_header){ "x-amz-security-token", signer->profile->session_token };
    return count;
}

static void renew_key(struct signer *signer, const struct sigv4_request *request)
{
    const char *key_id = signer->profile->access_key_id;
    bool is_same = signer->key_id && strcmp(signer->key_id, key_id) == 0;
    if (is_same && signer->key_day == request->time_ms / MS_PER_DAY)
        return;
    free(signer->key_id);
    signer->key_id = xstrdup(key_id);
    signer->key_day = request->time_ms / MS_PER_DAY;
    sigv4_signing_key(request, signer->profile->secret_access_key, signer->key);
}

static void add_headers(struct signer *signer, const struct sigv4_request *request,
                        struct buffer *bytes)
{
    for (size_t i = 0; i < request->header_count; i++)
        buffer_add_format(bytes, "%s: %s\r\n", request->headers[i].name, request->headers[i].value);
    buffer_add_string(bytes, "authorization: ");
    sigv4_authorization_with(request, signer->profile->access_key_id, signer->key, bytes);
}

static void make(struct signer *signer, size_t payload, int64_t now_ms, struct buffer *bytes)
{
    char date[TIMESTAMP_SIZE];
    struct sigv4_header headers[HEADERS_MAX];
    timestamp_print(now_ms, TIMESTAMP_BASIC, date);
    const struct sigv4_request request = {
        .method = "POST",
        .path = text_from(signer->path),
        .query = text_from(signer->query),
        .headers = headers,
        .header_count = list_headers(signer, date, headers),
        .payload_hash = signer->hashes[payload],
        .time_ms = now_ms,
        .region = signer->profile->region,
        .service = "lambda",
    };
    renew_key(signer, &request);
    if (bytes->size)
        buffer_drop(bytes, bytes->size);
    buffer_add_format(bytes, "POST %s?%s HTTP/1.1\r\n", signer->path, signer->query);
    add_headers(signer, &request, bytes);
    buffer_add_format(bytes, "\r\nuser-agent: canary/%s\r\ncontent-length: %zu\r\n\r\n",
                      COALMINE_VERSION, signer->payloads[payload].size);
    signer->made++;
}

struct text signer_head(struct signer *signer, size_t payload, int64_t now_ms)
{
    struct signed_head *head = &signer->heads[payload % HEADS];
    int64_t second = now_ms / MS_PER_SECOND;
    if (head->second != second || head->payload != payload) {
        head->second = second;
        head->payload = payload;
        make(signer, payload, now_ms, &head->bytes);
    }
    return buffer_text(&head->bytes);
}
