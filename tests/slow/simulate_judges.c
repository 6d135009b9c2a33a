/*
 * What the judges do to good and to bad canaries, by simulation: prints the tables of
 * docs/judgement.md (`make judgement` puts them there). The seed is fixed. Fails if more good
 * canaries are stopped than the checks promise: each such bound is passed by right judges in fewer
 * than 1 of 10^6 seeds.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/check.h"
#include "random.h"
#include "statistics/statistics.h"
#include "xalloc.h"

enum { RUNS = 2000, CHECKS_MAX = 8, SEED = 2026, US_PER_MS = 1000 };

static const double FALSE_ALARM_OF_THE_TEST = 1e-6;
static int failures;

/* What the canary is, and how it is watched. */
struct scene {
    const char *checks; /* a JSON list, ' for " */
    double weight;      /* configured */
    double routed;      /* the true share of the canary */
    double canary_rate;
    double base_rate;
    double slowness;          /* of the canary, as a ratio; 0: latencies are not looked at */
    uint64_t canary_requests; /* at the end */
    unsigned look_each;       /* requests (of both); 0: after each error, when factors can rise */
    unsigned runs;
};

struct tally {
    unsigned stopped; /* before the end */
    unsigned failed;  /* at the end */
    unsigned passed_early;
    unsigned passed;
    unsigned inconclusive;
    uint64_t *stops; /* requests to the canary at which it was stopped, or passed early */
    size_t stop_count;
};

struct jury {
    struct check checks[CHECKS_MAX];
    size_t count;
};

static struct jury make_jury(const char *text)
{
    struct jury jury = { .count = 0 };
    const cJSON *item;
    struct member_faults faults = { 0 };
    CLEANUP(freep) char *json_text = xstrdup(text);
    for (char *at = json_text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    CLEANUP(json_deletep) cJSON *list = json_parse(text_from(json_text));
    cJSON_ArrayForEach(item, list)
    {
        if (!check_read(item, &jury.checks[jury.count++], "checks", &faults))
            abort(); /* our own mistake */
    }
    return jury;
}

static void jury_clear(struct jury *jury)
{
    for (size_t i = 0; i < jury->count; i++)
        check_clear(&jury->checks[i]);
}

/* A log-normal latency: median 50 ms, sigma 0.4, as of a function with a mild tail. */
static int64_t latency_us(struct random_stream *stream, double slowness)
{
    double radius = sqrt(-2 * log(1 - random_unit(stream)));
    double normal = radius * cos(2 * M_PI * random_unit(stream));
    return (int64_t)(50 * US_PER_MS * slowness * exp(0.4 * normal));
}

/* One request. True if it failed. */
static bool request(const struct scene *scene, struct random_stream *stream,
                    struct evidence *evidence)
{
    bool is_canary = random_unit(stream) < scene->routed;
    struct version_evidence *side = is_canary ? &evidence->canary : &evidence->base;
    bool is_error = random_unit(stream) < (is_canary ? scene->canary_rate : scene->base_rate);
    side->requests++;
    side->errors += is_error;
    if (scene->slowness > 0)
        histogram_add(&side->latency, latency_us(stream, is_canary ? scene->slowness : 1));
    return is_error;
}

static void note_stop(struct tally *tally, uint64_t requests)
{
    tally->stops[tally->stop_count++] = requests;
}

static void run_once(const struct scene *scene, const struct jury *jury,
                     struct random_stream *stream, struct tally *tally)
{
    struct check_memory memories[CHECKS_MAX] = { { 0 } };
    struct check_verdict verdicts[CHECKS_MAX];
    CLEANUP(evidence_clear) struct evidence evidence = { .weight = scene->weight };
    for (uint64_t i = 1; evidence.canary.requests < scene->canary_requests; i++) {
        bool is_error = request(scene, stream, &evidence);
        if (scene->look_each ? i % scene->look_each != 0 : !is_error)
            continue;
        enum check_result result =
            judge_step(jury->checks, jury->count, &evidence, memories, verdicts, NULL);
        if (result != CHECK_FAIL && result != CHECK_PASS)
            continue;
        tally->stopped += result == CHECK_FAIL;
        tally->passed_early += result == CHECK_PASS;
        note_stop(tally, evidence.canary.requests);
        return;
    }
    evidence.is_final = true;
    enum check_result result =
        judge_step(jury->checks, jury->count, &evidence, memories, verdicts, NULL);
    tally->failed += result == CHECK_FAIL;
    tally->passed += result == CHECK_PASS;
    tally->inconclusive += result == CHECK_INCONCLUSIVE;
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void tally_clear(struct tally *tally)
{
    free(tally->stops);
}

static struct tally simulate(const struct scene *scene)
{
    static unsigned scenes;
    struct tally tally = { .stops = xcalloc(scene->runs + 1, sizeof(*tally.stops)) };
    struct jury jury = make_jury(scene->checks);
    CLEANUP(freep) char *name = xformat("scene %u", scenes++);
    struct random_stream stream = random_stream_for(name);
    for (unsigned i = 0; i < scene->runs; i++)
        run_once(scene, &jury, &stream, &tally);
    qsort(tally.stops, tally.stop_count, sizeof(*tally.stops), by_number);
    jury_clear(&jury);
    return tally;
}

static double percent_of(unsigned part, unsigned whole)
{
    return 100.0 * part / whole;
}

/* More false alarms than promised, beyond chance? */
static void expect_at_most(unsigned alarms, unsigned runs, double alpha, const char *what)
{
    if (binomial_greater(alarms, runs, alpha) >= FALSE_ALARM_OF_THE_TEST)
        return;
    fprintf(stderr, "%s: %u of %u good canaries were stopped; %.3g %% are promised\n", what, alarms,
            runs, 100 * alpha);
    failures++;
}

/* Found less often than it was when this was written, beyond chance? */
static void expect_at_least(unsigned found, unsigned runs, double power, const char *what)
{
    if (binomial_less(found, runs, power) >= FALSE_ALARM_OF_THE_TEST)
        return;
    fprintf(stderr, "%s: %u of %u bad canaries were found; %.3g %% are promised\n", what, found,
            runs, 100 * power);
    failures++;
}

static const char *stop_at(const struct tally *tally, double share, char text[24])
{
    size_t rank = (size_t)(share * (double)tally->stop_count);
    if (tally->stop_count < 20) /* too few for a quantile */
        return "";
    if (rank >= tally->stop_count)
        rank = tally->stop_count - 1;
    snprintf(text, 24, "%llu", (unsigned long long)tally->stops[rank]);
    return text;
}

static void print_row(const char *title, const struct scene *scene, const struct tally *tally)
{
    char median[24];
    char late[24];
    printf("| %s | %.1f %% | %.1f %% | %s | %s | %.1f %% | %.1f %% |\n", title,
           percent_of(tally->stopped, scene->runs), percent_of(tally->failed, scene->runs),
           stop_at(tally, 0.5, median), stop_at(tally, 0.9, late),
           percent_of(tally->inconclusive, scene->runs),
           percent_of(tally->passed + tally->passed_early, scene->runs));
}

static void print_head(const char *title)
{
    printf("| %s | stopped while running | failed at the end | requests to the new version until "
           "then: median | 90 %% | inconclusive | passed |\n"
           "|---|---|---|---|---|---|---|\n",
           title);
}

enum { GOOD = 1, FOUND = 2, OPEN = 0 }; /* what a row must be */

struct row {
    const char *title;
    struct scene scene;
    int wanted;
    double bound; /* GOOD: alpha; FOUND: the share that is found at least */
};

static void print_rows(const char *head, const struct row *rows, size_t count)
{
    print_head(head);
    for (size_t i = 0; i < count; i++) {
        struct scene scene = rows[i].scene;
        scene.runs = scene.runs ? scene.runs : RUNS;
        CLEANUP(tally_clear) struct tally tally = simulate(&scene);
        unsigned bad = tally.stopped + tally.failed;
        print_row(rows[i].title, &scene, &tally);
        if (rows[i].wanted == GOOD)
            expect_at_most(bad, scene.runs, rows[i].bound, rows[i].title);
        if (rows[i].wanted == FOUND)
            expect_at_least(bad, scene.runs, rows[i].bound, rows[i].title);
    }
    printf("\n");
    fflush(stdout);
}

#define ERRORS "[{'kind': 'errors', 'maxRate': '1%'}]"
#define COMPARED "[{'kind': 'errors-compared'}]"
#define SPRT "[{'kind': 'errors', 'maxRate': '1%', 'badRate': '5%', 'method': 'sprt'}]"
#define EXCLUDED "[{'kind': 'errors', 'maxRate': '1%', 'badRate': '5%'}]"
#define SPLIT "[{'kind': 'split'}]"
#define LATENCY "[{'kind': 'latency', 'tolerance': '5%', 'leastShift': '0ms'}]"
#define GROUP                                                                                      \
    "[{'kind': 'errors', 'maxRate': '1%'}, {'kind': 'errors-compared'}, {'kind': 'latency'},"      \
    " {'kind': 'split'}]"

#define RATES(list, rate, requests, each)                                                          \
    {                                                                                              \
        list, 0.1, 0.1, rate, 0.01, 0, requests, each, 0                                           \
    }

static void errors_tables(void)
{
    static const struct row limit[] = {
        { "0 %", RATES(ERRORS, 0, 1000, 0), GOOD, 0.01 },
        { "0.5 %", RATES(ERRORS, 0.005, 1000, 0), GOOD, 0.01 },
        { "1 % (just good)", RATES(ERRORS, 0.01, 1000, 0), GOOD, 0.01 },
        { "2 %", RATES(ERRORS, 0.02, 1000, 0), OPEN, 0 },
        { "5 %", RATES(ERRORS, 0.05, 1000, 0), FOUND, 0.99 },
        { "20 %", RATES(ERRORS, 0.2, 1000, 0), FOUND, 0.999 },
        { "100 %", RATES(ERRORS, 1, 1000, 0), FOUND, 0.999 },
    };
    static const struct row compared[] = {
        { "0.5 %", RATES(COMPARED, 0.005, 1000, 0), GOOD, 0.01 },
        { "1 % (alike)", RATES(COMPARED, 0.01, 1000, 0), GOOD, 0.01 },
        { "2 %", RATES(COMPARED, 0.02, 1000, 0), OPEN, 0 },
        { "5 %", RATES(COMPARED, 0.05, 1000, 0), FOUND, 0.99 },
        { "20 %", RATES(COMPARED, 0.2, 1000, 0), FOUND, 0.999 },
        { "100 %", RATES(COMPARED, 1, 1000, 0), FOUND, 0.999 },
    };
    printf("**errors** with `maxRate` 1 %%, 1,000 requests to the new version, looked at after "
           "every error (between errors nothing can turn bad). The first column is the new "
           "version's true error rate.\n\n");
    print_rows("true rate", limit, COUNT_OF(limit));
    printf("**errors-compared**, the old version failing at 1 %%, weight 10 %%, 1,000 requests to "
           "the new version and 9,000 to the old one.\n\n");
    print_rows("true rate", compared, COUNT_OF(compared));
}

static void early_tables(void)
{
    static const struct row sprt[] = {
        { "0 %", RATES(SPRT, 0, 1000, 10), GOOD, 0.01 },
        { "1 % (good)", RATES(SPRT, 0.01, 1000, 10), GOOD, 0.01 },
        { "5 % (bad)", RATES(SPRT, 0.05, 1000, 10), FOUND, 0.9 },
        { "20 %", RATES(SPRT, 0.2, 1000, 10), FOUND, 0.99 },
    };
    static const struct row excluded[] = {
        { "0 %", { EXCLUDED, 0.5, 0.5, 0, 0.01, 0, 1000, 5, 1000 }, GOOD, 0.01 },
        { "1 % (good)", { EXCLUDED, 0.5, 0.5, 0.01, 0.01, 0, 1000, 5, 1000 }, GOOD, 0.01 },
        { "5 % (bad)", { EXCLUDED, 0.5, 0.5, 0.05, 0.01, 0, 1000, 5, 1000 }, FOUND, 0.85 },
    };
    printf(
        "**errors** with `method` sprt, `maxRate` 1 %%, `badRate` 5 %%: it decides both ways, so "
        "the requests are until either (one that passes early is promoted, if the plan lets "
        "it).\n\n");
    print_rows("true rate", sprt, COUNT_OF(sprt));
    printf("**errors** with `maxRate` 1 %%, `badRate` 5 %%, always-valid: passes early too, later "
           "than the sprt, but promises nothing about rates between the two.\n\n");
    print_rows("true rate", excluded, COUNT_OF(excluded));
}

#define DRIFT(share)                                                                               \
    {                                                                                              \
        SPLIT, 0.1, share, 0, 0, 0, 1000, 10, 500                                                  \
    }

static void split_table(void)
{
    static const struct row rows[] = {
        { "10 % (right)", DRIFT(0.1), GOOD, 0.001 },
        { "11 %", DRIFT(0.11), OPEN, 0 },
        { "12 %", DRIFT(0.12), FOUND, 0.95 },
        { "15 %", DRIFT(0.15), FOUND, 0.99 },
        { "20 %", DRIFT(0.2), FOUND, 0.99 },
        { "0.5 %", { SPLIT, 0.1, 0.005, 0, 0, 0, 100, 10, 1000 }, FOUND, 0.99 },
    };
    printf("**split**, configured 10 %%, until the new version has 1,000 requests (about 10,000 in "
           "all), looked at every 10 requests; alpha 0.001.\n\n");
    print_rows("true share", rows, COUNT_OF(rows));
}

#define SLOW(ratio)                                                                                \
    {                                                                                              \
        LATENCY, 0.1, 0.1, 0, 0, ratio, 500, 250, 500                                              \
    }

static void latency_table(void)
{
    static const struct row rows[] = {
        { "as fast", SLOW(1), GOOD, 0.01 },  { "+5 % (what is allowed)", SLOW(1.05), GOOD, 0.01 },
        { "+10 %", SLOW(1.1), OPEN, 0 },     { "+20 %", SLOW(1.2), FOUND, 0.9 },
        { "+50 %", SLOW(1.5), FOUND, 0.99 }, { "+100 %", SLOW(2), FOUND, 0.99 },
    };
    printf("**latency** with `tolerance` 5 %%, latencies log-normal (sigma 0.4), weight 10 %%, 500 "
           "requests to the new version, looked at every 250 requests.\n\n");
    print_rows("the new version is", rows, COUNT_OF(rows));
}

#define ALL(rate, slow)                                                                            \
    {                                                                                              \
        GROUP, 0.1, 0.1, rate, 0.01, slow, 300, 100, 500                                           \
    }

static void group_table(void)
{
    /* Half of each alpha is for looking; at the end Holm keeps all tests within the mean. */
    static const struct row rows[] = {
        { "good: 0.5 %, as fast", ALL(0.005, 1), GOOD, 0.0255 },
        { "just good: 1 %, as fast", ALL(0.01, 1), GOOD, 0.0255 },
        { "2 % errors", ALL(0.02, 1), OPEN, 0 },
        { "5 % errors", ALL(0.05, 1), FOUND, 0.85 },
        { "20 % errors", ALL(0.2, 1), FOUND, 0.99 },
        { "50 % slower", ALL(0.005, 1.5), FOUND, 0.99 },
    };
    printf("**A group of checks**: errors (`maxRate` 1 %%), errors-compared, latency (`tolerance` "
           "20 %%) and split, all with their defaults; 300 requests to the new version, looked at "
           "every 100 requests.\n\n");
    print_rows("canary", rows, COUNT_OF(rows));
}

/* Kayenta's intervals on 60 one-minute values; there is no alpha to keep, so it is only shown. */
static void kayenta_table(void)
{
    enum { POINTS = 60, TRIES = 5000 };
    static const double ratios[] = { 1, 1.05, 1.1, 1.2, 1.5 };
    const struct kayenta_rules rules = { .confidence = KAYENTA_CONFIDENCE };
    struct random_stream stream = random_stream_for("kayenta");
    printf("**score**: how one metric is classified from 60 one-minute values (log-normal, sigma "
           "0.2) of each version.\n\n"
           "| the new version's mean | high | low | pass |\n|---|---|---|---|\n");
    for (size_t r = 0; r < COUNT_OF(ratios); r++) {
        unsigned classes[KAYENTA_NO_DATA + 1] = { 0 };
        for (int i = 0; i < TRIES; i++) {
            double x[POINTS];
            double y[POINTS];
            for (int j = 0; j < POINTS; j++) {
                x[j] = ratios[r] * sqrt((double)latency_us(&stream, 1));
                y[j] = sqrt((double)latency_us(&stream, 1));
            }
            classes[kayenta_classify(x, POINTS, y, POINTS, &rules).class]++;
        }
        printf("| %+.0f %% | %.1f %% | %.1f %% | %.1f %% |\n", 100 * (ratios[r] - 1),
               percent_of(classes[KAYENTA_HIGH], TRIES), percent_of(classes[KAYENTA_LOW], TRIES),
               percent_of(classes[KAYENTA_PASS], TRIES));
    }
    printf("\n");
}

/* Not simulated: what formulas say. */
static void needed_tables(void)
{
    static const double rates[] = { 0.001, 0.005, 0.01, 0.05 };
    static const double higher[] = { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5 };
    static const double weights[] = { 0.01, 0.05, 0.1, 0.25, 0.5 };
    static const double drifts[] = { 0.1, 0.2, 0.5, 1 };
    printf("**Requests to the new version** that errors-compared needs at the end (one-sided, half "
           "of alpha 1 %%, power 90 %%), weight 10 %%; for the requests in all take ten times as "
           "many.\n\n| old version fails at |");
    for (size_t j = 0; j < COUNT_OF(higher); j++)
        printf(" new at %.3g %% |", 100 * higher[j]);
    printf("\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        printf("| %.3g %% |", 100 * rates[i]);
        for (size_t j = 0; j < COUNT_OF(higher); j++) {
            if (higher[j] <= rates[i])
                printf(" |");
            else
                printf(" %.0f |",
                       ceil(two_rates_sample_size(higher[j], rates[i], 9, 0.005, 0.9, ONE_SIDED)));
        }
        printf("\n");
    }
    printf("\n**Requests in all** that split needs at the end to notice a drift (half of alpha "
           "0.001, power 90 %%).\n\n| weight |");
    for (size_t j = 0; j < COUNT_OF(drifts); j++)
        printf(" drift by %.0f %% of it |", 100 * drifts[j]);
    printf("\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT_OF(weights); i++) {
        printf("| %.3g %% |", 100 * weights[i]);
        for (size_t j = 0; j < COUNT_OF(drifts); j++) {
            double share = weights[i] * (1 + drifts[j]);
            if (share >= 1)
                printf(" |");
            else
                printf(" %.0f |",
                       ceil(share_sample_size(weights[i], share, 0.0005, 0.9, TWO_SIDED)));
        }
        printf("\n");
    }
    printf("\n**Requests without an error** after which the rate is below a limit.\n\n"
           "| rate below | 90 %% sure | 95 %% sure | 99 %% sure |\n|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT_OF(rates); i++)
        printf("| %.3g %% | %llu | %llu | %llu |\n", 100 * rates[i],
               (unsigned long long)zero_failure_size(rates[i], 0.1),
               (unsigned long long)zero_failure_size(rates[i], 0.05),
               (unsigned long long)zero_failure_size(rates[i], 0.01));
    printf("\n");
}

static void peeking_table(void)
{
    static const size_t looks[] = { 1, 2, 5, 10, 20, 50 };
    printf("**Why not simply look again**: false alarms of a test at 1 %% that is made at so many "
           "equal steps, and the level that each look would have to have (Pocock).\n\n"
           "| looks | false alarms | level for 1 %% in all |\n|---|---|---|\n");
    for (size_t i = 0; i < COUNT_OF(looks); i++) {
        double z[LOOKS_MAX];
        for (size_t j = 0; j < looks[i]; j++)
            z[j] = -normal_quantile(0.005);
        printf("| %zu | %.1f %% | %.3f %% |\n", looks[i], 100 * looks_error(z, looks[i]),
               200 * normal_greater(pocock_constant(looks[i], 0.01)));
    }
    printf("\n");
}

int main(void)
{
    random_set_seed(SEED);
    errors_tables();
    early_tables();
    split_table();
    latency_table();
    group_table();
    kayenta_table();
    needed_tables();
    peeking_table();
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
