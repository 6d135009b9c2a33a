/*
 * Signed requests. Lines: Authorization, X-Amz-Date, X-Amz-Security-Token, X-Amz-Content-Sha256,
 * path, query; the rest is the body. An empty line is a header that is not there.
 */
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "edge/authenticate.h"
#include "edge/credential.h"
#include "support/fuzz.h"

static const char keys[] = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
                           "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
                           "coalmine_account = 123456789012\n";
static const int64_t NOW_MS = 1795428720000; /* 20261123T101200Z */

enum { AUTHORIZATION, DATE, TOKEN, HASH, PATH, QUERY, LINES };

static const char *header(const char *name, const void *owner)
{
    const char *const *lines = owner;
    const char *value = strcasecmp(name, "authorization") == 0          ? lines[AUTHORIZATION]
                        : strcasecmp(name, "x-amz-date") == 0           ? lines[DATE]
                        : strcasecmp(name, "x-amz-security-token") == 0 ? lines[TOKEN]
                        : strcasecmp(name, "x-amz-content-sha256") == 0 ? lines[HASH]
                        : strcasecmp(name, "host") == 0                 ? "127.0.0.1:4599"
                                                                        : "";
    return value[0] ? value : NULL;
}

static struct keyring *load_keys(void)
{
    char path[] = "/tmp/coalmine-fuzz-keys-XXXXXX";
    struct error error = { 0 };
    int fd = mkstemp(path);
    fuzz_assert(fd >= 0 && write(fd, keys, strlen(keys)) == (ssize_t)strlen(keys));
    close(fd);
    struct keyring *keyring = keyring_load(path, &error);
    unlink(path);
    fuzz_assert(keyring);
    return keyring;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum protocol protocols[] = { PROTOCOL_REST_JSON, PROTOCOL_AWS_JSON,
                                               PROTOCOL_QUERY, PROTOCOL_CBOR };
    static struct keyring *keyring;
    struct arena arena = { 0 };
    const char *lines[LINES];
    struct text rest = { (const char *)data, size };
    if (!keyring)
        keyring = load_keys();
    for (int i = 0; i < LINES; i++)
        lines[i] = arena_copy(&arena, text_cut(&rest, '\n'));
    const struct signed_request request = { .method = "POST",
                                            .path = text_from(lines[PATH]),
                                            .query = text_from(lines[QUERY]),
                                            .body = rest,
                                            .header = header,
                                            .owner = lines,
                                            .service = "monitoring",
                                            .now_ms = NOW_MS };
    for (size_t i = 0; i < COUNT_OF(protocols); i++) {
        struct error error = { 0 };
        struct signer signer = { 0 };
        const struct signature_manner manner = { protocols[i], size % 2 };
        if (authenticate(keyring, &request, &manner, &arena, &signer, &error))
            fuzz_assert(strcmp(signer.account, "123456789012") == 0);
        else
            fuzz_assert(error.fault && error.message && error.message[0]);
        error_clear(&error);
    }
    struct credential caller =
        credential_read(header("authorization", lines), request.query, &arena);
    fuzz_assert(caller.account && strlen(caller.account) == 12);
    arena_clear(&arena);
    return 0;
}
