/*
 * Time. Three clocks, never mixed:
 * - service time: what AWS would call now (metric periods, link expiry, LastModified, retries). A
 *   test can move it, stop it, or let it run faster.
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
int64_t clock_elapsed_ms(void);   /* likewise in milliseconds, the machine's sleep included */

enum clock_mode {
    CLOCK_REAL,   /* runs with true time, perhaps apart from it */
    CLOCK_FROZEN, /* stands */
    CLOCK_SCALED, /* runs `scale` times as fast */
};

/* From now on service time runs like this, without a jump. `scale` is for CLOCK_SCALED. */
void clock_set_mode(enum clock_mode mode, double scale);
enum clock_mode clock_get_mode(void);
double clock_scale(void); /* service milliseconds per true one: 1, 0 or the scale */

/* Service time is now this, and runs on in its mode. */
void clock_set_now_ms(int64_t now_ms);

/* True milliseconds until service time comes to `due_ms`: 0 if it has, -1 if it stands. */
int64_t clock_wait_ms(int64_t due_ms);

/* Sleeps for so long of true time; less if a signal comes. */
void clock_sleep_ms(int64_t ms);

#endif
