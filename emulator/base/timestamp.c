#include "timestamp.h"

#include <stdio.h>
#include <time.h>

enum { MS_PER_SECOND = 1000, SECONDS_PER_MINUTE = 60, SECONDS_PER_HOUR = 3600 };

static const char *const formats[] = {
    [TIMESTAMP_ISO] = "%04Y-%m-%dT%H:%M:%SZ",
    [TIMESTAMP_ISO_MS] = "%04Y-%m-%dT%H:%M:%S",
    [TIMESTAMP_LAMBDA] = "%04Y-%m-%dT%H:%M:%S",
    [TIMESTAMP_LAMBDA_SECONDS] = "%04Y-%m-%dT%H:%M:%S+0000",
    [TIMESTAMP_BASIC] = "%04Y%m%dT%H%M%SZ",
    [TIMESTAMP_DATE] = "%04Y%m%d",
    [TIMESTAMP_SLASHED_DATE] = "%04Y/%m/%d",
};

/* The years 0 to 9999: what four digits can say. */
static const int64_t FIRST_MS = -62167219200000;
static const int64_t LAST_MS = 253402300799999;

const char *timestamp_print(int64_t ms, enum timestamp_form form, char text_out[TIMESTAMP_SIZE])
{
    ms = ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
    int64_t fraction_ms = ((ms % MS_PER_SECOND) + MS_PER_SECOND) % MS_PER_SECOND;
    time_t seconds = (time_t)((ms - fraction_ms) / MS_PER_SECOND);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t size = strftime(text_out, TIMESTAMP_SIZE, formats[form], &parts);
    if (form == TIMESTAMP_ISO_MS || form == TIMESTAMP_LAMBDA)
        snprintf(text_out + size, TIMESTAMP_SIZE - size, ".%03d%s", (int)fraction_ms,
                 form == TIMESTAMP_LAMBDA ? "+0000" : "Z");
    return text_out;
}

/* Reads exactly `digits` digits. */
static bool read_digits(struct text *rest, int digits, int *value_out)
{
    int value = 0;
    if (rest->size < (size_t)digits)
        return false;
    for (int i = 0; i < digits; i++) {
        char c = rest->data[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    rest->data += digits;
    rest->size -= (size_t)digits;
    *value_out = value;
    return true;
}

static bool skip(struct text *rest, const char *any_of)
{
    if (rest->size == 0 || !strchr(any_of, rest->data[0]))
        return false;
    rest->data++;
    rest->size--;
    return true;
}

static bool read_date(struct text *rest, struct tm *parts)
{
    int year;
    if (!read_digits(rest, 4, &year))
        return false;
    bool is_extended = skip(rest, "-");
    if (!read_digits(rest, 2, &parts->tm_mon) || (is_extended && !skip(rest, "-")) ||
        !read_digits(rest, 2, &parts->tm_mday))
        return false;
    parts->tm_year = year - 1900;
    parts->tm_mon--;
    return parts->tm_mon >= 0 && parts->tm_mon <= 11 && parts->tm_mday >= 1 && parts->tm_mday <= 31;
}

/* Fractions finer than a millisecond are cut off. */
static bool read_fraction(struct text *rest, int *ms_out)
{
    int scale = 100;
    int digits = 0;
    *ms_out = 0;
    if (!skip(rest, ".,"))
        return true;
    for (; rest->size && rest->data[0] >= '0' && rest->data[0] <= '9'; digits++) {
        *ms_out += (rest->data[0] - '0') * scale;
        scale /= 10;
        rest->data++;
        rest->size--;
    }
    return digits > 0;
}

static bool read_time(struct text *rest, struct tm *parts, int *fraction_ms_out)
{
    if (!read_digits(rest, 2, &parts->tm_hour))
        return false;
    bool is_extended = skip(rest, ":");
    if (!read_digits(rest, 2, &parts->tm_min))
        return false;
    if (is_extended ? skip(rest, ":")
                    : rest->size && rest->data[0] >= '0' && rest->data[0] <= '9') {
        if (!read_digits(rest, 2, &parts->tm_sec))
            return false;
    }
    return parts->tm_hour <= 23 && parts->tm_min <= 59 && parts->tm_sec <= 60 &&
           read_fraction(rest, fraction_ms_out);
}

static bool read_offset(struct text *rest, int *seconds_out)
{
    int hours;
    int minutes = 0;
    *seconds_out = 0;
    if (rest->size == 0 || skip(rest, "Zz"))
        return true;
    int sign = rest->data[0] == '-' ? -1 : 1;
    if (!skip(rest, "+-") || !read_digits(rest, 2, &hours))
        return false;
    if ((skip(rest, ":") || rest->size) && !read_digits(rest, 2, &minutes))
        return false;
    *seconds_out = sign * (hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE);
    return hours <= 23 && minutes <= 59;
}

bool timestamp_parse(struct text text, int64_t *ms_out)
{
    struct tm parts = { 0 };
    int fraction_ms = 0;
    int offset_s = 0;
    struct text rest = text;
    if (!read_date(&rest, &parts))
        return false;
    if (rest.size && (!skip(&rest, "Tt ") || !read_time(&rest, &parts, &fraction_ms) ||
                      !read_offset(&rest, &offset_s)))
        return false;
    if (rest.size)
        return false;
    int day = parts.tm_mday;
    time_t seconds = timegm(&parts);
    if (parts.tm_mday != day && parts.tm_sec != 60) /* the 31st of a month that has none */
        return false;
    *ms_out = ((int64_t)seconds - offset_s) * MS_PER_SECOND + fraction_ms;
    return true;
}
