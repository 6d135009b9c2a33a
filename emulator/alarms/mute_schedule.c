#include "alarms/mute_schedule.h"

#include <assert.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "text.h"
#include "timestamp.h"

enum {
    MS_PER_SECOND = 1000,
    MINUTE_MS = 60 * MS_PER_SECOND,
    MINUTES_PER_HOUR = 60,
    HALF_HOUR = 30,
    NAME_SIZE = 3,
};

static const int64_t DAY_MS = 86400LL * MS_PER_SECOND;
static const int64_t DURATION_MAX_MS = 15 * DAY_MS;

static const char *const month_names[] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                           "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" };
static const char *const weekday_names[] = { "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT" };

struct cron_field {
    int least;
    int most;
    const char *const *names; /* of least, least + 1, ...; NULL: none */
    int name_count;
};

static bool read_value(struct text text, const struct cron_field *field, int *value_out)
{
    int64_t number;
    for (int i = 0; i < field->name_count; i++) {
        if (text.size == NAME_SIZE && strncasecmp(text.data, field->names[i], NAME_SIZE) == 0) {
            *value_out = field->least + i;
            return true;
        }
    }
    if (!text_to_int64(text, &number) || number < field->least || number > field->most)
        return false;
    *value_out = (int)number;
    return true;
}

/* "5", "1-5" or "*". */
static bool read_part(struct text part, const struct cron_field *field, uint64_t *bits)
{
    int low = field->least;
    int high = field->most;
    if (!text_equal(part, "*")) {
        struct text first = text_cut(&part, '-');
        if (!read_value(first, field, &low))
            return false;
        high = low;
        if (part.data && !read_value(part, field, &high))
            return false;
    }
    for (int value = low; value <= high; value++)
        *bits |= UINT64_C(1) << value;
    return low <= high;
}

static bool read_field(struct text text, const struct cron_field *field, uint64_t *bits_out)
{
    *bits_out = 0;
    if (text.size == 0)
        return false;
    while (text.data) {
        if (!read_part(text_cut(&text, ','), field, bits_out))
            return false;
    }
    return true;
}

static bool parse_cron(struct text text, struct mute_schedule *schedule)
{
    static const struct cron_field fields[] = { { 0, 59, NULL, 0 },
                                                { 0, 23, NULL, 0 },
                                                { 1, 31, NULL, 0 },
                                                { 1, 12, month_names, 12 },
                                                { 0, 6, weekday_names, 7 } };
    uint64_t bits[COUNT_OF(fields)];
    struct text parts[COUNT_OF(fields)];
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        do {
            parts[i] = text_cut(&text, ' ');
        } while (parts[i].size == 0 && text.data);
        if (!read_field(parts[i], &fields[i], &bits[i]))
            return false;
    }
    schedule->minutes = bits[0];
    schedule->hours = (uint32_t)bits[1];
    schedule->days = (uint32_t)bits[2];
    schedule->months = (uint32_t)bits[3];
    schedule->weekdays = (uint32_t)bits[4];
    schedule->any_day = text_equal(parts[2], "*");
    schedule->any_weekday = text_equal(parts[4], "*");
    return text.data == NULL;
}

/* What stands between "NAME(" and ")". */
static bool open_call(const char *expression, const char *name, struct text *inside_out)
{
    struct text text = text_from(expression);
    size_t size = strlen(name);
    if (!text_starts_with(text, name) || text.size < size + 1 || text.data[text.size - 1] != ')')
        return false;
    *inside_out = (struct text){ text.data + size, text.size - size - 1 };
    return true;
}

bool mute_schedule_parse(const char *expression, struct mute_schedule *schedule_out)
{
    struct text inside;
    struct mute_schedule schedule = { 0 };
    bool is_good = false;
    if (open_call(expression, "cron(", &inside)) {
        is_good = parse_cron(inside, &schedule);
    } else if (open_call(expression, "at(", &inside)) {
        char full[TIMESTAMP_SIZE];
        bool fits = inside.size == strlen("yyyy-MM-ddThh:mm");
        schedule.is_once = true;
        if (fits) {
            memcpy(full, inside.data, inside.size);
            memcpy(full + inside.size, ":00Z", sizeof(":00Z"));
        }
        is_good = fits && timestamp_parse(text_from(full), &schedule.at_ms);
    }
    if (is_good)
        *schedule_out = schedule;
    return is_good;
}

/* One number and its letter, which must come in this order. */
static bool take_amount(struct text *rest, const char *letters, const int64_t *units_ms, size_t *at,
                        int64_t *ms)
{
    size_t digits = 0;
    int64_t number;
    assert(rest->data);
    while (digits < rest->size && rest->data[digits] >= '0' && rest->data[digits] <= '9')
        digits++;
    if (digits == rest->size || digits > 6 ||
        !text_to_int64((struct text){ rest->data, digits }, &number))
        return false;
    while (letters[*at] && letters[*at] != rest->data[digits])
        ++*at;
    if (!letters[*at])
        return false;
    *ms += number * units_ms[(*at)++];
    *rest = (struct text){ rest->data + digits + 1, rest->size - digits - 1 };
    return true;
}

bool mute_duration_parse(const char *text, int64_t *ms_out)
{
    static const int64_t date_units[] = { 7 * 86400LL * MS_PER_SECOND, 86400LL * MS_PER_SECOND };
    static const int64_t time_units[] = { 3600LL * MS_PER_SECOND, MINUTE_MS, MS_PER_SECOND };
    struct text rest = text_from(text);
    int64_t ms = 0;
    size_t at = 0;
    if (!text_starts_with(rest, "P"))
        return false;
    rest = (struct text){ text + 1, rest.size - 1 };
    while (rest.size && !text_starts_with(rest, "T"))
        if (!take_amount(&rest, "WD", date_units, &at, &ms))
            return false;
    at = 0;
    if (rest.size == 1) /* a T, and nothing behind it */
        return false;
    if (rest.size)
        rest = (struct text){ rest.data + 1, rest.size - 1 };
    while (rest.size)
        if (!take_amount(&rest, "HMS", time_units, &at, &ms))
            return false;
    if (ms < MINUTE_MS || ms > DURATION_MAX_MS)
        return false;
    *ms_out = ms;
    return true;
}

/* As cron does: if both days are restricted, either will do. */
static bool day_fits(const struct mute_schedule *schedule, const struct tm *parts)
{
    bool is_day = schedule->days >> parts->tm_mday & 1;
    bool is_weekday = schedule->weekdays >> parts->tm_wday & 1;
    if (!schedule->any_day && !schedule->any_weekday)
        return is_day || is_weekday;
    return is_day && is_weekday;
}

/* How far back the next minute is that may begin a window; 0: this one does. A day that does not
 * fit is left an hour early, for clocks are put forward and back. */
static int64_t minutes_back(const struct mute_schedule *schedule, int64_t local_s)
{
    struct tm parts;
    time_t seconds = (time_t)local_s;
    gmtime_r(&seconds, &parts);
    if (!(schedule->months >> (parts.tm_mon + 1) & 1) || !day_fits(schedule, &parts))
        return parts.tm_hour > 0 ? (parts.tm_hour - 1) * MINUTES_PER_HOUR + parts.tm_min + 1 : 1;
    if (!(schedule->hours >> parts.tm_hour & 1))
        return parts.tm_min % HALF_HOUR + 1; /* clocks move by half hours somewhere */
    return !(schedule->minutes >> parts.tm_min & 1);
}

int64_t mute_schedule_at_ms(const struct mute_schedule *schedule, const struct time_zone *zone)
{
    return time_zone_to_utc_s(zone, schedule->at_ms / MS_PER_SECOND) * MS_PER_SECOND;
}

int64_t mute_schedule_end_ms(const struct mute_schedule *schedule, const struct time_zone *zone,
                             int64_t now_ms, int64_t from_ms)
{
    int64_t oldest_ms = now_ms - schedule->duration_ms;
    if (schedule->is_once) {
        int64_t at_ms = mute_schedule_at_ms(schedule, zone);
        bool is_open = at_ms <= now_ms && at_ms > oldest_ms && at_ms >= from_ms;
        return is_open ? at_ms + schedule->duration_ms : 0;
    }
    int64_t ms = now_ms - now_ms % MINUTE_MS;
    while (ms > oldest_ms && ms >= from_ms) {
        int64_t utc_s = ms / MS_PER_SECOND;
        int64_t back = minutes_back(schedule, utc_s + time_zone_offset_s(zone, utc_s));
        if (back == 0)
            return ms + schedule->duration_ms;
        ms -= back * MINUTE_MS;
    }
    return 0;
}
