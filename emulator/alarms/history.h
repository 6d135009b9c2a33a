/*
 * What happened to alarms: changes of state, of configuration, and actions. Kept for 30 days, the
 * newest 100,000 (and up to 31 that are about to go), and after an alarm's deletion too
 * (cloudwatch-api.md section 4.7).
 */
#ifndef COALMINE_ALARM_HISTORY_H
#define COALMINE_ALARM_HISTORY_H

#include "alarms/row.h"

enum alarm_history_kind {
    ALARM_HISTORY_CONFIGURATION,
    ALARM_HISTORY_STATE,
    ALARM_HISTORY_ACTION,
};

struct alarm_history_item {
    int64_t place; /* order of happening */
    struct alarm_key key;
    bool is_composite;
    int64_t time_ms;
    const char *kind; /* as the API names it */
    const char *summary;
    const char *data; /* JSON */
};

/* Appends. AWS bounds both: a long summary is cut, and `data`, an object, loses its longest values
 * until it fits. */
void alarm_history_add(struct store *store, const struct alarm_row *row, int64_t time_ms,
                       enum alarm_history_kind kind, const char *summary, cJSON *data);

/* Alarm "NAME" created, updated, deleted: both rows as far as they exist. */
void alarm_history_add_configuration(struct store *store, const struct alarm_row *before,
                                     const struct alarm_row *after, int64_t time_ms);

/* The change from `before` to `after`. */
void alarm_history_add_state(struct store *store, const struct alarm_row *before,
                             const struct alarm_row *after, int64_t time_ms);

/* Items of before this moment are no longer told; they are deleted when new ones come. */
int64_t alarm_history_oldest_ms(int64_t now_ms);

struct alarm_history_filter {
    const char *account;
    const char *region;
    const char *name;     /* NULL: any */
    const char *kind;     /* NULL: any */
    bool takes_metric;    /* items of metric alarms */
    bool takes_composite; /* items of composite alarms */
    int64_t start_ms;     /* inclusive */
    int64_t end_ms;       /* exclusive */
    bool is_newest_first;
};

/* The next item behind `place`; the first begins at INT64_MIN, or INT64_MAX newest first. */
bool alarm_history_next(struct store *store, const struct alarm_history_filter *filter,
                        int64_t place, struct arena *arena, struct alarm_history_item *item_out);

#endif
