#include "judge/judge.h"

#include <math.h>
#include <stdio.h>

#include "statistics/statistics.h"

const double SPLIT_ALARM = 1e-3;

static const double RUNNING_ALPHA = 0.01;
static const double BASELINE_ALPHA = 0.05;

static double share(unsigned part, unsigned whole)
{
    return whole ? (double)part / whole : 0;
}

static double percent(double value)
{
    return 100 * value;
}

struct judgement judge_running(const struct observation *seen, const struct policy *policy)
{
    struct judgement judgement = { .verdict = VERDICT_CONTINUE, .reason = "no reason to stop" };
    double rate = share(seen->errors, seen->requests);
    /* The bound holds for every true rate up to the limit because the factor is smallest at the
     * limit itself. With no error tolerated, one is enough. */
    double log_factor =
        policy->max_error_rate > 0 && policy->max_error_rate < 1
            ? mixture_log_bayes_factor(seen->errors, seen->requests, policy->max_error_rate)
            : 0;
    bool is_certain =
        policy->max_error_rate <= 0 ? seen->errors > 0 : log_factor >= log(1 / RUNNING_ALPHA);
    if (rate <= policy->max_error_rate || !is_certain)
        return judgement;
    judgement.verdict = VERDICT_ROLL_BACK;
    snprintf(judgement.reason, sizeof(judgement.reason),
             "%u of %u requests to the new version failed (%.1f %%); the limit is %.2g %%, and "
             "chance explains this in fewer than 1 of %.0f canaries",
             seen->errors, seen->requests, percent(rate), percent(policy->max_error_rate),
             policy->max_error_rate <= 0 ? 1 / RUNNING_ALPHA : fmin(exp(log_factor), 1e9));
    return judgement;
}

static struct judgement too_few(const struct observation *seen, const struct policy *policy)
{
    struct judgement judgement = { .verdict = VERDICT_INCONCLUSIVE };
    snprintf(judgement.reason, sizeof(judgement.reason),
             "the new version got only %u requests, and %u are needed to say anything; send more "
             "traffic (--rate, --duration), or give it more weight",
             seen->requests, policy->min_requests);
    return judgement;
}

struct judgement judge_final(const struct observation *seen, const struct policy *policy)
{
    struct judgement judgement = { .verdict = VERDICT_ROLL_BACK };
    double rate = share(seen->errors, seen->requests);
    double base_rate = share(seen->base_errors, seen->base_requests);
    if (seen->requests < policy->min_requests)
        return too_few(seen, policy);
    double chance =
        fisher_greater(seen->errors, seen->requests, seen->base_errors, seen->base_requests);
    if (rate > policy->max_error_rate) {
        snprintf(judgement.reason, sizeof(judgement.reason),
                 "%u of %u requests to the new version failed (%.1f %%); the limit is %.2g %%",
                 seen->errors, seen->requests, percent(rate), percent(policy->max_error_rate));
    } else if (rate > base_rate && chance < BASELINE_ALPHA) {
        snprintf(judgement.reason, sizeof(judgement.reason),
                 "the new version fails more than the old one: %u of %u against %u of %u (Fisher's "
                 "exact test, p = %.2g)",
                 seen->errors, seen->requests, seen->base_errors, seen->base_requests, chance);
    } else {
        struct interval interval = clopper_pearson(seen->errors, seen->requests, 0.95);
        judgement.verdict = VERDICT_PROMOTE;
        snprintf(judgement.reason, sizeof(judgement.reason),
                 "%u of %u requests to the new version failed (%.1f %%, at most %.1f %% with 95 %% "
                 "confidence); the limit is %.2g %%, and it fails no more than the old one",
                 seen->errors, seen->requests, percent(rate), percent(interval.high),
                 percent(policy->max_error_rate));
    }
    return judgement;
}

double judge_split(const struct observation *seen, const struct policy *policy)
{
    return binomial_two_sided(seen->requests, seen->requests + seen->base_requests, policy->weight);
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_CONTINUE] = "continue",
        [VERDICT_PROMOTE] = "promote",
        [VERDICT_ROLL_BACK] = "roll back",
        [VERDICT_INCONCLUSIVE] = "inconclusive",
    };
    return names[verdict];
}
