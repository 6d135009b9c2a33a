#include "statistics/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* Values below SUB have a bucket each; above, each doubling has HALF buckets. */
enum { SUB_BITS = 11, SUB = 1 << SUB_BITS, HALF = SUB / 2 };

static const int64_t VALUE_MAX_US = 3600LL * 1000000;

void histogram_clear(struct histogram *histogram)
{
    free(histogram->buckets);
    *histogram = (struct histogram){ 0 };
}

uint32_t histogram_index(int64_t value_us)
{
    uint64_t value = (uint64_t)(value_us < 1              ? 1
                                : value_us > VALUE_MAX_US ? VALUE_MAX_US
                                                          : value_us);
    if (value < SUB)
        return (uint32_t)value;
    unsigned shift = (unsigned)(63 - __builtin_clzll(value)) - (SUB_BITS - 1);
    return (uint32_t)(shift * HALF + (value >> shift));
}

int64_t histogram_low_us(uint32_t index)
{
    if (index < SUB)
        return index;
    unsigned shift = index / HALF - 1;
    return (int64_t)(index - shift * HALF) << shift;
}

int64_t histogram_high_us(uint32_t index)
{
    return histogram_low_us(index + 1) - 1;
}

/* Where the index is, or would be put in. */
static size_t place_of(const struct histogram *histogram, uint32_t index)
{
    size_t low = 0;
    size_t high = histogram->size;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (histogram->buckets[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct histogram *histogram, size_t at, uint32_t index)
{
    if (histogram->size == histogram->capacity)
        histogram->buckets =
            xgrow(histogram->buckets, &histogram->capacity, 32, sizeof(*histogram->buckets));
    memmove(&histogram->buckets[at + 1], &histogram->buckets[at],
            (histogram->size - at) * sizeof(*histogram->buckets));
    histogram->buckets[at] = (struct histogram_bucket){ index, 0 };
    histogram->size++;
}

void histogram_add_bucket(struct histogram *histogram, uint32_t index, uint64_t count)
{
    if (count == 0)
        return;
    if (index >= HISTOGRAM_BUCKETS)
        index = HISTOGRAM_BUCKETS - 1;
    size_t at = place_of(histogram, index);
    if (at == histogram->size || histogram->buckets[at].index != index)
        insert(histogram, at, index);
    histogram->buckets[at].count += count;
    histogram->count += count;
}

void histogram_add(struct histogram *histogram, int64_t value_us)
{
    histogram_add_bucket(histogram, histogram_index(value_us), 1);
}

/* Both are in order: one walk. */
void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
    struct histogram merged = { .capacity = histogram->size + other->size + 1 };
    merged.buckets = xmalloc(merged.capacity * sizeof(*merged.buckets));
    size_t i = 0;
    size_t j = 0;
    while (i < histogram->size || j < other->size) {
        uint32_t ours = i < histogram->size ? histogram->buckets[i].index : UINT32_MAX;
        uint32_t theirs = j < other->size ? other->buckets[j].index : UINT32_MAX;
        struct histogram_bucket *bucket = &merged.buckets[merged.size++];
        *bucket = (struct histogram_bucket){ ours < theirs ? ours : theirs, 0 };
        if (ours <= theirs)
            bucket->count += histogram->buckets[i++].count;
        if (theirs <= ours)
            bucket->count += other->buckets[j++].count;
    }
    merged.count = histogram->count + other->count;
    free(histogram->buckets);
    *histogram = merged;
}

void histogram_difference(const struct histogram *now, const struct histogram *before,
                          struct histogram *out)
{
    for (size_t i = 0; i < now->size; i++) {
        const struct histogram_bucket *bucket = &now->buckets[i];
        size_t at = place_of(before, bucket->index);
        bool is_known = at < before->size && before->buckets[at].index == bucket->index;
        histogram_add_bucket(out, bucket->index,
                             bucket->count - (is_known ? before->buckets[at].count : 0));
    }
}

int64_t histogram_quantile_us(const struct histogram *histogram, double share)
{
    uint64_t rank = (uint64_t)ceil(share * (double)histogram->count);
    uint64_t seen = 0;
    for (size_t i = 0; i < histogram->size; i++) {
        seen += histogram->buckets[i].count;
        if (seen >= (rank ? rank : 1))
            return histogram_high_us(histogram->buckets[i].index);
    }
    return 0;
}

uint64_t histogram_count_above(const struct histogram *histogram, int64_t value_us)
{
    uint64_t sum = 0;
    uint32_t index = histogram_index(value_us);
    for (size_t i = histogram->size; i > 0 && histogram->buckets[i - 1].index > index; i--)
        sum += histogram->buckets[i - 1].count;
    return sum;
}

cJSON *histogram_json(const struct histogram *histogram)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < histogram->size; i++) {
        const double pair[] = { histogram->buckets[i].index, (double)histogram->buckets[i].count };
        cJSON_AddItemToArray(list, cJSON_CreateDoubleArray(pair, COUNT_OF(pair)));
    }
    return list;
}

static bool is_whole(const cJSON *item, double limit)
{
    return item && cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < limit &&
           floor(item->valuedouble) == item->valuedouble;
}

bool histogram_add_json(struct histogram *histogram, const cJSON *json)
{
    const cJSON *pair;
    if (!cJSON_IsArray(json))
        return false;
    cJSON_ArrayForEach(pair, json)
    {
        const cJSON *index = cJSON_IsArray(pair) ? pair->child : NULL;
        const cJSON *count = index ? index->next : NULL;
        if (!is_whole(index, HISTOGRAM_BUCKETS) || !is_whole(count, 9e15) || count->next)
            return false;
        histogram_add_bucket(histogram, (uint32_t)index->valuedouble, (uint64_t)count->valuedouble);
    }
    return true;
}
