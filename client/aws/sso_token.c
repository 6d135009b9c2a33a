#include "aws/sso_token.h"

#include <stdlib.h>
#include <unistd.h>

#include "aws/http.h"
#include "aws/partition.h"
#include "clock.h"
#include "crypto.h"
#include "file.h"
#include "timestamp.h"
#include "xalloc.h"

enum { CACHE_MAX = 1 << 20, TIMEOUT_MS = 30000, RENEW_BEFORE_MS = 15 * 60 * 1000 };

/* ~/.aws/sso/cache/SHA-1.json, of the session's name or the start URL; the caller owns it. */
static char *cache_path(const struct sso_request *request)
{
    char hash[SHA1_HEX_SIZE];
    crypto_sha1_hex(text_from(request->session ? request->session : request->start_url), hash);
    return xformat("%s/.aws/sso/cache/%s.json", home_directory(), hash);
}

static cJSON *read_cache(const char *path)
{
    CLEANUP(error_clear) struct error error = { 0 };
    size_t size;
    CLEANUP(freep) char *text = file_read(path, CACHE_MAX, &size, &error);
    return text ? json_parse((struct text){ text, size }) : NULL;
}

/* Written aside, as another program may read it now. The new file is its owner's alone. */
static bool write_cache(const char *path, const cJSON *cache)
{
    CLEANUP(freep) char *text = json_print(cache);
    CLEANUP(freep) char *aside = xformat("%s.XXXXXX", path);
    int fd = mkstemp(aside);
    if (fd < 0)
        return false;
    bool is_good = file_write(fd, text_from(text));
    is_good &= close(fd) == 0;
    if (is_good && rename(aside, path) == 0)
        return true;
    unlink(aside);
    return false;
}

/* Is the cache's time of this name still to come, `ahead_ms` from now? */
static bool is_to_come(const cJSON *cache, const char *name, int64_t ahead_ms)
{
    int64_t time_ms;
    return timestamp_parse(text_from(json_text(cache, name, "")), &time_ms) &&
           time_ms > clock_true_ms() + ahead_ms;
}

static bool is_usable(const cJSON *cache)
{
    return json_text(cache, "accessToken", NULL) && is_to_come(cache, "expiresAt", 0);
}

/* Without a session the cache has nothing to renew by. */
static bool is_renewable(const struct sso_request *request, const cJSON *cache)
{
    return request->session && json_text(cache, "refreshToken", NULL) &&
           json_text(cache, "clientId", NULL) && json_text(cache, "clientSecret", NULL) &&
           is_to_come(cache, "registrationExpiresAt", 0);
}

static char *token_url(const struct sso_request *request)
{
    const char *endpoint = getenv("AWS_ENDPOINT_URL_SSO_OIDC");
    return endpoint && *endpoint ? xformat("%s/token", endpoint)
                                 : xformat("https://oidc.%s.%s/token", request->region,
                                           partition_domain(request->region, false));
}

/* CreateToken of SSO OIDC: its answer; NULL with a sentence. */
static cJSON *create_token(const struct sso_request *request, const cJSON *cache,
                           struct error *error)
{
    CLEANUP(json_deletep) cJSON *input = cJSON_CreateObject();
    json_set_text(input, "clientId", json_text(cache, "clientId", NULL));
    json_set_text(input, "clientSecret", json_text(cache, "clientSecret", NULL));
    json_set_text(input, "grantType", "refresh_token");
    json_set_text(input, "refreshToken", json_text(cache, "refreshToken", NULL));
    CLEANUP(freep) char *body = json_print(input);
    CLEANUP(freep) char *url = token_url(request);
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    const struct http_call call = { .url = url,
                                    .body = text_from(body),
                                    .timeout_ms = TIMEOUT_MS,
                                    .authorities = request->authorities,
                                    .should_stop = patience_is_over,
                                    .owner = (void *)request->patience };
    bool is_answered = http_perform(&call, &text, error);
    cJSON *answer = json_parse(buffer_text(&text));
    const char *code = json_text(answer, "error", NULL);
    if (is_answered && json_text(answer, "accessToken", NULL))
        return answer;
    if (is_answered)
        error_set(error, NULL, "%s answers without a token", url);
    else if (code)
        error_set(error, NULL, "%s: %s", code, json_text(answer, "error_description", url));
    cJSON_Delete(answer);
    return NULL;
}

/* A token lasts hours; what is further off is none of a clock's. */
static int64_t end_of(const cJSON *answer)
{
    enum { LONGEST_S = 366 * 86400 };
    int64_t lasts_s = json_int(answer, "expiresIn", 0);
    return clock_true_ms() + 1000 * (lasts_s < 0 ? 0 : lasts_s > LONGEST_S ? LONGEST_S : lasts_s);
}

/* What the AWS CLI would leave there. */
static cJSON *renewed_cache(const struct sso_request *request, const cJSON *cache,
                            const cJSON *answer)
{
    char expires[TIMESTAMP_SIZE];
    cJSON *fresh = cJSON_CreateObject();
    json_set_text(fresh, "startUrl", request->start_url);
    json_set_text(fresh, "region", request->region);
    json_set_text(fresh, "accessToken", json_text(answer, "accessToken", NULL));
    json_set_text(fresh, "expiresAt", timestamp_print(end_of(answer), TIMESTAMP_ISO, expires));
    json_set_text(fresh, "clientId", json_text(cache, "clientId", NULL));
    json_set_text(fresh, "clientSecret", json_text(cache, "clientSecret", NULL));
    json_set_text(fresh, "registrationExpiresAt", json_text(cache, "registrationExpiresAt", NULL));
    json_set_text(fresh, "refreshToken", json_text(answer, "refreshToken", NULL));
    return fresh;
}

/* Puts the renewed one in the place of *cache. If that fails, another program may have renewed it
 * meanwhile, and used up what it is renewed by: then the file has the new one. */
static void renew(const struct sso_request *request, const char *path, cJSON **cache,
                  struct error *error)
{
    CLEANUP(json_deletep) cJSON *answer = create_token(request, *cache, error);
    cJSON *fresh = answer ? renewed_cache(request, *cache, answer) : read_cache(path);
    if (answer)
        write_cache(path, fresh); /* where that cannot be, it serves us alone */
    cJSON_Delete(*cache);
    *cache = fresh;
}

char *sso_token(const struct sso_request *request, struct error *error)
{
    CLEANUP(error_clear) struct error refusal = { 0 };
    CLEANUP(freep) char *path = cache_path(request);
    CLEANUP(json_deletep) cJSON *cache = read_cache(path);
    bool is_there = json_text(cache, "accessToken", NULL) != NULL;
    if (is_renewable(request, cache) && !is_to_come(cache, "expiresAt", RENEW_BEFORE_MS))
        renew(request, path, &cache, &refusal);
    if (is_usable(cache))
        return xstrdup(json_text(cache, "accessToken", NULL));
    error_set(error, NULL, "%s%s%s%s: aws sso login --profile %s",
              is_there ? "the SSO session has expired" : "nobody is logged in with SSO",
              refusal.message ? " and cannot be renewed (" : "",
              refusal.message ? refusal.message : "", refusal.message ? ")" : "", request->profile);
    return NULL;
}
