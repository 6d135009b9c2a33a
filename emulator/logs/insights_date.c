#include "logs/insights_functions.h"

#include <time.h>

#include "logs/insights_date_format.h"

enum { MS_PER_SECOND = 1000, MONTHS_PER_YEAR = 12, FIRST_YEAR = 1970 };

/* The month of a time, counted from January 1970. */
static double month_of(double ms)
{
    struct tm parts;
    time_t seconds = (time_t)floor(ms / MS_PER_SECOND);
    return gmtime_r(&seconds, &parts)
               ? (parts.tm_year + 1900 - FIRST_YEAR) * MONTHS_PER_YEAR + parts.tm_mon
               : NAN;
}

static double month_start_ms(double month)
{
    double year = floor(month / MONTHS_PER_YEAR);
    struct tm parts = { .tm_year = (int)year + FIRST_YEAR - 1900,
                        .tm_mon = (int)(month - year * MONTHS_PER_YEAR),
                        .tm_mday = 1 };
    return (double)timegm(&parts) * MS_PER_SECOND;
}

/* Months and what is made of them differ in length: 3mo are the quarters of the year. */
static struct insights_value round_to_months(double ms, double months, bool is_up)
{
    static const double MOST = 10000 * MONTHS_PER_YEAR;
    if (!(months > 0 && months <= MOST) || insights_time(ms).kind == INSIGHTS_MISSING)
        return (struct insights_value){ 0 };
    double start_ms = month_start_ms(floor(month_of(ms) / months) * months);
    return insights_time(is_up && start_ms < ms
                             ? month_start_ms((floor(month_of(ms) / months) + 1) * months)
                             : start_ms);
}

static struct insights_value round_time(const struct insights_value *arguments, bool is_up)
{
    double ms = insights_number_of(arguments);
    double period = insights_number_of(&arguments[1]);
    if (isnan(ms))
        return (struct insights_value){ 0 };
    if (arguments[1].kind == INSIGHTS_MONTHS)
        return round_to_months(ms, arguments[1].number, is_up);
    if (!(period > 0))
        return (struct insights_value){ 0 };
    return insights_time((is_up ? ceil(ms / period) : floor(ms / period)) * period);
}

static struct insights_value do_datefloor(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena UNUSED)
{
    return round_time(arguments, false);
}

static struct insights_value do_dateceil(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena UNUSED)
{
    return round_time(arguments, true);
}

static struct insights_value do_frommillis(const struct insights_value *arguments, int count UNUSED,
                                           struct arena *arena UNUSED)
{
    double ms = insights_number_of(arguments);
    return insights_time(ms);
}

static struct insights_value do_tomillis(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena UNUSED)
{
    return insights_number(insights_number_of(arguments));
}

static struct insights_value tell_now(const struct insights_times *times)
{
    return insights_number((double)(times->asked_ms / MS_PER_SECOND));
}

static struct insights_value tell_start(const struct insights_times *times)
{
    return insights_number((double)times->start_ms);
}

static struct insights_value tell_end(const struct insights_times *times)
{
    return insights_number((double)times->end_ms);
}

static struct insights_value tell_range(const struct insights_times *times)
{
    return insights_number((double)(times->end_ms - times->start_ms));
}

const struct insights_function insights_date_functions[] = {
    { .name = "dateceil", .least = 2, .most = 2, .call = do_dateceil },
    { .name = "datefloor", .least = 2, .most = 2, .call = do_datefloor },
    { .name = "formatdate", .least = 2, .most = 3, .call = insights_format_date },
    { .name = "frommillis", .least = 1, .most = 1, .call = do_frommillis },
    { .name = "now", .tell = tell_now },
    { .name = "parsedate", .least = 2, .most = 3, .call = insights_parse_date },
    { .name = "queryendtime", .tell = tell_end },
    { .name = "querystarttime", .tell = tell_start },
    { .name = "querytimerange", .tell = tell_range },
    { .name = "strftime", .least = 2, .most = 3, .call = insights_format_date },
    { .name = "tomillis", .least = 1, .most = 1, .call = do_tomillis },
    { 0 },
};
