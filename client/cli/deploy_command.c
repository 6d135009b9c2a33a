/*
 * canary deploy and canary plan.
 */
#include <stdlib.h>

#include "aws/cloudwatch_api.h"
#include "aws/lambda_api.h"
#include "aws/package.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/render.h"
#include "rollout/job.h"
#include "traffic/payloads.h"
#include "xalloc.h"

enum { TIMES_SIZE = 32 };

static int deploy(struct session *session)
{
    struct view view = { 0 };
    char *error = NULL;
    struct canary_outcome outcome;
    const struct canary_settings settings = settings_of(&session->options);
    const struct canary_observer observer = view_observer(&view);
    struct canary_plan *plan = plan_of_flags(session);
    if (!plan)
        return EXIT_USAGE;
    json_set_text(facts(), "function", plan->plan->function);
    json_set_text(facts(), "alias", plan->plan->alias);
    view_begin(&view);
    bool is_run = canary_run(plan, &settings, &observer, &outcome, &error);
    view_end(&view);
    canary_plan_free(plan);
    cJSON_DeleteItemFromObjectCaseSensitive(facts(), "function");
    cJSON_DeleteItemFromObjectCaseSensitive(facts(), "alias");
    if (is_run)
        return view_outcome(&view, &outcome);
    complain("%s", error);
    json_set_text(facts(), "decision", "failed");
    canary_free(error);
    return EXIT_FAILED;
}

const struct option_row deploy_rows[] = {
    FUNCTION_ROW,
    ALIAS_ROW,
    PLAN_ROWS,
    { OPTION_ROW("fast", OPTION_FLAG, is_fast),
      .help = "turn Coalmine's clock instead of waiting: half an hour takes seconds" },
    { OPTION_ROW("no-wait", OPTION_FLAG, leaves_when_held),
      .help = "leave with status 5 when it must wait for somebody" },
    ON_INTERRUPT_ROW,
    { OPTION_ROW("unfinished", OPTION_TEXT, unfinished), .placeholder = "WHAT",
      .help = "with what a dead client left: resume or rollback (resume, if it is the same)",
      .choices = "resume rollback" },
    STATE_ROW,
    COMMON_ROWS,
};

int deploy_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary deploy [PLAN] [--function NAME --alias NAME] [OPTION]...",
        .rows = deploy_rows,
        .operands_max = 1,
    };
    return session_run(&form, deploy, count, arguments);
}

static void tell_steps(const struct plan *plan)
{
    cJSON *list = json_set_array(facts(), "steps");
    for (size_t i = 0; i < plan->step_count; i++) {
        CLEANUP(freep) char *sentence = plan_step_sentence(&plan->steps[i]);
        say("  %zu. %s", i + 1, sentence);
        cJSON_AddItemToArray(list, cJSON_CreateString(sentence));
    }
    say("  %zu. promote: all traffic to the new version", plan->step_count + 1);
}

static void tell_hooks(const struct plan *plan)
{
    static const char *const whens[] = { "before any traffic", "before each further change",
                                         "after the promotion" };
    for (int when = 0; when < HOOK_WHENS; when++) {
        for (size_t i = 0; i < plan->hook_counts[when]; i++)
            say("  hook %s: %s", whens[when], plan->hooks[when][i].name);
    }
}

static void tell_checks(const struct plan *plan)
{
    for (size_t i = 0; i < plan->check_count; i++)
        say("  check: %s (%s)%s", plan->checks[i].name, plan->checks[i].kind->help,
            plan->checks[i].is_dry_run ? ", dry run" : "");
}

struct alarm_state {
    const char *name;
    char state[32]; /* "": there is no such alarm */
};

static void on_alarm(const char *name, const char *state, const char *reason, void *owner)
{
    struct alarm_state *alarm = owner;
    (void)reason;
    if (strcmp(name, alarm->name) == 0)
        snprintf(alarm->state, sizeof(alarm->state), "%s", state);
}

/* False with a complaint if it cannot be read, or there is none: deploy would refuse to begin. */
static bool find_alarm(struct session *session, struct alarm_state *alarm)
{
    CLEANUP(error_clear) struct error error = { 0 };
    if (!cloudwatch_alarms(&session->api, &alarm->name, 1, on_alarm, alarm, &error)) {
        complain("%s", error.message);
        return false;
    }
    if (!*alarm->state)
        complain("there is no alarm %s: canary deploy would refuse", alarm->name);
    return *alarm->state;
}

/* False with a complaint if deploy would refuse, because of it, to begin. */
static bool tell_alarm(struct session *session, const struct plan *plan, const char *name)
{
    struct alarm_state alarm = { .name = name };
    if (!find_alarm(session, &alarm))
        return false;
    bool fires = strcmp(alarm.state, "ALARM") == 0;
    say("  alarm that ends it: %s%s", name, fires ? ", which fires already" : "");
    if (fires && plan->firing_alarms == 0)
        complain(
            "alarm %s fires already: canary deploy would refuse, unless --ignore-firing-alarms",
            name);
    return !(fires && plan->firing_alarms == 0);
}

static bool find_alarms_of(struct session *session, const struct check *checks, size_t count)
{
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        struct alarm_state alarm = { .name = checks[i].alarm };
        if (alarm.name && !checks[i].is_dry_run)
            is_good &= find_alarm(session, &alarm);
    }
    return is_good;
}

static bool tell_alarms(struct session *session, const struct plan *plan)
{
    bool is_good = find_alarms_of(session, plan->checks, plan->check_count);
    for (size_t i = 0; i < plan->step_count; i++)
        is_good &= find_alarms_of(session, plan->steps[i].checks, plan->steps[i].check_count);
    for (size_t i = 0; i < plan->alarm_count; i++)
        is_good &= tell_alarm(session, plan, plan->alarms[i]);
    return is_good;
}

/* The check that is to see most of them; NULL: none wants so many. */
static const struct check *most_demanding(const struct plan *plan, const struct plan_step *step,
                                          double requests)
{
    size_t count;
    const struct check *checks = plan_checks(plan, step, &count);
    const struct check *most = NULL;
    for (size_t i = 0; i < count; i++) {
        bool is_short = !checks[i].is_dry_run && (double)checks[i].min_requests > requests;
        if (is_short && (!most || checks[i].min_requests > most->min_requests))
            most = &checks[i];
    }
    return most;
}

/* How few requests the new version will get: the usual reason for no verdict. */
static void tell_step_requests(const struct plan *plan, size_t index)
{
    const struct plan_step *step = &plan->steps[index];
    double expected = plan->traffic.rate * step->weight * (double)step->duration_ms / 1000;
    if (step->duration_ms <= 0 || step->weight <= 0)
        return;
    const struct check *most = most_demanding(plan, step, expected);
    if (most)
        say("  step %zu gives the new version about %.0f requests: too few for %s, which wants "
            "%lld",
            index + 1, expected, most->name, (long long)most->min_requests);
    else
        say("  step %zu gives the new version about %.0f requests", index + 1, expected);
}

static void tell_requests(const struct plan *plan)
{
    if (plan->traffic.is_live) {
        say("  traffic: the users'");
        return;
    }
    say("  traffic: %.4g requests a second by canary itself", plan->traffic.rate);
    for (size_t i = 0; i < plan->step_count; i++)
        tell_step_requests(plan, i);
}

static const char *times(int64_t count, char text_out[TIMES_SIZE])
{
    snprintf(text_out, TIMES_SIZE, count == 1 ? "once" : "%lld times", (long long)count);
    return text_out;
}

/* `base`: the version that the alias has; "": there is no alias; "?": it could not be read. */
static void tell_version(const struct plan *plan, const char *base)
{
    char asked[TIMES_SIZE];
    CLEANUP(freep)
    char *ask = plan->health_checks
                    ? xformat(", ask it %s alone", times(plan->health_checks, asked))
                    : xstrdup("");
    const char *then = *base ? ", then:" : ", and make the alias. The next deployment would then:";
    if (plan->version && strcmp(plan->version, base) == 0)
        say("Version %s has all the traffic already: canary deploy would have nothing to do. Else:",
            plan->version);
    else if (plan->version)
        say("canary deploy would take version %s%s%s", plan->version, ask, then);
    else
        say("canary deploy would publish %s as a new version%s%s",
            plan->package ? plan->package : "$LATEST", ask, then);
}

/* What deploy would find out first. */
static bool check_code(struct session *session, const struct plan *plan)
{
    size_t size;
    CLEANUP(error_clear) struct error error = { 0 };
    const struct plan_traffic *traffic = &plan->traffic;
    CLEANUP(freep)
    char *package = plan->package ? package_load(plan->package, &size, &error) : NULL;
    if ((!plan->package || package) &&
        payloads_check(traffic->payload_file, traffic->payload_lines, &error) &&
        (!plan->version ||
         lambda_version_ready(&session->api, plan->function, plan->version, &error)))
        return true;
    complain("%s", error.message);
    return false;
}

static bool tell_state(struct session *session, const struct plan *plan,
                       char base_out[VERSION_SIZE])
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda_alias alias;
    snprintf(base_out, VERSION_SIZE, "?");
    switch (lambda_get_alias(&session->api, plan->function, plan->alias, &alias, &error)) {
    case ALIAS_FAILED:
        complain("%s", error.message);
        return false;
    case ALIAS_ABSENT:
        *base_out = '\0';
        say("%s has no alias %s yet: the first deployment makes it, with all traffic to one "
            "version.",
            plan->function, plan->alias);
        return true;
    default:
        json_set_text(facts(), "baseVersion", alias.version);
        snprintf(base_out, VERSION_SIZE, "%s", alias.version);
        break;
    }
    if (*alias.routed_version) {
        complain("alias %s is split already: version %s gets %.4g %%. deploy would refuse; canary "
                 "promote or canary rollback ends the split",
                 plan->alias, alias.routed_version, 100 * alias.weight);
        return false;
    }
    say("Alias %s:%s sends all traffic to version %s.", plan->function, plan->alias, alias.version);
    return true;
}

static int tell_plan(struct session *session)
{
    char time[DURATION_SIZE];
    char base[VERSION_SIZE];
    struct canary_plan *outer = plan_of_flags(session);
    if (!outer)
        return EXIT_USAGE;
    const struct plan *plan = outer->plan;
    bool is_good = tell_state(session, plan, base);
    is_good &= check_code(session, plan);
    tell_version(plan, base);
    tell_steps(plan);
    tell_hooks(plan);
    is_good &= tell_alarms(session, plan);
    tell_checks(plan);
    tell_requests(plan);
    say("It takes %s at least. Nothing was changed.", duration_print(plan_duration_ms(plan), time));
    json_set_double(facts(), "durationMs", (double)plan_duration_ms(plan));
    json_set(facts(), "plan", cJSON_Duplicate(plan->json, true));
    canary_plan_free(outer);
    return is_good ? EXIT_DONE : EXIT_FAILED;
}

const struct option_row plan_rows[] = { FUNCTION_ROW, ALIAS_ROW, PLAN_ROWS, COMMON_ROWS };

int plan_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary plan [PLAN] [--function NAME --alias NAME] [OPTION]...",
        .rows = plan_rows,
        .operands_max = 1,
    };
    return session_run(&form, tell_plan, count, arguments);
}
