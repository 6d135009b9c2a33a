#include "logs/insights_date_format.h"

#include <ctype.h>
#include <strings.h>
#include <time.h>

#include "alarms/time_zone.h"
#include "buffer.h"
#include "logs/insights_functions.h"
#include "text.h"

enum {
    MS_PER_SECOND = 1000,
    MINUTE_S = 60,
    HOUR_S = 3600,
    TM_YEAR = 1900,
    MONTHS = 12,
    WEEK_DAYS = 7,
    HALF_DAY_H = 12,
    SHORT_NAME = 3,
};

static const char *const month_names[MONTHS] = { "January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December" };
static const char *const day_names[WEEK_DAYS] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday" };

static bool load_zone(const struct insights_value *arguments, int count, struct time_zone *zone_out,
                      struct arena *arena)
{
    return time_zone_load(count > 2 ? insights_print(&arguments[2], arena) : "UTC", zone_out);
}

struct local {
    struct tm parts;
    int64_t utc_s;
    int offset_s;
};

static void add_number(struct buffer *text, char letter, const struct local *local)
{
    const struct tm *parts = &local->parts;
    int hour = parts->tm_hour % HALF_DAY_H;
    const struct {
        char letter;
        int width;
        long long value;
    } numbers[] = {
        { 'Y', 4, parts->tm_year + TM_YEAR },
        { 'y', 2, (parts->tm_year + TM_YEAR) % 100 },
        { 'm', 2, parts->tm_mon + 1 },
        { 'd', 2, parts->tm_mday },
        { 'H', 2, parts->tm_hour },
        { 'I', 2, hour ? hour : HALF_DAY_H },
        { 'M', 2, parts->tm_min },
        { 'S', 2, parts->tm_sec },
        { 'j', 3, parts->tm_yday + 1 },
        { 'u', 1, parts->tm_wday ? parts->tm_wday : 7 },
        { 'w', 1, parts->tm_wday },
        { 's', 1, local->utc_s },
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        if (numbers[i].letter == letter) {
            buffer_add_format(text, "%0*lld", numbers[i].width, numbers[i].value);
            return;
        }
    }
    buffer_add_format(text, "%%%c", letter);
}

static void add_offset(struct buffer *text, int offset_s)
{
    int size_s = abs(offset_s);
    buffer_add_format(text, "%c%02d%02d", offset_s < 0 ? '-' : '+', size_s / HOUR_S,
                      size_s / MINUTE_S % MINUTE_S);
}

static void add_formatted(struct buffer *text, const char *format, const struct local *local);

static void add_conversion(struct buffer *text, char letter, const struct local *local)
{
    switch (letter) {
    case 'a':
        buffer_add(text, day_names[local->parts.tm_wday], SHORT_NAME);
        return;
    case 'A':
        buffer_add_string(text, day_names[local->parts.tm_wday]);
        return;
    case 'b':
    case 'h':
        buffer_add(text, month_names[local->parts.tm_mon], SHORT_NAME);
        return;
    case 'B':
        buffer_add_string(text, month_names[local->parts.tm_mon]);
        return;
    case 'p':
        buffer_add_string(text, local->parts.tm_hour < HALF_DAY_H ? "AM" : "PM");
        return;
    case 'F':
        add_formatted(text, "%Y-%m-%d", local);
        return;
    case 'T':
        add_formatted(text, "%H:%M:%S", local);
        return;
    case 'z':
        add_offset(text, local->offset_s);
        return;
    case '%':
        buffer_add_char(text, '%');
        return;
    default:
        add_number(text, letter, local);
    }
}

static void add_formatted(struct buffer *text, const char *format, const struct local *local)
{
    for (; *format; format++) {
        if (*format == '%' && format[1])
            add_conversion(text, *++format, local);
        else
            buffer_add_char(text, *format);
    }
}

struct insights_value insights_format_date(const struct insights_value *arguments, int count,
                                           struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer text;
    CLEANUP(time_zone_clear) struct time_zone zone = { 0 };
    struct local local = { 0 };
    struct insights_value time = insights_time(insights_number_of(arguments));
    buffer_init(&text, INSIGHTS_TEXT_MAX);
    if (time.kind == INSIGHTS_MISSING || !load_zone(arguments, count, &zone, arena))
        return (struct insights_value){ 0 };
    local.utc_s = (int64_t)floor(time.number / MS_PER_SECOND);
    local.offset_s = (int)time_zone_offset_s(&zone, local.utc_s);
    time_t local_s = local.utc_s + local.offset_s;
    gmtime_r(&local_s, &local.parts);
    add_formatted(&text, insights_print(&arguments[1], arena), &local);
    return insights_text(arena_copy(arena, buffer_text(&text)));
}

/* What is read of a text; all that a form leaves out is the first. */
struct reading {
    const char *at;
    struct tm parts; /* tm_mon from 1 */
    int ms;
    bool has_year;
    bool has_half;
    bool is_afternoon;
    bool has_offset;
    int offset_s;
};

/* One letter of a form takes all digits that there are, several take as many as they are. */
static bool read_digits(struct reading *reading, size_t width, int *value_out)
{
    enum { DIGITS_MAX = 9 };
    int value = 0;
    size_t count = 0;
    size_t most = width > 1 && width < DIGITS_MAX ? width : DIGITS_MAX;
    for (; count < most && isdigit((unsigned char)*reading->at); count++)
        value = value * 10 + (*reading->at++ - '0');
    *value_out = value;
    return count >= width;
}

/* Three letters stand for the short names, more for the long ones. */
static bool read_name(struct reading *reading, const char *const *names, int count, size_t width,
                      int *index_out)
{
    for (int i = 0; i < count; i++) {
        size_t size = width > SHORT_NAME ? strlen(names[i]) : SHORT_NAME;
        if (strncasecmp(reading->at, names[i], size) == 0) {
            reading->at += size;
            *index_out = i;
            return true;
        }
    }
    return false;
}

static bool read_year(struct reading *reading, size_t width)
{
    enum { CENTURY = 2000 };
    reading->has_year = true;
    if (!read_digits(reading, width, &reading->parts.tm_year))
        return false;
    if (width == 2)
        reading->parts.tm_year += CENTURY;
    return true;
}

static bool read_month(struct reading *reading, size_t width)
{
    if (width < SHORT_NAME)
        return read_digits(reading, width, &reading->parts.tm_mon);
    bool is_read = read_name(reading, month_names, MONTHS, width, &reading->parts.tm_mon);
    reading->parts.tm_mon++;
    return is_read;
}

static bool read_fraction(struct reading *reading, size_t width)
{
    static const int scales[] = { 100, 10, 1 };
    for (size_t i = 0; i < width; i++, reading->at++) {
        if (!isdigit((unsigned char)*reading->at))
            return false;
        reading->ms += i < COUNT_OF(scales) ? scales[i] * (*reading->at - '0') : 0;
    }
    return true;
}

static bool read_half(struct reading *reading)
{
    reading->has_half = true;
    reading->is_afternoon = strncasecmp(reading->at, "PM", 2) == 0;
    if (!reading->is_afternoon && strncasecmp(reading->at, "AM", 2) != 0)
        return false;
    reading->at += 2;
    return true;
}

/* +0130, +01:30, +01 or, if the letter is X, Z. */
static bool read_offset(struct reading *reading, char letter)
{
    int hours;
    int minutes = 0;
    reading->has_offset = true;
    if (letter == 'X' && *reading->at == 'Z')
        return *reading->at++ == 'Z';
    int sign = *reading->at == '-' ? -1 : 1;
    if (*reading->at != '-' && *reading->at != '+')
        return false;
    reading->at++;
    if (!read_digits(reading, 2, &hours))
        return false;
    reading->at += *reading->at == ':';
    if (isdigit((unsigned char)*reading->at) && !read_digits(reading, 2, &minutes))
        return false;
    reading->offset_s = sign * (hours * HOUR_S + minutes * MINUTE_S);
    return true;
}

static bool read_letters(struct reading *reading, char letter, size_t width)
{
    int ignored;
    switch (letter) {
    case 'y':
    case 'u':
        return read_year(reading, width);
    case 'M':
        return read_month(reading, width);
    case 'd':
        return read_digits(reading, width, &reading->parts.tm_mday);
    case 'H':
    case 'h':
        return read_digits(reading, width, &reading->parts.tm_hour);
    case 'm':
        return read_digits(reading, width, &reading->parts.tm_min);
    case 's':
        return read_digits(reading, width, &reading->parts.tm_sec);
    case 'S':
        return read_fraction(reading, width);
    case 'a':
        return read_half(reading);
    case 'E':
        return read_name(reading, day_names, WEEK_DAYS, width, &ignored);
    case 'X':
    case 'x':
    case 'Z':
        return read_offset(reading, letter);
    default:
        return false;
    }
}

/* 'T' stands for T, '' for one quote, also between quotes. */
static bool read_quoted(struct reading *reading, const char **format)
{
    const char *at = *format + 1;
    if (*at == '\'') {
        *format = at + 1;
        return *reading->at++ == '\'';
    }
    for (; *at; at++) {
        if (*at == '\'' && at[1] != '\'') {
            *format = at + 1;
            return true;
        }
        at += *at == '\'';
        if (*reading->at != *at)
            return false;
        reading->at++;
    }
    return false;
}

static bool read_form(struct reading *reading, const char *format)
{
    while (*format) {
        size_t width = 1;
        if (isalpha((unsigned char)*format)) {
            while (format[width] == *format)
                width++;
            if (!read_letters(reading, *format, width))
                return false;
            format += width;
        } else if (*format == '\'') {
            if (!read_quoted(reading, &format))
                return false;
        } else if (strchr("[]{}#", *format) || *reading->at++ != *format++) {
            return false;
        }
    }
    return *reading->at == '\0';
}

/* False if there is no such day or time. */
static bool find_seconds(const struct reading *reading, int64_t *local_s_out)
{
    struct tm parts = reading->parts;
    int day = parts.tm_mday;
    if (!reading->has_year || parts.tm_mon < 1 || parts.tm_mon > MONTHS || day < 1 || day > 31 ||
        parts.tm_hour > 23 || parts.tm_min > 59 || parts.tm_sec > 59 ||
        (reading->has_half && (parts.tm_hour < 1 || parts.tm_hour > HALF_DAY_H)))
        return false;
    if (reading->has_half)
        parts.tm_hour = parts.tm_hour % HALF_DAY_H + (reading->is_afternoon ? HALF_DAY_H : 0);
    parts.tm_year -= TM_YEAR;
    parts.tm_mon--;
    *local_s_out = timegm(&parts);
    return parts.tm_mday == day; /* 30 February is the first of March */
}

struct insights_value insights_parse_date(const struct insights_value *arguments, int count,
                                          struct arena *arena)
{
    CLEANUP(time_zone_clear) struct time_zone zone = { 0 };
    struct reading reading = { .at = insights_print(arguments, arena),
                               .parts = { .tm_mon = 1, .tm_mday = 1 } };
    int64_t local_s;
    if (!load_zone(arguments, count, &zone, arena) ||
        !read_form(&reading, insights_print(&arguments[1], arena)) ||
        !find_seconds(&reading, &local_s))
        return (struct insights_value){ 0 };
    int64_t utc_s =
        reading.has_offset ? local_s - reading.offset_s : time_zone_to_utc_s(&zone, local_s);
    return insights_number((double)(utc_s * MS_PER_SECOND + reading.ms));
}
