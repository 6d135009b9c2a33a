#include "lambda/recursion.h"

#include "lambda/function.h"

static const char allow[] = "Allow";
static const char terminate[] = "Terminate";

bool recursion_is_stopped(struct store *store, const struct function_key *key)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT recursive_loop FROM lambda_function WHERE account = ? AND "
                           "region = ? AND name = ?");
    function_key_bind(query, key);
    bool is_allowed = store_step(store, query) && strcmp(store_text(query, 0), allow) == 0;
    sqlite3_reset(query);
    return !is_allowed;
}

void recursion_set_stopped(struct store *store, const struct function_key *key, bool is_stopped)
{
    sqlite3_stmt *query =
        store_query(store, "UPDATE lambda_function SET recursive_loop = ?4 WHERE account = ?1 AND "
                           "region = ?2 AND name = ?3");
    function_key_bind(query, key);
    store_bind_text(query, 4, is_stopped ? terminate : allow);
    store_run(store, query);
}
