#include "cli/plan_flags.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/output.h"
#include "file.h"
#include "plan/plan.h"
#include "xalloc.h"

enum { PLAN_FILE_MAX = 1 << 20 };

enum flag_type { TYPE_TEXT, TYPE_FRACTION, TYPE_DURATION, TYPE_RATE, TYPE_INTEGER, TYPE_JSON };

/* One flag that sets one member: where, and as what. */
struct flag {
    const char *name;
    const char *value;
    enum flag_type type;
    cJSON *object;
    const char *member;
};

static bool is_good_value(const struct flag *flag)
{
    double number;
    int64_t integer;
    struct json_fault fault;
    switch (flag->type) {
    case TYPE_FRACTION:
        return option_parse_fraction(flag->value, &number);
    case TYPE_DURATION:
        return option_parse_duration(flag->value, &integer);
    case TYPE_RATE:
        return option_parse_rate(flag->value, &number);
    case TYPE_INTEGER:
        return text_to_int64(text_from(flag->value), &integer);
    case TYPE_JSON:
        return json_check(text_from(flag->value), &fault);
    default:
        return true;
    }
}

static bool set_flag(const struct flag *flag)
{
    static const char *const kinds[] = {
        [TYPE_TEXT] = "a text",
        [TYPE_FRACTION] = "a share such as 10% or 0.1",
        [TYPE_DURATION] = "a time such as 300ms, 90s, 5m or 2h",
        [TYPE_RATE] = "a rate such as 10/s or 600/m",
        [TYPE_INTEGER] = "a whole number",
        [TYPE_JSON] = "JSON",
    };
    if (!flag->value)
        return true;
    if (!is_good_value(flag)) {
        complain("--%s: '%s' is not %s", flag->name, flag->value, kinds[flag->type]);
        return false;
    }
    bool is_literal = flag->type == TYPE_INTEGER || flag->type == TYPE_JSON;
    cJSON *value =
        is_literal ? json_parse(text_from(flag->value)) : cJSON_CreateString(flag->value);
    json_replace(flag->object, flag->member, value);
    return true;
}

static bool set_flags(const struct flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!set_flag(&flags[i]))
            return false;
    }
    return true;
}

/* What takes the place of what the file says. */
static void drop(cJSON *object, const char *name)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
}

/* The member as an object, made if it is none. */
static cJSON *object_of(cJSON *object, const char *name)
{
    cJSON *member = json_get(object, name);
    if (cJSON_IsObject(member))
        return member;
    drop(object, name);
    return json_set_object(object, name);
}

static cJSON *list_of(cJSON *object, const char *name)
{
    cJSON *member = json_get(object, name);
    if (cJSON_IsArray(member))
        return member;
    drop(object, name);
    return json_set_array(object, name);
}

/* "5%:2m", "approve", "pause:5m" */
static void add_step(cJSON *steps, struct text text)
{
    cJSON *step = cJSON_CreateObject();
    struct text rest = text;
    struct text word = text_cut(&rest, ':');
    CLEANUP(freep) char *name = xstrndup(word.data, word.size);
    CLEANUP(freep) char *time = rest.data ? xstrndup(rest.data, rest.size) : NULL;
    if (strcmp(name, "approve") == 0) {
        json_set_bool(step, "approve", true);
    } else if (strcmp(name, "pause") == 0) {
        json_set_text(step, "pause", time ? time : "");
    } else {
        json_set_text(step, "weight", name);
        json_set_text(step, "for", time);
    }
    cJSON_AddItemToArray(steps, step);
}

static void set_steps(cJSON *plan, const char *list)
{
    struct text rest = text_from(list);
    drop(plan, "strategy");
    cJSON *steps = json_set_array(json_set_object(plan, "strategy"), "steps");
    while (rest.data)
        add_step(steps, text_trimmed(text_cut(&rest, ',')));
}

static bool set_strategy(const struct plan_flags *flags, cJSON *plan)
{
    int given = (flags->strategy != NULL) + (flags->steps != NULL) +
                (flags->weight != NULL || flags->duration != NULL);
    if (given > 1) {
        complain("give one of --strategy, --steps, and --weight with --duration");
        return false;
    }
    if (flags->steps)
        set_steps(plan, flags->steps);
    if (flags->strategy) {
        drop(plan, "strategy");
        json_set_text(plan, "strategy", flags->strategy);
    }
    if (!flags->weight && !flags->duration)
        return true;
    drop(plan, "strategy");
    cJSON *canary = json_set_object(json_set_object(plan, "strategy"), "canary");
    const struct flag parts[] = {
        { "weight", flags->weight ? flags->weight : "10%", TYPE_FRACTION, canary, "weight" },
        { "duration", flags->duration ? flags->duration : "5m", TYPE_DURATION, canary, "for" },
    };
    return set_flags(parts, COUNT_OF(parts));
}

static bool set_traffic(const struct plan_flags *flags, cJSON *plan)
{
    bool sends = flags->rate || flags->concurrency || flags->payload || flags->payload_file;
    if (flags->is_live) {
        if (sends) {
            complain("--live sends nothing: leave --rate, --concurrency and --payload out");
            return false;
        }
        drop(plan, "traffic");
        json_set_object(json_set_object(plan, "traffic"), "live");
    }
    if (!sends)
        return true;
    drop(object_of(plan, "traffic"), "live");
    cJSON *generate = object_of(object_of(plan, "traffic"), "generate");
    if (flags->payload || flags->payload_file) {
        drop(generate, "payload");
        drop(generate, "payloadFile");
        drop(generate, "payloadLines");
    }
    const struct flag parts[] = {
        { "rate", flags->rate, TYPE_RATE, generate, "rate" },
        { "concurrency", flags->concurrency, TYPE_INTEGER, generate, "concurrency" },
        { "payload", flags->payload, TYPE_JSON, generate, "payload" },
        { "payload-file", flags->payload_file, TYPE_TEXT, generate, "payloadFile" },
    };
    return set_flags(parts, COUNT_OF(parts));
}

/* --max-error-rate and --min-requests go to the checks: the plan's, or the usual ones. */
static bool set_checks(const struct plan_flags *flags, cJSON *plan)
{
    cJSON *check;
    if (!flags->max_error_rate && !flags->min_requests)
        return true;
    if (!json_get(plan, "checks"))
        json_set(plan, "checks", plan_default_checks());
    cJSON_ArrayForEach(check, json_get(plan, "checks"))
    {
        bool is_errors = strcmp(json_text(check, "kind", ""), "errors") == 0;
        bool is_split = strcmp(json_text(check, "kind", ""), "split") == 0;
        const struct flag parts[] = {
            { "max-error-rate", is_errors ? flags->max_error_rate : NULL, TYPE_FRACTION, check,
              "maxRate" },
            { "min-requests", is_split ? NULL : flags->min_requests, TYPE_INTEGER, check,
              "minRequests" },
        };
        if (!set_flags(parts, COUNT_OF(parts)))
            return false;
    }
    return true;
}

static void add_command(cJSON *list, const char *command)
{
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "command", command);
    cJSON_AddItemToArray(list, item);
}

static void set_hooks(const struct plan_flags *flags, cJSON *plan)
{
    struct text rest = text_from(flags->alarms);
    if (flags->before)
        add_command(list_of(object_of(plan, "hooks"), "before"), flags->before);
    if (flags->between)
        add_command(list_of(object_of(plan, "hooks"), "between"), flags->between);
    if (flags->after)
        add_command(list_of(object_of(plan, "hooks"), "after"), flags->after);
    if (flags->notify)
        add_command(list_of(plan, "notify"), flags->notify);
    while (rest.data) {
        struct text name = text_trimmed(text_cut(&rest, ','));
        CLEANUP(freep) char *copy = xstrndup(name.data, name.size);
        cJSON_AddItemToArray(list_of(plan, "alarms"), cJSON_CreateString(copy));
    }
}

static bool lay_over(const struct options *options, cJSON *plan)
{
    const struct plan_flags *flags = &options->flags;
    const struct flag parts[] = {
        { "function", options->function, TYPE_TEXT, plan, "function" },
        { "alias", options->alias, TYPE_TEXT, plan, "alias" },
        { "package", flags->package, TYPE_TEXT, plan, "package" },
        { "version", flags->version, TYPE_TEXT, plan, "version" },
        { "health-checks", flags->health_checks, TYPE_INTEGER, plan, "healthChecks" },
        { "on-failure", flags->on_failure, TYPE_TEXT, plan, "onFailure" },
        { "on-inconclusive", flags->on_inconclusive, TYPE_TEXT, plan, "onInconclusive" },
        { "ignore-firing-alarms", flags->ignores_firing ? "ignore" : NULL, TYPE_TEXT, plan,
          "alarmsAlreadyFiring" },
    };
    if (flags->package)
        drop(plan, "version");
    if (flags->version)
        drop(plan, "package");
    set_hooks(flags, plan);
    return set_flags(parts, COUNT_OF(parts)) && set_strategy(flags, plan) &&
           set_traffic(flags, plan) && set_checks(flags, plan);
}

/* People get them one by one, programs all in a list. */
static void complain_problems(const char *file, const struct canary_problems *problems)
{
    cJSON *list = json_set_array(facts(), "problems");
    for (size_t i = 0; i < problems->count; i++) {
        const struct canary_problem *problem = &problems->items[i];
        CLEANUP(freep)
        char *place = problem->line ? xformat("%s:%d: ", file, problem->line)
                      : file        ? xformat("%s: ", file)
                                    : xstrdup("");
        complain("%s%s%s%s", place, problem->path, *problem->path ? ": " : "", problem->message);
        cJSON *item = cJSON_CreateObject();
        if (problem->line)
            json_set_double(item, "line", problem->line);
        json_set_text(item, "path", problem->path);
        json_set_text(item, "message", problem->message);
        cJSON_AddItemToArray(list, item);
    }
}

/* The plan's file: --plan or the operand; without --function, canary.json if it is here. */
static const char *find_file(const struct session *session)
{
    const struct options *options = &session->options;
    const char *operand = session->operand_count ? session->operands[0] : NULL;
    const char *file = options->flags.plan ? options->flags.plan : operand;
    if (!file && !options->function && access("canary.json", R_OK) == 0)
        file = "canary.json";
    return file;
}

/* A path of the file, which is meant from the file's folder. */
static void move_path(cJSON *object, const char *name, struct text folder)
{
    const char *path = json_text(object, name, "");
    if (!*path || *path == '/')
        return;
    CLEANUP(freep) char *moved = xformat("%.*s%s", TEXT_ARGS(folder), path);
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    json_set_text(object, name, moved);
}

static void move_paths(cJSON *plan, const char *file)
{
    const char *slash = strrchr(file, '/');
    const struct text folder = { file, slash ? (size_t)(slash - file) + 1 : 0 };
    cJSON *generate = json_get(json_get(plan, "traffic"), "generate");
    move_path(plan, "package", folder);
    move_path(generate, "payloadFile", folder);
    move_path(generate, "payloadLines", folder);
}

/* JSON of the plan's file, which must be right by itself; NULL with complaints. */
static cJSON *read_file(const char *file)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct canary_problems problems = { 0 };
    struct member_faults faults = { 0 };
    size_t size;
    CLEANUP(freep) char *text = file_read(file, PLAN_FILE_MAX, &size, &error);
    if (!text) {
        complain("%s%s", error.message,
                 access(file, F_OK) == 0
                     ? ""
                     : " (a plan, which canary init writes; a function is named by --function)");
        return NULL;
    }
    cJSON *json = NULL;
    struct canary_plan *plan = canary_plan_parse(text, size, &problems);
    if (plan)
        json = plan_json((struct text){ text, size }, &faults);
    else
        complain_problems(file, &problems);
    canary_plan_free(plan);
    canary_problems_clear(&problems);
    member_faults_clear(&faults);
    if (json)
        move_paths(json, file);
    return json;
}

static void complain_missing(const char *option)
{
    complain("--%s must be given, or a plan (canary init writes one; see --help)", option);
}

struct canary_plan *plan_of_flags(struct session *session)
{
    struct options *options = &session->options;
    const char *file = find_file(session);
    CLEANUP(json_deletep) cJSON *json = file ? read_file(file) : cJSON_CreateObject();
    if (!json)
        return NULL;
    if (!file && (!options->function || !options->alias)) {
        complain_missing(options->function ? "alias" : "function");
        return NULL;
    }
    if (!lay_over(options, json))
        return NULL;
    struct canary_problems problems = { 0 };
    CLEANUP(freep) char *text = json_print(json);
    struct canary_plan *plan = canary_plan_parse(text, strlen(text), &problems);
    for (size_t i = 0; i < problems.count; i++)
        problems.items[i].line = 0; /* of no file */
    if (!plan)
        complain_problems(NULL, &problems);
    canary_problems_clear(&problems);
    return plan;
}

static bool is_target(const char *function, const char *alias)
{
    const char *fault = plan_function_fault(function);
    if (!fault && !(fault = plan_alias_fault(alias)))
        return true;
    complain("%s %s", plan_function_fault(function) ? "--function" : "--alias", fault);
    return false;
}

bool find_target(struct session *session, char **function_out, char **alias_out)
{
    const struct options *options = &session->options;
    const char *file = find_file(session);
    *function_out = options->function ? xstrdup(options->function) : NULL;
    *alias_out = options->alias ? xstrdup(options->alias) : NULL;
    if (*function_out && *alias_out)
        return is_target(*function_out, *alias_out);
    CLEANUP(json_deletep) cJSON *json = file ? read_file(file) : NULL;
    if (json && !*function_out)
        *function_out = xstrdup(json_text(json, "function", ""));
    if (json && !*alias_out)
        *alias_out = xstrdup(json_text(json, "alias", ""));
    if (*function_out && *alias_out)
        return is_target(*function_out, *alias_out);
    if (!file)
        complain_missing(*function_out ? "alias" : "function");
    return false;
}
