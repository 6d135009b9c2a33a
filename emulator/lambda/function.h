/*
 * Functions and their versions: rules and SQL. Version 0 is $LATEST.
 *
 * A version that settles shows settling_revision_id, and revision_id from its end on (settle.h).
 */
#ifndef COALMINE_FUNCTION_H
#define COALMINE_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "lambda/function_name.h"
#include "store/store.h"

/* $LATEST as it was before the update that is InProgress: what runs meanwhile. */
enum { VERSION_LATEST = 0, VERSION_PREVIOUS = -1 };

struct function_version {
    struct function_key key;
    int64_t number;
    const char *configuration; /* JSON text, see schema.c */
    const char *code_sha256;   /* base64 */
    int64_t code_size;
    const char *code_id;
    const char *revision_id;
    int64_t modified_ms;
    int64_t generation;
    int64_t settles_ms;               /* service time; 0: it has settled */
    const char *settling_revision_id; /* shown until then */
};

enum version_state {
    VERSION_ACTIVE,   /* State Active, LastUpdateStatus Successful */
    VERSION_PENDING,  /* State Pending */
    VERSION_UPDATING, /* LastUpdateStatus InProgress; $LATEST only */
};
enum version_state version_state(const struct function_version *version);
/* The RevisionId that the version shows now. */
const char *version_revision(const struct function_version *version);

/* A RevisionId or a download's name that nothing has had before; in the arena. */
const char *new_uuid(struct arena *arena);

/* account, region and name as the first three parameters of a statement. */
void function_key_bind(sqlite3_stmt *query, const struct function_key *key);

bool function_exists(struct store *store, const struct function_key *key);

/* The version; false if there is none. Texts live in the arena. */
bool version_find(struct store *store, const struct function_key *key, int64_t number,
                  struct arena *arena, struct function_version *version_out);

/* What runs when $LATEST is invoked: while an update is InProgress, what was there before. */
bool version_find_running(struct store *store, const struct function_key *key, int64_t number,
                          struct arena *arena, struct function_version *version_out);

/* The next version of the function after `after` (-1: from $LATEST on); false at the end. */
bool version_next(struct store *store, const struct function_key *key, int64_t after,
                  struct arena *arena, struct function_version *version_out);

/* The next function's $LATEST by name after `after` in key's account and region. */
bool function_next(struct store *store, const struct function_key *key, const char *after,
                   struct arena *arena, struct function_version *version_out);

/* Makes the function with its $LATEST. */
void function_insert(struct store *store, const struct function_version *latest, const char *tags);
/* Rewrites $LATEST; its generation grows. */
void function_update(struct store *store, const struct function_version *latest);
/* Keeps what $LATEST was, for the time of the update that begins: it has settled itself. */
void function_keep_previous(struct store *store, const struct function_version *old);
/* Gives $LATEST another RevisionId. */
void function_touch(struct store *store, const struct function_key *key, const char *revision_id);
void version_touch(struct store *store, const struct function_key *key, int64_t number,
                   const char *revision_id);

/* JSON text of the tags, in the arena. */
const char *function_tags(struct store *store, const struct function_key *key, struct arena *arena);
void function_set_tags(struct store *store, const struct function_key *key, const char *tags);

/* Removes the function with all its versions and aliases; false if there was none. */
bool function_delete(struct store *store, const struct function_key *key);
void version_delete(struct store *store, const struct function_key *key, int64_t number);

/* Freezes $LATEST as the next version, unless nothing has changed since the newest one, which is
 * then answered. `description` NULL: that of $LATEST. A new version gets `modified_ms` of
 * $LATEST, and settles when that does but not before `settles_ms` (0: at once). Returns true if it
 * made one. */
bool version_publish(struct store *store, const struct function_version *latest,
                     const char *description, int64_t settles_ms, struct arena *arena,
                     struct function_version *version_out);

/* What an account's functions and layers take in a region; every version counts its code again.
 */
struct account_usage {
    int64_t code_size;
    int64_t function_count;
};
struct account_usage account_usage(struct store *store, const char *account, const char *region);

/* True if some version, of any function, has this code, or these layers joined. */
bool code_is_used(struct store *store, const char *code_sha256);
/* The version of any function in the account that has this download name; false if none. */
bool version_find_by_code_id(struct store *store, const char *account, const char *function,
                             const char *code_id, struct arena *arena,
                             const char **code_sha256_out);

#endif
