#include "statistics/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "statistics/binomial.h"
#include "statistics/discrete.h"
#include "statistics/sequential.h"
#include "xalloc.h"

static const double US_PER_MS = 1000;

void sample_clear(struct sample *sample)
{
    free(sample->values);
    *sample = (struct sample){ 0 };
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void append(struct sample *sample, double value, uint64_t count)
{
    struct sample_value *last = sample->size ? &sample->values[sample->size - 1] : NULL;
    sample->count += count;
    if (last && last->value >= value)
        last->count += count;
    else
        sample->values[sample->size++] = (struct sample_value){ value, count };
}

struct sample sample_from(const double *values, size_t count)
{
    CLEANUP(freep) double *sorted = xmalloc((count + 1) * sizeof(*sorted));
    struct sample sample = { .values = xcalloc(count + 1, sizeof(*sample.values)) };
    if (count > 0)
        memcpy(sorted, values, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), by_value);
    for (size_t i = 0; i < count; i++)
        append(&sample, sorted[i], 1);
    return sample;
}

struct sample sample_from_histogram(const struct histogram *histogram)
{
    struct sample sample = { .values = xcalloc(histogram->size + 1, sizeof(*sample.values)) };
    for (size_t i = 0; i < histogram->size; i++) {
        uint32_t index = histogram->buckets[i].index;
        double middle = (double)(histogram_low_us(index) + histogram_high_us(index)) / 2;
        append(&sample, middle / US_PER_MS, histogram->buckets[i].count);
    }
    return sample;
}

/* The value of rank 1 (the least) to count (the greatest). */
static double value_at(const struct sample *sample, uint64_t rank)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < sample->size; i++) {
        seen += sample->values[i].count;
        if (seen >= rank)
            return sample->values[i].value;
    }
    return NAN;
}

double sample_mean(const struct sample *sample)
{
    double sum = 0;
    for (size_t i = 0; i < sample->size; i++)
        sum += sample->values[i].value * (double)sample->values[i].count;
    return sample->count ? sum / (double)sample->count : NAN;
}

double sample_quantile(const struct sample *sample, double share)
{
    if (sample->count == 0)
        return NAN;
    double place = (double)(sample->count - 1) * share;
    double below = floor(place);
    double low = value_at(sample, (uint64_t)below + 1);
    if (below >= place)
        return low;
    return low + (place - below) * (value_at(sample, (uint64_t)below + 2) - low);
}

struct ranks quantile_ranks(uint64_t n, double share, double alpha)
{
    struct share_region region = share_exact_region(n, share, alpha);
    struct discrete law = binomial_law(n, share);
    struct ranks ranks = { (uint64_t)(region.low + 1), (uint64_t)region.high, 0 };
    ranks.coverage =
        1 - exp(discrete_log_less(&law, region.low)) - exp(discrete_log_greater(&law, region.high));
    return ranks;
}

struct ranks quantile_ranks_anytime(uint64_t n, double share, double alpha)
{
    static const double PRIOR_STRENGTH = 20;
    struct counts counts = mixture_counts(n, share, prior_about(share, PRIOR_STRENGTH), alpha);
    return (struct ranks){ (uint64_t)counts.low, (uint64_t)counts.high + 1, 1 - alpha };
}

struct interval sample_at_ranks(const struct sample *sample, struct ranks ranks)
{
    return (struct interval){
        ranks.low < 1 ? -INFINITY : value_at(sample, ranks.low),
        ranks.high > sample->count ? INFINITY : value_at(sample, ranks.high),
    };
}

struct interval sample_quantile_interval(const struct sample *sample, double share, double alpha)
{
    return sample_at_ranks(sample, quantile_ranks(sample->count, share, alpha));
}
