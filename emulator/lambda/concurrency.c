#include "lambda/concurrency.h"

#include "lambda/function.h"
#include "log.h"
#include "xalloc.h"

enum { NONE = -1, UNRESERVED_MINIMUM = 100 };

struct concurrency_counter *concurrency_counter(struct lambda *lambda, const char *key)
{
    struct concurrency_counter *counter = map_find(&lambda->in_flight, key);
    if (!counter) {
        counter = xcalloc(1, sizeof(*counter));
        map_set(&lambda->in_flight, key, counter);
    }
    return counter;
}

int64_t concurrency_reserved(struct store *store, const struct function_key *key)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT reserved_concurrency FROM lambda_function WHERE account = ? "
                           "AND region = ? AND name = ?");
    function_key_bind(query, key);
    return store_number(store, query, NONE);
}

void concurrency_reserve(struct store *store, const struct function_key *key, int64_t reserved)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE lambda_function SET reserved_concurrency = ?4 WHERE "
                           "account = ?1 AND region = ?2 AND name = ?3");
    function_key_bind(query, key);
    if (reserved != NONE)
        store_bind_int(query, 4, reserved);
    store_run(store, query);
}

int64_t concurrency_provisioned_total(struct store *store, const struct function_key *key)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT sum(requested) FROM lambda_provisioned_concurrency WHERE "
                           "account = ? AND region = ? AND name = ?");
    function_key_bind(query, key);
    return store_number(store, query, 0);
}

struct concurrency_account concurrency_account(struct lambda *lambda, const char *account,
                                               const char *region)
{
    struct store *store = lambda->parts.store;
    sqlite3_stmt *reserved =
        store_query(store, "SELECT sum(reserved_concurrency) FROM lambda_function WHERE "
                           "account = ? AND region = ? AND reserved_concurrency IS NOT NULL");
    sqlite3_stmt *provisioned = store_query(
        store, "SELECT sum(requested) FROM lambda_provisioned_concurrency JOIN lambda_function "
               "USING (account, region, name) WHERE account = ? AND region = ? AND "
               "reserved_concurrency IS NULL");
    store_bind_text(reserved, 1, account);
    store_bind_text(reserved, 2, region);
    store_bind_text(provisioned, 1, account);
    store_bind_text(provisioned, 2, region);
    return (struct concurrency_account){
        .limit = lambda->parts.concurrency_limit,
        .reserved = store_number(store, reserved, 0),
        .provisioned_unreserved = store_number(store, provisioned, 0),
    };
}

void concurrency_warn(struct lambda *lambda)
{
    struct store *store = lambda->parts.store;
    int64_t limit = lambda->parts.concurrency_limit;
    sqlite3_stmt *query =
        store_query(store, "SELECT account, region, sum(reserved_concurrency) FROM lambda_function "
                           "WHERE reserved_concurrency IS NOT NULL GROUP BY account, region "
                           "HAVING sum(reserved_concurrency) > ?");
    store_bind_int(query, 1, limit);
    while (store_step(store, query))
        log_warn("lambda",
                 "functions of %s in %s have reserved %lld of --concurrency %lld: the others get "
                 "429; start with a larger one, or take reservations back "
                 "(DeleteFunctionConcurrency)",
                 store_text(query, 0), store_text(query, 1),
                 (long long)sqlite3_column_int64(query, 2), (long long)limit);
}

int64_t concurrency_unreserved_minimum(const struct concurrency_account *account)
{
    return account->limit < UNRESERVED_MINIMUM ? 0 : UNRESERVED_MINIMUM;
}

static struct concurrency_counter *counter_of(struct lambda *lambda, struct arena *arena,
                                              const char *what, const struct function_key *key,
                                              const char *rest)
{
    return concurrency_counter(
        lambda, arena_format(arena, "%s/%s/%s/%s", what, key->account, key->region, rest));
}

void concurrency_scope_fill(struct lambda *lambda, const struct function_key *key,
                            const char *resource, struct concurrency_scope *scope_out)
{
    struct arena arena = { 0 };
    struct store *store = lambda->parts.store;
    struct concurrency_account account = concurrency_account(lambda, key->account, key->region);
    int64_t reserved = concurrency_reserved(store, key);
    *scope_out = (struct concurrency_scope){
        .account = counter_of(lambda, &arena, "account", key, ""),
        .unreserved = counter_of(lambda, &arena, "unreserved", key, ""),
        .function = counter_of(lambda, &arena, "function", key, key->name),
        .function_on_demand = counter_of(lambda, &arena, "on-demand", key, key->name),
        .resource = counter_of(lambda, &arena, "resource", key, resource),
        .reserved = reserved,
        .on_demand_limit = reserved == NONE
                               ? account.limit - account.reserved - account.provisioned_unreserved
                               : reserved - concurrency_provisioned_total(store, key),
        .account_reserved = account.reserved + account.provisioned_unreserved,
    };
    arena_clear(&arena);
}

enum concurrency_verdict concurrency_take(const struct concurrency_scope *scope,
                                          const struct concurrency_version *version,
                                          struct concurrency_hold *hold_out)
{
    bool is_provisioned = version->provisioned->running < version->allocated;
    const struct concurrency_counter *limited =
        scope->reserved == NONE ? scope->unreserved : scope->function_on_demand;
    if (!is_provisioned && limited->running >= scope->on_demand_limit)
        return scope->reserved == NONE ? CONCURRENCY_ACCOUNT_FULL : CONCURRENCY_FUNCTION_FULL;
    *hold_out = (struct concurrency_hold){ *scope, *version, is_provisioned };
    scope->account->running++;
    scope->function->running++;
    scope->resource->running++;
    version->executed->running++;
    if (is_provisioned) {
        version->provisioned->running++;
    } else {
        scope->function_on_demand->running++;
        scope->unreserved->running += scope->reserved == NONE;
    }
    return CONCURRENCY_TAKEN;
}

void concurrency_give_back(const struct concurrency_hold *hold)
{
    hold->scope.account->running--;
    hold->scope.function->running--;
    hold->scope.resource->running--;
    hold->version.executed->running--;
    if (hold->is_provisioned) {
        hold->version.provisioned->running--;
    } else {
        hold->scope.function_on_demand->running--;
        hold->scope.unreserved->running -= hold->scope.reserved == NONE;
    }
}
