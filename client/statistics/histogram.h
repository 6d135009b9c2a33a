/*
 * Counts of latencies in buckets whose width grows with the value (as HDR histograms do): three
 * significant digits from 1 us to 1 h, so that a histogram of any run stays small, two can be
 * added, and quantiles and rank tests need no raw samples. Only buckets in use take memory.
 */
#ifndef CANARY_HISTOGRAM_H
#define CANARY_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "json.h"

struct histogram_bucket {
    uint32_t index;
    uint64_t count; /* never 0 */
};

/* A zeroed histogram is empty and ready. */
struct histogram {
    struct histogram_bucket *buckets; /* owned; by rising index */
    size_t size;
    size_t capacity;
    uint64_t count; /* of all values */
};

enum { HISTOGRAM_BUCKETS = 23552 };

/* Frees the buckets and leaves an empty histogram; a zeroed one is empty. */
void histogram_clear(struct histogram *histogram);

/* Counts a value, in microseconds; what is below 1 us or above 1 h counts as that. */
void histogram_add(struct histogram *histogram, int64_t value_us);
/* Counts so many values of a bucket; an index out of range counts as the last one. */
void histogram_add_bucket(struct histogram *histogram, uint32_t index, uint64_t count);
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* What came into `now` since `before`, which is an earlier state of it. Appends to `out`. */
void histogram_difference(const struct histogram *now, const struct histogram *before,
                          struct histogram *out);

/* The bucket of a value, and the least and the greatest value that falls into a bucket. */
uint32_t histogram_index(int64_t value_us);
int64_t histogram_low_us(uint32_t index);
int64_t histogram_high_us(uint32_t index);

/* The greatest value of the bucket below which at least that share of the values lies; 0 when
 * empty. */
int64_t histogram_quantile_us(const struct histogram *histogram, double share);

/* Values above `value_us`, as far as buckets tell: those of its own bucket are not. */
uint64_t histogram_count_above(const struct histogram *histogram, int64_t value_us);

/* [[index, count], ...]; the caller owns the tree. */
cJSON *histogram_json(const struct histogram *histogram);
/* Adds what histogram_json() wrote; false if it is no such thing. */
MUST_CHECK bool histogram_add_json(struct histogram *histogram, const cJSON *json);

#endif
