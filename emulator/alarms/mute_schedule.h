/*
 * When a mute rule mutes: cron(...) or at(...) begins a window, an ISO 8601 duration ends it.
 * Expressions
 * are in local time of a zone.
 */
#ifndef COALMINE_MUTE_SCHEDULE_H
#define COALMINE_MUTE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "alarms/time_zone.h"
#include "compiler.h"

struct mute_schedule {
    bool is_once;
    int64_t at_ms;    /* of at(...), as if local time were UTC */
    uint64_t minutes; /* of cron(...): bit n is set if the field admits n */
    uint32_t hours;
    uint32_t days;     /* 1 to 31 */
    uint32_t months;   /* 1 to 12 */
    uint32_t weekdays; /* 0 is Sunday */
    bool any_day;
    bool any_weekday;
    int64_t duration_ms;
};

/* cron(Minutes Hours Day-of-month Month Day-of-week) with *, - and , and English names, or
 * at(yyyy-MM-ddThh:mm). */
MUST_CHECK bool mute_schedule_parse(const char *expression, struct mute_schedule *schedule_out);

/* "PT4H", "P2DT12H": one minute to 15 days. */
MUST_CHECK bool mute_duration_parse(const char *text, int64_t *ms_out);

/* When the one window of at(...) begins. */
int64_t mute_schedule_at_ms(const struct mute_schedule *schedule, const struct time_zone *zone);

/* The end of the window that holds `now_ms` and began at or after `from_ms`; 0: none does. */
int64_t mute_schedule_end_ms(const struct mute_schedule *schedule, const struct time_zone *zone,
                             int64_t now_ms, int64_t from_ms);

#endif
