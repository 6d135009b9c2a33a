#include "alarms/row.h"

#include <string.h>

#include "arn.h"

#define COLUMNS                                                                                    \
    "account, region, name, is_composite, configuration, tags, configured_ms, state, reason, "     \
    "reason_data, updated_ms, transitioned_ms, withheld"

const char *alarm_key_text(const struct alarm_key *key, char text_out[MAP_KEY_SIZE])
{
    return map_key(text_out, key->account, key->region, key->name, NULL);
}

const char *alarm_arn(struct arena *arena, const struct alarm_key *key)
{
    return arena_format(arena, "arn:%s:cloudwatch:%s:%s:alarm:%s", arn_partition(key->region),
                        key->region, key->account, key->name);
}

const char *alarm_name_of(const struct alarm_key *near, const char *name_or_arn)
{
    static const char prefix[] = "alarm:";
    struct arn arn;
    if (strncmp(name_or_arn, "arn:", 4) != 0 || !arn_parse(text_from(name_or_arn), &arn))
        return name_or_arn;
    if (!text_equal(arn.service, "cloudwatch") || !text_equal(arn.region, near->region) ||
        !text_equal(arn.account, near->account) || !text_starts_with(arn.resource, prefix))
        return NULL;
    return arn.resource.data + strlen(prefix);
}

static bool read_row(struct store *store, sqlite3_stmt *query, struct arena *arena,
                     struct alarm_row *row_out)
{
    if (!store_step(store, query))
        return false;
    *row_out = (struct alarm_row){
        .key = { store_copy(query, 0, arena), store_copy(query, 1, arena),
                 store_copy(query, 2, arena) },
        .is_composite = sqlite3_column_int(query, 3),
        .configuration = store_copy(query, 4, arena),
        .tags = store_copy(query, 5, arena),
        .configured_ms = sqlite3_column_int64(query, 6),
        .state = (enum alarm_state)sqlite3_column_int(query, 7),
        .reason = store_copy(query, 8, arena),
        .reason_data = store_copy(query, 9, arena),
        .updated_ms = sqlite3_column_int64(query, 10),
        .transitioned_ms = sqlite3_column_int64(query, 11),
        .withheld = store_copy(query, 12, arena),
    };
    sqlite3_reset(query);
    return true;
}

void alarm_bind_key(sqlite3_stmt *query, const struct alarm_key *key)
{
    store_bind_text(query, 1, key->account);
    store_bind_text(query, 2, key->region);
    store_bind_text(query, 3, key->name);
}

bool alarm_row_find(struct store *store, const struct alarm_key *key, struct arena *arena,
                    struct alarm_row *row_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM cloudwatch_alarm WHERE account = ? AND "
                           "region = ? AND name = ?");
    alarm_bind_key(query, key);
    return read_row(store, query, arena, row_out);
}

bool alarm_row_next(struct store *store, const char *account, const char *region, const char *after,
                    struct arena *arena, struct alarm_row *row_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM cloudwatch_alarm WHERE account = ? AND "
                           "region = ? AND name > ? ORDER BY name LIMIT 1");
    const struct alarm_key key = { account, region, after };
    alarm_bind_key(query, &key);
    return read_row(store, query, arena, row_out);
}

bool alarm_row_next_composite(struct store *store, const struct alarm_key *after,
                              struct arena *arena, struct alarm_row *row_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM cloudwatch_alarm WHERE account = ? AND "
                           "region = ? AND name > ? AND is_composite ORDER BY name LIMIT 1");
    alarm_bind_key(query, after);
    return read_row(store, query, arena, row_out);
}

bool alarm_row_next_of_all(struct store *store, const struct alarm_key *after, struct arena *arena,
                           struct alarm_row *row_out)
{
    static const struct alarm_key before_all = { "", "", "" };
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM cloudwatch_alarm WHERE (account, region, name) "
                           "> (?, ?, ?) ORDER BY account, region, name LIMIT 1");
    alarm_bind_key(query, after ? after : &before_all);
    return read_row(store, query, arena, row_out);
}

void alarm_row_save(struct store *store, const struct alarm_row *row)
{
    sqlite3_stmt *query = store_query(store, "INSERT OR REPLACE INTO cloudwatch_alarm (" COLUMNS
                                             ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    alarm_bind_key(query, &row->key);
    store_bind_int(query, 4, row->is_composite);
    store_bind_text(query, 5, row->configuration);
    store_bind_text(query, 6, row->tags);
    store_bind_int(query, 7, row->configured_ms);
    store_bind_int(query, 8, row->state);
    store_bind_text(query, 9, row->reason);
    store_bind_text(query, 10, row->reason_data);
    store_bind_int(query, 11, row->updated_ms);
    store_bind_int(query, 12, row->transitioned_ms);
    store_bind_text(query, 13, row->withheld);
    store_run(store, query);
}

void alarm_row_save_tags(struct store *store, const struct alarm_key *key, const char *tags)
{
    sqlite3_stmt *query = store_query(store, "UPDATE cloudwatch_alarm SET tags = ?4 WHERE "
                                             "account = ?1 AND region = ?2 AND name = ?3");
    alarm_bind_key(query, key);
    store_bind_text(query, 4, tags);
    store_run(store, query);
}

bool alarm_row_delete(struct store *store, const struct alarm_key *key)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM cloudwatch_alarm WHERE account = ? AND "
                                             "region = ? AND name = ?");
    alarm_bind_key(query, key);
    return store_run(store, query) > 0;
}

int64_t alarm_row_count(struct store *store, const char *account, const char *region)
{
    sqlite3_stmt *query = store_query(store, "SELECT count(*) FROM cloudwatch_alarm WHERE "
                                             "account = ? AND region = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, region);
    return store_number(store, query, 0);
}
