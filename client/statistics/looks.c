/*
 * Group sequential bounds (several.h).
 */
#include <gsl/gsl_integration.h>
#include <math.h>

#include "statistics/several.h"
#include "statistics/special.h"
#include "compiler.h"

enum { NODES = 120, BISECTIONS = 100 };

/* The law of the sum after a look, for those that have not passed a bound: its density at Gauss's
 * nodes between the bounds, times their weights. */
struct looking {
    gsl_integration_glfixed_table *rule;
    double place[NODES];
    double mass[NODES];
    size_t looks; /* so far */
};

static void looking_clear(struct looking *looking)
{
    gsl_integration_glfixed_table_free(looking->rule);
}

static double density(double x)
{
    return exp(-x * x / 2) / sqrt(2 * M_PI);
}

/* The chance to pass `bound` (of the sum) at the next look. */
static double chance_to_pass(const struct looking *looking, double bound)
{
    double chance = 0;
    if (looking->looks == 0)
        return 2 * normal_greater(bound);
    for (int i = 0; i < NODES; i++)
        chance += looking->mass[i] * (normal_greater(bound - looking->place[i]) +
                                      normal_greater(bound + looking->place[i]));
    return chance;
}

static double density_at(const struct looking *looking, double x)
{
    double sum = 0;
    if (looking->looks == 0)
        return density(x);
    for (int i = 0; i < NODES; i++)
        sum += looking->mass[i] * density(x - looking->place[i]);
    return sum;
}

static void go_on_within(struct looking *looking, double bound)
{
    struct looking next = { .rule = looking->rule, .looks = looking->looks + 1 };
    for (size_t i = 0; i < NODES; i++) {
        double weight;
        gsl_integration_glfixed_point(-bound, bound, i, &next.place[i], &weight, looking->rule);
        next.mass[i] = weight * density_at(looking, next.place[i]);
    }
    *looking = next;
}

double looks_error(const double *z, size_t looks)
{
    CLEANUP(looking_clear)
    struct looking looking = { .rule = gsl_integration_glfixed_table_alloc(NODES) };
    double error = 0;
    for (size_t i = 0; i < looks; i++) {
        double bound = z[i] * sqrt((double)i + 1);
        error += chance_to_pass(&looking, bound);
        go_on_within(&looking, bound);
    }
    return error;
}

double pocock_constant(size_t looks, double alpha)
{
    double low = 0.1;
    double high = 10;
    for (int step = 0; step < BISECTIONS && high - low > 1e-13; step++) {
        double middle = (low + high) / 2;
        double z[LOOKS_MAX];
        for (size_t i = 0; i < looks; i++)
            z[i] = middle;
        if (looks_error(z, looks) > alpha)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
