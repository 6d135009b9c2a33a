/*
 * `coalmine check`: the blocks of log events in the telemetry database.
 */
#ifndef COALMINE_LOGS_EVENT_INSPECT_H
#define COALMINE_LOGS_EVENT_INSPECT_H

#include <sqlite3.h>

struct inspection;

/* Reports each block whose events cannot all be read, are of another slot, or are not what was
 * counted. */
void event_inspect(struct inspection *inspection, sqlite3 *database);

#endif
