#include "judge/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "judge/judge.h"
#include "xalloc.h"

#define CHECK_ROW(text, kind, member)                                                              \
    .name = (text), .type = (kind), .offset = offsetof(struct check, member)

/* What every check may say. */
#define COMMON_CHECK_ROWS                                                                          \
    { .name = "kind",                                                                              \
      .type = MEMBER_CUSTOM,                                                                       \
      .schema = "{\"type\":\"string\"}",                                                           \
      .help = "what is checked" },                                                                 \
        { CHECK_ROW("name", MEMBER_TEXT, name), .help = "how reports call it; else its kind" },    \
        { CHECK_ROW("dryRun", MEMBER_FLAG, is_dry_run),                                            \
          .help = "judge and tell, but never act upon it" },                                       \
    {                                                                                              \
        CHECK_ROW("minRequests", MEMBER_INTEGER, min_requests),                                    \
            .initial = "10", .low = 0, .high = 1e9,                                                \
            .help = "requests to the new version, below which nothing is said"                     \
    }

static struct observation observe(const struct evidence *evidence)
{
    return (
        struct observation){ (unsigned)evidence->canary.requests, (unsigned)evidence->canary.errors,
                             (unsigned)evidence->base.requests, (unsigned)evidence->base.errors };
}

static void add_number(struct check_verdict *verdict, const char *name, double value)
{
    if (verdict->number_count < NUMBERS_MAX)
        verdict->numbers[verdict->number_count++] = (struct named_number){ name, value };
}

static void judge_errors(const struct check *check, const struct evidence *evidence,
                         struct check_memory *memory, struct check_verdict *verdict)
{
    static const enum check_result results[] = { [VERDICT_CONTINUE] = CHECK_CONTINUE,
                                                 [VERDICT_PROMOTE] = CHECK_PASS,
                                                 [VERDICT_ROLL_BACK] = CHECK_FAIL,
                                                 [VERDICT_INCONCLUSIVE] = CHECK_INCONCLUSIVE };
    const struct policy policy = { evidence->weight, check->max_rate,
                                   (unsigned)check->min_requests };
    struct observation seen = observe(evidence);
    struct judgement judgement = judge_running(&seen, &policy);
    if (judgement.verdict == VERDICT_CONTINUE && evidence->is_final)
        judgement = judge_final(&seen, &policy);
    memory->looks++;
    verdict->result = results[judgement.verdict];
    snprintf(verdict->sentence, sizeof(verdict->sentence), "%s", judgement.reason);
    add_number(verdict, "requests", seen.requests);
    add_number(verdict, "errors", seen.errors);
    add_number(verdict, "baseRequests", seen.base_requests);
    add_number(verdict, "baseErrors", seen.base_errors);
    add_number(verdict, "maxRate", check->max_rate);
}

static const struct member_row errors_members[] = {
    COMMON_CHECK_ROWS,
    { CHECK_ROW("maxRate", MEMBER_FRACTION, max_rate), .initial = "1%",
      .help = "the share of failed requests that is still good" },
    { .name = NULL },
};

static void judge_split_check(const struct check *check, const struct evidence *evidence,
                              struct check_memory *memory, struct check_verdict *verdict)
{
    struct observation seen = observe(evidence);
    const struct policy policy = { .weight = evidence->weight };
    unsigned all = seen.requests + seen.base_requests;
    memory->looks++;
    if (!evidence->is_final) {
        verdict->result = CHECK_CONTINUE;
        snprintf(verdict->sentence, sizeof(verdict->sentence), "judged at the end");
        return;
    }
    double chance = judge_split(&seen, &policy);
    verdict->result = chance < check->alpha ? CHECK_FAIL : CHECK_PASS;
    snprintf(verdict->sentence, sizeof(verdict->sentence),
             "the new version got %u of %u requests (%.1f %%), configured %.4g %%: %s (p = %.2g)",
             seen.requests, all, all ? 100.0 * seen.requests / all : 0, 100 * evidence->weight,
             verdict->result == CHECK_FAIL ? "that does not fit the weight" : "as it should be",
             chance);
    add_number(verdict, "requests", seen.requests);
    add_number(verdict, "all", all);
    add_number(verdict, "weight", evidence->weight);
    add_number(verdict, "pValue", chance);
}

static const struct member_row split_members[] = {
    COMMON_CHECK_ROWS,
    { CHECK_ROW("alpha", MEMBER_FRACTION, alpha), .initial = "0.001",
      .help = "the share of right splits that may be called wrong" },
    { .name = NULL },
};

const struct check_kind check_kinds[] = {
    { "errors", errors_members, judge_errors, "the new version's error rate against a limit" },
    { "split", split_members, judge_split_check, "the observed split against the weight" },
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
    const char *names[32];
    size_t count = 0;
    for (; check_kinds[count].name && count < COUNT_OF(names); count++)
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
    return is_good;
}

void check_clear(struct check *check)
{
    if (check->kind)
        members_clear(check->kind->members, check);
    *check = (struct check){ 0 };
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
        cJSON_AddItemToArray(list, item);
    }
    return schema;
}

void check_judge(const struct check *check, const struct evidence *evidence,
                 struct check_memory *memory, struct check_verdict *verdict_out)
{
    *verdict_out = (struct check_verdict){ .is_dry_run = check->is_dry_run };
    check->kind->judge(check, evidence, memory, verdict_out);
}

/* The greater decides. */
static int rank_of(enum check_result result)
{
    static const int ranks[] = {
        [CHECK_PASS] = 0, [CHECK_CONTINUE] = 1, [CHECK_INCONCLUSIVE] = 2, [CHECK_FAIL] = 3
    };
    return ranks[result];
}

enum check_result judge_step(const struct check *checks, size_t count,
                             const struct evidence *evidence, struct check_memory *memories,
                             struct check_verdict *verdicts_out, size_t *deciding_out)
{
    enum check_result result = CHECK_PASS;
    if (deciding_out)
        *deciding_out = 0;
    for (size_t i = 0; i < count; i++) {
        check_judge(&checks[i], evidence, &memories[i], &verdicts_out[i]);
        if (checks[i].is_dry_run || rank_of(verdicts_out[i].result) <= rank_of(result))
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

cJSON *check_memory_json(const struct check_memory *memory)
{
    cJSON *json = cJSON_CreateObject();
    json_set_double(json, "peak", memory->peak);
    json_set_double(json, "looks", (double)memory->looks);
    json_set(json, "more", cJSON_CreateDoubleArray(memory->more, COUNT_OF(memory->more)));
    return json;
}

void check_memory_read(const cJSON *json, struct check_memory *memory_out)
{
    const cJSON *more = json_get(json, "more");
    *memory_out =
        (struct check_memory){ json_double(json, "peak", 0), json_int(json, "looks", 0), { 0 } };
    for (int i = 0; i < (int)COUNT_OF(memory_out->more); i++) {
        const cJSON *item = cJSON_GetArrayItem(more, i);
        memory_out->more[i] = cJSON_IsNumber(item) ? item->valuedouble : 0;
    }
}
