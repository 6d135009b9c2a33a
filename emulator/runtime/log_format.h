/*
 * A function's LoggingConfig, as far as its sandbox needs to know it.
 */
#ifndef COALMINE_LOG_FORMAT_H
#define COALMINE_LOG_FORMAT_H

#include <stdbool.h>

/* In order of weight; system records know DEBUG, INFO and WARN only. */
enum log_severity {
    LOG_TRACE_RECORDS,
    LOG_DEBUG_RECORDS,
    LOG_INFO_RECORDS,
    LOG_WARN_RECORDS,
    LOG_ERROR_RECORDS,
    LOG_FATAL_RECORDS,
};

struct log_format {
    bool is_json;
    enum log_severity application; /* JSON: the least that is kept */
    enum log_severity system;      /* the same for the platform's records */
};

/* "INFO" and its like, whatever their case; `fallback` for anything else. */
enum log_severity log_severity_parse(const char *name, enum log_severity fallback);
const char *log_severity_name(enum log_severity severity);

#endif
