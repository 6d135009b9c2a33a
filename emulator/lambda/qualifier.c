#include "lambda/qualifier.h"

#include "lambda/alias.h"
#include "lambda/event_invoke_config.h"
#include "lambda/function.h"
#include "lambda/policy.h"
#include "lambda/runtime_management.h"

bool qualifier_exists(struct store *store, const struct function_key *key, const char *qualifier)
{
    struct arena arena = { 0 };
    struct function_version version;
    struct alias alias;
    int64_t number = 0;
    bool is_version = !qualifier || version_parse(qualifier, &number);
    bool exists = is_version ? version_find(store, key, number, &arena, &version)
                             : alias_find(store, key, qualifier, &arena, &alias);
    arena_clear(&arena);
    return exists;
}

void qualifier_release(struct store *store, const struct function_key *key, const char *qualifier)
{
    struct arena arena = { 0 };
    struct policy_key resource = policy_key_of_function(key, qualifier, &arena);
    policy_delete(store, &resource);
    event_invoke_config_delete(store, key, qualifier);
    runtime_management_delete(store, key, qualifier);
    arena_clear(&arena);
}
