#include "alarms/transition.h"

#include "alarms/actions.h"
#include "alarms/history.h"
#include "clock.h"
#include "log.h"

void alarm_change_state(struct alarms *alarms, struct alarm_row *row,
                        const struct alarm_change *change, struct arena *arena)
{
    const struct alarm_row before = *row;
    row->state = change->state;
    row->reason = change->reason;
    row->reason_data = change->reason_data;
    row->updated_ms = clock_now_ms();
    if (row->state != before.state) {
        row->transitioned_ms = row->updated_ms;
        alarm_history_add_state(alarms->parts.store, &before, row, row->updated_ms);
        alarm_actions_start(alarms, &before, row, arena);
        log_info("cloudwatch", "alarm %s: %s -> %s", row->key.name, alarm_state_name(before.state),
                 alarm_state_name(row->state));
    }
    alarm_row_save(alarms->parts.store, row);
    alarms_note(alarms, &row->key,
                row->state == before.state ? ALARM_NEWS_OTHER : ALARM_NEWS_STATE);
}

void alarm_change_alone(struct alarms *alarms, const struct alarm_key *key,
                        const struct alarm_change *change)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct arena arena = { 0 };
    struct alarm_row row;
    store_begin_call(alarms->parts.store);
    if (alarm_row_find(alarms->parts.store, key, &arena, &row) && row.state != change->state)
        alarm_change_state(alarms, &row, change, &arena);
    if (!store_end_call(alarms->parts.store, true, &error))
        log_error("cloudwatch", "alarm %s keeps its state: %s", key->name, error.message);
    arena_clear(&arena);
}
