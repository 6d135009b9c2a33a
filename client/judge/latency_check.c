/*
 * The kind `latency`: a percentile against a limit, and against the old version.
 */
#include <math.h>

#include "judge/kinds.h"

enum { WAS_SLOWER };                            /* of memory->more */
enum { QUANTILES = 2, LIMITS = 2 * QUANTILES }; /* compared: median and percentile, of both */

static const double US_PER_MS = 1000;
static const double SIGN = 0.5;

/* Both versions, as samples in milliseconds. */
struct latencies {
    const struct check *check;
    struct sample canary;
    struct sample base;
    double alpha;
    double allowed_ms; /* how much slower at the median is no matter */
};

static void latencies_clear(struct latencies *latencies)
{
    sample_clear(&latencies->canary);
    sample_clear(&latencies->base);
}

/* How much may be added to a baseline's value. */
static double allowance(const struct check *check, double base_ms)
{
    return fmax(check->tolerance * base_ms, (double)check->least_shift_ms);
}

static struct latencies latencies_of(const struct check *check, const struct evidence *evidence,
                                     double alpha)
{
    struct latencies latencies = { .check = check, .alpha = alpha };
    latencies.canary = sample_from_histogram(&evidence->canary.latency);
    latencies.base = sample_from_histogram(&evidence->base.latency);
    if (latencies.base.count > 0)
        latencies.allowed_ms = allowance(check, sample_quantile(&latencies.base, 0.5));
    return latencies;
}

/* Is the canary's quantile above the baseline's and what is allowed, whatever the laws are? Each
 * interval may err with `risk` on either side. */
static bool is_slower(const struct latencies *latencies, double share, double risk, bool is_once)
{
    struct ranks (*ranks)(uint64_t, double, double) =
        is_once ? quantile_ranks : quantile_ranks_anytime;
    struct interval canary =
        sample_at_ranks(&latencies->canary, ranks(latencies->canary.count, share, risk));
    struct interval base =
        sample_at_ranks(&latencies->base, ranks(latencies->base.count, share, risk));
    return canary.low > base.high + allowance(latencies->check, base.high);
}

static bool is_no_slower(const struct latencies *latencies, double share, double risk)
{
    struct interval canary = sample_at_ranks(
        &latencies->canary, quantile_ranks_anytime(latencies->canary.count, share, risk));
    struct interval base = sample_at_ranks(
        &latencies->base, quantile_ranks_anytime(latencies->base.count, share, risk));
    return canary.high < base.low + allowance(latencies->check, base.low);
}

/* The least level at which the percentiles' intervals are apart: twice a one-sided p-value. */
static double tail_p_value(const struct latencies *latencies)
{
    enum { STEPS = 40 };
    double share = latencies->check->percentile;
    double low = log(1e-15);
    double high = 0;
    for (int i = 0; i < STEPS; i++) {
        double middle = (low + high) / 2;
        if (is_slower(latencies, share, exp(middle), true))
            high = middle;
        else
            low = middle;
    }
    return exp(high);
}

static void say_compared(const struct latencies *latencies, enum check_result result,
                         const char *finding, struct check_verdict *verdict)
{
    double share = latencies->check->percentile;
    verdict_say(
        verdict, result,
        "%s: median %.4g ms against %.4g, p%.4g %.4g ms against %.4g, allowed %.3g ms more "
        "(%llu and %llu requests)",
        finding, sample_quantile(&latencies->canary, 0.5), sample_quantile(&latencies->base, 0.5),
        percent(share), sample_quantile(&latencies->canary, share),
        sample_quantile(&latencies->base, share), latencies->allowed_ms,
        (unsigned long long)latencies->canary.count, (unsigned long long)latencies->base.count);
}

static void number_interval(struct check_verdict *verdict, const struct sample *sample,
                            double share, const char *name, const char *low, const char *high)
{
    struct interval interval = sample_quantile_interval(sample, share, 0.05);
    verdict_number(verdict, name, sample_quantile(sample, share));
    verdict_number(verdict, low, interval.low);
    verdict_number(verdict, high, interval.high);
}

static void number_compared(const struct latencies *latencies, struct check_verdict *verdict)
{
    double share = latencies->check->percentile;
    verdict_number(verdict, "requests", (double)latencies->canary.count);
    verdict_number(verdict, "baseRequests", (double)latencies->base.count);
    verdict_number(verdict, "medianMs", sample_quantile(&latencies->canary, 0.5));
    verdict_number(verdict, "baseMedianMs", sample_quantile(&latencies->base, 0.5));
    number_interval(verdict, &latencies->canary, share, "percentileMs", "percentileLowMs",
                    "percentileHighMs");
    number_interval(verdict, &latencies->base, share, "basePercentileMs", "basePercentileLowMs",
                    "basePercentileHighMs");
    verdict_number(verdict, "allowedMs", latencies->allowed_ms);
}

struct comparison {
    double shift_ms;
    struct interval interval; /* of the shift, 95 % */
    double p_value;           /* of the shift and of the tail together */
    double shift_p;
    double tail_p;
    double chance; /* CLES */
};

static struct comparison compare(const struct latencies *latencies)
{
    const struct sample *x = &latencies->canary;
    const struct sample *y = &latencies->base;
    struct comparison found = { .shift_ms = hodges_lehmann(x, y),
                                .interval = shift_interval(x, y, 0.95),
                                .tail_p = tail_p_value(latencies),
                                .chance = cles(x, y) };
    found.shift_p = mann_whitney_shifted(x, y, latencies->allowed_ms).greater;
    found.p_value = fmin(1, 2 * fmin(found.shift_p, found.tail_p));
    return found;
}

/* What was seen is not more than what is allowed, be it sure or not; a percentile of few requests
 * is above it easily, so of the tail there must be some sign. */
static bool seems_good(const struct latencies *latencies, const struct comparison *found)
{
    double share = latencies->check->percentile;
    double base = sample_quantile(&latencies->base, share);
    bool has_tail =
        sample_quantile(&latencies->canary, share) > base + allowance(latencies->check, base);
    return found->shift_ms <= latencies->allowed_ms && !(has_tail && found->tail_p < SIGN);
}

static void compare_finally(const struct latencies *latencies, bool was_good,
                            struct check_verdict *verdict)
{
    struct comparison found = compare(latencies);
    bool is_bad = found.p_value <= half(latencies->alpha);
    bool is_good = !is_bad && (was_good || seems_good(latencies, &found));
    say_compared(latencies,
                 is_bad    ? CHECK_FAIL
                 : is_good ? CHECK_PASS
                           : CHECK_INCONCLUSIVE,
                 is_bad    ? "the new version is slower than the old one"
                 : is_good ? "the new version is not slower than allowed"
                           : "the new version seems slower, but chance may explain it",
                 verdict);
    verdict_add(verdict, "; shift %.3g ms (95 %% interval %.3g to %.3g), p = %.2g", found.shift_ms,
                found.interval.low, found.interval.high, found.p_value);
    verdict_number(verdict, "shiftMs", found.shift_ms);
    verdict_number(verdict, "shiftLowMs", found.interval.low);
    verdict_number(verdict, "shiftHighMs", found.interval.high);
    verdict_number(verdict, "shiftPValue", found.shift_p);
    verdict_number(verdict, "tailPValue", found.tail_p);
    verdict_number(verdict, "pValue", found.p_value);
    verdict_number(verdict, "chanceOfSlower", found.chance);
    verdict_test(verdict, found.p_value, half(latencies->alpha));
    verdict->is_by_final_test = is_bad;
}

/* While it runs: intervals that hold at every time, for the median and the percentile; what they
 * once told apart stays so. */
static bool is_surely_slower(const struct latencies *latencies, struct check_memory *memory)
{
    double risk = half(latencies->alpha) / LIMITS;
    if (memory->more[WAS_SLOWER] <= 0)
        memory->more[WAS_SLOWER] = is_slower(latencies, 0.5, risk, false) ||
                                   is_slower(latencies, latencies->check->percentile, risk, false);
    return memory->more[WAS_SLOWER] > 0;
}

static void judge_compared(const struct latencies *latencies, const struct evidence *evidence,
                           struct check_memory *memory, struct check_verdict *verdict)
{
    const struct check *check = latencies->check;
    double doubt = (1 - check->power) / LIMITS;
    bool is_enough = (int64_t)latencies->canary.count >= check->min_requests &&
                     (int64_t)latencies->base.count >= check->min_requests;
    bool is_good = stays_good(memory, is_enough && is_no_slower(latencies, 0.5, doubt) &&
                                          is_no_slower(latencies, check->percentile, doubt));
    number_compared(latencies, verdict);
    if (latencies->base.count == 0 && !evidence->is_final)
        verdict_say(verdict, CHECK_CONTINUE, "no latencies of the old version are known yet");
    else if (is_surely_slower(latencies, memory))
        say_compared(latencies, CHECK_FAIL, "the new version is slower than the old one", verdict);
    else if (!evidence->is_final)
        say_compared(latencies, is_good ? CHECK_PASS : CHECK_CONTINUE,
                     is_good ? "the new version is surely not slower than allowed" : "so far",
                     verdict);
    else if (!is_enough)
        verdict_say(verdict, CHECK_INCONCLUSIVE,
                    "latencies of only %llu requests to the new version and %llu to the old one "
                    "are known, and %lld of each are needed to compare them",
                    (unsigned long long)latencies->canary.count,
                    (unsigned long long)latencies->base.count, (long long)check->min_requests);
    else
        compare_finally(latencies, is_good, verdict);
}

static void judge_limit(const struct check *check, const struct evidence *evidence,
                        struct check_memory *memory, struct check_verdict *verdict)
{
    const struct histogram *latency = &evidence->canary.latency;
    char allowed[96];
    snprintf(allowed, sizeof(allowed), "p%.4g is %.4g ms, and %.3g %% may be above",
             percent(check->percentile),
             (double)histogram_quantile_us(latency, check->percentile) / US_PER_MS,
             percent(1 - check->percentile));
    char subject[64];
    snprintf(subject, sizeof(subject), "requests to the new version took more than %lld ms",
             (long long)check->max_ms);
    const struct rate_question question = { .check = check,
                                            .bad = histogram_count_above(
                                                latency, check->max_ms * (int64_t)US_PER_MS),
                                            .all = latency->count,
                                            .limit = 1 - check->percentile,
                                            .subject = subject,
                                            .allowed = allowed };
    judge_rate(&question, evidence, memory, verdict);
}

/* Both the limit and the comparison, at half the level each: the worse one counts. */
static void judge_both(const struct check *check, const struct latencies *latencies,
                       const struct evidence *evidence, struct check_memory *memory,
                       struct check_verdict *verdict)
{
    struct check halved = *check;
    halved.alpha = half(check->alpha);
    struct check_verdict limited = *verdict;
    judge_limit(&halved, evidence, memory, &limited);
    judge_compared(latencies, evidence, memory, verdict);
    if (check_result_outweighs(limited.result, verdict->result))
        *verdict = limited;
    if (verdict->result != CHECK_PASS)
        forget_good(memory);
}

void judge_latency_check(const struct check *check, const struct evidence *evidence,
                         struct check_memory *memory, struct check_verdict *verdict)
{
    bool is_compared = check->compares && is_split(evidence);
    bool is_limited = check->max_ms > 0;
    if (is_without_traffic(evidence, evidence->canary.requests, verdict))
        return;
    if (evidence->canary.latency.count == 0 && (is_compared || is_limited)) {
        verdict_say(verdict, evidence->is_final ? CHECK_INCONCLUSIVE : CHECK_CONTINUE,
                    "no latencies of the new version are known (of live traffic only CloudWatch "
                    "knows them: check its Duration with kind threshold)");
        return;
    }
    CLEANUP(latencies_clear)
    struct latencies latencies =
        latencies_of(check, evidence, is_limited ? half(check->alpha) : check->alpha);
    if (is_compared && is_limited)
        judge_both(check, &latencies, evidence, memory, verdict);
    else if (is_compared)
        judge_compared(&latencies, evidence, memory, verdict);
    else if (is_limited)
        judge_limit(check, evidence, memory, verdict);
    else
        verdict_say(verdict, evidence->is_final ? CHECK_PASS : CHECK_CONTINUE,
                    "one version alone gets the traffic of this step: there is nothing to compare");
}

bool read_latency(const cJSON *json, struct check *check, const char *path,
                  struct member_faults *faults)
{
    (void)json;
    if (check->compares || check->max_ms > 0)
        return true;
    return member_fault(faults, path,
                        "max is missing: without it and without compare there is "
                        "nothing to check");
}

const struct member_row latency_members[] = {
    COMMON_CHECK_ROWS("50"),
    { CHECK_ROW("percentile", MEMBER_FRACTION, percentile), .initial = "95%", .low = 0.01,
      .high = 0.9999, .help = "which is checked, besides the median" },
    { CHECK_ROW("max", MEMBER_DURATION, max_ms), .low = 0, .high = 3600e3,
      .help = "what the percentile may be; missing: no limit" },
    { CHECK_ROW("compare", MEMBER_FLAG, compares), .initial = "true",
      .help = "compare with the old version" },
    { CHECK_ROW("tolerance", MEMBER_FRACTION, tolerance), .initial = "20%",
      .help = "how much slower, as a share of the old version's, is no matter" },
    { CHECK_ROW("leastShift", MEMBER_DURATION, least_shift_ms), .initial = "5ms", .low = 0,
      .high = 3600e3, .help = "a shift below this is no matter" },
    ALPHA_ROW("1%"),
    POWER_ROW,
    { .name = NULL },
};
