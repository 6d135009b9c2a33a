/*
 * The access keys that may call, from a file in the form of ~/.aws/credentials (--credentials).
 * A section may say which account its key belongs to with `coalmine_account`; else a 12-digit
 * access key id is the account, and any other key belongs to 000000000000.
 */
#ifndef COALMINE_KEYRING_H
#define COALMINE_KEYRING_H

#include "compiler.h"
#include "error.h"

struct keyring;

struct access_key {
    char *secret;
    char *session_token; /* NULL: a long-term key */
    char *account;       /* NULL: as the id says */
};

/* NULL with a sentence if the file cannot be read, or holds no key. */
MUST_CHECK struct keyring *keyring_load(const char *path, struct error *error);
void keyring_destroy(struct keyring *keyring); /* accepts NULL */

/* Borrowed; NULL if nobody has that id. */
const struct access_key *keyring_find(const struct keyring *keyring, const char *id);

#endif
