#include "lambda/recursion.h"

static const char allow[] = "Allow";
static const char terminate[] = "Terminate";

static void bind_key(sqlite3_stmt *query, const struct function_key *key)
{
    store_bind_text(query, 1, key->account);
    store_bind_text(query, 2, key->region);
    store_bind_text(query, 3, key->name);
}

bool recursion_is_stopped(struct store *store, const struct function_key *key)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT recursive_loop FROM lambda_function WHERE account = ? AND "
                           "region = ? AND name = ?");
    bind_key(query, key);
    bool is_allowed = store_step(store, query) && strcmp(store_text(query, 0), allow) == 0;
    sqlite3_reset(query);
    return !is_allowed;
}

void recursion_set_stopped(struct store *store, const struct function_key *key, bool is_stopped)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE lambda_function SET recursive_loop = ?4 WHERE account = ?1 AND "
                           "region = ?2 AND name = ?3");
    bind_key(query, key);
    store_bind_text(query, 4, is_stopped ? terminate : allow);
    store_run(store, query);
}
