#include "edge/signature_claim.h"

#include <ctype.h>
#include <string.h>

#include "buffer.h"
#include "url.h"

/* What AWS gives a URL that names no lifetime, as the SDK for Go signs them. */
enum { EXPIRES_DEFAULT_S = 900, EXPIRES_MAX_S = 604800, SCOPE_PARTS = 5 };

const char *signature_header_part(const char *authorization, const char *name, struct arena *arena)
{
    size_t size = strlen(name);
    for (const char *at = authorization; (at = strstr(at, name)); at += size) {
        bool is_start = at == authorization || strchr(" ,", at[-1]);
        if (is_start && at[size] == '=')
            return arena_copy(arena, (struct text){ at + size + 1, strcspn(at + size + 1, ", ") });
    }
    return "";
}

const char *signature_query_part(struct text query, const char *name, struct arena *arena)
{
    const char *value = url_parameter_decoded(query, name, false, arena);
    return value ? value : "";
}

static void read_scope(struct signature_claim *claim, struct arena *arena)
{
    const char *parts[SCOPE_PARTS];
    struct text rest = text_from(claim->credential);
    int count = 0;
    while (rest.data && count < SCOPE_PARTS)
        parts[count++] = arena_copy(arena, text_cut(&rest, '/'));
    claim->is_scoped = count == SCOPE_PARTS && !rest.data;
    if (!claim->is_scoped)
        return;
    claim->access_key_id = parts[0];
    claim->scope_date = parts[1];
    claim->region = parts[2];
    claim->service = parts[3];
    claim->terminator = parts[4];
}

static const char *header_or_empty(const struct signed_request *request, const char *name)
{
    const char *value = request->header(name, request->owner);
    return value ? value : "";
}

static void read_header(const struct signed_request *request, const char *authorization,
                        struct arena *arena, struct signature_claim *claim)
{
    claim->authorization = authorization;
    claim->algorithm =
        arena_copy(arena, (struct text){ authorization, strcspn(authorization, " ") });
    claim->credential = signature_header_part(authorization, "Credential", arena);
    claim->signed_headers = signature_header_part(authorization, "SignedHeaders", arena);
    claim->signature = signature_header_part(authorization, "Signature", arena);
    claim->session_token = header_or_empty(request, "x-amz-security-token");
    claim->date = header_or_empty(request, "x-amz-date");
    if (!*claim->date)
        claim->date = header_or_empty(request, "date");
}

static void read_query(const struct signed_request *request, struct arena *arena,
                       struct signature_claim *claim)
{
    int64_t expires_s = 0;
    claim->is_presigned = true;
    claim->authorization = "";
    claim->algorithm = signature_query_part(request->query, "X-Amz-Algorithm", arena);
    claim->credential = signature_query_part(request->query, "X-Amz-Credential", arena);
    claim->signed_headers = signature_query_part(request->query, "X-Amz-SignedHeaders", arena);
    claim->signature = signature_query_part(request->query, "X-Amz-Signature", arena);
    claim->session_token = signature_query_part(request->query, "X-Amz-Security-Token", arena);
    claim->date = signature_query_part(request->query, "X-Amz-Date", arena);
    const char *expires = signature_query_part(request->query, "X-Amz-Expires", arena);
    if (!*expires)
        claim->expires_s = EXPIRES_DEFAULT_S;
    else if (text_to_int64(text_from(expires), &expires_s) && expires_s > 0)
        claim->expires_s = expires_s < EXPIRES_MAX_S ? expires_s : EXPIRES_MAX_S;
}

bool signature_claim_read(const struct signed_request *request, struct arena *arena,
                          struct signature_claim *claim_out)
{
    const char *authorization = request->header("authorization", request->owner);
    *claim_out = (struct signature_claim){ 0 };
    if (authorization && strncmp(authorization, "AWS4-", 5) == 0)
        read_header(request, authorization, arena, claim_out);
    else if (!authorization && *signature_query_part(request->query, "X-Amz-Algorithm", arena))
        read_query(request, arena, claim_out);
    else
        return false;
    read_scope(claim_out, arena);
    return true;
}

const char *signature_claim_gaps(const struct signature_claim *claim, struct arena *arena)
{
    static const char requires[] = "Authorization header requires";
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    if (!*claim->credential)
        buffer_add_format(&text, "%s 'Credential' parameter. ", requires);
    if (!*claim->signature)
        buffer_add_format(&text, "%s 'Signature' parameter. ", requires);
    if (!*claim->signed_headers)
        buffer_add_format(&text, "%s 'SignedHeaders' parameter. ", requires);
    if (!*claim->date)
        buffer_add_format(&text, "%s existence of either a 'X-Amz-Date' or a 'Date' header. ",
                          requires);
    if (text.size == 0)
        return NULL;
    buffer_add_format(&text, "Authorization=%s", claim->authorization);
    return arena_copy(arena, buffer_text(&text));
}
