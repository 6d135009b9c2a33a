#include "alarms/mute_rule.h"

#include <string.h>

#include "alarms/fields.h"
#include "alarms/mute_schedule.h"
#include "arn.h"
#include "cloudwatch/fields.h"

#define COLUMNS "account, region, name, configuration, tags, updated_ms"

const char *mute_rule_arn(struct arena *arena, const struct alarm_key *key)
{
    return arena_format(arena, "arn:%s:cloudwatch:%s:%s:alarm-mute-rule:%s",
                        arn_partition(key->region), key->region, key->account, key->name);
}

bool mute_rule_targets(const cJSON *configuration, const char *alarm)
{
    return alarm_is_listed(json_get(json_get(configuration, "MuteTargets"), "AlarmNames"), alarm);
}

/* When a rule mutes: its schedule in its time zone. */
struct timing {
    struct mute_schedule schedule;
    struct time_zone zone;
};

/* A zone that the machine has no more counts as UTC. */
static bool read_timing(const cJSON *configuration, struct timing *timing_out)
{
    const cJSON *schedule = json_get(json_get(configuration, "Rule"), "Schedule");
    if (!mute_schedule_parse(json_text(schedule, "Expression", ""), &timing_out->schedule) ||
        !mute_duration_parse(json_text(schedule, "Duration", ""),
                             &timing_out->schedule.duration_ms))
        return false;
    if (!time_zone_load(json_text(schedule, "Timezone", "UTC"), &timing_out->zone))
        timing_out->zone = (struct time_zone){ 0 };
    return true;
}

/* The end of the window that is open now; 0: none. */
static int64_t window_end_ms(const cJSON *configuration, int64_t now_ms)
{
    struct timing timing;
    int64_t start_ms = cloudwatch_read_time_ms(configuration, "StartDate", 0);
    int64_t expire_ms = cloudwatch_read_time_ms(configuration, "ExpireDate", now_ms + 1);
    if (now_ms >= expire_ms || !read_timing(configuration, &timing))
        return 0;
    int64_t end_ms = mute_schedule_end_ms(&timing.schedule, &timing.zone, now_ms, start_ms);
    time_zone_clear(&timing.zone);
    return json_get(configuration, "ExpireDate") && end_ms > expire_ms ? expire_ms : end_ms;
}

static bool is_over(const cJSON *configuration, int64_t now_ms)
{
    struct timing timing;
    if (now_ms >= cloudwatch_read_time_ms(configuration, "ExpireDate", now_ms + 1))
        return true;
    if (!read_timing(configuration, &timing))
        return false;
    int64_t at_ms = mute_schedule_at_ms(&timing.schedule, &timing.zone);
    time_zone_clear(&timing.zone);
    return timing.schedule.is_once && at_ms + timing.schedule.duration_ms <= now_ms;
}

const char *mute_rule_status(const cJSON *configuration, int64_t now_ms)
{
    if (window_end_ms(configuration, now_ms) > now_ms)
        return "ACTIVE";
    return is_over(configuration, now_ms) ? "EXPIRED" : "SCHEDULED";
}

static bool read_rule(struct store *store, sqlite3_stmt *query, struct arena *arena,
                      struct mute_rule *rule_out)
{
    if (!store_step(store, query))
        return false;
    *rule_out = (struct mute_rule){
        .key = { store_copy(query, 0, arena), store_copy(query, 1, arena),
                 store_copy(query, 2, arena) },
        .configuration = store_copy(query, 3, arena),
        .tags = store_copy(query, 4, arena),
        .updated_ms = sqlite3_column_int64(query, 5),
    };
    sqlite3_reset(query);
    return true;
}

bool mute_rule_find(struct store *store, const struct alarm_key *key, struct arena *arena,
                    struct mute_rule *rule_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM cloudwatch_mute_rule WHERE account = ? AND "
                           "region = ? AND name = ?");
    alarm_bind_key(query, key);
    return read_rule(store, query, arena, rule_out);
}

bool mute_rule_next(struct store *store, const struct alarm_key *after, struct arena *arena,
                    struct mute_rule *rule_out)
{
    sqlite3_stmt *query =
        store_query(store, "SELECT " COLUMNS " FROM cloudwatch_mute_rule WHERE account = ? AND "
                           "region = ? AND name > ? ORDER BY name LIMIT 1");
    alarm_bind_key(query, after);
    return read_rule(store, query, arena, rule_out);
}

int64_t mute_rule_count(struct store *store, const char *account, const char *region)
{
    sqlite3_stmt *query = store_query(store, "SELECT count(*) FROM cloudwatch_mute_rule WHERE "
                                             "account = ? AND region = ?");
    store_bind_text(query, 1, account);
    store_bind_text(query, 2, region);
    return store_number(store, query, 0);
}

void mute_rule_save(struct store *store, const struct mute_rule *rule)
{
    sqlite3_stmt *query = store_query(store, "INSERT OR REPLACE INTO cloudwatch_mute_rule (" COLUMNS
                                             ") VALUES (?, ?, ?, ?, ?, ?)");
    alarm_bind_key(query, &rule->key);
    store_bind_text(query, 4, rule->configuration);
    store_bind_text(query, 5, rule->tags);
    store_bind_int(query, 6, rule->updated_ms);
    store_run(store, query);
}

void mute_rule_delete(struct store *store, const struct alarm_key *key)
{
    sqlite3_stmt *query = store_query(store, "DELETE FROM cloudwatch_mute_rule WHERE account = ? "
                                             "AND region = ? AND name = ?");
    alarm_bind_key(query, key);
    store_run(store, query);
}

int64_t mute_rule_until_ms(struct store *store, const struct alarm_key *alarm, int64_t now_ms)
{
    struct arena arena = { 0 };
    struct mute_rule rule = { .key = { alarm->account, alarm->region, "" } };
    int64_t until_ms = 0;
    while (mute_rule_next(store, &rule.key, &arena, &rule)) {
        CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(rule.configuration));
        int64_t end_ms = mute_rule_targets(configuration, alarm->name)
                             ? window_end_ms(configuration, now_ms)
                             : 0;
        if (end_ms > until_ms)
            until_ms = end_ms;
    }
    arena_clear(&arena);
    return until_ms;
}
