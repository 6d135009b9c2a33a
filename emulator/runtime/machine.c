/*
 * Processors and, at half of it, memory.
 */
#include "runtime/machine.h"

#include <stdint.h>
#include <unistd.h>

enum {
    CEILING_MIN = 8,
    CEILING_MAX = 64,
    CEILING_PER_CPU = 8,
    SANDBOX_MB = 64, /* a plain node process */
};

int machine_ceiling(int cpu_count)
{
    int64_t memory_mb = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) >> 20;
    int64_t ceiling = (int64_t)cpu_count * CEILING_PER_CPU;
    if (ceiling > memory_mb / 2 / SANDBOX_MB)
        ceiling = memory_mb / 2 / SANDBOX_MB;
    if (ceiling > CEILING_MAX)
        ceiling = CEILING_MAX;
    return ceiling < CEILING_MIN ? CEILING_MIN : (int)ceiling;
}
