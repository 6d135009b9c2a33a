#include "logs/group.h"

#include "arn.h"
#include "logs/faults.h"
#include "logs/tag_filter.h"
#include "random.h"

enum { ID_MASK_BITS = 62 };

int64_t group_new_id(void)
{
    return (int64_t)(random_next_aside() & ((UINT64_C(1) << ID_MASK_BITS) - 1)) + 1;
}

const char *group_arn(struct arena *arena, const struct group_key *key)
{
    return arena_format(arena, "arn:%s:logs:%s:%s:log-group:%s", arn_partition(key->region),
                        key->region, key->account, key->name);
}

struct group_key group_key_of(struct call *call, const char *identifier)
{
    static const char prefix[] = "log-group:";
    struct group_key key = { call->account, call->region, identifier };
    struct arn arn;
    if (!arn_parse(text_from(identifier), &arn) || !text_starts_with(arn.resource, prefix))
        return key;
    struct text name = { arn.resource.data + strlen(prefix), arn.resource.size - strlen(prefix) };
    struct text behind = name;
    struct text bare = text_cut(&behind, ':');
    if (!behind.size || text_equal(behind, "*"))
        name = bare;
    return (struct group_key){ arena_copy(&call->arena, arn.account),
                               arena_copy(&call->arena, arn.region),
                               arena_copy(&call->arena, name) };
}

bool group_check_arn(struct call *call, const char *resource)
{
    return group_key_of(call, resource).name != resource ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER, "The specified resource is not valid.");
}

bool group_find_named(struct call *call, const char *identifier, struct log_group *group_out)
{
    struct group_key key = group_key_of(call, identifier);
    return strcmp(key.account, call->account) == 0 && strcmp(key.region, call->region) == 0 &&
           group_find(call->store, &key, &call->arena, group_out);
}

bool group_read(struct call *call, struct log_group *group_out)
{
    const char *name = json_text(call->input, "logGroupName", NULL);
    const char *identifier = json_text(call->input, "logGroupIdentifier", NULL);
    if (name && identifier)
        return error_set(&call->error, &LOGS_VALIDATION,
                         "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
    if (!name && !identifier)
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "1 validation error detected: Value null at 'logGroupName' failed to "
                         "satisfy constraint: Member must not be null");
    return group_find_named(call, name ? name : identifier, group_out) ||
           error_set(&call->error, &LOGS_NOT_FOUND, "The specified log group does not exist.");
}

#define COLUMNS                                                                                    \
    "id, account, region, name, created_ms, retention_days, kms_key_id, class, is_protected, tags"

static void read_group(sqlite3_stmt *row, struct arena *arena, struct log_group *group_out)
{
    *group_out = (struct log_group){
        .id = sqlite3_column_int64(row, 0),
        .key = { store_copy(row, 1, arena), store_copy(row, 2, arena), store_copy(row, 3, arena) },
        .created_ms = sqlite3_column_int64(row, 4),
        .retention_days = sqlite3_column_int64(row, 5),
        .kms_key_id = store_copy(row, 6, arena),
        .group_class = store_copy(row, 7, arena),
        .is_protected = sqlite3_column_int(row, 8),
        .tags = store_copy(row, 9, arena),
    };
}

bool group_find(struct store *store, const struct group_key *key, struct arena *arena,
                struct log_group *group_out)
{
    sqlite3_stmt *query = store_query(
        store, "SELECT " COLUMNS " FROM logs_group WHERE account=? AND region=? AND name=?");
    store_bind_text(query, 1, key->account);
    store_bind_text(query, 2, key->region);
    store_bind_text(query, 3, key->name);
    if (!store_step(store, query))
        return false;
    read_group(query, arena, group_out);
    sqlite3_reset(query);
    return true;
}

void group_insert(struct store *store, const struct log_group *group)
{
    sqlite3_stmt *insert = store_query(store, "INSERT INTO logs_group (" COLUMNS
                                              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    store_bind_int(insert, 1, group->id);
    store_bind_text(insert, 2, group->key.account);
    store_bind_text(insert, 3, group->key.region);
    store_bind_text(insert, 4, group->key.name);
    store_bind_int(insert, 5, group->created_ms);
    store_bind_int(insert, 6, group->retention_days);
    store_bind_text(insert, 7, group->kms_key_id);
    store_bind_text(insert, 8, group->group_class);
    store_bind_int(insert, 9, group->is_protected);
    store_bind_text(insert, 10, group->tags);
    store_run(store, insert);
}

void group_delete(struct store *store, int64_t id)
{
    sqlite3_stmt *statement = store_query(store, "DELETE FROM logs_group WHERE id=?");
    store_bind_int(statement, 1, id);
    store_run(store, statement);
}

void group_set_retention(struct store *store, int64_t id, int64_t days)
{
    sqlite3_stmt *update = store_query(store, "UPDATE logs_group SET retention_days=? WHERE id=?");
    store_bind_int(update, 1, days);
    store_bind_int(update, 2, id);
    store_run(store, update);
}

void group_set_protection(struct store *store, int64_t id, bool is_protected)
{
    sqlite3_stmt *update = store_query(store, "UPDATE logs_group SET is_protected=? WHERE id=?");
    store_bind_int(update, 1, is_protected);
    store_bind_int(update, 2, id);
    store_run(store, update);
}

void group_set_kms_key(struct store *store, int64_t id, const char *key)
{
    sqlite3_stmt *update = store_query(store, "UPDATE logs_group SET kms_key_id=? WHERE id=?");
    store_bind_text(update, 1, key);
    store_bind_int(update, 2, id);
    store_run(store, update);
}

void group_set_tags(struct store *store, int64_t id, const char *tags)
{
    sqlite3_stmt *update = store_query(store, "UPDATE logs_group SET tags=? WHERE id=?");
    store_bind_text(update, 1, tags);
    store_bind_int(update, 2, id);
    store_run(store, update);
}

bool group_exists(struct store *store, int64_t id)
{
    sqlite3_stmt *query = store_query(store, "SELECT 1 FROM logs_group WHERE id=?");
    store_bind_int(query, 1, id);
    return store_has_row(store, query);
}

/* instr() and substr() compare bytes: patterns and prefixes are case-sensitive. */
size_t group_list(struct store *store, const struct group_search *filter, struct arena *arena,
                  struct log_group *groups_out, size_t limit)
{
    sqlite3_stmt *query = store_query(
        store,
        "SELECT " COLUMNS " FROM logs_group WHERE account=?1 AND region=?2 AND name>?3 AND "
        "substr(name, 1, length(?4))=?4 AND (?5='' OR instr(name, ?5)) AND "
        "(?6='' OR class=?6) AND (?8='' OR EXISTS (SELECT 1 FROM json_each(?8) WHERE CASE "
        "WHEN substr(value, 1, 1)='^' THEN substr(name, 1, length(value)-1)=substr(value, 2) "
        "ELSE instr(name, value) END)) ORDER BY name LIMIT ?7");
    size_t count = 0;
    store_bind_text(query, 1, filter->account);
    store_bind_text(query, 2, filter->region);
    store_bind_text(query, 3, filter->after);
    store_bind_text(query, 4, filter->prefix);
    store_bind_text(query, 5, filter->substring);
    store_bind_text(query, 6, filter->group_class);
    store_bind_int(query, 7, filter->tags ? -1 : (int64_t)limit); /* tags are looked at below */
    store_bind_text(query, 8, filter->patterns);
    while (count < limit && store_step(store, query)) {
        read_group(query, arena, &groups_out[count]);
        count += tag_filters_match(filter->tags, groups_out[count].tags);
    }
    sqlite3_reset(query);
    return count;
}

int64_t group_retention_days(struct store *store, int64_t id)
{
    sqlite3_stmt *query = store_query(store, "SELECT retention_days FROM logs_group WHERE id=?");
    store_bind_int(query, 1, id);
    return store_number(store, query, 0);
}

void group_each_retention(struct store *store, void (*visit)(int64_t id, void *owner), void *owner)
{
    sqlite3_stmt *query = store_query(store, "SELECT id FROM logs_group WHERE retention_days>0");
    while (store_step(store, query))
        visit(sqlite3_column_int64(query, 0), owner);
}
