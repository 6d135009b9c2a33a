/*
 * A deployment on disk, where other terminals see it and from where a dead client's work is taken
 * up: docs/record.md.
 */
#ifndef CANARY_DEPLOYMENT_H
#define CANARY_DEPLOYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "error.h"
#include "json.h"

/* Which alias, where. `account` "" if it is not known. */
struct alias_identity {
    const char *account;
    const char *region;
    const char *endpoint;
    const char *function;
    const char *alias;
};

/* A deployment that this process works on. */
struct deployment {
    char *directory;
    char *id;
    cJSON *facts; /* what deployment.json always has */
    int lock;
    int alias_lock;
    int record;
    void (*on_line)(const cJSON *line, void *owner); /* told of each line; NULL */
    void *owner;
    char *failure; /* the first write that failed; NULL: none */
};

/* Where deployments are kept: `given`, else $XDG_STATE_HOME/canary, else ~/.local/state/canary. The
 * caller owns it. */
char *state_path(const char *given);
/* The same, and makes it. NULL with a sentence. */
MUST_CHECK char *state_directory(const char *given, struct error *error);

/* Makes a deployment and locks it and its alias: refused while another process works on it. */
MUST_CHECK bool deployment_create(const char *state, const struct alias_identity *identity,
                                  const cJSON *plan, bool is_fast, int64_t now_ms,
                                  struct deployment *deployment_out, struct error *error);
/* Takes an unfinished one over. */
MUST_CHECK bool deployment_take_over(const char *state, const char *id,
                                     struct deployment *deployment_out, struct error *error);
/* The lines that came into the record after deployment.json (`saved`) was last written: their
 * writer has died in between. An array that the caller owns. */
cJSON *deployment_lines_since(const struct deployment *deployment, const cJSON *saved);
/* Lets the locks go and frees. */
void deployment_close(struct deployment *deployment);

/* Replaces deployment.json by the facts and `state` (which it takes), durably. */
void deployment_save(struct deployment *deployment, cJSON *takes);

/* Adds a line (which it takes) to the record and tells the observer. */
void deployment_record(struct deployment *deployment, cJSON *takes);
/* The beginning of a line. */
cJSON *record_line(const char *type, int64_t now_ms);

/* deployment.json; NULL if there is no such deployment. The caller owns it. */
cJSON *deployment_read(const char *state, const char *id);
/* All of them, oldest first; an array that the caller owns. */
cJSON *deployment_list(const char *state);
/* True if it is of this alias. An unknown account is any. */
bool deployment_is_of(const cJSON *deployment, const struct alias_identity *identity);
/* The latest of an alias, or the latest that is not over; NULL: none. The caller owns it. */
cJSON *deployment_find(const char *state, const struct alias_identity *identity,
                       bool is_unfinished);

/* True while a process works on it; *pid_out says which. */
bool deployment_is_alive(const char *state, const char *id, long *pid_out);

/* Coalmine's clock is one client's to turn (--fast), until *fd_out is closed. */
MUST_CHECK bool deployment_lock_clock(const char *state, const char *endpoint, int *fd_out,
                                      struct error *error);

/* Removes the oldest finished ones beyond the 200 that are kept, and what clients left that were
 * killed before they had written anything down, once it is an hour old. */
void deployment_prune(const char *state);

#endif
