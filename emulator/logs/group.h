/*
 * Log groups as the control plane keeps them.
 */
#ifndef COALMINE_LOGS_GROUP_H
#define COALMINE_LOGS_GROUP_H

#include <stdbool.h>

#include "arena.h"
#include "compiler.h"
#include "operation/operation.h"
#include "store/store.h"

struct group_key {
    const char *account;
    const char *region;
    const char *name;
};

struct log_group {
    int64_t id; /* random; never used again */
    struct group_key key;
    int64_t created_ms;
    int64_t retention_days; /* 0: for ever */
    const char *kms_key_id; /* NULL: none */
    const char *group_class;
    bool is_protected;
    const char *tags; /* JSON object */
};

/* An id that no group or stream ever had. */
int64_t group_new_id(void);

/* The group's texts live in the arena. */
MUST_CHECK bool group_find(struct store *store, const struct group_key *key, struct arena *arena,
                           struct log_group *group_out);
void group_insert(struct store *store, const struct log_group *group);
void group_delete(struct store *store, int64_t id);
void group_set_retention(struct store *store, int64_t id, int64_t days);
/* 0 if there is no such group, too. */
int64_t group_retention_days(struct store *store, int64_t id);
void group_set_protection(struct store *store, int64_t id, bool is_protected);
/* NULL takes the key away. */
void group_set_kms_key(struct store *store, int64_t id, const char *key);
void group_set_tags(struct store *store, int64_t id, const char *tags);
bool group_exists(struct store *store, int64_t id);

/* Groups in order of their names, from behind `after` on ("": from the first). */
struct group_search {
    const char *account;
    const char *region;
    const char *after;
    const char *prefix;      /* "": any */
    const char *substring;   /* "": any */
    const char *patterns;    /* JSON array of parts of names, of prefixes with a ^; "": any */
    const char *group_class; /* "": any */
    const cJSON *tags;       /* filters as tag_filters_match() takes them; NULL: any */
};
/* At most `limit`; the number found. */
size_t group_list(struct store *store, const struct group_search *filter, struct arena *arena,
                  struct log_group *groups_out, size_t limit);

/* Calls `visit` for each group that has a retention. */
void group_each_retention(struct store *store, void (*visit)(int64_t id, void *owner), void *owner);

/* "arn:aws:logs:R:A:log-group:NAME", without ":*". */
const char *group_arn(struct arena *arena, const struct group_key *key);

/* The group's name from a name or an ARN; behind that may be ":*", or ":" alone, which Grafana
 * makes of it because StartQuery takes no "*". */
struct group_key group_key_of(struct call *call, const char *identifier);

/* Whether it is the ARN of a log group, of anybody's; else false with the fault. */
MUST_CHECK bool group_check_arn(struct call *call, const char *resource);

/* The group of the caller's account and region that a name or an ARN names; false if there is none,
 * and for the ARN of another's. */
MUST_CHECK bool group_find_named(struct call *call, const char *identifier,
                                 struct log_group *group_out);

/* The group that the call's logGroupName or logGroupIdentifier names; false with the fault. */
MUST_CHECK bool group_read(struct call *call, struct log_group *group_out);

/* What AWS says of names of groups and streams that are. */
#define NAME_TOO_LONG                                                                              \
    "Invalid LogGroup or LogStream, both must have length less than or equal to 512."

/* Rows for both. */
#define GROUP_NAME_PATTERN "[\\.\\-_/#A-Za-z0-9]+"
#define GROUP_NAME_ROW(is_needed)                                                                  \
    {                                                                                              \
        .name = "logGroupName", .type = FIELD_STRING, .is_required = (is_needed),                  \
        .length = BETWEEN(1, 512), .too_long = NAME_TOO_LONG, .pattern = GROUP_NAME_PATTERN        \
    }
#define GROUP_IDENTIFIER_ROW                                                                       \
    {                                                                                              \
        .name = "logGroupIdentifier", .type = FIELD_STRING, .length = BETWEEN(1, 2048),            \
        .pattern = "[\\w#+=/:,.@-]*", .hides_misfit = true                                         \
    }

#endif
