/* Policy documents: any text is judged by IAM's checks, and what denies does not allow. */
#include "arena.h"
#include "iam/permissions_policy.h"
#include "iam/trust_policy.h"
#include "json.h"
#include "lambda/url_access.h"
#include "support/fuzz.h"

static void expect_reason(bool is_sound, struct error *error)
{
    fuzz_assert(is_sound || error->message);
    error_clear(error);
}

static void check_as_iam(const char *policy)
{
    struct error error = { 0 };
    expect_reason(trust_policy_check(policy, &error), &error);
    expect_reason(permissions_policy_check(policy, &error), &error);
    expect_reason(managed_policy_check(policy, &error), &error);
}

static void ask_as_url(const cJSON *statements)
{
    static const char *const accounts[] = { NULL, "111111111111" };
    static const char *const auth_types[] = { "NONE", "AWS_IAM" };
    for (size_t i = 0; i < COUNT_OF(accounts); i++) {
        for (size_t j = 0; j < COUNT_OF(auth_types); j++)
            fuzz_assert(!(url_policy_denies(statements, accounts[i], auth_types[j]) &&
                          url_policy_allows(statements, accounts[i], auth_types[j])));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    check_as_iam(arena_copy(&arena, (struct text){ (const char *)data, size }));
    cJSON *document = json_parse((struct text){ (const char *)data, size });
    ask_as_url(json_get(document, "Statement"));
    cJSON_Delete(document);
    arena_clear(&arena);
    return 0;
}
