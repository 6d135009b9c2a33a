#include "alarms/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/reason.h"
#include "number.h"
#include "xalloc.h"

enum { SUMMARY_MAX = 255, DATA_MAX = 4095, KEPT_MAX = 100000, SURPLUS_MAX = 32 };

static const int64_t KEPT_MS = 30LL * 86400 * 1000;

static const char *const kinds[] = {
    [ALARM_HISTORY_CONFIGURATION] = "ConfigurationUpdate",
    [ALARM_HISTORY_STATE] = "StateUpdate",
    [ALARM_HISTORY_ACTION] = "Action",
};

int64_t alarm_history_oldest_ms(int64_t now_ms)
{
    return now_ms - KEPT_MS;
}

static void forget_old(struct store *store, int64_t time_ms)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM cloudwatch_alarm_history WHERE time_ms < ?");
    store_bind_int(query, 1, alarm_history_oldest_ms(time_ms));
    store_run(store, query);
}

/* Several at a time: one with each that comes would cost as much as writing that one. */
static void forget_surplus(struct store *store, int64_t newest)
{
    if (newest % SURPLUS_MAX)
        return;
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM cloudwatch_alarm_history WHERE place <= ?");
    store_bind_int(query, 1, newest - KEPT_MAX);
    store_run(store, query);
}

static bool fits(const char *text, size_t characters)
{
    return text_front(text_from(text), characters).size == strlen(text);
}

/* The longest value of all that stand in `object` or in an object of it: where it is. */
struct longest {
    cJSON *owner;
    cJSON *member;
    size_t size;
};

static void find_longest(cJSON *object, bool is_outer, struct longest *longest)
{
    cJSON *child;
    cJSON_ArrayForEach(child, object)
    {
        if (is_outer && cJSON_IsObject(child)) {
            find_longest(child, false, longest);
            continue;
        }
        CLEANUP(freep) char *text = json_print(child);
        if (strlen(text) > longest->size)
            *longest = (struct longest){ object, child, strlen(text) };
    }
}

/* What does not fit loses its longest values, so that the rest is JSON still. */
static char *print_fitting(cJSON *data)
{
    char *text = json_print(data);
    while (!fits(text, DATA_MAX)) {
        struct longest longest = { 0 };
        find_longest(data, true, &longest);
        cJSON_Delete(cJSON_DetachItemViaPointer(longest.owner, longest.member));
        free(text);
        text = json_print(data);
    }
    return text;
}

void alarm_history_add(struct store *store, const struct alarm_row *row, int64_t time_ms,
                       enum alarm_history_kind kind, const char *summary, cJSON *data)
{
    struct text front = text_front(text_from(summary), SUMMARY_MAX);
    CLEANUP(freep) char *cut = xstrndup(front.data, front.size);
    CLEANUP(freep) char *data_text = print_fitting(data);
    sqlite3_stmt *query =
        store_query(store, "INSERT INTO cloudwatch_alarm_history (account, region, name, "
                           "is_composite, time_ms, kind, summary, data) VALUES (?, ?, ?, ?, ?, ?, "
                           "?, ?)");
    store_bind_text(query, 1, row->key.account);
    store_bind_text(query, 2, row->key.region);
    store_bind_text(query, 3, row->key.name);
    store_bind_int(query, 4, row->is_composite);
    store_bind_int(query, 5, time_ms);
    store_bind_text(query, 6, kinds[kind]);
    store_bind_text(query, 7, cut);
    store_bind_text(query, 8, data_text);
    store_run(store, query);
    forget_surplus(store, sqlite3_last_insert_rowid(sqlite3_db_handle(query)));
    forget_old(store, time_ms);
}

/* "ComparisonOperator" as configuration data spells it: "comparisonOperator", but "okactions". */
static char *member_name(const char *name)
{
    char *own = xstrdup(strcmp(name, "OKActions") == 0 ? "okactions" : name);
    if (own[0] >= 'A' && own[0] <= 'Z')
        own[0] = (char)(own[0] - 'A' + 'a');
    return own;
}

/* A copy with all members renamed; doubles as Java prints them where the member is one. */
static cJSON *respell(const cJSON *value)
{
    if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
        return cJSON_Duplicate(value, true);
    cJSON *copy = cJSON_IsObject(value) ? cJSON_CreateObject() : cJSON_CreateArray();
    const cJSON *child;
    cJSON_ArrayForEach(child, value)
    {
        char number[NUMBER_JAVA_SIZE];
        bool is_threshold = child->string && strcmp(child->string, "Threshold") == 0;
        cJSON *item = is_threshold ? cJSON_CreateRaw(number_java(child->valuedouble, number))
                                   : respell(child);
        if (cJSON_IsArray(copy)) {
            cJSON_AddItemToArray(copy, item);
            continue;
        }
        assert(child->string);
        CLEANUP(freep) char *name = member_name(child->string);
        cJSON_AddItemToObject(copy, name, item);
    }
    return copy;
}

/* What was not given shows as what it then is. */
static void add_defaults(cJSON *alarm, bool is_composite)
{
    static const char *const lists[] = { "alarmActions", "insufficientDataActions", "okactions",
                                         "dimensions" };
    if (!json_get(alarm, "actionsEnabled"))
        json_set_bool(alarm, "actionsEnabled", true);
    for (size_t i = 0; i < COUNT_OF(lists) - is_composite; i++)
        if (!json_get(alarm, lists[i]))
            json_set_array(alarm, lists[i]);
}

static cJSON *write_alarm(const struct alarm_row *row)
{
    struct arena arena = { 0 };
    cJSON *alarm = cJSON_CreateObject();
    json_set_text(alarm, "alarmName", row->key.name);
    json_set_text(alarm, "alarmArn", alarm_arn(&arena, &row->key));
    alarm_set_time(alarm, "alarmConfigurationUpdatedTimestamp", row->configured_ms);
    CLEANUP(json_deletep) cJSON *given = json_parse(text_from(row->configuration));
    cJSON *respelled = respell(given);
    assert(respelled);
    add_defaults(respelled, row->is_composite);
    while (respelled->child) {
        cJSON *member = cJSON_DetachItemViaPointer(respelled, respelled->child);
        assert(member && member->string);
        CLEANUP(freep) char *name = xstrdup(member->string);
        json_set(alarm, name, member);
    }
    cJSON_Delete(respelled);
    json_set_text(alarm, "stateValue", alarm_state_name(row->state));
    alarm_set_time(alarm, "stateUpdatedTimestamp", row->updated_ms);
    arena_clear(&arena);
    return alarm;
}

/* What members of an alarm were before they were updated; one that was not there has no place. */
static cJSON *write_originals(const cJSON *before, const cJSON *after)
{
    cJSON *originals = cJSON_CreateObject();
    const cJSON *member;
    cJSON_ArrayForEach(member, before)
    {
        if (!cJSON_Compare(member, json_get(after, member->string), true))
            json_set(originals, member->string, cJSON_Duplicate(member, true));
    }
    return originals;
}

static void add_update(cJSON *data, const struct alarm_row *before, const struct alarm_row *after)
{
    CLEANUP(json_deletep) cJSON *original = write_alarm(before);
    cJSON *updated = write_alarm(after);
    json_set(data, "updatedAlarm", updated);
    json_set(data, "originalUpdatedFields", write_originals(original, updated));
}

void alarm_history_add_configuration(struct store *store, const struct alarm_row *before,
                                     const struct alarm_row *after, int64_t time_ms)
{
    const struct alarm_row *row = after ? after : before;
    assert(row);
    bool is_update = before && after;
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateObject();
    json_set_text(data, "version", "1.0");
    json_set_text(data, "type", is_update ? "Update" : after ? "Create" : "Delete");
    if (before && after)
        add_update(data, before, after);
    else
        json_set(data, after ? "createdAlarm" : "deletedAlarm", write_alarm(row));
    CLEANUP(freep)
    char *summary = xformat("Alarm \"%s\" %s", row->key.name,
                            is_update ? "updated"
                            : after   ? "created"
                                      : "deleted");
    alarm_history_add(store, row, time_ms, ALARM_HISTORY_CONFIGURATION, summary, data);
}

static void write_state(cJSON *data, const char *name, const struct alarm_row *row)
{
    cJSON *state = json_set_object(data, name);
    json_set_text(state, "stateValue", alarm_state_name(row->state));
    json_set_text(state, "stateReason", row->reason);
    if (row->reason_data)
        json_set(state, "stateReasonData", cJSON_CreateRaw(row->reason_data));
}

/* Of two long windows the older goes, whichever is longer. */
static void drop_old_window(cJSON *data)
{
    CLEANUP(freep) char *text = json_print(data);
    if (!fits(text, DATA_MAX))
        cJSON_DeleteItemFromObjectCaseSensitive(json_get(data, "oldState"), "stateReasonData");
}

void alarm_history_add_state(struct store *store, const struct alarm_row *before,
                             const struct alarm_row *after, int64_t time_ms)
{
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateObject();
    json_set_text(data, "version", "1.0");
    write_state(data, "oldState", before);
    write_state(data, "newState", after);
    drop_old_window(data);
    CLEANUP(freep)
    char *summary = xformat("Alarm updated from %s to %s", alarm_state_name(before->state),
                            alarm_state_name(after->state));
    alarm_history_add(store, after, time_ms, ALARM_HISTORY_STATE, summary, data);
}

static void bind_filter(sqlite3_stmt *query, const struct alarm_history_filter *filter,
                        int64_t place)
{
    store_bind_text(query, 1, filter->account);
    store_bind_text(query, 2, filter->region);
    store_bind_text(query, 3, filter->name);
    store_bind_text(query, 4, filter->kind);
    store_bind_int(query, 5, filter->takes_metric);
    store_bind_int(query, 6, filter->takes_composite);
    store_bind_int(query, 7, filter->start_ms);
    store_bind_int(query, 8, filter->end_ms);
    store_bind_int(query, 9, place);
}

#define SELECTED                                                                                   \
    "SELECT place, name, is_composite, time_ms, kind, summary, data FROM "                         \
    "cloudwatch_alarm_history WHERE (?4 IS NULL OR kind = ?4) AND CASE WHEN is_composite THEN ?6 " \
    "ELSE ?5 END AND +time_ms >= ?7 AND +time_ms < ?8 AND "
#define OF_ONE SELECTED "account = ?1 AND region = ?2 AND name = ?3 AND "
/* In order of place as they lie: by an index each step would sort all that there are. */
#define OF_ALL SELECTED "+account = ?1 AND +region = ?2 AND "
#define FORWARDS "place > ?9 ORDER BY place LIMIT 1"
#define BACKWARDS "place < ?9 ORDER BY place DESC LIMIT 1"

static sqlite3_stmt *query_of(struct store *store, const struct alarm_history_filter *filter)
{
    if (filter->name)
        return filter->is_newest_first ? store_query(store, OF_ONE BACKWARDS)
                                       : store_query(store, OF_ONE FORWARDS);
    return filter->is_newest_first ? store_query(store, OF_ALL BACKWARDS)
                                   : store_query(store, OF_ALL FORWARDS);
}

bool alarm_history_next(struct store *store, const struct alarm_history_filter *filter,
                        int64_t place, struct arena *arena, struct alarm_history_item *item_out)
{
    sqlite3_stmt *query = query_of(store, filter);
    bind_filter(query, filter, place);
    if (!store_step(store, query))
        return false;
    *item_out = (struct alarm_history_item){
        .place = sqlite3_column_int64(query, 0),
        .key = { filter->account, filter->region, store_copy(query, 1, arena) },
        .is_composite = sqlite3_column_int(query, 2),
        .time_ms = sqlite3_column_int64(query, 3),
        .kind = store_copy(query, 4, arena),
        .summary = store_copy(query, 5, arena),
        .data = store_copy(query, 6, arena),
    };
    sqlite3_reset(query);
    return true;
}
