/*
 * routing_draw: does the share that goes to the additional version equal the weight?
 *
 * Exact binomial test, two-sided: a fair draw is called biased with a probability of at most 1e-7
 * per weight (6e-7 for the six of them) and 1e-7 for the chi-square over all. Seeds are fixed, so
 * that a run repeats. A bias of two points is 4 standard deviations at the very least from the
 * interval's edge (weight 0.5: 12.6 from the middle), so that it is missed less than 1e-6 of times.
 */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "lambda/routing.h"
#include "support/suite.h"

enum { DRAWS = 100000 };

static const double FALSE_ALARM = 1e-7;
static const double PLANTED_BIAS = 0.02;
static const double weights[] = { 0, 0.01, 0.1, 0.5, 0.99, 1 };

static unsigned count_hits(struct random_stream *stream, double weight)
{
    unsigned hits = 0;
    for (int i = 0; i < DRAWS; i++)
        hits += routing_draw(stream, weight);
    return hits;
}

static bool share_is_plausible(unsigned hits, double weight)
{
    if (weight <= 0 || weight >= 1)
        return hits == (weight >= 1 ? DRAWS : 0);
    double at_most = gsl_cdf_binomial_P(hits, weight, DRAWS);
    double at_least = hits ? gsl_cdf_binomial_Q(hits - 1, weight, DRAWS) : 1;
    return fmin(at_most, at_least) >= FALSE_ALARM / 2;
}

static struct random_stream seeded_stream(size_t index)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
    random_set_seed(20251120);
    return random_stream_for(names[index]);
}

START_TEST(each_weight_gets_its_share)
{
    for (size_t i = 0; i < COUNT_OF(weights); i++) {
        struct random_stream stream = seeded_stream(i);
        unsigned hits = count_hits(&stream, weights[i]);
        ck_assert_msg(share_is_plausible(hits, weights[i]), "weight %g: %u of %d", weights[i], hits,
                      DRAWS);
    }
}
END_TEST

START_TEST(all_weights_together_are_plausible)
{
    double chi_square = 0;
    double degrees = 0;
    for (size_t i = 0; i < COUNT_OF(weights); i++) {
        if (weights[i] <= 0 || weights[i] >= 1)
            continue;
        struct random_stream stream = seeded_stream(i);
        double off = count_hits(&stream, weights[i]) - DRAWS * weights[i];
        chi_square += off * off / (DRAWS * weights[i] * (1 - weights[i]));
        degrees += 1;
    }
    /* Too good is as suspect as too bad: draws that are not independent. */
    ck_assert_msg(gsl_cdf_chisq_Q(chi_square, degrees) >= FALSE_ALARM / 2, "%g", chi_square);
    ck_assert_msg(gsl_cdf_chisq_P(chi_square, degrees) >= FALSE_ALARM / 2, "%g", chi_square);
}
END_TEST

START_TEST(the_same_check_catches_a_planted_bias)
{
    for (size_t i = 0; i < COUNT_OF(weights); i++) {
        struct random_stream stream = seeded_stream(i);
        double biased = weights[i] + (weights[i] > 0.5 ? -PLANTED_BIAS : PLANTED_BIAS);
        unsigned hits = count_hits(&stream, biased);
        ck_assert_msg(!share_is_plausible(hits, weights[i]), "weight %g: %u of %d", weights[i],
                      hits, DRAWS);
    }
}
END_TEST

START_TEST(draws_do_not_depend_on_the_draw_before)
{
    struct random_stream stream = seeded_stream(0);
    unsigned pairs[2][2] = { { 0 } };
    bool before = routing_draw(&stream, 0.5);
    for (int i = 0; i < DRAWS; i++) {
        bool now = routing_draw(&stream, 0.5);
        pairs[before][now]++;
        before = now;
    }
    unsigned same = pairs[0][0] + pairs[1][1];
    ck_assert_msg(share_is_plausible(same, 0.5), "%u of %d repeat the draw before", same, DRAWS);
}
END_TEST

SUITE("routing", each_weight_gets_its_share, all_weights_together_are_plausible,
      the_same_check_catches_a_planted_bias, draws_do_not_depend_on_the_draw_before)
