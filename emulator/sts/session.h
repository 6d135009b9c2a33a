/*
 * Sessions of temporary credentials. AWS keeps them; here the token itself says who its holder is
 * and until when, and the long-term key that began the session vouches for it: nothing is stored,
 * a restart changes nothing, and a session ends with its key.
 */
#ifndef COALMINE_SESSION_H
#define COALMINE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "sigv4.h"

struct session {
    const char *access_key_id; /* "ASIA..." */
    const char *vouching_id;   /* of the long-term key that began it, or the session before it */
    const char *account;
    const char *arn;     /* of the caller that it makes of its holder */
    const char *user_id; /* likewise */
    bool is_role;        /* a role was assumed */
    int64_t expires_ms;  /* true time */
};

/* `secret` is always the vouching key's secret access key, "" where keys are not verified. What is
 * returned lives in the arena. */

/* The vouching key of a session that none vouches for. */
#define SESSION_UNVOUCHED "none"

/* The session token: the session and a MAC (HMAC-SHA-256) over it, in base64. */
const char *session_print(const struct session *session, const char *secret, struct arena *arena);

/* Reads a token; false if it is none of ours. Whether it is genuine is not looked at. */
MUST_CHECK bool session_read(const char *token, struct arena *arena, struct session *session_out);

/* Whether the holder of that secret made the token that the session was read from. */
MUST_CHECK bool session_is_genuine(const struct session *session, const char *token,
                                   const char *secret, struct arena *arena);

/* The secret access key that belongs to a token: 40 letters of base64, as AWS's. */
const char *session_secret(const char *token, const char *secret, struct arena *arena);

/* Gives the session, complete but for its access key, a new one, and says what its holder signs
 * with. */
void session_issue(struct session *session, const char *secret, struct arena *arena,
                   struct sigv4_credentials *credentials_out);

#endif
