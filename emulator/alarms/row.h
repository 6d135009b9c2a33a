/*
 * Alarms as they are kept: one row each, metric and composite alarms in one name space.
 */
#ifndef COALMINE_ALARM_ROW_H
#define COALMINE_ALARM_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "alarms/evaluation.h"
#include "arena.h"
#include "json.h"
#include "map.h"
#include "store/store.h"

struct alarm_key {
    const char *account;
    const char *region;
    const char *name;
};

struct alarm_row {
    struct alarm_key key;
    bool is_composite;
    const char *configuration; /* JSON: the members of PutMetricAlarm or PutCompositeAlarm as given,
                                  without AlarmName and Tags */
    const char *tags;          /* JSON object */
    int64_t configured_ms;
    enum alarm_state state;
    const char *reason;
    const char *reason_data; /* JSON; NULL: none */
    int64_t updated_ms;
    int64_t transitioned_ms;
    const char *withheld; /* JSON: actions that wait, and for what (actions.c); NULL: none do */
};

/* As one text, which no other alarm's is. */
const char *alarm_key_text(const struct alarm_key *key, char text_out[MAP_KEY_SIZE]);

/* The first three parameters of a statement. */
void alarm_bind_key(sqlite3_stmt *statement, const struct alarm_key *key);

/* Texts live in the arena. */
bool alarm_row_find(struct store *store, const struct alarm_key *key, struct arena *arena,
                    struct alarm_row *row_out);
/* The next by name after `after`. */
bool alarm_row_next(struct store *store, const char *account, const char *region, const char *after,
                    struct arena *arena, struct alarm_row *row_out);
/* The next composite of that account and region by name. */
bool alarm_row_next_composite(struct store *store, const struct alarm_key *after,
                              struct arena *arena, struct alarm_row *row_out);
/* The next of all accounts and regions; NULL begins. */
bool alarm_row_next_of_all(struct store *store, const struct alarm_key *after, struct arena *arena,
                           struct alarm_row *row_out);
/* Inserts, or rewrites the one of that name. */
void alarm_row_save(struct store *store, const struct alarm_row *row);
void alarm_row_save_tags(struct store *store, const struct alarm_key *key, const char *tags);
bool alarm_row_delete(struct store *store, const struct alarm_key *key);

/* Alarms of both kinds in an account and region. */
int64_t alarm_row_count(struct store *store, const char *account, const char *region);

/* "arn:aws:cloudwatch:us-east-1:000000000000:alarm:NAME", in the arena. */
const char *alarm_arn(struct arena *arena, const struct alarm_key *key);

/* The name in "NAME" or in an alarm's ARN of this account and region; NULL: it names none. */
const char *alarm_name_of(const struct alarm_key *near, const char *name_or_arn);

#endif
