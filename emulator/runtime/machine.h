/*
 * What this machine can bear.
 */
#ifndef COALMINE_MACHINE_H
#define COALMINE_MACHINE_H

/* Function processes at once that suit it. */
int machine_ceiling(int cpu_count);

#endif
