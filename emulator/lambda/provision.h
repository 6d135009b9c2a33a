/*
 * Provisioned concurrency (lambda-api.md section 8.3): who has ordered it, and the environments
 * that the pool keeps warm for it. Orders are rows; what has become of them is known only while
 * the server runs, and begins anew with it.
 */
#ifndef COALMINE_PROVISION_H
#define COALMINE_PROVISION_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "lambda/alias.h"
#include "lambda/state.h"

/* An order, for a version or an alias of a function. */
struct provision_order {
    struct function_key key;
    const char *qualifier;
    int64_t requested;
    int64_t modified_ms;
};

/* Texts live in the arena. */
bool provision_find(struct store *store, const struct function_key *key, const char *qualifier,
                    struct arena *arena, struct provision_order *order_out);
/* The function's next order by qualifier after `after`. */
bool provision_next(struct store *store, const struct function_key *key, const char *after,
                    struct arena *arena, struct provision_order *order_out);
void provision_save(struct store *store, const struct provision_order *order);
void provision_delete(struct store *store, const struct function_key *key, const char *qualifier);

/* The alias with provisioned concurrency that points to the version, other than `except`, in the
 * arena; NULL: none. */
const char *provision_alias_of(struct store *store, const struct function_key *key, int64_t number,
                               const char *except, struct arena *arena);

/* False with the fault if the alias, as it is or will be, may not have provisioned concurrency: it
 * must point to one published version that has none by another name. */
MUST_CHECK bool provision_check_alias(struct call *call, const struct function_key *key,
                                      const struct alias *alias);

enum provision_status { PROVISION_IN_PROGRESS, PROVISION_READY, PROVISION_FAILED };

/* What the API shows of an order. While IN_PROGRESS `available` are those of before. */
struct provision_progress {
    enum provision_status status;
    int64_t available;
};
struct provision_progress provision_progress(struct lambda *lambda,
                                             const struct provision_order *order);

/* How many invocations of a version provisioned environments take now. */
int64_t provision_allocated(struct lambda *lambda, const struct function_key *key, int64_t number);

/* Orders, aliases or versions have changed, or the store was emptied or rolled back: looks at
 * them soon, never inside this call. */
void provisions_refresh(struct lambda *lambda);
/* Looks no more. */
void provisions_stop(struct lambda *lambda);
/* Forgets what it knows of the environments. After the pool's end, or stop. */
void provisions_clear(struct lambda *lambda);

#endif
