/*
 * Time. Three clocks, never mixed:
 * - service time: what AWS would call now (metric periods, link expiry, LastModified). It can be
 *   offset, so that a test can move it; issue by issue more modes come to it.
 * - true time: the machine's wall clock, for HTTP Date headers and log lines only.
 * - monotonic time: how long real work takes.
 * Implemented in emulator/base/clock.c.
 */
#ifndef COALMINE_CLOCK_H
#define COALMINE_CLOCK_H

#include <stdint.h>

int64_t clock_now_ms(void);       /* service time, milliseconds since 1970 */
int64_t clock_true_ms(void);      /* machine's wall clock, milliseconds since 1970 */
int64_t clock_monotonic_us(void); /* microseconds since some start */

/* Service time is true time plus this. */
void clock_set_offset_ms(int64_t offset_ms);

#endif
