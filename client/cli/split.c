#include "cli/split.h"

#include "cli/output.h"
#include "statistics/statistics.h"

static const double SPLIT_UNLIKELY = 1e-3;

struct split split_of(uint64_t hits, uint64_t all, double weight)
{
    double chance = binomial_two_sided(hits, all, weight);
    return (struct split){ .hits = hits,
                           .all = all,
                           .weight = weight,
                           .interval = clopper_pearson(hits, all, 0.95),
                           .chance = chance,
                           .fits = chance >= SPLIT_UNLIKELY };
}

void say_split(const struct split *split, const char *version)
{
    say("  Version %s got %.1f %% of the traffic [%.1f, %.1f], configured %.4g %%: %s (p = %.2g).",
        version, 100 * share_of(split->hits, split->all), 100 * split->interval.low,
        100 * split->interval.high, 100 * split->weight,
        split->fits ? "as it should be" : "THAT DOES NOT FIT THE WEIGHT", split->chance);
}
