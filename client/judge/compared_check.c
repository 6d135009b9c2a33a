/*
 * The kind `errors-compared`: does the new version fail more often than the old one?
 */
#include <math.h>

#include "judge/kinds.h"

/* A rate to reckon with where few or no errors were seen. */
static double smoothed(uint64_t bad, uint64_t all)
{
    return ((double)bad + 0.5) / ((double)all + 1);
}

/* Were both versions alike, every error would fall on the new one with its share of requests: as
 * configured, and, where the split drifts, as seen. The greater share blames it less. */
static double compared_log_factor(const struct evidence *evidence)
{
    uint64_t requests = evidence->canary.requests + evidence->base.requests;
    uint64_t errors = evidence->canary.errors + evidence->base.errors;
    double share = fmax(evidence->weight, share_of(evidence->canary.requests, requests));
    if (errors == 0 || share >= 1)
        return 0;
    return mixture_log_greater(evidence->canary.errors, errors, share, UNIFORM);
}

static void say_rates(const struct evidence *evidence, enum check_result result,
                      const char *finding, struct check_verdict *verdict)
{
    const struct version_evidence *canary = &evidence->canary;
    const struct version_evidence *base = &evidence->base;
    verdict_say(verdict, result,
                "%s: %llu of %llu requests failed (%.3g %%) against %llu of %llu (%.3g %%)",
                finding, (unsigned long long)canary->errors, (unsigned long long)canary->requests,
                percent(share_of(canary->errors, canary->requests)),
                (unsigned long long)base->errors, (unsigned long long)base->requests,
                percent(share_of(base->errors, base->requests)));
}

static struct two_rates rates_of(const struct evidence *evidence)
{
    return (struct two_rates){ evidence->canary.errors, evidence->canary.requests,
                               evidence->base.errors, evidence->base.requests };
}

static void number_rates(const struct evidence *evidence, double log_factor,
                         struct check_verdict *verdict)
{
    struct two_rates seen = rates_of(evidence);
    struct interval difference = newcombe(&seen, 0.95);
    verdict_number(verdict, "requests", (double)seen.n1);
    verdict_number(verdict, "errors", (double)seen.k1);
    verdict_number(verdict, "rate", share_of(seen.k1, seen.n1));
    verdict_number(verdict, "baseRequests", (double)seen.n2);
    verdict_number(verdict, "baseErrors", (double)seen.k2);
    verdict_number(verdict, "baseRate", share_of(seen.k2, seen.n2));
    verdict_number(verdict, "differenceLow", difference.low);
    verdict_number(verdict, "differenceHigh", difference.high);
    verdict_number(verdict, "anytimePValue", anytime_p_value(log_factor));
}

/* An increase of `detect` is excluded at every time: the confidence sequences of both rates are
 * less than that apart. */
static bool is_surely_no_worse(const struct check *check, const struct evidence *evidence)
{
    double risk = (1 - check->power) / 2;
    if (check->detect <= 0 || (int64_t)evidence->canary.requests < check->min_requests)
        return false;
    struct interval canary =
        mixture_interval(evidence->canary.errors, evidence->canary.requests, UNIFORM, risk);
    struct interval base =
        mixture_interval(evidence->base.errors, evidence->base.requests, UNIFORM, risk);
    return canary.high - base.low < check->detect;
}

struct sensitivity {
    double base;       /* rate, smoothed */
    double detectable; /* rate that would have been found with the wanted power; NAN: none */
    double power;      /* of finding what is worth finding; 0: nothing was named */
};

static struct sensitivity sensitivity_of(const struct check *check, const struct evidence *evidence)
{
    double level = half(check->alpha);
    double n1 = (double)evidence->canary.requests;
    double n2 = (double)evidence->base.requests;
    struct sensitivity found = { smoothed(evidence->base.errors, evidence->base.requests), 0, 0 };
    found.detectable = two_rates_detectable(found.base, n1, n2, level, check->power, ONE_SIDED);
    if (check->detect > 0)
        found.power = two_rates_power(fmin(1, found.base + check->detect), found.base, n1, n2,
                                      level, ONE_SIDED);
    return found;
}

static void judge_power(const struct check *check, const struct evidence *evidence, double p_value,
                        bool is_good, struct check_verdict *verdict)
{
    struct sensitivity found = sensitivity_of(check, evidence);
    bool is_weak = !is_good && check->detect > 0 && found.power < check->power;
    verdict_number(verdict, "detectableRate", found.detectable);
    say_rates(evidence, is_weak ? CHECK_INCONCLUSIVE : CHECK_PASS,
              "the new version does not fail demonstrably more often", verdict);
    verdict_add(verdict, " (Fisher's exact test, p = %.2g); ", p_value);
    if (isnan(found.detectable))
        verdict_add(verdict,
                    "with so few requests no rate would have been found with %.3g %% power",
                    percent(check->power));
    else
        verdict_add(verdict, "a rate of %.3g %% or more would have been found with %.3g %% power",
                    percent(found.detectable), percent(check->power));
    if (check->detect <= 0)
        return;
    double ratio = (double)evidence->base.requests / (double)evidence->canary.requests;
    double needed = ceil(two_rates_sample_size(fmin(1, found.base + check->detect), found.base,
                                               ratio, half(check->alpha), check->power, ONE_SIDED));
    verdict_number(verdict, "power", found.power);
    verdict_number(verdict, "neededRequests", needed);
    if (is_weak)
        verdict_add(verdict,
                    ", an increase by %.3g points with only %.3g %%: that takes %.0f requests "
                    "to the new version",
                    percent(check->detect), percent(found.power), needed);
}

static void judge_finally(const struct check *check, const struct evidence *evidence, bool is_good,
                          struct check_verdict *verdict)
{
    struct two_rates seen = rates_of(evidence);
    double p_value = fisher_greater(seen.k1, seen.n1, seen.k2, seen.n2);
    verdict_test(verdict, p_value, half(check->alpha));
    verdict_number(verdict, "pValue", p_value);
    verdict_number(verdict, "chanceOfWorse", beta_posterior(&seen).is_higher);
    if (p_value > half(check->alpha)) {
        judge_power(check, evidence, p_value, is_good, verdict);
        return;
    }
    say_rates(evidence, CHECK_FAIL, "the new version fails more often than the old one", verdict);
    verdict_add(verdict, " (Fisher's exact test, p = %.2g)", p_value);
    verdict->is_by_final_test = true;
}

void judge_errors_compared_check(const struct check *check, const struct evidence *evidence,
                                 struct check_memory *memory, struct check_verdict *verdict)
{
    if (!is_split(evidence)) {
        verdict_say(verdict, evidence->is_final ? CHECK_PASS : CHECK_CONTINUE,
                    "one version alone gets the traffic of this step: there is nothing to compare");
        return;
    }
    double log_factor = compared_log_factor(evidence);
    bool is_good = stays_good(memory, is_surely_no_worse(check, evidence));
    number_rates(evidence, log_factor, verdict);
    if (has_passed(memory, log_factor, half(check->alpha))) {
        say_rates(evidence, CHECK_FAIL, "the new version fails more often than the old one",
                  verdict);
        verdict_add(verdict, "; were they alike, chance would explain this with p = %.2g",
                    anytime_p_value(memory->peak));
    } else if (!evidence->is_final) {
        say_rates(evidence, is_good ? CHECK_PASS : CHECK_CONTINUE,
                  is_good ? "the new version fails no more often" : "so far", verdict);
        if (is_good)
            verdict_add(verdict, "; an increase by %.3g points is excluded",
                        percent(check->detect));
    } else if (evidence->base.requests == 0 || evidence->canary.requests == 0) {
        if (!is_too_few(check, evidence->canary.requests, verdict))
            verdict_say(verdict, CHECK_INCONCLUSIVE,
                        "the %s version got no requests: there is nothing to compare",
                        evidence->canary.requests ? "old" : "new");
    } else if (!is_too_few(check, evidence->canary.requests, verdict)) {
        judge_finally(check, evidence, is_good, verdict);
    }
}

const struct member_row errors_compared_members[] = {
    COMMON_CHECK_ROWS("10"),
    { CHECK_ROW("detect", MEMBER_FRACTION, detect), .initial = "0",
      .help = "an increase of the error rate (in points) that must be excluded before the version "
              "is called good; 0: only tell what would have been found" },
    ALPHA_ROW("1%"),
    POWER_ROW,
    { .name = NULL },
};
