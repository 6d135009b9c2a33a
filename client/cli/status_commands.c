/*
 * canary status, watch and history: what an alias and its deployments do.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/clock_api.h"
#include "aws/cloudwatch_api.h"
#include "aws/lambda_api.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/render.h"
#include "clock.h"
#include "plan/plan.h"
#include "rollout/deployment.h"
#include "timestamp.h"
#include "xalloc.h"

enum { STATUS_WINDOW_MS = 3600000, POLL_MS = 200, MS_PER_SECOND = 1000, LEFT_SIZE = 48 };

/* The version's share, and what CloudWatch counted; if it does not tell, `unread` says why. */
static void report_version(struct session *session, const char *version, double share,
                           struct error *unread)
{
    struct version_metrics metrics;
    cJSON *item = cJSON_CreateObject();
    const struct options *options = &session->options;
    struct aliased_version of = { options->function, options->alias, version };
    int64_t now_ms = clock_true_ms() + session->clock_offset_ms;
    json_set_text(item, "version", version);
    json_set_double(item, "weight", share);
    if (!unread->message &&
        cloudwatch_version_metrics(&session->api, &of, now_ms - STATUS_WINDOW_MS, now_ms, &metrics,
                                   unread)) {
        say("  %-8s %7.4g %% %12.0f %8.0f", version, 100 * share, metrics.invocations,
            metrics.errors);
        json_set_double(item, "invocations", metrics.invocations);
        json_set_double(item, "errors", metrics.errors);
    } else {
        say("  %-8s %7.4g %% %12s %8s", version, 100 * share, "?", "?");
    }
    cJSON *list = json_get(facts(), "versions");
    cJSON_AddItemToArray(list ? list : json_set_array(facts(), "versions"), item);
}

static bool report_alias(struct session *session, struct error *unread, struct error *error)
{
    struct lambda_alias alias;
    const struct options *options = &session->options;
    if (!read_alias(session, options->function, options->alias, &alias, error))
        return false;
    bool is_split = *alias.routed_version;
    if (session->api.profile.is_local)
        session->clock_offset_ms = coalmine_clock_offset_ms(&session->api);
    say("Alias %s:%s %s. CloudWatch over the last hour, through this alias:", options->function,
        options->alias, is_split ? "is split between two versions" : "points to one version");
    say("  version     share  invocations   errors");
    report_version(session, alias.version, 1 - alias.weight, unread);
    if (is_split)
        report_version(session, alias.routed_version, alias.weight, unread);
    return true;
}

/* Reading needs no directory: where none can be made, none was left. */
static cJSON *latest_deployment(struct session *session, char **state_out)
{
    const struct options *options = &session->options;
    const struct alias_identity identity = { session->account, session->api.profile.region,
                                             session->api.profile.lambda_endpoint,
                                             options->function, options->alias };
    *state_out = state_path(options->state_directory);
    return deployment_find(*state_out, &identity, false);
}

/* ", 4m30s left": of the step, if it has an end and is not held; a dead client's clock stands. */
static const char *print_time_left(const cJSON *saved, int64_t now_ms, char text_out[LEFT_SIZE])
{
    char time[DURATION_SIZE];
    int64_t left_ms = json_int(saved, "stepEndsAt", 0) - now_ms;
    bool is_watched = strcmp(json_text(saved, "phase", ""), "watch") == 0 &&
                      strcmp(json_text(saved, "status", ""), "running") == 0;
    *text_out = '\0';
    if (is_watched && left_ms >= MS_PER_SECOND)
        snprintf(text_out, LEFT_SIZE, ", %s left",
                 duration_print(left_ms / MS_PER_SECOND * MS_PER_SECOND, time));
    return text_out;
}

static void report_unfinished(const cJSON *saved, int64_t now_ms, bool is_alive, long pid)
{
    char left[LEFT_SIZE];
    const char *status = json_text(saved, "status", "");
    int steps = (int)json_int(saved, "steps", 0);
    int step = (int)json_int(saved, "step", 0) + 1; /* one more than there are: the promotion */
    if (!is_alive)
        now_ms = json_int(saved, "updatedAt", now_ms);
    say("  step %d of %d, version %s at %.6g %%%s.", step < steps ? step : steps, steps,
        json_text(saved, "newVersion", "?"), 100 * json_double(saved, "weight", 0),
        print_time_left(saved, now_ms, left));
    bool is_held = strcmp(status, "approval") == 0 || strcmp(status, "paused") == 0;
    if (is_alive)
        say("  Process %ld runs it (canary watch).", pid);
    else if (!is_held) /* else it was left */
        say("  ITS CLIENT IS GONE: canary resume takes it up, canary rollback ends it.");
    if (is_held)
        say("  canary %s lets it go on, canary abort ends it.",
            *status == 'a' ? "approve" : "resume");
}

static void report_deployment(const char *state, int64_t now_ms, cJSON *saved)
{
    long pid;
    const char *id = json_text(saved, "id", "");
    const char *status = json_text(saved, "status", "");
    const char *reason = json_text(saved, "reason", "");
    bool is_alive = deployment_is_alive(state, id, &pid);
    if (strcmp(status, "approval") == 0) /* the reason is that of the step before */
        say("Deployment %s waits for approval.", id);
    else
        say("Deployment %s: %s%s%s%s", id, status, *reason ? ", " : "", reason, full_stop(reason));
    if (!json_bool(saved, "isOver", false))
        report_unfinished(saved, now_ms, is_alive, pid);
    cJSON *item = cJSON_Duplicate(saved, true);
    json_set_bool(item, "isAlive", is_alive);
    json_set(facts(), "deployment", item);
}

static int status(struct session *session)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(error_clear) struct error unread = { 0 };
    CLEANUP(freep) char *state = NULL;
    struct options *options = &session->options;
    CLEANUP(freep) char *function = NULL;
    CLEANUP(freep) char *alias = NULL;
    if (!find_target(session, &function, &alias))
        return EXIT_USAGE;
    options->function = function;
    options->alias = alias;
    json_set_text(facts(), "function", function);
    json_set_text(facts(), "alias", alias);
    bool is_good = report_alias(session, &unread, &error);
    CLEANUP(json_deletep)
    cJSON *saved = is_good ? latest_deployment(session, &state) : NULL;
    if (saved)
        report_deployment(state, clock_true_ms() + session->clock_offset_ms, saved);
    if (unread.message)
        complain("%s", unread.message);
    if (error.message)
        complain("%s", error.message);
    return unread.message || error.message ? EXIT_FAILED : EXIT_DONE;
}

const struct option_row status_rows[] = { FUNCTION_ROW, ALIAS_ROW, STATE_ROW, COMMON_ROWS };

int status_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary status [PLAN] [--function NAME --alias NAME] [OPTION]...",
        .rows = status_rows,
        .operands_max = 1,
    };
    return session_run(&form, status, count, arguments);
}

/* The whole lines that came since the last look. False at the end of the file. */
static bool read_lines(int fd, struct buffer *rest, struct view *view)
{
    char *room = buffer_reserve(rest, 65536);
    ssize_t size = room ? read(fd, room, 65536) : 0;
    if (size <= 0)
        return false;
    buffer_commit(rest, (size_t)size);
    for (;;) {
        const char *end = memchr(rest->data, '\n', rest->size);
        if (!end)
            return true;
        size_t length = (size_t)(end - rest->data);
        CLEANUP(json_deletep) cJSON *line = json_parse((struct text){ rest->data, length });
        if (line)
            view_line(view, line);
        buffer_drop(rest, length + 1);
    }
}

/* Until the deployment is over, its client is gone, or the user has seen enough. */
static int follow(const char *state, const char *id)
{
    long pid;
    struct view view = { 0 };
    CLEANUP(buffer_clear) struct buffer rest = { 0 };
    CLEANUP(freep) char *path = xformat("%s/%s/record.jsonl", state, id);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        complain("cannot read %s", path);
        return EXIT_FAILED;
    }
    bool was_alive = true;
    view_begin(&view);
    while (!view.is_over && !is_interrupted()) {
        if (read_lines(fd, &rest, &view))
            continue;
        if (!was_alive)
            break;
        was_alive = deployment_is_alive(state, id, &pid); /* what it wrote last is still read */
        clock_sleep_ms(POLL_MS);
    }
    close(fd);
    view_end(&view);
    if (view.is_over) {
        say("Deployment %s: %s%s", id, view.end, full_stop(view.end));
        return view.exit_status;
    }
    if (!is_interrupted())
        say("Its client is gone: canary resume takes it up, canary rollback ends it.");
    return is_interrupted() ? EXIT_DONE : EXIT_HELD;
}

static int watch(struct session *session)
{
    CLEANUP(freep) char *state = NULL;
    CLEANUP(freep) char *function = NULL;
    CLEANUP(freep) char *alias = NULL;
    if (!find_target(session, &function, &alias))
        return EXIT_USAGE;
    session->options.function = function;
    session->options.alias = alias;
    CLEANUP(json_deletep) cJSON *saved = latest_deployment(session, &state);
    if (saved) {
        json_set_text(facts(), "deployment", json_text(saved, "id", ""));
        return follow(state, json_text(saved, "id", ""));
    }
    complain("there is no deployment of this alias here");
    return EXIT_FAILED;
}

int watch_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary watch [PLAN] [--function NAME --alias NAME] [OPTION]...",
        .rows = status_rows,
        .operands_max = 1,
    };
    return session_run(&form, watch, count, arguments);
}

static void tell_past(const cJSON *item)
{
    char time[TIMESTAMP_SIZE];
    CLEANUP(freep)
    char *target = xformat("%s:%s", json_text(item, "function", ""), json_text(item, "alias", ""));
    CLEANUP(freep)
    char *versions = xformat("%s -> %s", json_text(item, "baseVersion", "-"),
                             json_text(item, "newVersion", "-"));
    CLEANUP(freep)
    char *line =
        xformat("%s  %-24s %-10s %-12s %s",
                timestamp_print(json_int(item, "startedAt", 0), TIMESTAMP_ISO, time), target,
                versions, json_text(item, "status", ""), json_text(item, "reason", ""));
    say_cut(line);
}

static int history(struct session *session)
{
    const struct options *options = &session->options;
    CLEANUP(freep) char *endpoint = options->endpoint_url ? xstrdup(options->endpoint_url) : NULL;
    const struct alias_identity identity = { "", options->region, endpoint, options->function,
                                             options->alias };
    endpoint_trim(endpoint);
    CLEANUP(freep) char *state = state_path(options->state_directory);
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    cJSON *chosen = json_set_array(facts(), "deployments");
    cJSON *item = list->child;
    while (item) {
        cJSON *next = item->next;
        if (deployment_is_of(item, &identity)) {
            tell_past(item);
            cJSON_AddItemToArray(chosen, cJSON_DetachItemViaPointer(list, item));
        }
        item = next;
    }
    if (!chosen->child)
        say("No deployments in %s.", state);
    return EXIT_DONE;
}

int history_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary history [--function NAME] [--alias NAME] [OPTION]...",
        .rows = status_rows,
        .is_offline = true,
    };
    return session_run(&form, history, count, arguments);
}
