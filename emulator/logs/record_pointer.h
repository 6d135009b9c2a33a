/*
 * What @ptr holds: an opaque text that names one event, good for GetLogRecord.
 */
#ifndef COALMINE_LOGS_RECORD_POINTER_H
#define COALMINE_LOGS_RECORD_POINTER_H

#include "arena.h"
#include "compiler.h"
#include "logs/event.h"

/* Owned by the caller. */
char *record_pointer_print(const char *group, const struct event_row *row);

/* False if the text is none. The group's name lives in the arena. */
MUST_CHECK bool record_pointer_read(const char *pointer, struct arena *arena,
                                    const char **group_out, struct event_position *position_out);

#endif
