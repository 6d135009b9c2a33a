/*
 * Two steps, apart in time: a call writes an order; then orders and what is kept are compared,
 * and the pool is told the difference. So it is the same whether an order came, its alias moved,
 * the server started or the store was rolled back.
 */
#include "lambda/provision.h"

#include <stdlib.h>

#include "lambda/function.h"
#include "clock.h"
#include "lambda/alias.h"
#include "lambda/target.h"
#include "log.h"
#include "xalloc.h"

enum {
    NO_VERSION = -1,
    RETRY_MS = 1000, /* until what could not be read is looked for again */
};

/* What is kept for one order. */
struct provision {
    struct provision *next;
    struct lambda *lambda;
    struct arena texts; /* of the order */
    struct provision_order order;
    int64_t number; /* the version that environments are kept for */
    char *pool_key;
    enum provision_status status;
    int64_t available;
    int64_t available_number; /* the version that those run; of an alias that has moved: none */
    int kept;                 /* environments that the machine had room for */
    bool is_ordered;          /* still; found out anew at each comparison */
};

static bool next_of_all(struct store *store, const struct provision_order *after,
                        struct arena *arena, struct provision_order *order_out);

static struct provision *find_provision(const struct lambda *lambda,
                                        const struct provision_order *order)
{
    struct provision *provision = lambda->provisions;
    while (provision && (strcmp(provision->order.qualifier, order->qualifier) != 0 ||
                         !function_key_equal(&provision->order.key, &order->key)))
        provision = provision->next;
    return provision;
}

/* The version that an order is for now; -1 if its qualifier is gone. */
static int64_t version_of(struct store *store, const struct provision_order *order)
{
    int64_t number = NO_VERSION;
    struct alias alias;
    struct function_version version;
    struct arena arena = { 0 };
    if (!version_parse(order->qualifier, &number) &&
        alias_find(store, &order->key, order->qualifier, &arena, &alias))
        number = alias.version;
    if (number != NO_VERSION && !version_find(store, &order->key, number, &arena, &version))
        number = NO_VERSION;
    arena_clear(&arena);
    return number;
}

const char *provision_alias_of(struct store *store, const struct function_key *key, int64_t number,
                               const char *except, struct arena *arena)
{
    struct provision_order order = { .qualifier = "" };
    while (provision_next(store, key, order.qualifier, arena, &order)) {
        int64_t named;
        if (!version_parse(order.qualifier, &named) && strcmp(order.qualifier, except) != 0 &&
            version_of(store, &order) == number)
            return order.qualifier;
    }
    return NULL;
}

struct provision_progress provision_progress(struct lambda *lambda,
                                             const struct provision_order *order)
{
    const struct provision *provision = find_provision(lambda, order);
    if (!provision)
        return (struct provision_progress){ PROVISION_IN_PROGRESS, 0 };
    bool is_current = provision->order.modified_ms == order->modified_ms &&
                      provision->order.requested == order->requested &&
                      provision->number == version_of(lambda->parts.store, order);
    return (struct provision_progress){ is_current ? provision->status : PROVISION_IN_PROGRESS,
                                        provision->available };
}

int64_t provision_allocated(struct lambda *lambda, const struct function_key *key, int64_t number)
{
    for (const struct provision *at = lambda->provisions; at; at = at->next)
        if (at->available_number == number && function_key_equal(&at->order.key, key))
            return at->available;
    return 0;
}

/* All that fit the machine are there, or one could not boot; that some were there before does not
 * matter. One that ended later is replaced without a word. */
static void on_change(const struct pool_kept *kept, void *owner)
{
    struct provision *provision = owner;
    enum provision_status status = provision->status;
    if (kept->has_failed)
        status = PROVISION_FAILED;
    else if (kept->ready >= kept->wanted)
        status = PROVISION_READY;
    if (status == provision->status)
        return;
    provision->status = status;
    provision->available = status == PROVISION_READY ? provision->order.requested : 0;
    provision->available_number = provision->number;
    targets_forget(provision->lambda);
    if (status == PROVISION_FAILED)
        log_warn("lambda",
                 "provisioned concurrency of %s:%s has failed: an environment cannot boot",
                 provision->order.key.name, provision->order.qualifier);
}

static void let_go(struct provision *provision)
{
    if (provision->pool_key)
        pool_retire(provision->lambda->parts.pool, provision->pool_key);
    free(provision->pool_key);
    provision->pool_key = NULL;
    provision->available_number = NO_VERSION;
}

static void provision_free(struct provision *provision)
{
    arena_clear(&provision->texts);
    free(provision->pool_key);
    free(provision);
}

static void copy_order(struct provision *provision, const struct provision_order *order)
{
    struct arena texts = { 0 };
    provision->order = (struct provision_order){
        .key = { arena_copy(&texts, text_from(order->key.account)),
                 arena_copy(&texts, text_from(order->key.region)),
                 arena_copy(&texts, text_from(order->key.name)) },
        .qualifier = arena_copy(&texts, text_from(order->qualifier)),
        .requested = order->requested,
        .modified_ms = order->modified_ms,
    };
    arena_clear(&provision->texts);
    provision->texts = texts;
}

/* Tells the pool what to keep; the plan is the version's. */
static void keep(struct provision *provision)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda *lambda = provision->lambda;
    struct arena arena = { 0 };
    struct function_name name = { provision->order.key, version_text(&arena, provision->number) };
    const struct target *target = target_get(lambda, &name, &error);
    if (target) {
        struct pool_keep wanted = { provision->order.requested, on_change, provision };
        const struct sandbox_plan *plan = &target->primary.provisioned_plan;
        if (provision->pool_key && strcmp(provision->pool_key, plan->key) != 0)
            let_go(provision);
        if (!provision->pool_key)
            provision->pool_key = xstrdup(plan->key);
        struct pool_kept kept = pool_keep(lambda->parts.pool, plan, &wanted);
        provision->kept = kept.wanted;
        provision->status = PROVISION_IN_PROGRESS;
        on_change(&kept, provision);
    } else if (!error.fault) {
        provision->number = NO_VERSION; /* it could not be read: the next look is the first again */
    }
    arena_clear(&arena);
}

static struct provision *add_provision(struct lambda *lambda)
{
    struct provision *provision = xcalloc(1, sizeof(*provision));
    provision->lambda = lambda;
    provision->number = NO_VERSION;
    provision->available_number = NO_VERSION;
    provision->next = lambda->provisions;
    lambda->provisions = provision;
    return provision;
}

/* True if it told the pool something new. */
static bool compare(struct lambda *lambda, const struct provision_order *order)
{
    int64_t number = version_of(lambda->parts.store, order);
    struct provision *provision = find_provision(lambda, order);
    if (number == NO_VERSION)
        return false;
    if (!provision)
        provision = add_provision(lambda);
    provision->is_ordered = true;
    if (provision->number == number && provision->order.modified_ms == order->modified_ms &&
        provision->order.requested == order->requested)
        return false;
    copy_order(provision, order);
    provision->number = number;
    keep(provision);
    return true;
}

/* Those whose order is gone; true if there were any. */
static bool drop_unordered(struct lambda *lambda)
{
    bool has_dropped = false;
    struct provision **link = &lambda->provisions;
    while (*link) {
        struct provision *provision = *link;
        if (provision->is_ordered) {
            link = &provision->next;
            continue;
        }
        *link = provision->next;
        let_go(provision);
        provision_free(provision);
        has_dropped = true;
    }
    return has_dropped;
}

/* There may be room now for what there was none before. */
static void fill_up(struct lambda *lambda)
{
    for (struct provision *at = lambda->provisions; at; at = at->next)
        if (at->status == PROVISION_READY && at->kept < at->order.requested)
            keep(at);
}

/* What cannot be read may be ordered: it is kept, and looked for again. */
static void on_refresh(void *owner)
{
    struct lambda *lambda = owner;
    struct store *store = lambda->parts.store;
    struct arena arena = { 0 };
    uint64_t failures = store_failures(store);
    struct provision_order order = { .key = { "", "", "" }, .qualifier = "" };
    for (struct provision *at = lambda->provisions; at; at = at->next)
        at->is_ordered = false;
    bool has_changed = false;
    while (next_of_all(store, &order, &arena, &order))
        has_changed |= compare(lambda, &order);
    if (store_failures(store) != failures)
        schedule_set(lambda->parts.schedule, &lambda->provisioning, clock_now_ms() + RETRY_MS,
                     on_refresh, lambda);
    else
        has_changed |= drop_unordered(lambda);
    if (has_changed) {
        fill_up(lambda);
        targets_forget(lambda);
    }
    arena_clear(&arena);
}

void provisions_refresh(struct lambda *lambda)
{
    schedule_set(lambda->parts.schedule, &lambda->provisioning, clock_now_ms(), on_refresh, lambda);
}

void provisions_stop(struct lambda *lambda)
{
    schedule_clear(lambda->parts.schedule, &lambda->provisioning);
}

void provisions_clear(struct lambda *lambda)
{
    while (lambda->provisions) {
        struct provision *next = lambda->provisions->next;
        provision_free(lambda->provisions);
        lambda->provisions = next;
    }
}

static bool read_order(struct store *store, sqlite3_stmt *query, struct arena *arena,
                       struct provision_order *order_out)
{
    if (!store_step(store, query))
        return false;
    *order_out = (struct provision_order){
        .key = { store_copy(query, 0, arena), store_copy(query, 1, arena),
                 store_copy(query, 2, arena) },
        .qualifier = store_copy(query, 3, arena),
        .requested = sqlite3_column_int64(query, 4),
        .modified_ms = sqlite3_column_int64(query, 5),
    };
    sqlite3_reset(query);
    return true;
}

#define ORDER_COLUMNS "account, region, name, qualifier, requested, modified_ms"

bool provision_find(struct store *store, const struct function_key *key, const char *qualifier,
                    struct arena *arena, struct provision_order *order_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT " ORDER_COLUMNS " FROM lambda_provisioned_concurrency WHERE account = ? AND "
               "region = ? AND name = ? AND qualifier = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier);
    return read_order(store, query, arena, order_out);
}

bool provision_next(struct store *store, const struct function_key *key, const char *after,
                    struct arena *arena, struct provision_order *order_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT " ORDER_COLUMNS " FROM lambda_provisioned_concurrency WHERE account = ? AND "
               "region = ? AND name = ? AND qualifier > ? ORDER BY qualifier LIMIT 1");
    function_key_bind(query, key);
    store_bind_text(query, 4, after);
    return read_order(store, query, arena, order_out);
}

static bool next_of_all(struct store *store, const struct provision_order *after,
                        struct arena *arena, struct provision_order *order_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " ORDER_COLUMNS " FROM lambda_provisioned_concurrency WHERE "
                           "(account, region, name, qualifier) > (?, ?, ?, ?) "
                           "ORDER BY account, region, name, qualifier LIMIT 1");
    function_key_bind(query, &after->key);
    store_bind_text(query, 4, after->qualifier);
    return read_order(store, query, arena, order_out);
}

void provision_save(struct store *store, const struct provision_order *order)
{
    sqlite3_stmt *query =
        store_query(store, "INSERT OR REPLACE INTO lambda_provisioned_concurrency "
                           "(" ORDER_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)");
    function_key_bind(query, &order->key);
    store_bind_text(query, 4, order->qualifier);
    store_bind_int(query, 5, order->requested);
    store_bind_int(query, 6, order->modified_ms);
    store_run(store, query);
}

void provision_delete(struct store *store, const struct function_key *key, const char *qualifier)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM lambda_provisioned_concurrency WHERE account = ? AND "
                           "region = ? AND name = ? AND qualifier = ?");
    function_key_bind(query, key);
    store_bind_text(query, 4, qualifier);
    store_run(store, query);
}
