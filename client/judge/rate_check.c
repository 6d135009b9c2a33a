/*
 * Checks of a rate against a limit: the kinds `errors` and `invocation-errors`, and what `latency`
 * makes of a limit.
 */
#include <math.h>

#include "judge/kinds.h"

enum { COMMON_RATIO = 4, ALLOWED_SIZE = 64 };

/* ln of the factor that judge_rate looks at: a mixture of two one-sided ones, for gross failures
 * and for rates of a few times the limit. */
static double mixed_log_factor(uint64_t bad, uint64_t all, double limit)
{
    if (limit <= 0)
        return bad ? INFINITY : 0;
    if (limit >= 1)
        return 0;
    double gross = mixture_log_greater(bad, all, limit, UNIFORM);
    double strength = floor(1 / (COMMON_RATIO * limit) + 0.5) - 1;
    if (strength <= 1)
        return gross;
    /* On average COMMON_RATIO times the limit. */
    double slight = mixture_log_greater(bad, all, limit, (struct beta_prior){ 1, strength });
    return log_add(gross, slight) - M_LN2;
}

/* "3 of 100 requests to the new version failed (3 %, [0.6, 8.5]); the limit is 1 %" */
static void say_rate(const struct rate_question *question, enum check_result result,
                     struct check_verdict *verdict)
{
    verdict_say(verdict, result, "%llu of %llu %s (%.3g %%, 95 %% interval %.3g to %.3g %%); %s",
                (unsigned long long)question->bad, (unsigned long long)question->all,
                question->subject, percent(share_of(question->bad, question->all)),
                percent(question->interval.low), percent(question->interval.high),
                question->allowed);
}

static void number_rate(const struct rate_question *question, struct check_verdict *verdict)
{
    verdict_number(verdict, "requests", (double)question->all);
    verdict_number(verdict, "bad", (double)question->bad);
    verdict_number(verdict, "rate", share_of(question->bad, question->all));
    verdict_number(verdict, "rateLow", question->interval.low);
    verdict_number(verdict, "rateHigh", question->interval.high);
    verdict_number(verdict, "limit", question->limit);
}

static void add_chance(const struct rate_question *question, double p_value,
                       struct check_verdict *verdict)
{
    static const double LEAST = 1e-9;
    if (question->limit <= 0)
        verdict_add(verdict, ": one is too many");
    else if (p_value < LEAST)
        verdict_add(verdict, ": chance does not explain this");
    else
        verdict_add(verdict, ": chance explains this in 1 of %.0f good canaries", 1 / p_value);
}

/* The least number of requests, all good, that would exclude the intolerable rate. */
static uint64_t clean_size(const struct rate_question *question)
{
    return zero_failure_size(question->intolerable, 1 - question->check->power);
}

static bool is_surely_tolerable(const struct rate_question *question)
{
    double risk = 1 - question->check->power;
    return question->intolerable > 0 &&
           mixture_log_less(question->bad, question->all, question->intolerable, UNIFORM) >=
               -log(risk);
}

static void judge_tolerable(const struct rate_question *question, bool is_good,
                            struct check_verdict *verdict)
{
    double risk = 1 - question->check->power;
    struct interval interval = clopper_pearson(question->bad, question->all, 1 - 2 * risk);
    bool is_open = !is_good && question->intolerable > 0 && interval.high >= question->intolerable;
    say_rate(question, is_open ? CHECK_INCONCLUSIVE : CHECK_PASS, verdict);
    if (is_open)
        verdict_add(verdict,
                    "; but %.3g %% is not excluded (%.3g %% confidence): that takes %llu requests "
                    "without a bad one",
                    percent(question->intolerable), percent(question->check->power),
                    (unsigned long long)clean_size(question));
}

static void judge_rate_finally(const struct rate_question *question, bool is_good,
                               struct check_verdict *verdict)
{
    double level = half(question->check->alpha);
    double p_value = binomial_greater(question->bad, question->all, question->limit);
    verdict_test(verdict, p_value, level);
    verdict_number(verdict, "pValue", p_value);
    if (p_value <= level) {
        say_rate(question, CHECK_FAIL, verdict);
        add_chance(question, p_value, verdict);
        verdict->is_by_final_test = true;
    } else if (share_of(question->bad, question->all) <= question->limit) {
        judge_tolerable(question, is_good, verdict);
    } else {
        say_rate(question, question->check->is_strict ? CHECK_FAIL : CHECK_INCONCLUSIVE, verdict);
        verdict_add(verdict, ", but chance alone brings so many in %.2g %% of good canaries",
                    percent(p_value));
    }
}

static struct rate_question with_interval(const struct rate_question *question)
{
    struct rate_question complete = *question;
    complete.interval = clopper_pearson(question->bad, question->all, 0.95);
    return complete;
}

void judge_rate(const struct rate_question *asked, const struct evidence *evidence,
                struct check_memory *memory, struct check_verdict *verdict)
{
    const struct rate_question question = with_interval(asked);
    double log_factor = mixed_log_factor(question.bad, question.all, question.limit);
    bool is_enough = (int64_t)question.all >= question.check->min_requests;
    bool is_good =
        question.intolerable > 0 && stays_good(memory, is_enough && is_surely_tolerable(&question));
    number_rate(&question, verdict);
    verdict_number(verdict, "anytimePValue", anytime_p_value(log_factor));
    if (has_passed(memory, log_factor, half(question.check->alpha))) {
        say_rate(&question, CHECK_FAIL, verdict);
        add_chance(&question, anytime_p_value(memory->peak), verdict);
    } else if (!evidence->is_final) {
        say_rate(&question, is_good ? CHECK_PASS : CHECK_CONTINUE, verdict);
        if (is_good)
            verdict_add(verdict, ", and %.3g %% is excluded", percent(question.intolerable));
    } else if (!is_too_few(question.check, question.all, verdict)) {
        judge_rate_finally(&question, is_good, verdict);
    }
}

static void judge_sprt(const struct rate_question *asked, const struct evidence *evidence,
                       struct check_memory *memory, struct check_verdict *verdict)
{
    const struct check *check = asked->check;
    const struct rate_question complete = with_interval(asked);
    const struct rate_question *question = &complete;
    const struct sprt test = { question->limit, question->intolerable, check->alpha,
                               1 - check->power };
    struct interval bounds = sprt_bounds(&test);
    double ratio = sprt_log_ratio(&test, question->bad, question->all);
    bool is_enough = (int64_t)question->all >= check->min_requests;
    bool is_bad = ratio >= bounds.high;
    bool is_below = ratio <= bounds.low && is_enough;
    bool is_good = stays_good(memory, is_below);
    number_rate(question, verdict);
    verdict_number(verdict, "badRate", test.p1);
    verdict_number(verdict, "logRatio", ratio);
    verdict_number(verdict, "lowerBound", bounds.low);
    verdict_number(verdict, "upperBound", bounds.high);
    verdict_number(verdict, "expectedIfGood", sprt_expected_good(&test));
    verdict_number(verdict, "expectedIfBad", sprt_expected_bad(&test));
    say_rate(question,
             is_bad               ? CHECK_FAIL
             : is_good            ? CHECK_PASS
             : evidence->is_final ? CHECK_INCONCLUSIVE
                                  : CHECK_CONTINUE,
             verdict);
    verdict_add(verdict, ", %.3g %% is bad: log likelihood ratio %.2f (%s)", percent(test.p1),
                ratio,
                is_bad     ? "above the bound: bad"
                : is_below ? "below the bound: good"
                : is_good  ? "it was below the bound: good"
                           : "between the bounds: not decided");
    if (!is_bad && !is_good)
        verdict_add(verdict, "; it takes about %.0f requests of a good version",
                    sprt_expected_good(&test));
}

/* Against the check's own limit; what is counted is still to be set. */
static struct rate_question question_of(const struct check *check, const char *subject,
                                        char allowed_out[ALLOWED_SIZE])
{
    snprintf(allowed_out, ALLOWED_SIZE, "the limit is %.3g %%", percent(check->max_rate));
    return (struct rate_question){ .check = check,
                                   .limit = check->max_rate,
                                   .intolerable = check->bad_rate,
                                   .subject = subject,
                                   .allowed = allowed_out };
}

void judge_errors_check(const struct check *check, const struct evidence *evidence,
                        struct check_memory *memory, struct check_verdict *verdict)
{
    char allowed[ALLOWED_SIZE];
    const struct version_evidence *others = &evidence->others;
    struct rate_question question =
        question_of(check, "requests to the new version failed", allowed);
    question.bad = evidence->canary.errors + others->errors;
    question.all = evidence->canary.requests + others->requests;
    if (is_without_traffic(evidence, question.all, verdict))
        return;
    if (check->method == METHOD_SPRT)
        judge_sprt(&question, evidence, memory, verdict);
    else
        judge_rate(&question, evidence, memory, verdict);
    if (others->requests)
        verdict_add(verdict, "; %llu of them only CloudWatch tells of",
                    (unsigned long long)others->requests);
}

void judge_invocation_errors_check(const struct check *check, const struct evidence *evidence,
                                   struct check_memory *memory, struct check_verdict *verdict)
{
    char allowed[ALLOWED_SIZE];
    if (evidence->is_live) {
        verdict_say(verdict, evidence->is_final ? CHECK_PASS : CHECK_CONTINUE,
                    "of live traffic nobody knows which requests ran no version: there is nothing "
                    "to judge");
        return;
    }
    struct rate_question question = question_of(
        check, "requests through the alias ran no version (an error of Lambda itself)", allowed);
    question.bad = evidence->invocation_errors;
    question.all =
        evidence->base.requests + evidence->canary.requests + evidence->invocation_errors;
    judge_rate(&question, evidence, memory, verdict);
}

bool read_errors(const cJSON *json, struct check *check, const char *path,
                 struct member_faults *faults)
{
    (void)json;
    if (check->bad_rate > 0 && check->bad_rate <= check->max_rate)
        return member_fault(faults, path, "badRate must be above maxRate");
    if (check->method != METHOD_SPRT)
        return true;
    if (check->max_rate <= 0 || check->bad_rate <= 0 || check->bad_rate >= 1)
        return member_fault(faults, path,
                            "sprt decides between two rates: maxRate and badRate must be given, "
                            "above 0 and below 1");
    return true;
}

static const char *const methods[] = {
    [METHOD_ALWAYS_VALID] = "always-valid", [METHOD_SPRT] = "sprt", NULL
};

const struct member_row errors_members[] = {
    COMMON_CHECK_ROWS("10"),
    { CHECK_ROW("maxRate", MEMBER_FRACTION, max_rate), .initial = "1%",
      .help = "the share of failed requests that is still good" },
    { CHECK_ROW("badRate", MEMBER_FRACTION, bad_rate), .initial = "0",
      .help = "the share that must be excluded before the version is called good; 0: none" },
    { CHECK_ROW("method", MEMBER_CHOICE, method), .initial = "always-valid", .choices = methods,
      .help = "always-valid needs no badRate; sprt decides sooner between maxRate and badRate" },
    { CHECK_ROW("strict", MEMBER_FLAG, is_strict),
      .help = "above maxRate at the end is bad even where chance may explain it" },
    ALPHA_ROW("1%"),
    POWER_ROW,
    { .name = NULL },
};

const struct member_row invocation_errors_members[] = {
    COMMON_CHECK_ROWS("0"),
    { CHECK_ROW("maxRate", MEMBER_FRACTION, max_rate), .initial = "1%",
      .help = "the share of requests with such an error that is still good" },
    { CHECK_ROW("badRate", MEMBER_FRACTION, bad_rate), .initial = "0",
      .help = "the share that must be excluded before the deployment is called good; 0: none" },
    { CHECK_ROW("strict", MEMBER_FLAG, is_strict),
      .help = "above maxRate at the end is bad even where chance may explain it" },
    ALPHA_ROW("1%"),
    POWER_ROW,
    { .name = NULL },
};
