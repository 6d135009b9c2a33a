#include "timestamp.h"

#include <stdio.h>
#include <time.h>

enum { MS_PER_SECOND = 1000, SECONDS_PER_MINUTE = 60, SECONDS_PER_HOUR = 3600 };

/* What stands for what: Y year, m month, d day, H hour, M minute, S second, F thousandths; anything
 * else for itself, so a form may not hold these letters otherwise. */
static const char *const formats[] = {
    [TIMESTAMP_ISO] = "Y-m-dTH:M:SZ",
    [TIMESTAMP_ISO_MS] = "Y-m-dTH:M:S.FZ",
    [TIMESTAMP_LAMBDA] = "Y-m-dTH:M:S.F+0000",
    [TIMESTAMP_LAMBDA_SECONDS] = "Y-m-dTH:M:S+0000",
    [TIMESTAMP_BASIC] = "YmdTHMSZ",
    [TIMESTAMP_DATE] = "Ymd",
    [TIMESTAMP_SLASHED_DATE] = "Y/m/d",
};

/* The years 0 to 9999: what four digits can say. */
static const int64_t FIRST_MS = -62167219200000;
static const int64_t LAST_MS = 253402300799999;

struct moment {
    unsigned year, month, day, hour, minute, second, ms;
};

/* The date of a day, counted from the first of March of year 0: years that begin in March have the
 * leap day at their end, so a day's number tells year and month by division alone (H. Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days). */
static void set_date(struct moment *moment, unsigned days)
{
    enum { DAYS_PER_ERA = 146097, YEARS_PER_ERA = 400 };
    unsigned era = days / DAYS_PER_ERA;
    unsigned day = days % DAYS_PER_ERA;
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153; /* from March */
    moment->day = day - (153 * month + 2) / 5 + 1;
    moment->month = month < 10 ? month + 3 : month - 9;
    moment->year = era * YEARS_PER_ERA + year + (moment->month <= 2);
}

static struct moment moment_of(int64_t ms)
{
    enum { MS_PER_DAY = 86400000, DAYS_UP_TO_MARCH = 60 }; /* year 0 is a leap year */
    struct moment moment = { 0 };
    uint64_t since_ms = (uint64_t)(ms - FIRST_MS);
    unsigned days = (unsigned)(since_ms / MS_PER_DAY);
    unsigned rest = (unsigned)(since_ms % MS_PER_DAY);
    if (days >= DAYS_UP_TO_MARCH) {
        set_date(&moment, days - DAYS_UP_TO_MARCH);
    } else {
        moment.month = 1 + days / 31;
        moment.day = 1 + days % 31;
    }
    moment.ms = rest % MS_PER_SECOND;
    rest /= MS_PER_SECOND;
    moment.hour = rest / SECONDS_PER_HOUR;
    moment.minute = rest / SECONDS_PER_MINUTE % SECONDS_PER_MINUTE;
    moment.second = rest % SECONDS_PER_MINUTE;
    return moment;
}

static char *print_digits(char *out, unsigned value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + count;
}

const char *timestamp_print(int64_t ms, enum timestamp_form form, char text_out[TIMESTAMP_SIZE])
{
    struct moment moment = moment_of(ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms);
    char *out = text_out;
    for (const char *part = formats[form]; *part; part++) {
        switch (*part) {
        case 'Y':
            out = print_digits(out, moment.year, 4);
            break;
        case 'm':
            out = print_digits(out, moment.month, 2);
            break;
        case 'd':
            out = print_digits(out, moment.day, 2);
            break;
        case 'H':
            out = print_digits(out, moment.hour, 2);
            break;
        case 'M':
            out = print_digits(out, moment.minute, 2);
            break;
        case 'S':
            out = print_digits(out, moment.second, 2);
            break;
        case 'F':
            out = print_digits(out, moment.ms, 3);
            break;
        default:
            *out++ = *part;
            break;
        }
    }
    *out = '\0';
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
    int leap_s = parts.tm_sec == 60;
    parts.tm_sec -= leap_s;
    time_t seconds = timegm(&parts) + leap_s;
    if (parts.tm_mday != day) /* the 31st of a month that has none */
        return false;
    *ms_out = ((int64_t)seconds - offset_s) * MS_PER_SECOND + fraction_ms;
    return true;
}
