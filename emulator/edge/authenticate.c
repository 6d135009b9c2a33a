#include "edge/authenticate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto.h"
#include "edge/signature_claim.h"
#include "pattern.h"
#include "sigv4.h"
#include "sts/session.h"
#include "timestamp.h"
#include "url.h"

enum { SKEW_MS = 5 * 60 * 1000, MS_PER_SECOND = 1000, SIGNED_HEADERS_MAX = 64 };

/* What can be wrong; the codes differ between JSON and query services. */
enum failure {
    FAILURE_MISSING_TOKEN,
    FAILURE_INCOMPLETE,
    FAILURE_SIGNATURE,
    FAILURE_UNKNOWN_KEY,
    FAILURE_EXPIRED_TOKEN,
};

static const struct {
    const char *code;
    const char *query_code;
    int query_status;
} spellings[] = {
    [FAILURE_MISSING_TOKEN] = { "MissingAuthenticationTokenException", "MissingAuthenticationToken",
                                403 },
    [FAILURE_INCOMPLETE] = { "IncompleteSignatureException", "IncompleteSignature", 400 },
    [FAILURE_SIGNATURE] = { "InvalidSignatureException", "SignatureDoesNotMatch", 403 },
    [FAILURE_UNKNOWN_KEY] = { "UnrecognizedClientException", "InvalidClientTokenId", 403 },
    [FAILURE_EXPIRED_TOKEN] = { "ExpiredTokenException", "ExpiredToken", 403 },
};

/* One verification under way. */
struct verification {
    const struct keyring *keyring;
    const struct signed_request *request;
    const struct signature_manner *manner;
    struct arena *arena;
    struct signature_claim claim;
    struct error *error;
};

static int status_of(const struct signature_manner *manner, enum failure failure)
{
    switch (manner->protocol) {
    case PROTOCOL_QUERY:
        return spellings[failure].query_status;
    case PROTOCOL_REST_JSON:
        return 403;
    default:
        return manner->is_query_mode ? spellings[failure].query_status : 400;
    }
}

static bool fail(struct verification *verification, enum failure failure, const char *message)
{
    struct fault *fault = arena_alloc(verification->arena, sizeof(*fault));
    *fault = (struct fault){ .code = spellings[failure].code,
                             .status = status_of(verification->manner, failure),
                             .query_code = spellings[failure].query_code,
                             .type_namespace = "com.amazon.coral.service",
                             .message_key = "message",
                             .omits_type = true };
    return error_set(verification->error, fault, "%s", message);
}

static const char *header_of(const struct verification *verification, const char *name)
{
    return verification->request->header(name, verification->request->owner);
}

static bool check_date(struct verification *verification)
{
    char bound[TIMESTAMP_SIZE];
    char now[TIMESTAMP_SIZE];
    struct signature_claim *claim = &verification->claim;
    int64_t now_ms = verification->request->now_ms;
    int64_t lifetime_ms = claim->is_presigned ? claim->expires_s * MS_PER_SECOND : SKEW_MS;
    if (!timestamp_parse(text_from(claim->date), &claim->time_ms))
        return fail(verification, FAILURE_INCOMPLETE,
                    arena_format(verification->arena,
                                 "Date must be in ISO-8601 'basic format'. Got '%s'. See "
                                 "http://en.wikipedia.org/wiki/ISO_8601",
                                 claim->date));
    timestamp_print(now_ms, TIMESTAMP_BASIC, now);
    if (claim->time_ms < now_ms - lifetime_ms)
        return fail(verification, FAILURE_SIGNATURE,
                    arena_format(verification->arena,
                                 "Signature expired: %s is now earlier than %s (%s - %lld min.)",
                                 claim->date,
                                 timestamp_print(now_ms - lifetime_ms, TIMESTAMP_BASIC, bound), now,
                                 (long long)(lifetime_ms / 60 / MS_PER_SECOND)));
    if (claim->time_ms > now_ms + SKEW_MS)
        return fail(verification, FAILURE_SIGNATURE,
                    arena_format(verification->arena,
                                 "Signature not yet current: %s is still later than %s (%s + 5 "
                                 "min.)",
                                 claim->date,
                                 timestamp_print(now_ms + SKEW_MS, TIMESTAMP_BASIC, bound), now));
    return true;
}

static bool signs_header(const struct signature_claim *claim, const char *wanted)
{
    struct text rest = text_from(claim->signed_headers);
    while (rest.size) {
        struct text name = text_cut(&rest, ';');
        if (name.size == strlen(wanted) && strncasecmp(name.data, wanted, name.size) == 0)
            return true;
    }
    return false;
}

/* All that is wrong with the values of the scope, joined. */
static bool check_scope(struct verification *verification)
{
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    const struct signature_claim *claim = &verification->claim;
    const char *service = verification->request->service;
    char date[TIMESTAMP_SIZE];
    if (!pattern_matches("[a-z0-9-]{1,40}", text_from(claim->region)))
        buffer_add_format(&text, "Credential should be scoped to a valid region, not '%s'. ",
                          claim->region);
    if (service && strcmp(service, claim->service) != 0)
        buffer_add_format(&text, "Credential should be scoped to correct service: '%s'. ", service);
    if (strcmp(claim->terminator, "aws4_request") != 0)
        buffer_add_format(&text,
                          "Credential should be scoped with a valid terminator: 'aws4_request', "
                          "not '%s'. ",
                          claim->terminator);
    timestamp_print(claim->time_ms, TIMESTAMP_DATE, date);
    if (strcmp(date, claim->scope_date) != 0)
        buffer_add_format(&text,
                          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
                          "of date from HTTP: '%s' != '%s', from '%s'.",
                          claim->scope_date, date, claim->date);
    return text.size == 0 || fail(verification, FAILURE_SIGNATURE, text.data);
}

static bool check_claim(struct verification *verification)
{
    const struct signature_claim *claim = &verification->claim;
    if (!check_date(verification))
        return false;
    if (!signs_header(claim, "host"))
        return fail(verification, FAILURE_SIGNATURE,
                    "'Host' must be a 'SignedHeader' in the AWS Authorization.");
    if (strcmp(claim->algorithm, "AWS4-HMAC-SHA256") != 0)
        return fail(verification, FAILURE_SIGNATURE,
                    arena_format(verification->arena,
                                 "Unsupported AWS 'algorithm': '%s' (only AWS4-HMAC-SHA256 for "
                                 "now). ",
                                 claim->algorithm));
    if (!claim->is_scoped)
        return fail(verification, FAILURE_SIGNATURE,
                    arena_format(verification->arena,
                                 "Credential must have exactly 5 slash-delimited elements, e.g. "
                                 "keyid/date/region/service/term, got '%s'",
                                 claim->credential));
    return check_scope(verification);
}

/* The headers that were signed, in the order in which they are named (clients sort them); -1 if
 * one of them is not there. */
static int signed_headers(const struct verification *verification,
                          struct sigv4_header headers_out[SIGNED_HEADERS_MAX])
{
    int count = 0;
    struct text rest = text_from(verification->claim.signed_headers);
    while (rest.size) {
        char *name = arena_copy(verification->arena, text_cut(&rest, ';'));
        const char *value = header_of(verification, name);
        if (!value || count == SIGNED_HEADERS_MAX)
            return -1;
        headers_out[count++] = (struct sigv4_header){ name, value };
    }
    return count;
}

/* Names and values decoded and encoded again: clients may send what they sign encoded in full. */
static const char *normalised_query(const struct verification *verification)
{
    CLEANUP(buffer_clear) struct buffer query = { 0 };
    struct text rest = verification->request->query;
    while (rest.size) {
        struct text value = text_cut(&rest, '&');
        struct text name = text_cut(&value, '=');
        CLEANUP(buffer_clear) struct buffer plain_name = { 0 };
        CLEANUP(buffer_clear) struct buffer plain_value = { 0 };
        url_decode(&plain_name, name, false);
        url_decode(&plain_value, value, false);
        buffer_add_string(&query, query.size ? "&" : "");
        url_encode(&query, buffer_text(&plain_name), false);
        buffer_add_char(&query, '=');
        url_encode(&query, buffer_text(&plain_value), false);
    }
    return arena_copy(verification->arena, buffer_text(&query));
}

/* Without empty segments, "." and "..", as most of AWS's SDKs sign it whatever they send. */
static const char *normalised_path(const struct verification *verification)
{
    CLEANUP(buffer_clear) struct buffer path = { 0 };
    struct text rest = verification->request->path;
    bool ends_in_slash = rest.size && rest.data[rest.size - 1] == '/';
    while (rest.size) {
        struct text segment = text_cut(&rest, '/');
        if (segment.size == 0 || text_equal(segment, "."))
            continue;
        if (text_equal(segment, "..")) {
            const char *last = path.size ? memrchr(path.data, '/', path.size) : NULL;
            path.size = last ? (size_t)(last - path.data) : 0;
            continue;
        }
        buffer_add_char(&path, '/');
        buffer_add_text(&path, segment);
    }
    if (path.size == 0 || ends_in_slash)
        buffer_add_char(&path, '/');
    return arena_copy(verification->arena, buffer_text(&path));
}

static bool signature_matches(const struct verification *verification, const struct access_key *key,
                              struct text path)
{
    struct sigv4_header headers[SIGNED_HEADERS_MAX];
    const struct signature_claim *claim = &verification->claim;
    int count = signed_headers(verification, headers);
    char hash[SHA256_HEX_SIZE];
    char expected[SHA256_HEX_SIZE];
    if (count < 0)
        return false;
    crypto_sha256_hex(verification->request->body, hash);
    struct sigv4_request request = { .method = verification->request->method,
                                     .path = path,
                                     .query = text_from(normalised_query(verification)),
                                     .headers = headers,
                                     .header_count = (size_t)count,
                                     .payload_hash = hash,
                                     .time_ms = claim->time_ms,
                                     .region = claim->region,
                                     .service = claim->service };
    CLEANUP(buffer_clear) struct buffer canonical = { 0 };
    CLEANUP(buffer_clear) struct buffer to_sign = { 0 };
    sigv4_canonical_request(&request, &canonical);
    sigv4_text_to_sign(&request, buffer_text(&canonical), &to_sign);
    sigv4_signature(&request, key->secret, buffer_text(&to_sign), expected);
    return crypto_equal(text_from(expected), text_from(claim->signature));
}

/* The key of the file with that id; else that of the session which the token says it is of, if a
 * key of the file vouches for it. NULL if there is neither. */
static const struct access_key *find_key(struct verification *verification,
                                         struct signer *signer_out)
{
    struct arena *arena = verification->arena;
    const char *id = verification->claim.access_key_id;
    const char *token = verification->claim.session_token;
    const struct access_key *key = keyring_find(verification->keyring, id);
    if (key) {
        *signer_out = (struct signer){ .account = key->account, .secret = key->secret };
        return key;
    }
    struct session *session = arena_alloc(arena, sizeof(*session));
    if (!session_read(token, arena, session) || strcmp(session->access_key_id, id) != 0 ||
        !(key = keyring_find(verification->keyring, session->vouching_id)) ||
        !session_is_genuine(session, token, key->secret, arena))
        return NULL;
    *signer_out = (struct signer){ session->account, session, key->secret };
    struct access_key *own = arena_alloc(arena, sizeof(*own));
    *own = (struct access_key){ .secret = (char *)session_secret(token, key->secret, arena),
                                .session_token = (char *)token };
    return own;
}

static bool check_token(struct verification *verification, const struct access_key *key,
                        const struct signer *signer)
{
    const char *token = key->session_token ? key->session_token : "";
    if (!crypto_equal(text_from(token), text_from(verification->claim.session_token)))
        return fail(verification, FAILURE_UNKNOWN_KEY,
                    "The security token included in the request is invalid");
    return !signer->session || signer->session->expires_ms > verification->request->now_ms ||
           fail(verification, FAILURE_EXPIRED_TOKEN,
                "The security token included in the request is expired");
}

static bool check_key(struct verification *verification, struct signer *signer_out)
{
    const struct access_key *key = find_key(verification, signer_out);
    if (!key)
        return fail(verification, FAILURE_UNKNOWN_KEY,
                    "The security token included in the request is invalid.");
    if (!signature_matches(verification, key, verification->request->path) &&
        !signature_matches(verification, key, text_from(normalised_path(verification))))
        return fail(verification, FAILURE_SIGNATURE,
                    "The request signature we calculated does not match the signature you "
                    "provided. Check your AWS Secret Access Key and signing method. Consult the "
                    "service documentation for details.");
    return check_token(verification, key, signer_out);
}

bool authenticate(const struct keyring *keyring, const struct signed_request *request,
                  const struct signature_manner *manner, struct arena *arena,
                  struct signer *signer_out, struct error *error)
{
    struct verification verification = { keyring, request, manner, arena, { 0 }, error };
    const char *missing;
    if (!signature_claim_read(request, arena, &verification.claim))
        return fail(&verification, FAILURE_MISSING_TOKEN,
                    "Request is missing Authentication Token");
    if ((missing = signature_claim_gaps(&verification.claim, arena)))
        return fail(&verification, FAILURE_INCOMPLETE, missing);
    return check_claim(&verification) && check_key(&verification, signer_out);
}
