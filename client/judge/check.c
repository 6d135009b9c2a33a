#include "judge/check.h"

#include <math.h>
#include <stdlib.h>

#include "judge/kinds.h"
#include "xalloc.h"

enum { KINDS_MAX = 32 };

const struct check_kind check_kinds[] = {
    { "errors", errors_members, judge_errors_check, "the new version's error rate against a limit",
      read_errors, NULL, NULL },
    { "invocation-errors", invocation_errors_members, judge_invocation_errors_check,
      "the rate of errors of Lambda itself, which run no version, against a limit", read_errors,
      NULL, NULL },
    { "errors-compared", errors_compared_members, judge_errors_compared_check,
      "the new version's error rate against the old one's", NULL, NULL, NULL },
    { "latency", latency_members, judge_latency_check,
      "a latency percentile against a limit, and latencies against the old version's", read_latency,
      NULL, NULL },
    { "split", split_members, judge_split_check, "the observed split against the weight", NULL,
      NULL, NULL },
    { "threshold", threshold_members, judge_threshold_check,
      "a CloudWatch metric or expression against limits", read_threshold, NULL, NULL },
    { "alarm", alarm_members, judge_alarm_check, "a CloudWatch alarm must not fire", NULL, NULL,
      NULL },
    { "score", score_members, judge_score_check,
      "many metrics, new version against old, as one score (as Kayenta does)", read_score,
      clear_score, complete_score },
    { .name = NULL },
};

static const struct check_kind *find_kind(const char *name)
{
    for (const struct check_kind *kind = check_kinds; kind->name; kind++) {
        if (strcmp(kind->name, name) == 0)
            return kind;
    }
    return NULL;
}

static bool kind_fault(const char *name, const char *path, struct member_faults *faults)
{
    const char *names[KINDS_MAX];
    size_t count = 0;
    for (; count < COUNT_OF(names) && check_kinds[count].name; count++)
        names[count] = check_kinds[count].name;
    const char *near = nearest_name(name, names, count);
    CLEANUP(freep) char *here = member_path(path, "kind");
    return member_fault(faults, here, "there is no check of kind '%s'%s%s%s", name,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

bool check_read(const cJSON *json, struct check *check_out, const char *path,
                struct member_faults *faults)
{
    const char *name = json_text(json, "kind", NULL);
    *check_out = (struct check){ 0 };
    if (!cJSON_IsObject(json) || !name)
        return member_fault(faults, path, "a check is an object with a \"kind\"");
    check_out->kind = find_kind(name);
    if (!check_out->kind)
        return kind_fault(name, path, faults);
    bool is_good = members_read(check_out->kind->members, json, check_out, path, faults);
    if (!check_out->name)
        check_out->name = xstrdup(name);
    if (check_out->kind->read)
        is_good = check_out->kind->read(json, check_out, path, faults) && is_good;
    return is_good;
}

void check_clear(struct check *check)
{
    if (check->kind && check->kind->clear)
        check->kind->clear(check);
    if (check->kind)
        members_clear(check->kind->members, check);
    *check = (struct check){ 0 };
}

const char *check_metric(const struct check *check, size_t index)
{
    if (check->score)
        return score_metric_name(check->score, index);
    return index == 0 ? check->metric : NULL;
}

cJSON *check_schema(void)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *list = json_set_array(schema, "oneOf");
    for (const struct check_kind *kind = check_kinds; kind->name; kind++) {
        cJSON *item = members_schema(kind->members);
        cJSON *name = cJSON_CreateObject();
        json_set_text(name, "const", kind->name);
        json_set_text(item, "description", kind->help);
        cJSON_ReplaceItemInObjectCaseSensitive(json_get(item, "properties"), "kind", name);
        const char *const required[] = { "kind" };
        if (!json_get(item, "required"))
            json_set(item, "required", cJSON_CreateStringArray(required, 1));
        else
            cJSON_AddItemToArray(json_get(item, "required"), cJSON_CreateString("kind"));
        if (kind->complete)
            kind->complete(json_get(item, "properties"));
        cJSON_AddItemToArray(list, item);
    }
    return schema;
}

void check_judge(const struct check *check, const struct evidence *evidence,
                 struct check_memory *memory, struct check_verdict *verdict_out)
{
    *verdict_out = (struct check_verdict){ .is_dry_run = check->is_dry_run, .p_value = 1 };
    check->kind->judge(check, evidence, memory, verdict_out);
}

bool check_result_outweighs(enum check_result result, enum check_result other)
{
    static const int ranks[] = {
        [CHECK_PASS] = 0, [CHECK_CONTINUE] = 1, [CHECK_INCONCLUSIVE] = 2, [CHECK_FAIL] = 3
    };
    return ranks[result] > ranks[other];
}

/* Holm's procedure over the tests that count: a failure that is none among so many is taken
 * back. */
static void correct_for_number(struct check_verdict *verdicts, size_t count)
{
    CLEANUP(freep) double *ratios = xcalloc(count + 1, sizeof(*ratios));
    CLEANUP(freep) size_t *places = xcalloc(count + 1, sizeof(*places));
    size_t tests = 0;
    for (size_t i = 0; i < count; i++) {
        if (verdicts[i].is_dry_run || !(verdicts[i].level > 0))
            continue;
        places[tests] = i;
        ratios[tests++] = verdicts[i].p_value / verdicts[i].level;
    }
    adjust_holm_ratios(ratios, tests);
    for (size_t j = 0; j < tests; j++) {
        struct check_verdict *verdict = &verdicts[places[j]];
        if (tests > 1)
            verdict_number(verdict, "adjustedPValue", fmin(1, ratios[j] * verdict->level));
        if (!verdict->is_by_final_test || ratios[j] <= 1)
            continue;
        verdict->result = CHECK_INCONCLUSIVE;
        verdict_add(verdict, "; among %zu tests that is no proof (Holm, p = %.2g, needed %.2g)",
                    tests, ratios[j] * verdict->level, verdict->level);
    }
}

enum check_result judge_step(const struct check *checks, size_t count,
                             const struct evidence *evidence, struct check_memory *memories,
                             struct check_verdict *verdicts_out, size_t *deciding_out)
{
    enum check_result result = CHECK_PASS;
    if (deciding_out)
        *deciding_out = 0;
    for (size_t i = 0; i < count; i++)
        check_judge(&checks[i], evidence, &memories[i], &verdicts_out[i]);
    if (evidence->is_final)
        correct_for_number(verdicts_out, count);
    for (size_t i = 0; i < count; i++) {
        if (checks[i].is_dry_run || !check_result_outweighs(verdicts_out[i].result, result))
            continue;
        result = verdicts_out[i].result;
        if (deciding_out)
            *deciding_out = i;
    }
    return result;
}

const char *check_result_name(enum check_result result)
{
    static const char *const names[] = { [CHECK_CONTINUE] = "continue",
                                         [CHECK_PASS] = "pass",
                                         [CHECK_FAIL] = "fail",
                                         [CHECK_INCONCLUSIVE] = "inconclusive" };
    return names[result];
}

void check_verdict_write(const struct check_verdict *verdict, cJSON *json)
{
    json_set_text(json, "verdict", check_result_name(verdict->result));
    json_set_bool(json, "isDryRun", verdict->is_dry_run);
    json_set_text(json, "sentence", verdict->sentence);
    cJSON *numbers = json_set_object(json, "numbers");
    for (size_t i = 0; i < verdict->number_count; i++)
        json_set_double(numbers, verdict->numbers[i].name, verdict->numbers[i].value);
}

cJSON *check_memory_json(const struct check_memory *memory)
{
    cJSON *json = cJSON_CreateObject();
    json_set_double(json, "peak", memory->peak);
    json_set(json, "more", cJSON_CreateDoubleArray(memory->more, COUNT_OF(memory->more)));
    return json;
}

void check_memory_read(const cJSON *json, struct check_memory *memory_out)
{
    const cJSON *more = json_get(json, "more");
    *memory_out = (struct check_memory){ json_double(json, "peak", 0), { 0 } };
    for (int i = 0; i < (int)COUNT_OF(memory_out->more); i++) {
        const cJSON *item = cJSON_GetArrayItem(more, i);
        memory_out->more[i] = cJSON_IsNumber(item) ? item->valuedouble : 0;
    }
}
