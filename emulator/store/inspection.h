/*
 * Looking a data directory over without a server (coalmine check): what is wrong, and what is
 * merely worth knowing. Whoever owns a part of the directory inspects it.
 */
#ifndef COALMINE_INSPECTION_H
#define COALMINE_INSPECTION_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

struct inspection {
    size_t problems;
    size_t notes;
    bool is_barred; /* it cannot be read now, or a newer coalmine wrote it: no damage */
    /* Called for each sentence; borrowed. */
    void (*on_finding)(bool is_problem, const char *sentence, void *owner);
    void *owner;
};

/* Counts a finding and tells it: damage, or what is worth knowing besides. */
void inspection_problem(struct inspection *inspection, const char *format, ...) PRINTF_LIKE(2, 3);
void inspection_note(struct inspection *inspection, const char *format, ...) PRINTF_LIKE(2, 3);

/* Open the control plane's database, and that of metrics and log events, and let SQLite check every
 * page, index and foreign key. The caller closes them with sqlite3_close(); NULL (with the finding)
 * if one is absent or cannot be used: a server that runs on it holds it, or a newer one wrote it.
 */
sqlite3 *store_inspect(struct inspection *inspection, const char *directory);
sqlite3 *telemetry_inspect(struct inspection *inspection, const char *directory);

/* Every record of the journal: its checksum, its place; and that all is there from `position` on,
 * where a start would begin to read. Changes nothing. */
void journal_inspect(struct inspection *inspection, const char *directory, uint64_t position);

#endif
