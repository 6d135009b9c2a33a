/*
 * formatDate and parseDate of Logs Insights: times as texts, in a time zone of the tz database.
 */
#ifndef COALMINE_INSIGHTS_DATE_FORMAT_H
#define COALMINE_INSIGHTS_DATE_FORMAT_H

#include "logs/insights_value.h"

/* formatDate(time, format[, zone]): the format is strftime's; what it does not know stays as it
 * stands. Missing if there is no such time or zone. */
struct insights_value insights_format_date(const struct insights_value *arguments, int count,
                                           struct arena *arena);

/* parseDate(text, format[, zone]): milliseconds. The format is that of Java's DateTimeFormatter:
 * y u M d H h m s S a E X x Z and 'text'. Missing if the text is not of that form, if the format
 * has other letters or optional parts, or if there is no such zone. */
struct insights_value insights_parse_date(const struct insights_value *arguments, int count,
                                          struct arena *arena);

#endif
