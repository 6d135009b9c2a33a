/*
 * The kind `split`: does the traffic follow the alias's weight?
 */
#include <math.h>

#include "judge/kinds.h"

static const double PRIOR_STRENGTH = 100; /* requests: as much as a drift by a third or so takes */
static const double SHOWN_DRIFT = 0.2;    /* of the lesser share; told where none is named */

struct split_evidence {
    uint64_t hits;
    uint64_t all;
    uint64_t early; /* requests besides, of the weight's first minute */
    double weight;
    double log_factor;
    double drift;   /* worth finding */
    double drifted; /* the share that is off by it, on the side that takes more requests */
    double needed;  /* so many */
};

/* A share that is nearer to one half scatters more. */
static void name_drift(struct split_evidence *split, double detect)
{
    double room = fmax(split->weight, 1 - split->weight);
    split->drift = detect > 0 ? detect : SHOWN_DRIFT * fmin(split->weight, 1 - split->weight);
    if (split->drift >= room)
        split->drift = room / 2;
    split->drifted =
        split->weight <= 0.5 ? split->weight + split->drift : split->weight - split->drift;
}

static uint64_t routed(const struct version_evidence *version)
{
    return version->requests > version->early ? version->requests - version->early : 0;
}

static struct split_evidence split_of(const struct check *check, const struct evidence *evidence)
{
    struct split_evidence split = { .hits = routed(&evidence->canary),
                                    .all = routed(&evidence->canary) + routed(&evidence->base),
                                    .early = evidence->canary.early + evidence->base.early,
                                    .weight = evidence->weight };
    split.log_factor = mixture_log_factor(split.hits, split.all, split.weight,
                                          prior_about(split.weight, PRIOR_STRENGTH));
    name_drift(&split, check->detect);
    split.needed = ceil(share_sample_size(split.weight, split.drifted, half(check->alpha),
                                          check->power, TWO_SIDED));
    return split;
}

static void say_split(const struct split_evidence *split, enum check_result result,
                      const char *finding, double p_value, struct check_verdict *verdict)
{
    struct interval interval = wilson(split->hits, split->all, 0.95);
    verdict_say(verdict, result,
                "the new version got %llu of %llu requests (%.3g %%, 95 %% interval %.3g to %.3g "
                "%%), configured %.4g %%: %s (p = %.2g)",
                (unsigned long long)split->hits, (unsigned long long)split->all,
                percent(share_of(split->hits, split->all)), percent(interval.low),
                percent(interval.high), percent(split->weight), finding, p_value);
    if (split->early)
        verdict_add(verdict, "; %llu more came in the weight's first minute, which does not count",
                    (unsigned long long)split->early);
    verdict_number(verdict, "requests", (double)split->hits);
    verdict_number(verdict, "all", (double)split->all);
    verdict_number(verdict, "share", share_of(split->hits, split->all));
    verdict_number(verdict, "shareLow", interval.low);
    verdict_number(verdict, "shareHigh", interval.high);
    verdict_number(verdict, "weight", split->weight);
    verdict_number(verdict, "anytimePValue", anytime_p_value(split->log_factor));
    verdict_number(verdict, "pValue", p_value);
    verdict_number(verdict, "drift", split->drift);
    verdict_number(verdict, "neededRequests", split->needed);
}

static void judge_finally(const struct check *check, const struct split_evidence *split,
                          bool is_good, struct check_verdict *verdict)
{
    double p_value = binomial_two_sided(split->hits, split->all, split->weight);
    bool is_weak = !is_good && check->detect > 0 && (double)split->all < split->needed;
    verdict_test(verdict, p_value, half(check->alpha));
    if (p_value <= half(check->alpha)) {
        say_split(split, CHECK_FAIL, "that does not fit the weight", p_value, verdict);
        verdict->is_by_final_test = true;
        return;
    }
    say_split(split, is_weak ? CHECK_INCONCLUSIVE : CHECK_PASS, "that fits the weight", p_value,
              verdict);
    verdict_add(verdict, "; a share of %.4g %% is noticed with %.3g %% power from %.0f requests on",
                percent(split->drifted), percent(check->power), split->needed);
}

/* The confidence sequence of the share is within the drift that matters. */
static bool is_surely_right(const struct check *check, const struct split_evidence *split)
{
    struct interval interval = mixture_interval(
        split->hits, split->all, prior_about(split->weight, PRIOR_STRENGTH), 1 - check->power);
    return check->detect > 0 && interval.low > split->weight - check->detect &&
           interval.high < split->weight + check->detect;
}

void judge_split_check(const struct check *check, const struct evidence *evidence,
                       struct check_memory *memory, struct check_verdict *verdict)
{
    if (!is_split(evidence)) {
        verdict_say(verdict, evidence->is_final ? CHECK_PASS : CHECK_CONTINUE,
                    "one version alone gets the traffic of this step: there is no split");
        return;
    }
    struct split_evidence split = split_of(check, evidence);
    double anytime = anytime_p_value(split.log_factor);
    bool is_good = stays_good(memory, is_surely_right(check, &split));
    if (has_passed(memory, split.log_factor, half(check->alpha)))
        say_split(&split, CHECK_FAIL, "that does not fit the weight", anytime_p_value(memory->peak),
                  verdict);
    else if (!evidence->is_final)
        say_split(&split, is_good ? CHECK_PASS : CHECK_CONTINUE,
                  is_good ? "that fits the weight" : "so far that fits the weight", anytime,
                  verdict);
    else if (!is_too_few(check, split.hits, verdict))
        judge_finally(check, &split, is_good, verdict);
}

const struct member_row split_members[] = {
    COMMON_CHECK_ROWS("0"),
    { CHECK_ROW("detect", MEMBER_FRACTION, detect), .initial = "0",
      .help = "a drift of the share (in points) that must be excluded before the split is called "
              "right; 0: only tell what would have been found" },
    ALPHA_ROW("0.001"),
    POWER_ROW,
    { .name = NULL },
};
