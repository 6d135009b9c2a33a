#include "edge/keyring.h"

#include <stdlib.h>

#include "file.h"
#include "ini.h"
#include "map.h"
#include "pattern.h"
#include "xalloc.h"

enum { FILE_MAX = 1 << 20 };

struct keyring {
    struct map keys; /* struct access_key by id */
};

struct loading {
    struct keyring *keyring;
    const struct ini *ini;
    struct error *error;
    bool has_failed;
};

static void key_destroy(void *value)
{
    struct access_key *key = value;
    if (!key)
        return;
    free(key->secret);
    free(key->session_token);
    free(key->account);
    free(key);
}

static char *copy(const char *string)
{
    return string && *string ? xstrdup(string) : NULL;
}

static void add_key(struct keyring *keyring, const char *id, const struct access_key *key)
{
    struct access_key *own = xmalloc(sizeof(*own));
    *own = (struct access_key){ copy(key->secret), copy(key->session_token), copy(key->account) };
    key_destroy(map_remove(&keyring->keys, id));
    map_set(&keyring->keys, id, own);
}

static void fail(struct loading *loading, const char *section, const char *what)
{
    loading->has_failed = true;
    error_set(loading->error, NULL, "section [%s] %s", section, what);
}

static void load_section(const char *section, void *owner)
{
    struct loading *loading = owner;
    const struct ini *ini = loading->ini;
    const char *id = ini_get(ini, section, "aws_access_key_id");
    const char *secret = ini_get(ini, section, "aws_secret_access_key");
    const char *token = ini_get(ini, section, "aws_session_token");
    const char *account = ini_get(ini, section, "coalmine_account");
    if (loading->has_failed || (!id && !secret)) /* a section for other purposes */
        return;
    if (!id || !*id || !secret || !*secret)
        fail(loading, section, "has only one of aws_access_key_id and aws_secret_access_key");
    else if (account && !pattern_matches("\\d{12}", text_from(account)))
        fail(loading, section, "has a coalmine_account that is not 12 digits");
    else
        add_key(loading->keyring, id,
                &(struct access_key){ (char *)secret, (char *)token, (char *)account });
}

struct keyring *keyring_load(const char *path, struct error *error)
{
    size_t size;
    CLEANUP(freep) char *bytes = file_read(path, FILE_MAX, &size, error);
    if (!bytes)
        return NULL;
    struct ini *ini = ini_parse((struct text){ bytes, size });
    struct keyring *keyring = xcalloc(1, sizeof(*keyring));
    struct loading loading = { .keyring = keyring, .ini = ini, .error = error };
    ini_each_section(ini, load_section, &loading);
    ini_destroy(ini);
    if (!loading.has_failed && keyring->keys.count == 0)
        error_set(error, NULL,
                  "no key in it; it must look like ~/.aws/credentials: a [section] with "
                  "aws_access_key_id and aws_secret_access_key");
    if (keyring->keys.count && !loading.has_failed)
        return keyring;
    CLEANUP(freep) char *what = xstrdup(error->message);
    error_set(error, NULL, "--credentials %s: %s", path, what);
    keyring_destroy(keyring);
    return NULL;
}

void keyring_destroy(struct keyring *keyring)
{
    if (!keyring)
        return;
    map_clear(&keyring->keys, key_destroy);
    free(keyring);
}

const struct access_key *keyring_find(const struct keyring *keyring, const char *id)
{
    return map_find(&keyring->keys, id);
}
