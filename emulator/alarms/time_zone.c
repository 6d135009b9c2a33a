#include "alarms/time_zone.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "pattern.h"
#include "text.h"
#include "xalloc.h"

enum {
    FILE_MAX = 65536,
    HEADER_SIZE = 44,
    COUNTS_AT = 20,
    COUNT_SIZE = 4,
    TYPE_SIZE = 6,
    TIME_SIZE = 8,
    OLD_TIME_SIZE = 4,
};

enum count { UT_COUNT, STANDARD_COUNT, LEAP_COUNT, TIME_COUNT, TYPE_COUNT, CHAR_COUNT, COUNTS };

static uint64_t read_number(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* One of the two blocks: the old with times of 4 bytes, then the same with 8. */
static bool read_header(const unsigned char *bytes, size_t size, size_t counts_out[COUNTS])
{
    if (size < HEADER_SIZE || memcmp(bytes, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < COUNTS; i++)
        counts_out[i] = (size_t)read_number(bytes + COUNTS_AT + i * COUNT_SIZE, COUNT_SIZE);
    return true;
}

static size_t block_size(const size_t counts[COUNTS], size_t time_size)
{
    return HEADER_SIZE + counts[TIME_COUNT] * (time_size + 1) + counts[TYPE_COUNT] * TYPE_SIZE +
           counts[CHAR_COUNT] + counts[LEAP_COUNT] * (time_size + COUNT_SIZE) +
           counts[STANDARD_COUNT] + counts[UT_COUNT];
}

static bool read_changes(const unsigned char *block, size_t size, struct time_zone *zone)
{
    size_t counts[COUNTS];
    if (!read_header(block, size, counts) || counts[TIME_COUNT] > FILE_MAX ||
        counts[TYPE_COUNT] == 0 || counts[TYPE_COUNT] > FILE_MAX ||
        block_size(counts, TIME_SIZE) > size)
        return false;
    const unsigned char *times = block + HEADER_SIZE;
    const unsigned char *kinds = times + counts[TIME_COUNT] * TIME_SIZE;
    const unsigned char *types = kinds + counts[TIME_COUNT];
    zone->count = counts[TIME_COUNT] + 1;
    zone->changes = xcalloc(zone->count, sizeof(*zone->changes));
    for (size_t i = 0; i < zone->count; i++) {
        size_t kind = i ? kinds[i - 1] : 0;
        if (kind >= counts[TYPE_COUNT])
            return false;
        zone->changes[i] = (struct time_zone_change){
            i ? (int64_t)read_number(times + (i - 1) * TIME_SIZE, TIME_SIZE) : INT64_MIN,
            (int32_t)read_number(types + kind * TYPE_SIZE, COUNT_SIZE),
        };
    }
    return true;
}

bool time_zone_load(const char *name, struct time_zone *zone_out)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct time_zone zone = { 0 };
    size_t counts[COUNTS];
    size_t size;
    if (strcmp(name, "UTC") == 0) {
        *zone_out = zone;
        return true;
    }
    if (!pattern_matches("[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", text_from(name)))
        return false;
    CLEANUP(freep) char *path = xformat("/usr/share/zoneinfo/%s", name);
    CLEANUP(freep) char *file = file_read(path, FILE_MAX, &size, &error);
    const unsigned char *bytes = (const unsigned char *)file;
    if (!file || !read_header(bytes, size, counts) || block_size(counts, OLD_TIME_SIZE) > size)
        return false;
    size_t old_size = block_size(counts, OLD_TIME_SIZE);
    if (!read_changes(bytes + old_size, size - old_size, &zone)) {
        time_zone_clear(&zone);
        return false;
    }
    *zone_out = zone;
    return true;
}

void time_zone_clear(struct time_zone *zone)
{
    free(zone->changes);
    *zone = (struct time_zone){ 0 };
}

int64_t time_zone_offset_s(const struct time_zone *zone, int64_t utc_s)
{
    size_t low = 0;
    size_t high = zone->count;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (zone->changes[middle].from_s <= utc_s)
            low = middle;
        else
            high = middle;
    }
    return zone->count ? zone->changes[low].offset_s : 0;
}

int64_t time_zone_to_utc_s(const struct time_zone *zone, int64_t local_s)
{
    int64_t before_s = local_s - time_zone_offset_s(zone, local_s - 86400);
    if (before_s + time_zone_offset_s(zone, before_s) == local_s)
        return before_s;
    int64_t after_s = local_s - time_zone_offset_s(zone, local_s + 86400);
    return after_s + time_zone_offset_s(zone, after_s) == local_s ? after_s : before_s;
}
