/*
 * Strategies: whatever a plan says becomes a list of steps. After the last one comes the promotion.
 */
#include <math.h>
#include <stdlib.h>

#include "plan/plan.h"
#include "xalloc.h"

enum { STEPS_MAX = 200, MINUTE_MS = 60000 };

/* AWS CodeDeploy's predefined configurations for Lambda, with or without their prefix. */
static const struct {
    const char *name;
    double weight;
    int minutes; /* 0: all at once */
    bool is_linear;
} predefined[] = {
    { "LambdaCanary10Percent5Minutes", 0.1, 5, false },
    { "LambdaCanary10Percent10Minutes", 0.1, 10, false },
    { "LambdaCanary10Percent15Minutes", 0.1, 15, false },
    { "LambdaCanary10Percent30Minutes", 0.1, 30, false },
    { "LambdaLinear10PercentEvery1Minute", 0.1, 1, true },
    { "LambdaLinear10PercentEvery2Minutes", 0.1, 2, true },
    { "LambdaLinear10PercentEvery3Minutes", 0.1, 3, true },
    { "LambdaLinear10PercentEvery10Minutes", 0.1, 10, true },
    { "LambdaAllAtOnce", 1, 0, false },
};

static struct plan_step *add_step(struct plan *plan)
{
    plan->steps = xrealloc(plan->steps, (plan->step_count + 1) * sizeof(*plan->steps));
    struct plan_step *step = &plan->steps[plan->step_count];
    double weight = plan->step_count ? step[-1].weight : 0;
    *step = (struct plan_step){ .weight = weight };
    plan->step_count++;
    return step;
}

/* The decimal number that somebody meant: 0.3 is not 3 * 0.1. */
static double decimal(double weight)
{
    static const double PARTS = 1e12;
    return round(weight * PARTS) / PARTS;
}

static void add_weight(struct plan *plan, double weight, int64_t duration_ms, bool promotes_early)
{
    struct plan_step *step = add_step(plan);
    step->weight = decimal(weight);
    step->duration_ms = duration_ms;
    step->promotes_early = promotes_early;
}

/* Equal shifts at the start of every interval; the last one, to 100 %, is the promotion. */
static void add_linear(struct plan *plan, double weight, int64_t every_ms, bool promotes_early)
{
    for (int i = 1; weight * i < 1 - 1e-9; i++)
        add_weight(plan, weight * i, every_ms, promotes_early);
}

static bool read_predefined(const char *name, struct plan *plan, struct member_faults *faults)
{
    const char *names[COUNT_OF(predefined)];
    const char *bare = strncmp(name, "CodeDeployDefault.", 18) == 0 ? name + 18 : name;
    for (size_t i = 0; i < COUNT_OF(predefined); i++) {
        int64_t time_ms = (int64_t)predefined[i].minutes * MINUTE_MS;
        names[i] = predefined[i].name;
        /* SAM calls them without "Lambda". */
        if (strcmp(bare, names[i]) != 0 && strcmp(bare, names[i] + strlen("Lambda")) != 0)
            continue;
        if (predefined[i].is_linear)
            add_linear(plan, predefined[i].weight, time_ms, false);
        else if (time_ms)
            add_weight(plan, predefined[i].weight, time_ms, false);
        return true;
    }
    const char *near = nearest_name(bare, names, COUNT_OF(names));
    return member_fault(faults, "strategy", "there is no strategy '%s'; %s%s%s", name,
                        near ? "did you mean '" : "CodeDeploy's are called like '",
                        near ? near : names[0], near ? "'?" : "'");
}

struct shift {
    double weight;
    int64_t time_ms;
    bool promotes_early;
};

#define SHIFT_ROW(text, kind, member)                                                              \
    .name = (text), .type = (kind), .offset = offsetof(struct shift, member)
#define EARLY_ROW                                                                                  \
    {                                                                                              \
        SHIFT_ROW("promoteEarly", MEMBER_FLAG, promotes_early),                                    \
            .help = "go on as soon as all checks pass, without waiting for the time"               \
    }

static const struct member_row canary_rows[] = {
    { SHIFT_ROW("weight", MEMBER_FRACTION, weight), .is_required = true, .low = 1e-6, .high = 1,
      .help = "the new version's share, such as \"10%\"" },
    { SHIFT_ROW("for", MEMBER_DURATION, time_ms), .is_required = true,
      .help = "how long it is watched, such as \"5m\"" },
    EARLY_ROW,
    { .name = NULL },
};

static const struct member_row linear_rows[] = {
    { SHIFT_ROW("weight", MEMBER_FRACTION, weight), .is_required = true, .low = 0.005, .high = 1,
      .help = "how much the share grows each time, such as \"10%\"" },
    { SHIFT_ROW("every", MEMBER_DURATION, time_ms), .is_required = true,
      .help = "how long each share is watched, such as \"1m\"" },
    EARLY_ROW,
    { .name = NULL },
};

static const struct member_row weight_rows[] = {
    { SHIFT_ROW("weight", MEMBER_FRACTION, weight), .is_required = true,
      .help = "the new version's share from here on, such as \"10%\"" },
    { SHIFT_ROW("for", MEMBER_DURATION, time_ms), .help = "how long it is watched" },
    EARLY_ROW,
    { .name = "name",
      .type = MEMBER_CUSTOM,
      .schema = "{\"type\":\"string\"}",
      .help = "how reports call the step" },
    { .name = NULL },
};

static const struct member_row analysis_rows[] = {
    { SHIFT_ROW("for", MEMBER_DURATION, time_ms), .is_required = true, .help = "how long" },
    { .name = "checks",
      .type = MEMBER_CUSTOM,
      .schema = "{\"$ref\":\"#/$defs/checks\"}",
      .help = "instead of the plan's" },
    EARLY_ROW,
    { .name = NULL },
};

/* Members of a step around what it is; `what` is read by itself. */
#define STEP_ROWS(what)                                                                            \
    {                                                                                              \
        { .name = (what), .type = MEMBER_CUSTOM, .schema = "{}", .help = "" },                     \
            { .name = "name",                                                                      \
              .type = MEMBER_CUSTOM,                                                               \
              .schema = "{\"type\":\"string\"}",                                                   \
              .help = "how reports call the step" },                                               \
        {                                                                                          \
            .name = NULL                                                                           \
        }                                                                                          \
    }

static bool read_weight(const cJSON *json, struct plan *plan, const char *path,
                        struct member_faults *faults)
{
    struct shift shift = { 0 };
    bool is_good = members_read(weight_rows, json, &shift, path, faults);
    add_weight(plan, shift.weight, shift.time_ms, shift.promotes_early);
    return is_good;
}

static bool read_pause(const cJSON *json, struct plan *plan, const char *path,
                       struct member_faults *faults)
{
    struct plan_step *step = add_step(plan);
    const char *time = cJSON_GetStringValue(json_get(json, "pause"));
    static const struct member_row rows[] = {
        { .name = "pause",
          .type = MEMBER_DURATION,
          .offset = offsetof(struct plan_step, duration_ms),
          .is_required = true,
          .help = "how long the present share is kept" },
        { .name = "name", .type = MEMBER_CUSTOM, .schema = "{\"type\":\"string\"}", .help = "" },
        { .name = NULL },
    };
    static const struct member_row approval_rows[] = STEP_ROWS("pause");
    bool is_approval = time && strcmp(time, "approval") == 0;
    step->kind = is_approval ? STEP_APPROVE : STEP_PAUSE;
    return members_read(is_approval ? approval_rows : rows, json, step, path, faults);
}

static bool read_approve(const cJSON *json, struct plan *plan, const char *path,
                         struct member_faults *faults)
{
    struct plan_step *step = add_step(plan);
    bool is_wanted = false;
    static const struct member_row rows[] = {
        { .name = "approve",
          .type = MEMBER_FLAG,
          .is_required = true,
          .help = "wait until somebody says canary approve" },
        { .name = "name", .type = MEMBER_CUSTOM, .schema = "{\"type\":\"string\"}", .help = "" },
        { .name = NULL },
    };
    step->kind = STEP_APPROVE;
    if (!members_read(rows, json, &is_wanted, path, faults))
        return false;
    return is_wanted || member_fault(faults, path,
                                     "leave the step out instead of \"approve\": "
                                     "false");
}

static bool read_analysis(const cJSON *json, struct plan *plan, const char *path,
                          struct member_faults *faults)
{
    struct plan_step *step = add_step(plan);
    struct shift shift = { 0 };
    const cJSON *analysis = json_get(json, "analysis");
    CLEANUP(freep) char *here = member_path(path, "analysis");
    CLEANUP(freep) char *checks = member_path(here, "checks");
    static const struct member_row rows[] = STEP_ROWS("analysis");
    step->kind = STEP_ANALYSIS;
    bool is_good = members_read(rows, json, step, path, faults);
    is_good &= members_read(analysis_rows, analysis, &shift, here, faults);
    step->duration_ms = shift.time_ms;
    step->promotes_early = shift.promotes_early;
    step->has_checks = json_get(analysis, "checks") != NULL;
    return is_good && (!step->has_checks || checks_read(json_get(analysis, "checks"), &step->checks,
                                                        &step->check_count, checks, faults));
}

static bool read_hook(const cJSON *json, struct plan *plan, const char *path,
                      struct member_faults *faults)
{
    struct plan_step *step = add_step(plan);
    CLEANUP(freep) char *here = member_path(path, "hook");
    static const struct member_row rows[] = STEP_ROWS("hook");
    step->kind = STEP_HOOK;
    bool is_good = members_read(rows, json, step, path, faults);
    return hook_read(json_get(json, "hook"), &step->hook, here, faults) && is_good;
}

static const struct {
    const char *member;
    bool (*read)(const cJSON *json, struct plan *plan, const char *path,
                 struct member_faults *faults);
} step_readers[] = {
    { "weight", read_weight },     { "pause", read_pause }, { "approve", read_approve },
    { "analysis", read_analysis }, { "hook", read_hook },
};

static bool read_step(const cJSON *json, struct plan *plan, const char *path,
                      struct member_faults *faults)
{
    for (size_t i = 0; i < COUNT_OF(step_readers); i++) {
        if (!json_get(json, step_readers[i].member))
            continue;
        bool is_good = step_readers[i].read(json, plan, path, faults);
        const char *name = json_text(json, "name", NULL);
        plan->steps[plan->step_count - 1].name = name ? xstrdup(name) : NULL;
        return is_good;
    }
    return member_fault(faults, path, "a step has one of weight, pause, approve, analysis, hook");
}

static bool read_steps(const cJSON *list, struct plan *plan, const char *path,
                       struct member_faults *faults)
{
    const cJSON *item;
    bool is_good = true;
    int index = 0;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > STEPS_MAX)
        return member_fault(faults, path, "must be a list of at most %d steps", STEPS_MAX);
    if (!list->child) /* a list that was forgotten must not send everything at once */
        return member_fault(faults, path,
                            "has no step; \"AllAtOnce\" sends all traffic to the new version at "
                            "once");
    cJSON_ArrayForEach(item, list)
    {
        CLEANUP(freep) char *here = xformat("%s[%d]", path, index++);
        is_good &= read_step(item, plan, here, faults);
    }
    return is_good;
}

static bool read_object(const cJSON *strategy, struct plan *plan, struct member_faults *faults)
{
    static const struct member_row kinds[] = {
        { .name = "canary", .type = MEMBER_CUSTOM, .schema = "{}", .help = "one share for a time" },
        { .name = "linear", .type = MEMBER_CUSTOM, .schema = "{}", .help = "a share that grows" },
        { .name = "steps", .type = MEMBER_CUSTOM, .schema = "{}", .help = "any list of steps" },
        { .name = NULL },
    };
    struct shift shift = { 0 };
    char unused;
    if (!members_read(kinds, strategy, &unused, "strategy", faults))
        return false;
    if (cJSON_GetArraySize(strategy) != 1)
        return member_fault(faults, "strategy", "must have one of canary, linear and steps");
    if (json_get(strategy, "steps"))
        return read_steps(json_get(strategy, "steps"), plan, "strategy.steps", faults);
    bool is_linear = json_get(strategy, "linear") != NULL;
    const cJSON *json = json_get(strategy, is_linear ? "linear" : "canary");
    if (!members_read(is_linear ? linear_rows : canary_rows, json, &shift,
                      is_linear ? "strategy.linear" : "strategy.canary", faults))
        return false;
    if (is_linear)
        add_linear(plan, shift.weight, shift.time_ms, shift.promotes_early);
    else
        add_weight(plan, shift.weight, shift.time_ms, shift.promotes_early);
    return true;
}

bool steps_read(const cJSON *strategy, struct plan *plan, struct member_faults *faults)
{
    if (!strategy)
        return read_predefined("LambdaCanary10Percent5Minutes", plan, faults);
    if (cJSON_IsString(strategy))
        return read_predefined(strategy->valuestring, plan, faults);
    return read_object(strategy, plan, faults);
}

static cJSON *object_with(const char *name, cJSON *takes)
{
    cJSON *schema = cJSON_CreateObject();
    json_set_text(schema, "type", "object");
    json_set(json_set_object(schema, "properties"), name, takes);
    const char *const required[] = { name };
    json_set(schema, "required", cJSON_CreateStringArray(required, 1));
    json_set_bool(schema, "additionalProperties", false);
    return schema;
}

static cJSON *named_object_with(const char *name, cJSON *takes)
{
    cJSON *schema = object_with(name, takes);
    json_set_text(json_set_object(json_get(schema, "properties"), "name"), "type", "string");
    return schema;
}

static cJSON *steps_schema(void)
{
    cJSON *schema = cJSON_CreateObject();
    json_set_text(schema, "type", "array");
    json_set_double(schema, "minItems", 1);
    json_set_double(schema, "maxItems", STEPS_MAX);
    cJSON *kinds = json_set_array(json_set_object(schema, "items"), "oneOf");
    cJSON_AddItemToArray(kinds, members_schema(weight_rows));
    cJSON *pause = cJSON_CreateObject();
    json_set_text(pause, "type", "string");
    json_set_text(pause, "pattern", "^(([0-9]+[.]?[0-9]*|[.][0-9]+)(ms|s|m|h|d)|approval)$");
    cJSON_AddItemToArray(kinds, named_object_with("pause", pause));
    cJSON *approve = cJSON_CreateObject();
    json_set_bool(approve, "const", true);
    cJSON_AddItemToArray(kinds, named_object_with("approve", approve));
    cJSON_AddItemToArray(kinds, named_object_with("analysis", members_schema(analysis_rows)));
    cJSON *hook = cJSON_CreateObject();
    json_set_text(hook, "$ref", "#/$defs/hook");
    cJSON_AddItemToArray(kinds, named_object_with("hook", hook));
    return schema;
}

cJSON *strategy_schema(void)
{
    cJSON *schema = cJSON_CreateObject();
    cJSON *kinds = json_set_array(schema, "oneOf");
    cJSON *names = cJSON_CreateObject();
    json_set_text(names, "type", "string");
    json_set_text(names, "pattern",
                  "^(CodeDeployDefault[.])?(Lambda)?(AllAtOnce|"
                  "Canary10Percent(5|10|15|30)Minutes|"
                  "Linear10PercentEvery(1Minute|(2|3|10)Minutes))$");
    cJSON_AddItemToArray(kinds, names);
    cJSON_AddItemToArray(kinds, object_with("canary", members_schema(canary_rows)));
    cJSON_AddItemToArray(kinds, object_with("linear", members_schema(linear_rows)));
    cJSON_AddItemToArray(kinds, object_with("steps", steps_schema()));
    return schema;
}
