/*
 * Telemetry databases of older coalmines: those of version 1 have a row per log event; the first of
 * version 2 have blocks of longer slots.
 */
#ifndef COALMINE_LOGS_EVENT_CONVERSION_H
#define COALMINE_LOGS_EVENT_CONVERSION_H

#include <sqlite3.h>
#include <stdbool.h>

#include "compiler.h"
#include "error.h"

/* Makes blocks as event_writer.h has them of what is otherwise, if there is any; of all or, if the
 * database refuses, of nothing. */
MUST_CHECK bool event_conversion_run(sqlite3 *database, struct error *error);

#endif
