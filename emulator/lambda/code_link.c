#include "lambda/code_link.h"

#include <stdlib.h>

#include "clock.h"
#include "crypto.h"
#include "file.h"
#include "lambda/code.h"
#include "lambda/faults.h"
#include "lambda/function.h"
#include "lambda/layer.h"
#include "lambda/state.h"
#include "timestamp.h"
#include "url.h"
#include "xalloc.h"

#define LIFETIME_TEXT "600" /* LIFETIME_S, as links say it */

enum { LIFETIME_S = 600, SECRET_SIZE = 32, MS_PER_SECOND = 1000 };

static char *find_secret(struct store *store)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT value FROM setting WHERE name = 'link-secret'");
    char *secret = store_step(store, query) ? xstrdup(store_text(query, 0)) : NULL;
    sqlite3_reset(query);
    return secret;
}

char *code_link_secret(struct store *store, struct error *error)
{
    unsigned char bytes[SECRET_SIZE];
    char hex[2 * SECRET_SIZE + 1];
    crypto_random(bytes, sizeof(bytes));
    crypto_hex(bytes, sizeof(bytes), hex);
    store_begin_call(store);
    sqlite3_stmt *query =
        store_query(store, "INSERT OR IGNORE INTO setting VALUES ('link-secret', ?)");
    store_bind_text(query, 1, hex);
    store_run(store, query);
    return store_end_call(store, true, error) ? find_secret(store) : NULL;
}

static void sign(const struct lambda *lambda, struct arena *arena, const char *account,
                 const char *file, const char *date, char hex_out[SHA256_HEX_SIZE])
{
    unsigned char mac[SHA256_SIZE];
    const char *text = arena_join(arena, account, "/", file, "\n", date, "\n" LIFETIME_TEXT, NULL);
    crypto_hmac_sha256(text_from(lambda->link_secret), text_from(text), mac);
    crypto_hex(mac, sizeof(mac), hex_out);
}

const char *code_link_make(struct call *call, const struct function_key *key, const char *code_id)
{
    char date[TIMESTAMP_SIZE];
    char signature[SHA256_HEX_SIZE];
    const char *file = arena_join(&call->arena, key->name, "-", code_id, NULL);
    timestamp_print(clock_now_ms(), TIMESTAMP_BASIC, date);
    sign(lambda_of(call), &call->arena, key->account, file, date, signature);
    return arena_join(&call->arena, call->base_url, "/snapshots/", key->account, "/", file,
                      "?X-Amz-Date=", date,
                      "&X-Amz-Expires=" LIFETIME_TEXT "&X-Amz-Signature=", signature, NULL);
}

static bool check_link(const struct lambda *lambda, struct call *call,
                       const struct lambda_code_link *link)
{
    char expected[SHA256_HEX_SIZE];
    int64_t signed_ms;
    struct text query = text_from(link->query);
    struct text date = url_parameter(query, "X-Amz-Date");
    sign(lambda, &call->arena, link->account, link->file, arena_copy(&call->arena, date), expected);
    if (!crypto_equal(url_parameter(query, "X-Amz-Signature"), text_from(expected)) ||
        !timestamp_parse(date, &signed_ms))
        return error_set(&call->error, &LAMBDA_LINK_DENIED, "Access Denied");
    int64_t age_ms = clock_now_ms() - signed_ms;
    return age_ms <= (int64_t)LIFETIME_S * MS_PER_SECOND ||
           error_set(&call->error, &LAMBDA_LINK_DENIED, "Request has expired");
}

static const char *find_code(struct store *store, struct arena *arena, const char *account,
                             const char *name, const char *code_id)
{
    const char *sha256;
    bool is_found = version_find_by_code_id(store, account, name, code_id, arena, &sha256) ||
                    layer_version_find_by_code_id(store, account, name, code_id, arena, &sha256);
    return is_found ? sha256 : NULL;
}

/* A package on its way to the caller: call->held between the two halves. */
struct download {
    struct call *call;
    struct lambda *lambda;
    char *path;
    char *bytes; /* NULL: it is gone */
    size_t size;
};

static void download_work(void *owner)
{
    struct download *download = owner;
    CLEANUP(error_clear) struct error gone = { 0 };
    download->bytes = file_read(download->path, PACKAGE_UNZIPPED_MAX, &download->size, &gone);
}

static enum outcome answer_download(struct call *call)
{
    CLEANUP(freep) struct download *download = call->held;
    call->held = NULL;
    free(download->path);
    if (!download->bytes)
        return call_fault(call, &LAMBDA_LINK_GONE, "The specified key does not exist.");
    call->raw_body = download->bytes;
    call->raw_body_size = download->size;
    call_header(call, "Content-Type", "application/zip");
    return OUTCOME_OK;
}

static void download_done(void *owner)
{
    struct download *download = owner;
    struct call *call = download->call;
    download->lambda->uploads--;
    call->held = download;
    call_continue(call, answer_download);
}

static enum outcome start_download(struct lambda *lambda, struct call *call, const char *sha256)
{
    struct download *download = xcalloc(1, sizeof(*download));
    download->call = call;
    download->lambda = lambda;
    download->path = code_package_path(lambda, sha256);
    lambda->uploads++; /* so that nothing is removed meanwhile */
    loop_work(lambda->parts.loop, download_work, download_done, download);
    return OUTCOME_LATER;
}

enum outcome lambda_code_download(struct lambda *lambda, struct call *call,
                                  const struct lambda_code_link *link)
{
    struct arena *arena = &call->arena;
    struct store *store = lambda->parts.store;
    size_t size = strlen(link->file);
    const char *sha256 = NULL;
    if (!check_link(lambda, call, link))
        return OUTCOME_FAULT;
    if (size > UUID_SIZE) {
        size_t name_size = size - UUID_SIZE; /* "-" and 36 characters */
        const char *name = arena_copy(arena, (struct text){ link->file, name_size });
        sha256 = find_code(store, arena, link->account, name, link->file + name_size + 1);
    }
    return sha256 ? start_download(lambda, call, sha256)
                  : call_fault(call, &LAMBDA_LINK_GONE, "The specified key does not exist.");
}
