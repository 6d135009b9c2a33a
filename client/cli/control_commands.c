/*
 * canary pause, resume, approve, promote, abort, rollback: a word to the process that runs a
 * deployment; if it is gone, the word is carried out here. Without a deployment, promote and
 * rollback end a split that was made by hand.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/lambda_api.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/render.h"
#include "rollout/control.h"
#include "rollout/deployment.h"
#include "xalloc.h"

struct target {
    char *function;
    char *alias;
    char *state;
    struct alias_identity identity;
};

static void target_clear(struct target *target)
{
    free(target->function);
    free(target->alias);
    free(target->state);
}

static bool target_find(struct session *session, struct target *target_out)
{
    CLEANUP(error_clear) struct error error = { 0 };
    *target_out = (struct target){ 0 };
    if (!find_target(session, &target_out->function, &target_out->alias))
        return false;
    target_out->state = state_directory(session->options.state_directory, &error);
    if (!target_out->state) {
        complain("%s", error.message);
        return false;
    }
    target_out->identity = (struct alias_identity){ session->account, session->api.profile.region,
                                                    session->api.profile.lambda_endpoint,
                                                    target_out->function, target_out->alias };
    return true;
}

static int fail(struct error *error)
{
    complain("%s", error->message);
    error_clear(error);
    return EXIT_FAILED;
}

static int point_alias(struct session *session, const struct target *target,
                       struct lambda_alias *alias, const char *winner, const char *loser)
{
    struct error error = { 0 };
    CLEANUP(freep) char *version = xstrdup(winner);
    CLEANUP(freep) char *other = xstrdup(loser);
    enum alias_change change = lambda_update_alias(&session->api, target->function, target->alias,
                                                   alias, version, NULL, 0, &error);
    /* By our own change, whose answer was lost? */
    bool may_be_done = change == ALIAS_CHANGE_STALE || change == ALIAS_CHANGE_UNKNOWN;
    if (change != ALIAS_CHANGE_DONE &&
        !(may_be_done &&
          lambda_alias_is_at(&session->api, target->function, target->alias, version))) {
        if (change == ALIAS_CHANGE_UNKNOWN)
            say("It may have been changed all the same: see canary status.");
        return fail(&error);
    }
    error_clear(&error);
    say("Alias %s sends all traffic to version %s; version %s gets none (UpdateAlias).",
        target->alias, version, other);
    json_set_text(facts(), "version", version);
    return EXIT_DONE;
}

/* The version that the last promotion replaced, if the alias is still as it left it; the caller
 * owns it. A deployment that changed nothing is passed over; behind one that has gone back by
 * itself nobody goes. */
static char *version_before(const struct target *target, const struct lambda_alias *alias)
{
    CLEANUP(json_deletep) cJSON *list = deployment_list(target->state);
    const cJSON *last = NULL;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (deployment_is_of(item, &target->identity) &&
            strcmp(json_text(item, "status", ""), "unchanged") != 0)
            last = item;
    }
    bool is_promoted = strcmp(json_text(last, "status", ""), "promoted") == 0 &&
                       strcmp(json_text(last, "newVersion", ""), alias->version) == 0;
    return is_promoted ? xstrdup(json_text(last, "baseVersion", "")) : NULL;
}

/* Ends a split in favour of one side; a rollback goes back behind the last promotion as well. */
static int end_split(struct session *session, const struct target *target, bool is_promotion)
{
    struct error error = { 0 };
    struct lambda_alias alias;
    if (!read_alias(session, target->function, target->alias, &alias, &error))
        return fail(&error);
    if (*alias.routed_version)
        return point_alias(session, target, &alias,
                           is_promotion ? alias.routed_version : alias.version,
                           is_promotion ? alias.version : alias.routed_version);
    CLEANUP(freep) char *before = is_promotion ? NULL : version_before(target, &alias);
    if (before && *before)
        return point_alias(session, target, &alias, before, alias.version);
    say("Alias %s is not split: all traffic goes to version %s. Nothing to do.", target->alias,
        alias.version);
    json_set_text(facts(), "version", alias.version);
    return EXIT_DONE;
}

/* Relative paths of the plan, and commands of hooks, are meant from where it was begun. */
static void go_where_it_began(const cJSON *saved)
{
    const char *directory = json_text(saved, "directory", NULL);
    if (directory && chdir(directory) != 0)
        say("Cannot go to %s, where the deployment was begun (%s): what its plan names is looked "
            "for here.",
            directory, strerror(errno));
}

/* The client is dead: its work is taken up here. *is_promoted_out: that was its end, whatever the
 * verb; somebody else has changed the alias since. */
static int take_up(struct session *session, const struct target *target, const cJSON *saved,
                   const char *verb, bool *is_promoted_out)
{
    struct view view = { 0 };
    char *error = NULL;
    struct canary_outcome outcome;
    struct canary_settings settings = settings_of(&session->options);
    CLEANUP(freep) char *state = realpath(target->state, NULL);
    settings.state_directory = state ? state : target->state;
    go_where_it_began(saved);
    const struct canary_observer observer = view_observer(&view);
    view_begin(&view);
    bool is_run = canary_take_up(target->function, target->alias, verb, &settings, &observer,
                                 &outcome, &error);
    view_end(&view);
    *is_promoted_out = is_run && outcome.verdict == CANARY_PROMOTED;
    if (is_run)
        return view_outcome(&view, &outcome);
    complain("%s", error);
    canary_free(error);
    return EXIT_FAILED;
}

static int tell(const struct target *target, const char *id, const char *verb)
{
    struct error error = { 0 };
    if (!control_ask(target->state, id, verb, is_interrupted, &error))
        return fail(&error);
    say("Deployment %s was told: %s.", id, verb);
    json_set_text(facts(), "deployment", id);
    return EXIT_DONE;
}

static int without_deployment(struct session *session, const struct target *target,
                              const char *verb)
{
    if (strcmp(verb, "rollback") == 0 || strncmp(verb, "promote", 7) == 0)
        return end_split(session, target, *verb == 'p');
    complain("there is no unfinished deployment of %s:%s here (canary history)", target->function,
             target->alias);
    return EXIT_FAILED;
}

static bool goes_back(const char *verb)
{
    return strcmp(verb, "rollback") == 0 || strcmp(verb, "abort") == 0;
}

static int carry_out(struct session *session, const char *verb)
{
    long pid;
    struct target target;
    int status = EXIT_USAGE;
    if (target_find(session, &target)) {
        CLEANUP(json_deletep)
        cJSON *saved = deployment_find(target.state, &target.identity, true);
        const char *id = json_text(saved, "id", "");
        bool is_alive = saved && deployment_is_alive(target.state, id, &pid);
        bool is_promoted = false;
        if (!saved)
            status = without_deployment(session, &target, verb);
        else if (is_alive)
            status = tell(&target, id, verb);
        else
            status = take_up(session, &target, saved, verb, &is_promoted);
        if (is_promoted && goes_back(verb)) /* who says so means the traffic */
            status = without_deployment(session, &target, "rollback");
    }
    target_clear(&target);
    return status;
}

const struct option_row control_rows[] = { FUNCTION_ROW, ALIAS_ROW, STATE_ROW, COMMON_ROWS };

#define NO_WAIT_ROW                                                                                \
    {                                                                                              \
        OPTION_ROW("no-wait", OPTION_FLAG, leaves_when_held),                                      \
            .help = "leave with status 5 when it must wait for somebody again"                     \
    }

const struct option_row going_on_rows[] = {
    FUNCTION_ROW, ALIAS_ROW, NO_WAIT_ROW, ON_INTERRUPT_ROW, STATE_ROW, COMMON_ROWS,
};

const struct option_row promote_rows[] = {
    FUNCTION_ROW,
    ALIAS_ROW,
    { OPTION_ROW("full", OPTION_FLAG, is_full),
      .help = "not the present step only: all traffic to the new version, now" },
    NO_WAIT_ROW,
    ON_INTERRUPT_ROW,
    STATE_ROW,
    COMMON_ROWS,
};

static int control(struct session *session)
{
    return carry_out(session, session->options.is_full ? "promote-full" : session->form->verb);
}

static int run(const char *verb, const struct option_row *with, int count, char **arguments)
{
    CLEANUP(freep)
    char *usage = xformat("canary %s [PLAN] [--function NAME --alias NAME] [OPTION]...", verb);
    const struct command_form form = {
        .verb = verb, .usage = usage, .rows = with, .operands_max = 1
    };
    return session_run(&form, control, count, arguments);
}

int pause_command(int count, char **arguments)
{
    return run("pause", control_rows, count, arguments);
}

int resume_command(int count, char **arguments)
{
    return run("resume", going_on_rows, count, arguments);
}

int approve_command(int count, char **arguments)
{
    return run("approve", going_on_rows, count, arguments);
}

int promote_command(int count, char **arguments)
{
    return run("promote", promote_rows, count, arguments);
}

int abort_command(int count, char **arguments)
{
    return run("abort", control_rows, count, arguments);
}

int rollback_command(int count, char **arguments)
{
    return run("rollback", control_rows, count, arguments);
}
