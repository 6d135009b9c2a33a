/*
 * Time zones by their names in the tz database ("America/New_York"), read from the machine's
 * /usr/share/zoneinfo (RFC 8536). libc's own go by an environment variable, which threads share.
 */
#ifndef COALMINE_TIME_ZONE_H
#define COALMINE_TIME_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

struct time_zone_change {
    int64_t from_s; /* UTC; the first one's is INT64_MIN */
    int32_t offset_s;
};

/* A zeroed zone is UTC. */
struct time_zone {
    struct time_zone_change *changes; /* ascending; owned */
    size_t count;
};

/* False if there is no such zone. On success the caller ends it with time_zone_clear(). */
MUST_CHECK bool time_zone_load(const char *name, struct time_zone *zone_out);
void time_zone_clear(struct time_zone *zone);

/* Seconds that local time is ahead of UTC. */
int64_t time_zone_offset_s(const struct time_zone *zone, int64_t utc_s);

/* The UTC time of a local one; of one that comes twice the first, of one that is left out what it
 * would have been. */
int64_t time_zone_to_utc_s(const struct time_zone *zone, int64_t local_s);

#endif
