#include "cloudwatch/distribution.h"

#include <math.h>
#include <stdlib.h>

#include "xalloc.h"

enum {
    EXACT_MAX = 64,
    FEW_CELLS = 16, /* that are put in one by one */
};

/* With gamma = (1 + a) / (1 - a), the middle of a cell is within a of all it holds. */
static const double ACCURACY = 0.005;

static double to_cell(double value)
{
    if (value <= 0)
        return 0;
    double gamma_log = log((1 + ACCURACY) / (1 - ACCURACY));
    double index = ceil(log(value) / gamma_log);
    double gamma = exp(gamma_log);
    return 2 * exp(index * gamma_log) / (gamma + 1);
}

void distribution_clear(struct distribution *distribution)
{
    free(distribution->cells);
    *distribution = (struct distribution){ 0 };
}

static uint32_t find_place(const struct distribution *distribution, double value)
{
    uint32_t low = 0;
    uint32_t high = distribution->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (distribution->cells[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct distribution *distribution, double value, double count)
{
    uint32_t place = find_place(distribution, value);
    if (place < distribution->count && distribution->cells[place].value == value) {
        distribution->cells[place].count += count;
        return;
    }
    if (distribution->count == distribution->capacity) {
        distribution->capacity = distribution->capacity ? distribution->capacity * 2 : 1;
        distribution->cells =
            xrealloc(distribution->cells, distribution->capacity * sizeof(*distribution->cells));
    }
    memmove(&distribution->cells[place + 1], &distribution->cells[place],
            (distribution->count - place) * sizeof(*distribution->cells));
    distribution->cells[place] = (struct distribution_cell){ value, count };
    distribution->count++;
}

static void become_sketch(struct distribution *distribution)
{
    struct distribution exact = *distribution;
    *distribution = (struct distribution){ .is_sketch = true };
    for (uint32_t i = 0; i < exact.count; i++)
        insert(distribution, to_cell(exact.cells[i].value), exact.cells[i].count);
    distribution_clear(&exact);
}

void distribution_add(struct distribution *distribution, double value, double count)
{
    insert(distribution, distribution->is_sketch ? to_cell(value) : value, count);
    if (!distribution->is_sketch && distribution->count > EXACT_MAX)
        become_sketch(distribution);
}

/* The other's cell as this distribution would keep it. */
static double value_for(const struct distribution *distribution, const struct distribution *other,
                        uint32_t at)
{
    if (at == other->count)
        return INFINITY;
    double value = other->cells[at].value;
    return distribution->is_sketch && !other->is_sketch ? to_cell(value) : value;
}

/* Both lists are ascending, so one pass makes them one. */
static void interleave(struct distribution *distribution, const struct distribution *other)
{
    uint32_t capacity = distribution->count + other->count;
    struct distribution_cell *cells = xmalloc(capacity * sizeof(*cells));
    uint32_t count = 0;
    uint32_t own_at = 0;
    uint32_t other_at = 0;
    double other_value = value_for(distribution, other, 0);
    while (own_at < distribution->count || other_at < other->count) {
        struct distribution_cell next;
        if (own_at < distribution->count && distribution->cells[own_at].value <= other_value) {
            next = distribution->cells[own_at++];
        } else {
            next = (struct distribution_cell){ other_value, other->cells[other_at++].count };
            other_value = value_for(distribution, other, other_at);
        }
        if (count && cells[count - 1].value == next.value)
            cells[count - 1].count += next.count;
        else
            cells[count++] = next;
    }
    free(distribution->cells);
    distribution->cells = cells;
    distribution->count = count;
    distribution->capacity = capacity;
}

/* A copy, as far as it can be one. */
static bool copy(struct distribution *distribution, const struct distribution *other)
{
    if (distribution->count || other->count == 0)
        return false;
    distribution_clear(distribution);
    *distribution = *other;
    distribution->capacity = other->count;
    distribution->cells = xmemdup(other->cells, other->count * sizeof(*other->cells));
    return true;
}

void distribution_merge(struct distribution *distribution, const struct distribution *other)
{
    if (copy(distribution, other))
        return;
    if (other->is_sketch && !distribution->is_sketch)
        become_sketch(distribution);
    if (other->count > FEW_CELLS) {
        interleave(distribution, other);
        if (!distribution->is_sketch && distribution->count > EXACT_MAX)
            become_sketch(distribution);
        return;
    }
    for (uint32_t i = 0; i < other->count; i++) {
        if (other->is_sketch) /* already the middle of a cell */
            insert(distribution, other->cells[i].value, other->cells[i].count);
        else
            distribution_add(distribution, other->cells[i].value, other->cells[i].count);
    }
}

double distribution_total(const struct distribution *distribution)
{
    double total = 0;
    for (uint32_t i = 0; i < distribution->count; i++)
        total += distribution->cells[i].count;
    return total;
}

double distribution_quantile(const struct distribution *distribution, double share)
{
    double wanted = share * distribution_total(distribution);
    double seen = 0;
    for (uint32_t i = 0; i < distribution->count; i++) {
        seen += distribution->cells[i].count;
        if (seen >= wanted * (1 - 1e-12) && seen > 0)
            return distribution->cells[i].value;
    }
    return distribution->count ? distribution->cells[distribution->count - 1].value : NAN;
}
