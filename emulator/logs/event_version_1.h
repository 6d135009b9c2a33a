/*
 * Telemetry databases of version 1 have a row per log event.
 */
#ifndef COALMINE_LOGS_EVENT_VERSION_1_H
#define COALMINE_LOGS_EVENT_VERSION_1_H

#include <sqlite3.h>
#include <stdbool.h>

#include "compiler.h"
#include "error.h"

/* Turns those rows, if there are any, into blocks; all of them or, if the database refuses, none.
 */
MUST_CHECK bool event_version_1_convert(sqlite3 *database, struct error *error);

#endif
