#include "alarms/composite.h"

#include <string.h>
#include <time.h>

#include "alarms/reason.h"
#include "alarms/transition.h"
#include "clock.h"
#include "xalloc.h"

enum { DATE_SIZE = 64 };

/* The key of what a rule names; false: no alarm of the composite's account and region. */
static bool key_of(const struct alarm *composite, const char *reference, struct alarm_key *key_out)
{
    *key_out = composite->key;
    key_out->name = alarm_name_of(&composite->key, reference);
    return key_out->name != NULL;
}

static struct alarm *find_child(struct alarms *alarms, const struct alarm *composite,
                                const char *reference)
{
    struct alarm_key key;
    return key_of(composite, reference, &key) ? alarms_find(alarms, &key) : NULL;
}

void alarm_composite_follow(struct alarms *alarms, struct alarm *alarm)
{
    char text[MAP_KEY_SIZE];
    struct alarm_key key = alarm->key;
    for (size_t i = 0; i < alarm->rule.child_count; i++)
        if (key_of(alarm, alarm->rule.children[i], &key))
            alarm_followers_add(&alarms->parents, alarm_key_text(&key, text), alarm);
    key.name = alarm->suppressor;
    if (key.name)
        alarm_followers_add(&alarms->suppressed, alarm_key_text(&key, text), alarm);
}

void alarm_composite_unfollow(struct alarms *alarms, const struct alarm *alarm)
{
    char text[MAP_KEY_SIZE];
    struct alarm_key key = alarm->key;
    for (size_t i = 0; i < alarm->rule.child_count; i++)
        if (key_of(alarm, alarm->rule.children[i], &key))
            alarm_followers_remove(&alarms->parents, alarm_key_text(&key, text), alarm);
    key.name = alarm->suppressor;
    if (key.name)
        alarm_followers_remove(&alarms->suppressed, alarm_key_text(&key, text), alarm);
}

/* Each composite is entered once. */
struct walk {
    struct alarms *alarms;
    const struct alarm *goal;
    struct map visited;
};

static bool reaches(struct walk *walk, struct alarm *from)
{
    for (size_t i = 0; i < from->rule.child_count; i++) {
        struct alarm *child = find_child(walk->alarms, from, from->rule.children[i]);
        if (!child || !child->is_composite)
            continue;
        if (child == walk->goal)
            return true;
        if (map_find(&walk->visited, child->key.name))
            continue;
        map_set(&walk->visited, child->key.name, child);
        if (reaches(walk, child))
            return true;
    }
    return false;
}

static bool is_in_cycle(struct alarms *alarms, struct alarm *composite)
{
    struct walk walk = { alarms, composite, { 0 } };
    bool found = reaches(&walk, composite);
    map_clear(&walk.visited, NULL);
    return found;
}

struct lookup {
    struct alarms *alarms;
    const struct alarm *composite;
};

static bool look_up(void *owner, const char *reference, enum alarm_state *state_out)
{
    const struct lookup *lookup = owner;
    const struct alarm *child = find_child(lookup->alarms, lookup->composite, reference);
    if (child)
        *state_out = child->state;
    return child != NULL;
}

static cJSON *write_trigger(const struct alarm *child, int64_t updated_ms)
{
    struct arena arena = { 0 };
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "arn", alarm_arn(&arena, &child->key));
    cJSON *state = json_set_object(item, "state");
    json_set_text(state, "value", alarm_state_name(child->state));
    alarm_set_time(state, "timestamp", updated_ms);
    arena_clear(&arena);
    return item;
}

static int64_t updated_ms(struct alarms *alarms, const struct alarm *alarm)
{
    struct arena arena = { 0 };
    struct alarm_row row = { 0 };
    int64_t ms = alarm_row_find(alarms->parts.store, &alarm->key, &arena, &row) ? row.updated_ms
                                                                                : clock_now_ms();
    arena_clear(&arena);
    return ms;
}

/* Moves the composite if its rule says another state than its row: the plan may lag behind that. */
static void move(struct alarms *alarms, struct alarm *composite, const char *reason,
                 cJSON *takes_triggers)
{
    struct lookup lookup = { alarms, composite };
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateObject();
    json_set(data, "triggeringAlarms", takes_triggers);
    enum alarm_state state =
        alarm_rule_holds(&composite->rule, look_up, &lookup) ? ALARM_STATE_ALARM : ALARM_STATE_OK;
    CLEANUP(freep) char *data_text = json_print(data);
    struct alarm_change change = { state, reason,
                                   strlen(data_text) <= ALARM_REASON_DATA_MAX ? data_text : NULL };
    alarm_change_alone(alarms, &composite->key, &change);
}

static bool is_still(struct alarms *alarms, struct alarm *composite)
{
    return !composite->rule.root || is_in_cycle(alarms, composite);
}

void alarm_composite_begin(struct alarms *alarms, struct alarm *composite, const char *verb)
{
    struct arena arena = { 0 };
    struct lookup lookup = { alarms, composite };
    if (is_still(alarms, composite))
        return;
    cJSON *triggers = cJSON_CreateArray();
    for (size_t i = 0; i < composite->rule.child_count; i++) {
        const struct alarm *child = find_child(alarms, composite, composite->rule.children[i]);
        if (child)
            cJSON_AddItemToArray(triggers, write_trigger(child, updated_ms(alarms, child)));
    }
    bool holds = alarm_rule_holds(&composite->rule, look_up, &lookup);
    CLEANUP(freep)
    char *reason =
        xformat("%s was %s and its alarm rule evaluates to %s", alarm_arn(&arena, &composite->key),
                verb, alarm_state_name(holds ? ALARM_STATE_ALARM : ALARM_STATE_OK));
    move(alarms, composite, reason, triggers);
    arena_clear(&arena);
}

static void child_changed(struct alarms *alarms, struct alarm *composite, const struct alarm *child)
{
    char date[DATE_SIZE];
    struct tm parts;
    struct arena arena = { 0 };
    int64_t changed_ms = updated_ms(alarms, child);
    time_t seconds = (time_t)(changed_ms / ALARM_MS_PER_SECOND);
    gmtime_r(&seconds, &parts);
    strftime(date, sizeof(date), "%A %d %B, %Y %H:%M:%S UTC", &parts);
    cJSON *triggers = cJSON_CreateArray();
    cJSON_AddItemToArray(triggers, write_trigger(child, changed_ms));
    CLEANUP(freep)
    char *reason = xformat("%s transitioned to %s at %s", alarm_arn(&arena, &child->key),
                           alarm_state_name(child->state), date);
    move(alarms, composite, reason, triggers);
    arena_clear(&arena);
}

size_t alarm_composite_count_parents(struct alarms *alarms, const struct alarm_key *child,
                                     const struct alarm_key *but)
{
    char text[MAP_KEY_SIZE];
    const struct alarm_follower_list *list =
        alarm_followers_of(&alarms->parents, alarm_key_text(child, text));
    const struct alarm *present = alarms_find(alarms, but);
    size_t count = list->count;
    for (size_t i = 0; i < list->count; i++)
        count -= list->list[i] == present;
    return count;
}

void alarm_composites_of_child(struct alarms *alarms, const struct alarm *child)
{
    char text[MAP_KEY_SIZE];
    const struct alarm_follower_list *list =
        alarm_followers_of(&alarms->parents, alarm_key_text(&child->key, text));
    for (size_t i = 0; i < list->count; i++)
        if (!is_still(alarms, list->list[i]))
            child_changed(alarms, list->list[i], child);
}
