#include "runtime/log_format.h"

#include <strings.h>

#include "compiler.h"

static const char *const names[] = {
    [LOG_TRACE_RECORDS] = "TRACE", [LOG_DEBUG_RECORDS] = "DEBUG", [LOG_INFO_RECORDS] = "INFO",
    [LOG_WARN_RECORDS] = "WARN",   [LOG_ERROR_RECORDS] = "ERROR", [LOG_FATAL_RECORDS] = "FATAL",
};

/* What other loggers call the same. */
static const struct {
    const char *name;
    enum log_severity severity;
} aliases[] = { { "WARNING", LOG_WARN_RECORDS }, { "CRITICAL", LOG_FATAL_RECORDS } };

enum log_severity log_severity_parse(const char *name, enum log_severity fallback)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return (enum log_severity)i;
    for (size_t i = 0; i < COUNT_OF(aliases); i++)
        if (strcasecmp(name, aliases[i].name) == 0)
            return aliases[i].severity;
    return fallback;
}

const char *log_severity_name(enum log_severity severity)
{
    return names[severity];
}
