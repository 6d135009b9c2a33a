/*
 * Layers and their versions: names and SQL. A layer outlives its versions, whose numbers are never
 * used again; a function outlives the versions it uses (layer_use.h).
 */
#ifndef COALMINE_LAYER_H
#define COALMINE_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "lambda/function_name.h"
#include "store/store.h"

/* As the live service prints them. */
extern const char layer_name_pattern[];
extern const char layer_version_arn_pattern[];

struct layer_version {
    struct function_key key; /* name: the layer's */
    int64_t number;
    const char *configuration; /* JSON text, see schema.c */
    const char *code_sha256;   /* base64 */
    int64_t code_size;
    const char *code_id;
    int64_t created_ms;
};

/* In the arena. */
const char *layer_arn(struct arena *arena, const struct function_key *key);
const char *layer_version_arn(struct arena *arena, const struct function_key *key, int64_t number);

/* Takes "arn:aws:lambda:<region>:<account>:layer:<name>[:<number>]" apart; *number_out is -1
 * without a number. False for anything else. Texts live in the arena. */
MUST_CHECK bool layer_arn_parse(const char *arn, struct arena *arena, struct function_key *key_out,
                                int64_t *number_out);

/* Adds a version to the layer, which it makes if need be; sets the version's number. */
void layer_version_insert(struct store *store, struct layer_version *version);

/* Its texts live in the arena. False: the layer has no such version. */
bool layer_version_find(struct store *store, const struct function_key *key, int64_t number,
                        struct arena *arena, struct layer_version *version_out);

/* The newest version before `before`, newest first; false at the end. */
bool layer_version_before(struct store *store, const struct function_key *key, int64_t before,
                          struct arena *arena, struct layer_version *version_out);

/* The name of the next layer after `after` that has a version, in the arena; NULL at the end. */
const char *layer_next(struct store *store, const struct function_key *scope, const char *after,
                       struct arena *arena);

/* With its policy. */
void layer_version_delete(struct store *store, const struct function_key *key, int64_t number);

/* True if some layer version has this code. */
bool layer_code_is_used(struct store *store, const char *code_sha256);

/* The code of the layer version that has this download name; false if none. */
bool layer_version_find_by_code_id(struct store *store, const char *account, const char *layer,
                                   const char *code_id, struct arena *arena,
                                   const char **code_sha256_out);

#endif
