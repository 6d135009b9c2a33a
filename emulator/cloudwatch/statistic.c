#include "cloudwatch/statistic.h"

#include <math.h>
#include <string.h>

#include "pattern.h"
#include "text.h"

static const struct {
    const char *name;
    enum statistic_kind kind;
} classics[] = {
    { "SampleCount", STATISTIC_SAMPLE_COUNT }, { "Sum", STATISTIC_SUM },
    { "Average", STATISTIC_AVERAGE },          { "Minimum", STATISTIC_MINIMUM },
    { "Maximum", STATISTIC_MAXIMUM },
};

static const struct {
    const char *brief;
    const char *full;
    enum statistic_kind kind;
} ranges[] = {
    { "tm", "TM", STATISTIC_TRIMMED_MEAN },    { "tc", "TC", STATISTIC_TRIMMED_COUNT },
    { "ts", "TS", STATISTIC_TRIMMED_SUM },     { "wm", "WM", STATISTIC_WINSORIZED_MEAN },
    { NULL, "PR", STATISTIC_PERCENTILE_RANK },
};

static bool parse_percent(struct text text, double *share_out)
{
    double percent;
    if (!pattern_matches("\\d{1,3}(\\.\\d{1,10})?", text) || !text_to_double(text, &percent) ||
        percent > 100)
        return false;
    *share_out = percent / 100;
    return true;
}

/* One bound: "" is open, "10%" a share, "0.5" a value. */
static bool parse_bound(struct text text, double open_share, double open_value, bool *is_percent,
                        bool *is_value, double *share, double *value)
{
    *share = open_share;
    *value = open_value;
    if (text.size == 0)
        return true;
    if (text.data[text.size - 1] == '%') {
        *is_percent = true;
        text.size--;
        return parse_percent(text, share);
    }
    *is_value = true;
    return text_to_double(text, value);
}

/* "(a:b)" behind the two letters. */
static bool parse_range(struct text text, struct statistic *statistic)
{
    struct text bounds[2];
    bool is_percent = false;
    bool is_value = false;
    double low_value;
    double high_value;
    if (!pattern_capture("\\(([^:()]*):([^:()]*)\\)", text, bounds, 2) ||
        !parse_bound(bounds[0], 0, -INFINITY, &is_percent, &is_value, &statistic->low,
                     &low_value) ||
        !parse_bound(bounds[1], 1, INFINITY, &is_percent, &is_value, &statistic->high,
                     &high_value) ||
        is_percent == is_value) /* mixed, or both open */
        return false;
    statistic->is_absolute = is_value;
    if (is_value) {
        statistic->low = low_value;
        statistic->high = high_value;
    }
    return statistic->low < statistic->high &&
           (statistic->kind != STATISTIC_PERCENTILE_RANK || is_value);
}

bool statistic_parse(const char *string, struct statistic *statistic_out)
{
    struct text text = text_from(string);
    struct statistic statistic = { .low = 0, .high = 1 };
    for (size_t i = 0; i < COUNT_OF(classics); i++) {
        if (strcmp(string, classics[i].name) == 0) {
            *statistic_out = (struct statistic){ .kind = classics[i].kind };
            return true;
        }
    }
    bool is_good = false;
    if (strcmp(string, "IQM") == 0) {
        statistic = (struct statistic){ STATISTIC_TRIMMED_MEAN, false, 0.25, 0.75 };
        is_good = true;
    } else if (text_starts_with(text, "p")) {
        statistic.kind = STATISTIC_PERCENTILE;
        is_good = parse_percent((struct text){ text.data + 1, text.size - 1 }, &statistic.high);
    }
    struct text rest = { text.data + 2, text.size > 2 ? text.size - 2 : 0 };
    for (size_t i = 0; i < COUNT_OF(ranges) && !is_good; i++) {
        statistic.kind = ranges[i].kind;
        if (ranges[i].brief && text_starts_with(text, ranges[i].brief))
            is_good = parse_percent(rest, &statistic.high);
        else if (text_starts_with(text, ranges[i].full))
            is_good = parse_range(rest, &statistic);
    }
    if (is_good)
        *statistic_out = statistic;
    return is_good;
}

bool statistic_is_classic(const struct statistic *statistic)
{
    return statistic->kind <= STATISTIC_MAXIMUM;
}

/* Of a sketch's cells the outermost may reach past the values they hold. */
static double kept_inside(const struct metric_bucket *bucket, double value)
{
    return fmin(fmax(value, bucket->statistics.minimum), bucket->statistics.maximum);
}

static double quantile(const struct metric_bucket *bucket, double share)
{
    if (share <= 0)
        return bucket->statistics.minimum;
    if (share >= 1)
        return bucket->statistics.maximum;
    return kept_inside(bucket, distribution_quantile(&bucket->distribution, share));
}

/* Count and sum of the samples inside the statistic's bounds. Shares cut through a cell's
 * samples by rank. */
static void sum_inside(const struct statistic *statistic, const struct metric_bucket *bucket,
                       double *count_out, double *sum_out)
{
    const struct distribution *distribution = &bucket->distribution;
    double total = distribution_total(distribution);
    double seen = 0;
    *count_out = 0;
    *sum_out = 0;
    for (uint32_t i = 0; i < distribution->count; i++) {
        const struct distribution_cell *cell = &distribution->cells[i];
        double value = kept_inside(bucket, cell->value);
        double inside;
        if (statistic->is_absolute) {
            inside = value > statistic->low && value <= statistic->high ? cell->count : 0;
        } else {
            double from = fmax(seen, statistic->low * total);
            double to = fmin(seen + cell->count, statistic->high * total);
            inside = to > from ? to - from : 0;
        }
        seen += cell->count;
        *count_out += inside;
        *sum_out += inside * value;
    }
}

/* Outside values are replaced by the boundary's value instead of being left out. */
static double winsorized_mean(const struct statistic *statistic, const struct metric_bucket *bucket)
{
    const struct distribution *distribution = &bucket->distribution;
    double low = statistic->is_absolute ? statistic->low : quantile(bucket, statistic->low);
    double high = statistic->is_absolute ? statistic->high : quantile(bucket, statistic->high);
    double sum = 0;
    for (uint32_t i = 0; i < distribution->count; i++)
        sum += fmin(fmax(kept_inside(bucket, distribution->cells[i].value), low), high) *
               distribution->cells[i].count;
    return sum / distribution_total(distribution);
}

static bool compute_from_values(const struct statistic *statistic,
                                const struct metric_bucket *bucket, double *value_out)
{
    double count;
    double sum;
    if (statistic->kind == STATISTIC_PERCENTILE) {
        *value_out = quantile(bucket, statistic->high);
        return true;
    }
    if (statistic->kind == STATISTIC_WINSORIZED_MEAN) {
        *value_out = winsorized_mean(statistic, bucket);
        return true;
    }
    sum_inside(statistic, bucket, &count, &sum);
    switch (statistic->kind) {
    case STATISTIC_TRIMMED_MEAN:
        *value_out = sum / count;
        return count > 0;
    case STATISTIC_TRIMMED_COUNT:
        *value_out = count;
        return true;
    case STATISTIC_TRIMMED_SUM:
        *value_out = sum;
        return true;
    default:
        *value_out = 100 * count / distribution_total(&bucket->distribution);
        return true;
    }
}

bool statistic_compute(const struct statistic *statistic, const struct metric_bucket *bucket,
                       double *value_out)
{
    const struct metric_statistics *values = &bucket->statistics;
    switch (statistic->kind) {
    case STATISTIC_SAMPLE_COUNT:
        *value_out = values->count;
        return true;
    case STATISTIC_SUM:
        *value_out = values->sum;
        return true;
    case STATISTIC_AVERAGE:
        *value_out = values->sum / values->count;
        return values->count > 0;
    case STATISTIC_MINIMUM:
        *value_out = values->minimum;
        return true;
    case STATISTIC_MAXIMUM:
        *value_out = values->maximum;
        return true;
    default:
        break;
    }
    if (bucket->has_no_percentiles || bucket->distribution.count == 0)
        return false;
    return compute_from_values(statistic, bucket, value_out);
}
