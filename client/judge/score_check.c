/*
 * The kind `score`: Kayenta's judge. Every metric is classified, new version against old; groups
 * of metrics get scores, the weighted sum of which is passing, marginal or failing.
 */
#include <math.h>
#include <stdlib.h>

#include "judge/kinds.h"
#include "xalloc.h"

enum { MOST_METRICS = 200, MOST_GROUPS = 50, WHOLE = 100 };
enum { DELAY_MS = 60000, MOST_GAPS = 1000000 };

enum gaps { GAPS_REMOVE, GAPS_REPLACE };
enum no_data { NO_DATA_IGNORE, NO_DATA_PASS, NO_DATA_FAIL };

struct score_metric {
    char *metric;
    char *group;
    bool is_critical;
    bool is_muted; /* classified and told, but not counted */
    int gaps;      /* enum gaps: periods without a value */
    int64_t period_ms;
    int no_data; /* enum no_data */
    int direction;
    int measure;
    bool removes_outliers;
    double allowed_increase;
    double allowed_decrease;
    double critical_increase; /* effects of a critical metric that are critical; 0: any */
    double critical_decrease;
};

struct score_group {
    const char *name; /* the first metric's that is in it */
    double weight;    /* of all, in percent; NAN: shares the rest */
    int passed;
    int counted;
};

struct score {
    struct score_metric *metrics;
    size_t count;
    struct score_group groups[MOST_GROUPS];
    size_t group_count;
};

#define METRIC_ROW(text, kind, member)                                                             \
    .name = (text), .type = (kind), .offset = offsetof(struct score_metric, member)

static const char *const directions[] = { [DIRECTION_EITHER] = "either",
                                          [DIRECTION_INCREASE] = "increase",
                                          [DIRECTION_DECREASE] = "decrease",
                                          NULL };
static const char *const measures[] = {
    [MEASURE_MEAN_RATIO] = "meanRatio", [MEASURE_CLES] = "cles", NULL
};
static const char *const gaps_names[] = {
    [GAPS_REMOVE] = "remove", [GAPS_REPLACE] = "replace", NULL
};
static const char *const no_data_names[] = {
    [NO_DATA_IGNORE] = "ignore", [NO_DATA_PASS] = "pass", [NO_DATA_FAIL] = "fail", NULL
};

static const struct member_row metric_rows[] = {
    { METRIC_ROW("metric", MEMBER_TEXT, metric), .is_required = true,
      .help = "a metric of the plan, or one of AWS/Lambda's by its name" },
    { METRIC_ROW("group", MEMBER_TEXT, group), .initial = "all", .help = "whose score it is of" },
    { METRIC_ROW("direction", MEMBER_CHOICE, direction), .initial = "either", .choices = directions,
      .help = "which way is bad" },
    { METRIC_ROW("critical", MEMBER_FLAG, is_critical),
      .help = "if it is bad, all is: the score is 0" },
    { METRIC_ROW("muted", MEMBER_FLAG, is_muted), .help = "told, but not counted" },
    { METRIC_ROW("missing", MEMBER_CHOICE, gaps), .initial = "remove", .choices = gaps_names,
      .help = "what a period without a value is: left out, or replaced by one of 0 (of counts)" },
    { METRIC_ROW("period", MEMBER_DURATION, period_ms), .initial = "60s", .low = 1000,
      .high = 86400e3,
      .help =
          "of the metric, where missing values are replaced; the plan's metric's unless given" },
    { METRIC_ROW("noData", MEMBER_CHOICE, no_data), .initial = "ignore", .choices = no_data_names,
      .help = "what a metric without data, or with too few values to tell anything, is" },
    { METRIC_ROW("effect", MEMBER_CHOICE, measure), .initial = "meanRatio", .choices = measures,
      .help = "how an effect is measured" },
    { METRIC_ROW("removeOutliers", MEMBER_FLAG, removes_outliers),
      .help = "leave out values beyond three times the quartiles' distance" },
    { METRIC_ROW("allowedIncrease", MEMBER_NUMBER, allowed_increase), .low = 0, .high = 1e9,
      .help = "the effect from which on an increase is bad; else 1 (0.5 for cles)" },
    { METRIC_ROW("allowedDecrease", MEMBER_NUMBER, allowed_decrease), .low = 0, .high = 1e9,
      .help = "the effect down from which a decrease is bad; else 1 (0.5 for cles)" },
    { METRIC_ROW("criticalIncrease", MEMBER_NUMBER, critical_increase), .low = 0, .high = 1e9,
      .help = "of a critical metric: the effect from which on all is bad; else any" },
    { METRIC_ROW("criticalDecrease", MEMBER_NUMBER, critical_decrease), .low = 0, .high = 1e9,
      .help = "of a critical metric: the effect down from which all is bad; else any" },
    { .name = NULL },
};

void clear_score(struct check *check)
{
    struct score *score = check->score;
    for (size_t i = 0; score && i < score->count; i++)
        members_clear(metric_rows, &score->metrics[i]);
    if (score)
        free(score->metrics);
    free(score);
    check->score = NULL;
}

const char *score_metric_name(const struct score *score, size_t index)
{
    return index < score->count ? score->metrics[index].metric : NULL;
}

static struct score_group *find_group(struct score *score, const char *name)
{
    for (size_t i = 0; i < score->group_count; i++) {
        if (strcmp(score->groups[i].name, name) == 0)
            return &score->groups[i];
    }
    return NULL;
}

void complete_score(cJSON *properties)
{
    cJSON *items = json_get(json_get(properties, "metrics"), "items");
    cJSON_AddItemToArray(json_get(items, "anyOf"), members_schema(metric_rows));
}

/* A metric is its name, or an object. */
static bool read_metric(const cJSON *json, struct score *score, const char *path,
                        struct member_faults *faults)
{
    struct score_metric *metric = &score->metrics[score->count++];
    CLEANUP(json_deletep) cJSON *plain = cJSON_CreateObject();
    if (cJSON_IsString(json))
        json_set_text(plain, "metric", json->valuestring);
    if (!members_read(metric_rows, cJSON_IsString(json) ? plain : json, metric, path, faults))
        return false;
    if (find_group(score, metric->group))
        return true;
    if (score->group_count == MOST_GROUPS)
        return member_fault(faults, path, "there are more than %d groups", MOST_GROUPS);
    score->groups[score->group_count++] =
        (struct score_group){ .name = metric->group, .weight = NAN };
    return true;
}

static bool read_metrics(const cJSON *json, struct score *score, const char *path,
                         struct member_faults *faults)
{
    bool is_good = true;
    const cJSON *item;
    CLEANUP(freep) char *list = member_path(path, "metrics");
    int count = cJSON_IsArray(json) ? cJSON_GetArraySize(json) : 0;
    if (count < 1 || count > MOST_METRICS)
        return member_fault(faults, list, "must be a list of 1 to %d metrics", MOST_METRICS);
    score->metrics = xcalloc((size_t)count, sizeof(*score->metrics));
    cJSON_ArrayForEach(item, json)
    {
        CLEANUP(freep) char *here = xformat("%s[%zu]", list, score->count);
        is_good = read_metric(item, score, here, faults) && is_good;
    }
    return is_good;
}

static bool read_groups(const cJSON *json, struct score *score, const char *path,
                        struct member_faults *faults)
{
    double sum = 0;
    const cJSON *item;
    CLEANUP(freep) char *here = member_path(path, "groups");
    cJSON_ArrayForEach(item, json)
    {
        struct score_group *group = item->string ? find_group(score, item->string) : NULL;
        if (!group)
            return member_fault(faults, here, "no metric is of group '%s'",
                                item->string ? item->string : "?");
        if (!cJSON_IsNumber(item) || item->valuedouble < 0)
            return member_fault(faults, here, "the weight of '%s' must be a number, in percent",
                                item->string);
        group->weight = item->valuedouble;
        sum += item->valuedouble;
    }
    return sum <= WHOLE || member_fault(faults, here, "the weights are more than 100 together");
}

bool read_score(const cJSON *json, struct check *check, const char *path,
                struct member_faults *faults)
{
    check->score = xcalloc(1, sizeof(*check->score));
    if (check->marginal > check->pass)
        return member_fault(faults, path, "marginal must not be above pass");
    return read_metrics(json_get(json, "metrics"), check->score, path, faults) &&
           read_groups(json_get(json, "groups"), check->score, path, faults);
}

/* What a run over all metrics finds. */
struct scoring {
    struct score_group groups[MOST_GROUPS];
    size_t no_data;
    size_t replaced; /* values, of both versions */
    size_t counted;  /* metrics that are not muted */
    int classes[KAYENTA_NO_DATA + 1];
    const char *critical; /* the critical metric that is bad; NULL: none */
    const char *worst;    /* a metric that is bad, and its effect */
    double effect;
};

static bool is_critical_effect(const struct score_metric *metric, const struct kayenta *found)
{
    if (!metric->is_critical)
        return false;
    if (found->class == KAYENTA_HIGH)
        return metric->critical_increase <= 0 || found->effect >= metric->critical_increase;
    return metric->critical_decrease <= 0 || found->effect <= metric->critical_decrease;
}

/* The end of the last period that is known by now: one that is old enough, or that CloudWatch has
 * told a value of for either version. */
static int64_t known_until(const struct metric_evidence *seen, const struct evidence *evidence,
                           int64_t period_ms)
{
    const struct metric_series *const sides[] = { &seen->canary, &seen->baseline };
    int64_t now_ms = evidence->now_ms / period_ms * period_ms;
    int64_t until_ms = (evidence->now_ms - DELAY_MS) / period_ms * period_ms;
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        size_t count = sides[i]->count;
        int64_t end_ms = count ? (sides[i]->times_ms[count - 1] / period_ms + 1) * period_ms : 0;
        if (end_ms > until_ms)
            until_ms = end_ms < now_ms ? end_ms : now_ms;
    }
    return until_ms;
}

/* How many whole periods of the step have no value. */
static size_t count_gaps(const struct metric_series *series, int64_t from_ms, int64_t until_ms,
                         int64_t period_ms)
{
    int64_t gaps = (until_ms - from_ms) / period_ms;
    for (size_t i = 0; i < series->count; i++)
        gaps -= series->times_ms[i] >= from_ms && series->times_ms[i] < until_ms;
    return gaps <= 0 ? 0 : gaps < MOST_GAPS ? (size_t)gaps : MOST_GAPS;
}

/* The series' values, and so many zeros; the caller owns them. */
static double *values_with_zeros(const struct metric_series *series, size_t zeros)
{
    double *values = xcalloc(series->count + zeros + 1, sizeof(*values));
    if (series->count)
        memcpy(values, series->values, series->count * sizeof(*values));
    return values;
}

/* How many values each version lacks that count as 0. */
struct zeros {
    size_t canary;
    size_t baseline;
};

static struct zeros count_zeros(const struct score_metric *metric,
                                const struct metric_evidence *seen, const struct evidence *evidence)
{
    int64_t period_ms = metric->period_ms;
    int64_t from_ms = evidence_first_period(evidence, period_ms);
    int64_t until_ms = known_until(seen, evidence, period_ms);
    if (metric->gaps != GAPS_REPLACE)
        return (struct zeros){ 0 };
    return (struct zeros){ count_gaps(&seen->canary, from_ms, until_ms, period_ms),
                           count_gaps(&seen->baseline, from_ms, until_ms, period_ms) };
}

static struct kayenta classify(const struct score_metric *metric, const struct evidence *evidence,
                               size_t *replaced)
{
    static const struct metric_evidence nothing;
    const struct kayenta_rules rules = { .direction = metric->direction,
                                         .measure = metric->measure,
                                         .removes_outliers = metric->removes_outliers,
                                         .allowed_increase = metric->allowed_increase,
                                         .allowed_decrease = metric->allowed_decrease,
                                         .confidence = KAYENTA_CONFIDENCE };
    const struct metric_evidence *found = evidence_metric(evidence, metric->metric);
    const struct metric_evidence *seen = found ? found : &nothing;
    struct zeros zeros = count_zeros(metric, seen, evidence);
    CLEANUP(freep) double *canary = values_with_zeros(&seen->canary, zeros.canary);
    CLEANUP(freep) double *baseline = values_with_zeros(&seen->baseline, zeros.baseline);
    *replaced += zeros.canary + zeros.baseline;
    return kayenta_classify(canary, seen->canary.count + zeros.canary, baseline,
                            seen->baseline.count + zeros.baseline, &rules);
}

static void count_metric(const struct score *score, const struct score_metric *metric,
                         const struct kayenta *found, struct scoring *scoring)
{
    size_t place = 0;
    bool is_missing = found->class == KAYENTA_NO_DATA;
    bool is_bad = is_missing ? metric->no_data == NO_DATA_FAIL : found->class != KAYENTA_PASS;
    while (strcmp(score->groups[place].name, metric->group) != 0)
        place++;
    scoring->counted++;
    scoring->no_data += is_missing && metric->no_data == NO_DATA_IGNORE;
    if (is_missing && metric->no_data == NO_DATA_IGNORE)
        return;
    scoring->groups[place].counted++;
    scoring->groups[place].passed += !is_bad;
    if (!is_bad || scoring->critical)
        return;
    scoring->worst = metric->metric;
    scoring->effect = found->effect;
    if (is_missing ? metric->is_critical : is_critical_effect(metric, found))
        scoring->critical = metric->metric;
}

static void score_metrics(const struct score *score, const struct evidence *evidence,
                          struct scoring *scoring)
{
    memcpy(scoring->groups, score->groups, sizeof(scoring->groups));
    for (size_t i = 0; i < score->count; i++) {
        struct kayenta found = classify(&score->metrics[i], evidence, &scoring->replaced);
        scoring->classes[found.class]++;
        if (!score->metrics[i].is_muted)
            count_metric(score, &score->metrics[i], &found, scoring);
    }
}

/* Groups without a weight share what is left of 100; the sum is rounded to two decimals. */
static double total_of(const struct scoring *scoring, size_t group_count)
{
    double rest = WHOLE;
    double given = 0;
    double sum = 0;
    int unweighted = 0;
    for (size_t i = 0; i < group_count; i++) {
        bool has_weight = !isnan(scoring->groups[i].weight);
        given += has_weight ? scoring->groups[i].weight : 0;
        unweighted += !has_weight;
    }
    rest = unweighted ? (WHOLE - given) / unweighted : 0;
    double all = unweighted ? WHOLE : given;
    for (size_t i = 0; i < group_count; i++) {
        const struct score_group *group = &scoring->groups[i];
        double score = group->counted ? (double)group->passed / group->counted * WHOLE : WHOLE;
        sum += score * (isnan(group->weight) ? rest : group->weight) / (all > 0 ? all : 1);
    }
    return round(sum * 100) / 100;
}

static double final_score(const struct scoring *scoring, size_t group_count)
{
    if (scoring->critical)
        return 0;
    if (scoring->no_data > 0 && 2 * scoring->no_data >= scoring->counted)
        return 0;
    return total_of(scoring, group_count);
}

static void say_score(const struct check *check, const struct scoring *scoring,
                      struct check_verdict *verdict)
{
    double score = final_score(scoring, check->score->group_count);
    bool is_blind = scoring->no_data > 0 && 2 * scoring->no_data >= scoring->counted;
    bool is_unknown = is_blind && !scoring->critical;
    verdict_say(verdict,
                is_unknown                                       ? CHECK_INCONCLUSIVE
                : score >= check->pass                           ? CHECK_PASS
                : score >= check->marginal && !scoring->critical ? CHECK_INCONCLUSIVE
                                                                 : CHECK_FAIL,
                "score %.4g of 100 (%.4g passes, %.4g is marginal): %d metrics pass, %d are high, "
                "%d low, %d without enough data",
                score, check->pass, check->marginal, scoring->classes[KAYENTA_PASS],
                scoring->classes[KAYENTA_HIGH], scoring->classes[KAYENTA_LOW],
                scoring->classes[KAYENTA_NO_DATA]);
    if (scoring->critical)
        verdict_add(verdict, "; %s is critical and bad (effect %.3g)", scoring->critical,
                    scoring->effect);
    else if (scoring->worst)
        verdict_add(verdict, "; %s is bad (effect %.3g)", scoring->worst, scoring->effect);
    if (is_unknown)
        verdict_add(verdict, "; half of the metrics or more have no data, or too few values");
    if (scoring->replaced) {
        verdict_add(verdict, "; %zu missing values count as 0", scoring->replaced);
        verdict_number(verdict, "replaced", (double)scoring->replaced);
    }
    verdict_number(verdict, "score", score);
    verdict_number(verdict, "passed", scoring->classes[KAYENTA_PASS]);
    verdict_number(verdict, "high", scoring->classes[KAYENTA_HIGH]);
    verdict_number(verdict, "low", scoring->classes[KAYENTA_LOW]);
    verdict_number(verdict, "noData", scoring->classes[KAYENTA_NO_DATA]);
}

/* Once, at the end: judging at every look would raise false alarms, as Kayenta's intervals know
 * nothing of each other. */
void judge_score_check(const struct check *check, const struct evidence *evidence,
                       struct check_memory *memory, struct check_verdict *verdict)
{
    struct scoring scoring = { .effect = 0 };
    (void)memory;
    if (!is_split(evidence)) {
        verdict_say(verdict, evidence->is_final ? CHECK_PASS : CHECK_CONTINUE,
                    "one version alone gets the traffic of this step: there is nothing to compare");
        return;
    }
    if (!evidence->is_final) {
        verdict_say(verdict, CHECK_CONTINUE, "scored at the end of the step");
        return;
    }
    score_metrics(check->score, evidence, &scoring);
    say_score(check, &scoring, verdict);
    if (verdict->result == CHECK_PASS)
        (void)is_too_few(check, evidence->canary.requests, verdict);
}

const struct member_row score_members[] = {
    COMMON_CHECK_ROWS("0"),
    { .name = "metrics",
      .type = MEMBER_CUSTOM,
      .is_required = true,
      .schema = "{\"type\":\"array\",\"minItems\":1,\"maxItems\":200,\"items\":{\"anyOf\":["
                "{\"type\":\"string\"}]}}",
      .help = "names, or objects: docs/judgement.md \"score\"" },
    { .name = "groups",
      .type = MEMBER_CUSTOM,
      .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\","
                "\"minimum\":0,\"maximum\":100}}",
      .help = "weights of groups in percent; the rest is shared by those without" },
    { CHECK_ROW("pass", MEMBER_NUMBER, pass), .initial = "75", .low = 0.01, .high = 100,
      .help = "the least score that is good" },
    { CHECK_ROW("marginal", MEMBER_NUMBER, marginal), .initial = "50", .low = 0, .high = 100,
      .help = "the least score that is not bad; between the two it is inconclusive" },
    { .name = NULL },
};
