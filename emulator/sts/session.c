#include "sts/session.h"

#include <stdlib.h>

#include "buffer.h"
#include "crypto.h"
#include "iam/name.h"
#include "pattern.h"
#include "text.h"
#include "xalloc.h"

/* What two MACs of one token are about. */
#define ABOUT_TOKEN "token\n"
#define ABOUT_SECRET "secret\n"

enum { MAC_DIGITS = 2 * SHA256_SIZE, SECRET_SIZE = 40, FIELD_MAX = 2048 };

static void make_mac(const char *secret, const char *about, struct text text,
                     unsigned char mac_out[SHA256_SIZE])
{
    CLEANUP(buffer_clear) struct buffer whole = { 0 };
    buffer_add_string(&whole, about);
    buffer_add_text(&whole, text);
    crypto_hmac_sha256(text_from(secret), buffer_text(&whole), mac_out);
}

const char *session_print(const struct session *session, const char *secret, struct arena *arena)
{
    unsigned char mac[SHA256_SIZE];
    char digits[SHA256_HEX_SIZE];
    CLEANUP(freep)
    char *text = xformat("%s\n%s\n%s\n%s\n%s\n%d\n%lld", session->access_key_id,
                         session->vouching_id, session->account, session->arn, session->user_id,
                         session->is_role, (long long)session->expires_ms);
    make_mac(secret, ABOUT_TOKEN, text_from(text), mac);
    crypto_hex(mac, sizeof(mac), digits);
    CLEANUP(freep) char *whole = xformat("%s%s", digits, text);
    CLEANUP(freep) char *token = base64_encode(text_from(whole));
    return arena_copy_string(arena, token);
}

static const char *take_field(struct text *rest, struct arena *arena)
{
    struct text field = text_cut(rest, '\n');
    bool is_one = field.size && field.size <= FIELD_MAX && text_is_whole_string(field);
    return is_one ? arena_copy(arena, field) : NULL;
}

bool session_read(const char *token, struct arena *arena, struct session *session_out)
{
    size_t size;
    struct text mac;
    struct text rest;
    CLEANUP(freep) char *bytes = base64_decode(text_from(token), &size);
    if (!bytes)
        return false;
    rest = (struct text){ bytes, size };
    if (!text_take(&rest, MAC_DIGITS, &mac))
        return false;
    struct session session = { 0 };
    session.access_key_id = take_field(&rest, arena);
    session.vouching_id = take_field(&rest, arena);
    session.account = take_field(&rest, arena);
    session.arn = take_field(&rest, arena);
    session.user_id = take_field(&rest, arena);
    session.is_role = text_equal(text_cut(&rest, '\n'), "1");
    if (!session.access_key_id || !session.vouching_id || !session.account || !session.arn ||
        !session.user_id || !pattern_matches("\\d{12}", text_from(session.account)) ||
        !text_to_int64(rest, &session.expires_ms))
        return false;
    *session_out = session;
    return true;
}

bool session_is_genuine(const struct session *session, const char *token, const char *secret,
                        struct arena *arena)
{
    return crypto_equal(text_from(session_print(session, secret, arena)), text_from(token));
}

const char *session_secret(const char *token, const char *secret, struct arena *arena)
{
    unsigned char mac[SHA256_SIZE];
    make_mac(secret, ABOUT_SECRET, text_from(token), mac);
    CLEANUP(freep) char *letters = base64_encode((struct text){ (char *)mac, sizeof(mac) });
    return arena_copy(arena, (struct text){ letters, SECRET_SIZE });
}

void session_issue(struct session *session, const char *secret, struct arena *arena,
                   struct sigv4_credentials *credentials_out)
{
    session->access_key_id = id_new_key(arena);
    const char *token = session_print(session, secret, arena);
    *credentials_out = (struct sigv4_credentials){
        .access_key_id = session->access_key_id,
        .secret_access_key = session_secret(token, secret, arena),
        .session_token = token,
    };
}
