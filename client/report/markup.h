/*
 * Pieces that reports are made of: escaped text, numbers and times as people read them.
 */
#ifndef CANARY_MARKUP_H
#define CANARY_MARKUP_H

#include <stdint.h>

#include "buffer.h"
#include "report/history.h"

/* Text within XML or HTML, in elements and in quoted attributes. Escape sequences go; what else XML
 * cannot hold (control characters) becomes U+FFFD. */
void markup_text(struct buffer *out, const char *given);

/* "1h 5m", "5m 30s", "12.3 s", "250 ms". */
void markup_duration(struct buffer *out, int64_t ms);

/* "2026-11-25 22:09:16 UTC" */
void markup_time(struct buffer *out, int64_t time_ms);

/* "3.94 % [2.2, 6.5]": with its exact 95 % interval; a dash without any. */
void markup_share(struct buffer *out, uint64_t part, uint64_t whole);

/* "step 2: 10 %", "step 3: approve" */
void markup_step(struct buffer *out, const struct step_history *step);

#endif
