#include "lambda/code_link.h"

#include <stdlib.h>

#include "clock.h"
#include "crypto.h"
#include "file.h"
#include "lambda/code.h"
#include "lambda/faults.h"
#include "lambda/function.h"
#include "lambda/layer.h"
#include "timestamp.h"
#include "xalloc.h"

enum { LIFETIME_S = 600, SECRET_SIZE = 32, MS_PER_SECOND = 1000 };

/* The installation's secret, made at first need. Hexadecimal, in the arena. */
static const char *get_secret(struct store *store, struct arena *arena)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT value FROM setting WHERE name = 'link-secret'");
    if (store_step(store, query)) {
        const char *secret = arena_copy(arena, text_from(store_text(query, 0)));
        sqlite3_reset(query);
        return secret;
    }
    return NULL;
}

bool code_link_make_secret(struct store *store, struct error *error)
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
    return store_end_call(store, true, error);
}

static void sign(const char *secret, const char *account, const char *file, const char *date,
                 char hex_out[SHA256_HEX_SIZE])
{
    unsigned char mac[SHA256_SIZE];
    CLEANUP(freep) char *text = xformat("%s/%s\n%s\n%d", account, file, date, LIFETIME_S);
    crypto_hmac_sha256(text_from(secret), text_from(text), mac);
    crypto_hex(mac, sizeof(mac), hex_out);
}

const char *code_link_make(struct call *call, const struct function_key *key, const char *code_id)
{
    char date[TIMESTAMP_SIZE];
    char signature[SHA256_HEX_SIZE];
    const char *secret = get_secret(call->store, &call->arena);
    const char *file = arena_format(&call->arena, "%s-%s", key->name, code_id);
    timestamp_print(clock_now_ms(), TIMESTAMP_BASIC, date);
    sign(secret ? secret : "", key->account, file, date, signature);
    return arena_format(&call->arena,
                        "%s/snapshots/%s/%s?X-Amz-Date=%s&X-Amz-Expires=%d&X-Amz-Signature=%s",
                        call->base_url, key->account, file, date, LIFETIME_S, signature);
}

static struct text parameter(struct text query, const char *name)
{
    while (query.size) {
        struct text value = text_cut(&query, '&');
        if (text_equal(text_cut(&value, '='), name))
            return value;
    }
    return TEXT("");
}

static bool check_link(const char *secret, const char *account, const char *file, struct text query,
                       struct error *error)
{
    char expected[SHA256_HEX_SIZE];
    int64_t signed_ms;
    struct arena arena = { 0 };
    struct text date = parameter(query, "X-Amz-Date");
    sign(secret ? secret : "", account, file, arena_copy(&arena, date), expected);
    arena_clear(&arena);
    if (!secret || !crypto_equal(parameter(query, "X-Amz-Signature"), text_from(expected)) ||
        !timestamp_parse(date, &signed_ms))
        return error_set(error, &LAMBDA_LINK_DENIED, "Access Denied");
    int64_t age_ms = clock_now_ms() - signed_ms;
    return age_ms <= (int64_t)LIFETIME_S * MS_PER_SECOND ||
           error_set(error, &LAMBDA_LINK_DENIED, "Request has expired");
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
    if (!check_link(get_secret(store, arena), link->account, link->file, text_from(link->query),
                    &call->error))
        return OUTCOME_FAULT;
    if (size > UUID_SIZE) {
        size_t name_size = size - UUID_SIZE; /* "-" and 36 characters */
        const char *name = arena_copy(arena, (struct text){ link->file, name_size });
        sha256 = find_code(store, arena, link->account, name, link->file + name_size + 1);
    }
    return sha256 ? start_download(lambda, call, sha256)
                  : call_fault(call, &LAMBDA_LINK_GONE, "The specified key does not exist.");
}
