#include "plan/plan.h"

#include <stdlib.h>

#include "options.h"
#include "pattern.h"
#include "plan/source.h"
#include "xalloc.h"

enum { PLAN_MAX = 1 << 20 };

#define PLAN_ROW(text, kind, member)                                                               \
    .name = (text), .type = (kind), .offset = offsetof(struct plan, member)
#define TREE_ROW(text, tree) .name = (text), .type = MEMBER_CUSTOM, .schema = (tree)

static const char *const failures[] = {
    [FAILURE_ROLLBACK] = "rollback", [FAILURE_PAUSE] = "pause", NULL
};
static const char *const inconclusives[] = { [INCONCLUSIVE_ROLLBACK] = "rollback",
                                             [INCONCLUSIVE_PAUSE] = "pause",
                                             [INCONCLUSIVE_EXTEND] = "extend",
                                             [INCONCLUSIVE_PROMOTE] = "promote",
                                             NULL };
static const char *const firing[] = { "refuse", "ignore", NULL };

#define FUNCTION_PATTERN "[A-Za-z0-9_-]{1,64}"
#define ALIAS_PATTERN "(?![0-9]+$)[A-Za-z0-9_-]{1,128}"
#define VERSION_PATTERN "[0-9]+"
#define PATTERN_SCHEMA(pattern) "{\"type\":\"string\",\"pattern\":\"^" pattern "$\"}"

static const struct member_row plan_rows[] = {
    { TREE_ROW("$schema", "{\"type\":\"string\"}"), .help = "for editors" },
    { PLAN_ROW("function", MEMBER_TEXT, function), .is_required = true,
      .schema = PATTERN_SCHEMA(FUNCTION_PATTERN), .help = "the Lambda function" },
    { PLAN_ROW("alias", MEMBER_TEXT, alias), .is_required = true,
      .schema = PATTERN_SCHEMA(ALIAS_PATTERN), .help = "the alias that users call" },
    { PLAN_ROW("package", MEMBER_TEXT, package),
      .help = "a zip file or a folder to upload, from this file's folder; without it $LATEST is "
              "published as it is" },
    { PLAN_ROW("version", MEMBER_TEXT, version), .schema = PATTERN_SCHEMA(VERSION_PATTERN),
      .help = "an already published version, instead of a package" },
    { TREE_ROW("strategy", "{}"),
      .help = "a name as CodeDeploy has them, or canary, linear or steps" },
    { TREE_ROW("traffic", "{}"), .help = "who sends requests while it runs" },
    { TREE_ROW("checks", "{\"$ref\":\"#/$defs/checks\"}"),
      .help = "what decides; without it: errors, invocation-errors, errors-compared and split" },
    { TREE_ROW("metrics", "{}"), .help = "CloudWatch metrics that checks call by name" },
    { TREE_ROW("alarms", "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1}}"),
      .help = "CloudWatch alarms; one in state ALARM is a failure" },
    { PLAN_ROW("alarmsAlreadyFiring", MEMBER_CHOICE, firing_alarms), .initial = "refuse",
      .choices = firing, .help = "what to do if an alarm fires before the start" },
    { PLAN_ROW("healthChecks", MEMBER_INTEGER, health_checks), .initial = "3", .low = 0,
      .high = 1000, .help = "how often the new version alone must answer well before the start" },
    { TREE_ROW("hooks", "{}"), .help = "what to run before, between and after" },
    { PLAN_ROW("onFailure", MEMBER_CHOICE, on_failure), .initial = "rollback", .choices = failures,
      .help = "what to do when a check fails" },
    { PLAN_ROW("onInconclusive", MEMBER_CHOICE, on_inconclusive), .initial = "rollback",
      .choices = inconclusives, .help = "what to do when a step ends without an answer" },
    { PLAN_ROW("lostAfter", MEMBER_DURATION, lost_after_ms), .initial = "60s", .low = 1,
      .high = 3600e3, .help = "give up after so long without any answer from AWS" },
    { TREE_ROW("notify", "{}"), .help = "who is told" },
    { .name = NULL },
};

/* What decides when a plan names no checks. */
static const char *const default_checks[] = {
    "{\"kind\":\"errors\",\"maxRate\":0.01}",
    "{\"kind\":\"invocation-errors\"}",
    "{\"kind\":\"errors-compared\"}",
    "{\"kind\":\"split\",\"alpha\":0.000001}",
};

cJSON *plan_default_checks(void)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < COUNT_OF(default_checks); i++)
        cJSON_AddItemToArray(list, json_parse(text_from(default_checks[i])));
    return list;
}

bool checks_read(const cJSON *json, struct check **checks_out, size_t *count_out, const char *path,
                 struct member_faults *faults)
{
    bool is_good = true;
    const cJSON *item;
    if (!cJSON_IsArray(json))
        return member_fault(faults, path, "must be a list of checks, [...]");
    *checks_out = xcalloc((size_t)cJSON_GetArraySize(json), sizeof(**checks_out));
    cJSON_ArrayForEach(item, json)
    {
        CLEANUP(freep) char *here = xformat("%s[%zu]", path, *count_out);
        is_good &= check_read(item, &(*checks_out)[(*count_out)++], here, faults);
    }
    return is_good;
}

static bool read_alarms(const cJSON *json, struct plan *plan, struct member_faults *faults)
{
    const cJSON *item;
    if (!json)
        return true;
    if (!cJSON_IsArray(json))
        return member_fault(faults, "alarms", "must be a list of alarm names, [...]");
    bool is_good = true;
    plan->alarms = xcalloc((size_t)cJSON_GetArraySize(json), sizeof(*plan->alarms));
    cJSON_ArrayForEach(item, json)
    {
        CLEANUP(freep) char *path = xformat("alarms[%zu]", plan->alarm_count);
        bool is_name = cJSON_IsString(item) && *item->valuestring;
        is_good &= is_name || member_fault(faults, path, "must be an alarm's name");
        plan->alarms[plan->alarm_count++] = xstrdup(is_name ? item->valuestring : "");
    }
    return is_good;
}

/* Metrics, locks and the history go by the function's name, so it must be that alone. */
const char *plan_function_fault(const char *name)
{
    if (pattern_matches(FUNCTION_PATTERN, text_from(name)))
        return NULL;
    return strchr(name, ':') ? "must be the function's name alone, without account, region and "
                               "alias: no ARN"
                             : "must be a function's name: letters, digits, - and _, 64 at most";
}

const char *plan_alias_fault(const char *name)
{
    return pattern_matches(ALIAS_PATTERN, text_from(name))
               ? NULL
               : "must be an alias's name: letters, digits, - and _, no bare number";
}

static bool check_names(const struct plan *plan, struct member_faults *faults)
{
    const char *function = plan->function ? plan_function_fault(plan->function) : NULL;
    const char *alias = plan->alias ? plan_alias_fault(plan->alias) : NULL;
    bool is_good = !function || member_fault(faults, "function", "%s", function);
    return (!alias || member_fault(faults, "alias", "%s", alias)) && is_good;
}

/* An alias is split between published versions alone. */
static bool check_version(const struct plan *plan, struct member_faults *faults)
{
    if (!plan->version)
        return true;
    if (plan->package)
        return member_fault(faults, "version", "give one of package and version");
    if (!pattern_matches(VERSION_PATTERN, text_from(plan->version)))
        return member_fault(faults, "version", "a published version is a number, such as \"7\"");
    return true;
}

static bool read_parts(struct plan *plan, struct member_faults *faults)
{
    const cJSON *json = plan->json;
    if (!json_get(json, "checks"))
        json_set(plan->json, "checks", plan_default_checks());
    metrics_fill_plan(plan->json);
    bool is_good = steps_read(json_get(json, "strategy"), plan, faults);
    is_good &= traffic_read(json_get(json, "traffic"), &plan->traffic, faults);
    is_good &=
        checks_read(json_get(json, "checks"), &plan->checks, &plan->check_count, "checks", faults);
    is_good &= metrics_read(json_get(json, "metrics"), plan, faults);
    is_good &= read_alarms(json_get(json, "alarms"), plan, faults);
    is_good &= hooks_read(json_get(json, "hooks"), plan, faults);
    is_good &= notify_read(json_get(json, "notify"), plan, faults);
    is_good &= check_version(plan, faults);
    is_good &= check_names(plan, faults);
    return is_good;
}

struct plan *plan_read(cJSON *takes, struct member_faults *faults)
{
    struct plan *plan = xcalloc(1, sizeof(*plan));
    plan->json = takes;
    bool is_good = members_read(plan_rows, takes, plan, "", faults);
    if (cJSON_IsObject(takes))
        is_good &= read_parts(plan, faults);
    if (is_good)
        return plan;
    plan_destroy(plan);
    return NULL;
}

static bool is_repeated(const cJSON *object, const cJSON *member)
{
    const cJSON *before = object->child;
    while (before != member && strcmp(before->string, member->string) != 0)
        before = before->next;
    return before != member;
}

/* Of two members of one name one would count, and nobody could see which. What is sent somewhere
 * is its receiver's affair. */
static bool check_repeated(const cJSON *tree, const char *path, struct member_faults *faults)
{
    bool is_good = true;
    size_t index = 0;
    const cJSON *member;
    cJSON_ArrayForEach(member, tree)
    {
        bool is_object = cJSON_IsObject(tree);
        CLEANUP(freep)
        char *here =
            is_object ? member_path(path, member->string) : xformat("%s[%zu]", path, index++);
        if (is_object && is_repeated(tree, member))
            is_good = member_fault(faults, here, "is there more than once, first in this line");
        if (!is_object || strcmp(member->string, "payload") != 0)
            is_good &= check_repeated(member, here, faults);
    }
    return is_good;
}

/* Members may be there twice. */
static cJSON *parse(struct text text, struct member_faults *faults)
{
    struct json_fault fault;
    CLEANUP(freep) char *bare = source_without_comments(text);
    if (text.size > PLAN_MAX) {
        member_fault(faults, "", "has more than %d bytes", PLAN_MAX);
    } else if (!json_check(text_from(bare), &fault)) {
        CLEANUP(freep) char *reason = source_fault(text_from(bare), &fault);
        member_fault(faults, "", "is no JSON in column %d: %s", fault.column, reason);
        faults->items[faults->count - 1].line = fault.line;
    } else {
        cJSON *json = json_parse(text_from(bare));
        if (!json)
            member_fault(faults, "",
                         "has an escape that is no character: \\u0000, or half of a "
                         "surrogate pair");
        return json;
    }
    return NULL;
}

cJSON *plan_json(struct text text, struct member_faults *faults)
{
    cJSON *json = parse(text, faults);
    if (!json || check_repeated(json, "", faults))
        return json;
    cJSON_Delete(json);
    return NULL;
}

int plan_fault_line(struct text text, const struct member_fault *fault)
{
    if (fault->line || !*fault->path)
        return fault->line;
    CLEANUP(freep) char *bare = source_without_comments(text);
    return source_line(text_from(bare), fault->path);
}

struct plan *plan_parse(struct text text, struct member_faults *faults)
{
    cJSON *json = parse(text, faults);
    bool is_good = json && check_repeated(json, "", faults);
    struct plan *plan = json ? plan_read(json, faults) : NULL;
    is_good &= plan && metrics_check_names(plan, faults);
    if (is_good)
        return plan;
    plan_destroy(plan);
    return NULL;
}

static void clear_checks(struct check *checks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_clear(&checks[i]);
    free(checks);
}

static void clear_steps(struct plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        struct plan_step *step = &plan->steps[i];
        free(step->name);
        hook_clear(&step->hook);
        clear_checks(step->checks, step->check_count);
    }
    free(plan->steps);
}

void plan_destroy(struct plan *plan)
{
    if (!plan)
        return;
    clear_steps(plan);
    clear_checks(plan->checks, plan->check_count);
    for (int when = 0; when < HOOK_WHENS; when++) {
        for (size_t i = 0; i < plan->hook_counts[when]; i++)
            hook_clear(&plan->hooks[when][i]);
        free(plan->hooks[when]);
    }
    for (size_t i = 0; i < plan->alarm_count; i++)
        free(plan->alarms[i]);
    for (size_t i = 0; i < plan->metric_count; i++)
        free(plan->metrics[i].name);
    for (size_t i = 0; i < plan->notify_count; i++) {
        free(plan->notify[i].command);
        free(plan->notify[i].url);
    }
    free(plan->alarms);
    free(plan->metrics);
    free(plan->notify);
    free(plan->traffic.payload);
    free(plan->traffic.payload_file);
    free(plan->traffic.payload_lines);
    members_clear(plan_rows, plan);
    cJSON_Delete(plan->json);
    free(plan);
}

const struct check *plan_checks(const struct plan *plan, const struct plan_step *step,
                                size_t *count_out)
{
    *count_out = step->has_checks ? step->check_count : plan->check_count;
    return step->has_checks ? step->checks : plan->checks;
}

int64_t plan_duration_ms(const struct plan *plan)
{
    int64_t sum = 0;
    for (size_t i = 0; i < plan->step_count; i++)
        sum += plan->steps[i].duration_ms;
    return sum;
}

const char *step_kind_name(enum step_kind kind)
{
    static const char *const names[] = { [STEP_WEIGHT] = "weight",
                                         [STEP_PAUSE] = "pause",
                                         [STEP_APPROVE] = "approve",
                                         [STEP_ANALYSIS] = "analysis",
                                         [STEP_HOOK] = "hook" };
    return names[kind];
}

char *plan_step_sentence(const struct plan_step *step)
{
    char time[DURATION_SIZE];
    duration_print(step->duration_ms, time);
    switch (step->kind) {
    case STEP_WEIGHT:
        return step->duration_ms ? xformat("weight %.6g %%, watched for %s%s", 100 * step->weight,
                                           time, step->promotes_early ? " at most" : "")
                                 : xformat("weight %.6g %%", 100 * step->weight);
    case STEP_PAUSE:
        return xformat("pause for %s", time);
    case STEP_APPROVE:
        return xstrdup("wait for approval (canary approve)");
    case STEP_ANALYSIS:
        return xformat("analysis for %s%s", time, step->promotes_early ? " at most" : "");
    case STEP_HOOK:
        return xformat("hook %s", step->hook.name);
    }
    return xstrdup("");
}

static void set_list_schema(cJSON *properties, const char *name, cJSON *item)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(properties, name);
    cJSON_DeleteItemFromObjectCaseSensitive(list, "$ref");
    json_set_text(list, "type", "array");
    json_set(list, "items", item);
}

static cJSON *reference(const char *to)
{
    cJSON *schema = cJSON_CreateObject();
    json_set_text(schema, "$ref", to);
    return schema;
}

static cJSON *list_of(const char *reference_to)
{
    cJSON *list = cJSON_CreateObject();
    json_set_text(list, "type", "array");
    json_set(list, "items", reference(reference_to));
    return list;
}

static cJSON *hooks_schema(void)
{
    cJSON *schema = cJSON_CreateObject();
    json_set_text(schema, "type", "object");
    cJSON *properties = json_set_object(schema, "properties");
    json_set(properties, "before", list_of("#/$defs/hook"));
    json_set(properties, "between", list_of("#/$defs/hook"));
    json_set(properties, "after", list_of("#/$defs/hook"));
    json_set_bool(schema, "additionalProperties", false);
    return schema;
}

static void replace_schema(cJSON *properties, const char *name, cJSON *takes)
{
    const char *help = json_text(json_get(properties, name), "description", NULL);
    json_set_text(takes, "description", help);
    cJSON_ReplaceItemInObjectCaseSensitive(properties, name, takes);
}

cJSON *plan_schema(void)
{
    cJSON *schema = members_schema(plan_rows);
    cJSON *properties = json_get(schema, "properties");
    json_set_text(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_set_text(schema, "title", "canary.json: a plan for canary deploy");
    replace_schema(properties, "strategy", strategy_schema());
    replace_schema(properties, "traffic", traffic_schema());
    replace_schema(properties, "hooks", hooks_schema());
    set_list_schema(properties, "metrics", metric_schema());
    set_list_schema(properties, "notify", notify_schema());
    cJSON *definitions = json_set_object(schema, "$defs");
    json_set(definitions, "checks", list_of("#/$defs/check"));
    json_set(definitions, "check", check_schema());
    json_set(definitions, "hook", hook_schema());
    return schema;
}
