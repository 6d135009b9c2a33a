/*
 * Signature Version 4 for every service but S3 (cloudwatch-api.md section 8.1).
 */
#include "sigv4.h"

#include <ctype.h>
#include <stdlib.h>

#include "timestamp.h"
#include "url.h"
#include "xalloc.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

struct parameter {
    struct text name;
    struct text value;
};

static int compare_texts(struct text a, struct text b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size ? memcmp(a.data, b.data, size) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_parameters(const void *a, const void *b)
{
    const struct parameter *first = a;
    const struct parameter *second = b;
    int order = compare_texts(first->name, second->name);
    return order ? order : compare_texts(first->value, second->value);
}

/* Sorted by name, then value; the signature of a presigned URL is left out. The query comes
 * encoded, so it is taken as it is; a value that is absent still gets its '='. */
static void add_query(struct buffer *buffer, struct text query)
{
    size_t count = 0;
    struct parameter *list = NULL;
    while (query.size) {
        struct text value = text_cut(&query, '&');
        struct text name = text_cut(&value, '=');
        if (name.size == 0 || text_equal(name, "X-Amz-Signature"))
            continue;
        list = xrealloc(list, (count + 1) * sizeof(*list));
        list[count++] = (struct parameter){ name, value.data ? value : TEXT("") };
    }
    if (count)
        qsort(list, count, sizeof(*list), compare_parameters);
    for (size_t i = 0; i < count; i++)
        buffer_add_format(buffer, "%s%.*s=%.*s", i ? "&" : "", TEXT_ARGS(list[i].name),
                          TEXT_ARGS(list[i].value));
    free(list);
}

/* Trimmed, inner runs of spaces squeezed to one. */
static void add_header_value(struct buffer *buffer, const char *value)
{
    bool has_gap = false;
    bool has_text = false;
    for (; *value; value++) {
        if (isspace((unsigned char)*value)) {
            has_gap = has_text;
            continue;
        }
        if (has_gap)
            buffer_add_char(buffer, ' ');
        buffer_add_char(buffer, *value);
        has_gap = false;
        has_text = true;
    }
}

static void add_signed_headers(struct buffer *buffer, const struct sigv4_request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        buffer_add_format(buffer, "%s%s", i ? ";" : "", request->headers[i].name);
}

void sigv4_canonical_request(const struct sigv4_request *request, struct buffer *buffer)
{
    buffer_add_format(buffer, "%s\n", request->method);
    url_encode(buffer, request->path.size ? request->path : TEXT("/"), true); /* once more */
    buffer_add_char(buffer, '\n');
    add_query(buffer, request->query);
    buffer_add_char(buffer, '\n');
    for (size_t i = 0; i < request->header_count; i++) {
        buffer_add_format(buffer, "%s:", request->headers[i].name);
        add_header_value(buffer, request->headers[i].value);
        buffer_add_char(buffer, '\n');
    }
    buffer_add_char(buffer, '\n');
    add_signed_headers(buffer, request);
    buffer_add_format(buffer, "\n%s", request->payload_hash);
}

static void add_scope(struct buffer *buffer, const struct sigv4_request *request)
{
    char date[TIMESTAMP_SIZE];
    buffer_add_format(buffer, "%s/%s/%s/aws4_request",
                      timestamp_print(request->time_ms, TIMESTAMP_DATE, date), request->region,
                      request->service);
}

void sigv4_text_to_sign(const struct sigv4_request *request, struct text canonical,
                        struct buffer *buffer)
{
    char time[TIMESTAMP_SIZE];
    char hash[SHA256_HEX_SIZE];
    crypto_sha256_hex(canonical, hash);
    buffer_add_format(buffer, "%s\n%s\n", algorithm,
                      timestamp_print(request->time_ms, TIMESTAMP_BASIC, time));
    add_scope(buffer, request);
    buffer_add_format(buffer, "\n%s", hash);
}

void sigv4_signing_key(const struct sigv4_request *request, const char *secret_access_key,
                       unsigned char key_out[SHA256_SIZE])
{
    char date[TIMESTAMP_SIZE];
    CLEANUP(freep) char *secret = xformat("AWS4%s", secret_access_key);
    struct text key_text = { (const char *)key_out, SHA256_SIZE };
    timestamp_print(request->time_ms, TIMESTAMP_DATE, date);
    crypto_hmac_sha256(text_from(secret), text_from(date), key_out);
    crypto_hmac_sha256(key_text, text_from(request->region), key_out);
    crypto_hmac_sha256(key_text, text_from(request->service), key_out);
    crypto_hmac_sha256(key_text, TEXT("aws4_request"), key_out);
}

static void sign_with(const unsigned char key[SHA256_SIZE], struct text to_sign,
                      char hex_out[SHA256_HEX_SIZE])
{
    unsigned char signature[SHA256_SIZE];
    crypto_hmac_sha256((struct text){ (const char *)key, SHA256_SIZE }, to_sign, signature);
    crypto_hex(signature, sizeof(signature), hex_out);
}

void sigv4_signature(const struct sigv4_request *request, const char *secret_access_key,
                     struct text to_sign, char hex_out[SHA256_HEX_SIZE])
{
    unsigned char key[SHA256_SIZE];
    sigv4_signing_key(request, secret_access_key, key);
    sign_with(key, to_sign, hex_out);
}

void sigv4_authorization_with(const struct sigv4_request *request, const char *access_key_id,
                              const unsigned char key[SHA256_SIZE], struct buffer *buffer)
{
    char signature[SHA256_HEX_SIZE];
    CLEANUP(buffer_clear) struct buffer canonical = { 0 };
    CLEANUP(buffer_clear) struct buffer to_sign = { 0 };
    sigv4_canonical_request(request, &canonical);
    sigv4_text_to_sign(request, buffer_text(&canonical), &to_sign);
    sign_with(key, buffer_text(&to_sign), signature);
    buffer_add_format(buffer, "%s Credential=%s/", algorithm, access_key_id);
    add_scope(buffer, request);
    buffer_add_string(buffer, ", SignedHeaders=");
    add_signed_headers(buffer, request);
    buffer_add_format(buffer, ", Signature=%s", signature);
}

void sigv4_authorization(const struct sigv4_request *request,
                         const struct sigv4_credentials *credentials, struct buffer *buffer)
{
    unsigned char key[SHA256_SIZE];
    sigv4_signing_key(request, credentials->secret_access_key, key);
    sigv4_authorization_with(request, credentials->access_key_id, key, buffer);
}
