#include "lambda/settle.h"

#include "clock.h"
#include "lambda/code.h"
#include "lambda/faults.h"
#include "lambda/target.h"
#include "log.h"

enum { RETRY_MS = 1000 };

static bool find_first_due(struct store *store, int64_t *due_ms_out);
static bool find_outlived(const struct lambda *lambda, int64_t now_ms, struct arena *arena,
                          struct function_version *version_out);
static void mark_settled(const struct lambda *lambda, int64_t now_ms);

int64_t settle_time(const struct lambda *lambda)
{
    return lambda->parts.settle_ms ? clock_now_ms() + lambda->parts.settle_ms : 0;
}

void settle_begin(struct call *call, struct function_version *version)
{
    version->revision_id = new_uuid(&call->arena);
    version->settling_revision_id = new_uuid(&call->arena);
    version->settles_ms = settle_time(lambda_of(call));
}

bool settle_may_run(bool is_pending, struct error *error)
{
    return !is_pending ||
           error_set(error, &LAMBDA_RESOURCE_CONFLICT,
                     "The operation cannot be performed at this time. The function is currently in "
                     "the following state: Pending");
}

bool settle_is_over(struct call *call, const struct function_version *latest)
{
    enum version_state state = version_state(latest);
    if (state == VERSION_UPDATING)
        return error_set(&call->error, &LAMBDA_RESOURCE_CONFLICT,
                         "The operation cannot be performed at this time. An update is in progress "
                         "for resource: %s",
                         function_arn(&call->arena, &latest->key, NULL));
    return settle_may_run(state == VERSION_PENDING, &call->error);
}

/* What $LATEST was before runs no more. */
static void end_outlived(struct lambda *lambda, int64_t now_ms)
{
    struct arena arena = { 0 };
    struct function_version version;
    while (find_outlived(lambda, now_ms, &arena, &version)) {
        target_retire(lambda, &version);
        version_delete(lambda->parts.store, &version.key, version.number);
        code_release_version(lambda, &version);
    }
    arena_clear(&arena);
}

/* A write that is refused leaves all as it was. */
static void on_due(void *owner)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda *lambda = owner;
    int64_t now_ms = clock_now_ms();
    store_begin_call(lambda->parts.store);
    end_outlived(lambda, now_ms);
    mark_settled(lambda, now_ms);
    targets_forget(lambda);
    if (store_end_call(lambda->parts.store, true, &error)) {
        settle_refresh(lambda);
        return;
    }
    log_error("lambda", "functions stay Pending or InProgress: %s", error.message);
    settle_retry(lambda);
}

/* Goes on when the first is due, not before `earliest_ms`. Nothing settles for longer than the
 * setting says: what is due after that was written when the clock was ahead (it was set back, or
 * moved before a restart), or with another setting, and is due now. */
static void set_entry(struct lambda *lambda, int64_t earliest_ms)
{
    int64_t due_ms;
    int64_t now_ms = clock_now_ms();
    struct store *store = lambda->parts.store;
    uint64_t failures = store_failures(store);
    bool is_any = find_first_due(store, &due_ms);
    if (store_failures(store) != failures) {
        due_ms = now_ms + RETRY_MS;
    } else if (!is_any) {
        settle_stop(lambda);
        return;
    } else if (due_ms > now_ms + lambda->parts.settle_ms) {
        due_ms = now_ms;
    }
    if (due_ms < earliest_ms)
        due_ms = earliest_ms;
    schedule_set(lambda->parts.schedule, &lambda->settling, due_ms, on_due, lambda);
}

void settle_refresh(struct lambda *lambda)
{
    set_entry(lambda, INT64_MIN);
}

void settle_retry(struct lambda *lambda)
{
    set_entry(lambda, clock_now_ms() + RETRY_MS);
}

void settle_stop(struct lambda *lambda)
{
    schedule_clear(lambda->parts.schedule, &lambda->settling);
}

static bool find_first_due(struct store *store, int64_t *due_ms_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT min(settles_ms) FROM lambda_version WHERE settles_ms > 0");
    bool found = store_step(store, query) && sqlite3_column_type(query, 0) != SQLITE_NULL;
    if (found)
        *due_ms_out = sqlite3_column_int64(query, 0);
    sqlite3_reset(query);
    return found;
}

static void bind_due(const struct lambda *lambda, sqlite3_stmt *query, int64_t now_ms)
{
    store_bind_int(query, 1, now_ms);
    store_bind_int(query, 2, now_ms + lambda->parts.settle_ms);
}

/* A previous $LATEST whose successor has settled by then. */
static bool find_outlived(const struct lambda *lambda, int64_t now_ms, struct arena *arena,
                          struct function_version *version_out)
{
    struct store *store = lambda->parts.store;
    sqlite3_stmt *query = store_query(
        store, "SELECT account, region, name FROM lambda_version AS previous WHERE number = -1 AND "
               "EXISTS (SELECT 1 FROM lambda_version AS latest WHERE "
               "latest.account = previous.account AND latest.region = previous.region AND "
               "latest.name = previous.name AND latest.number = 0 AND "
               "(latest.settles_ms <= ?1 OR latest.settles_ms > ?2)) LIMIT 1");
    bind_due(lambda, query, now_ms);
    if (!store_step(store, query))
        return false;
    const struct function_key key = { store_copy(query, 0, arena), store_copy(query, 1, arena),
                                      store_copy(query, 2, arena) };
    sqlite3_reset(query);
    return version_find(store, &key, VERSION_PREVIOUS, arena, version_out);
}

static void mark_settled(const struct lambda *lambda, int64_t now_ms)
{
    struct store *store = lambda->parts.store;
    sqlite3_stmt *query =
        store_query(store, "UPDATE lambda_version SET settles_ms = 0, settling_revision_id = NULL "
                           "WHERE settles_ms > 0 AND (settles_ms <= ?1 OR settles_ms > ?2)");
    bind_due(lambda, query, now_ms);
    store_run(store, query);
}
