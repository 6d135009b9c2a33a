/*
 * Mute rules: at their times, the alarms they name change their states but run no actions.
 */
#ifndef COALMINE_MUTE_RULE_H
#define COALMINE_MUTE_RULE_H

#include "alarms/row.h"

struct mute_rule {
    struct alarm_key key;
    const char *configuration; /* JSON: the members of PutAlarmMuteRule as given */
    const char *tags;          /* JSON object */
    int64_t updated_ms;
};

/* Its texts live in the arena. False: there is none of that key. */
bool mute_rule_find(struct store *store, const struct alarm_key *key, struct arena *arena,
                    struct mute_rule *rule_out);
/* The next one of the account and region by name ("" begins); false at the end. */
bool mute_rule_next(struct store *store, const struct alarm_key *after, struct arena *arena,
                    struct mute_rule *rule_out);
int64_t mute_rule_count(struct store *store, const char *account, const char *region);
/* Adds it, or takes the place of what has its key. */
void mute_rule_save(struct store *store, const struct mute_rule *rule);
void mute_rule_delete(struct store *store, const struct alarm_key *key);

/* "SCHEDULED", "ACTIVE" or "EXPIRED". */
const char *mute_rule_status(const cJSON *configuration, int64_t now_ms);

/* Whether it names that alarm, whatever the time. */
bool mute_rule_targets(const cJSON *configuration, const char *alarm);

/* How long an alarm's actions are muted; 0: they are not. */
int64_t mute_rule_until_ms(struct store *store, const struct alarm_key *alarm, int64_t now_ms);

/* "arn:aws:cloudwatch:us-east-1:000000000000:alarm-mute-rule:NAME", in the arena. */
const char *mute_rule_arn(struct arena *arena, const struct alarm_key *key);

#endif
