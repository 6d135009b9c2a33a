/*
 * From a plan to a running process: interpreter or bootstrap, channel, log pipe, command line.
 */
#include "runtime/sandbox_boot.h"

#include <errno.h>
#include <unistd.h>

#include "log.h"
#include "runtime/entrypoint.h"
#include "runtime/interpreters.h"
#include "runtime/isolation.h"
#include "runtime/process.h"
#include "runtime/sandbox_command.h"
#include "runtime/storage.h"
#include "runtime/workspace.h"
#include "xalloc.h"

enum { BOOT_AHEAD_MAX_MS = 130000 };

int boot_max_ms(const struct sandbox_host *host, const struct sandbox_plan *plan)
{
    if (plan->initialization == SANDBOX_ON_DEMAND)
        return host->boot_max_ms;
    return plan->timeout_ms > BOOT_AHEAD_MAX_MS ? plan->timeout_ms : BOOT_AHEAD_MAX_MS;
}

static bool fail(struct boot_failure *failure, const char *error_type, char *takes_message)
{
    failure->error_type = error_type;
    failure->message = takes_message;
    return false;
}

static bool fail_by_errno(struct boot_failure *failure, const char *what)
{
    failure->is_shortage = process_is_shortage(errno);
    return fail(failure, "Runtime.ExitError", xformat("%s: %s", what, strerror(errno)));
}

static bool check_entrypoint(const struct sandbox_plan *plan, bool is_isolated,
                             struct boot_failure *failure)
{
    CLEANUP(entrypoint_clear) struct entrypoint entrypoint = entrypoint_find(plan);
    if (!entrypoint.path)
        return fail(failure, "Runtime.InvalidEntrypoint",
                    xstrdup("Couldn't find valid bootstrap(s): [/var/task/bootstrap "
                            "/opt/bootstrap]"));
    const char *fault = entrypoint_fault(&entrypoint, plan, is_isolated);
    return !fault || fail(failure, "Runtime.InvalidEntrypoint",
                          xformat("fork/exec %s: %s", entrypoint.shown, fault));
}

/* *interpreter_out stays NULL for a package that brings its own bootstrap. */
static bool find_program(const struct sandbox_plan *plan, bool is_isolated, char **interpreter_out,
                         struct boot_failure *failure)
{
    if (runtime_kind_of(plan->runtime) == RUNTIME_PROVIDED)
        return check_entrypoint(plan, is_isolated, failure);
    *interpreter_out = interpreter_find(plan->runtime);
    if (*interpreter_out)
        return true;
    if (errno)
        return fail_by_errno(failure, "cannot look for the runtime's interpreter");
    CLEANUP(freep) char *wanted = interpreter_wanted(plan->runtime);
    log_warn(plan->function_name, "runtime %s cannot run on this machine: install %s",
             plan->runtime, wanted);
    return fail(
        failure, "Runtime.ExitError",
        xformat("Runtime %s cannot run on this machine: install %s", plan->runtime, wanted));
}

/* Frames for our own bootstraps, HTTP for all others. */
static bool open_channel(const struct boot_plan *plan, bool speaks_frames, struct booted *booted,
                         struct frame_channel_ends *ends, struct boot_failure *failure)
{
    if (speaks_frames) {
        booted->frames = frame_channel_open(plan->loop, plan->events, plan->owner, ends);
        return booted->frames || fail_by_errno(failure, "cannot make a channel");
    }
    struct error error = { 0 };
    booted->api = runtime_api_start(plan->loop, plan->events, plan->owner, &error);
    if (!booted->api) {
        failure->is_shortage = process_is_shortage(errno);
        fail(failure, "Runtime.ExitError", xstrdup(error.message));
    }
    error_clear(&error);
    return booted->api != NULL;
}

static bool start(const struct boot_plan *plan, const char *interpreter, struct booted *booted,
                  const struct frame_channel_ends *ends, int log_fd, struct boot_failure *failure)
{
    struct storage storage;
    errno = 0;
    bool is_limited =
        booted->is_isolated && storage_plan(plan->tmp_directory, plan->plan->storage_mb, &storage);
    if (!is_limited && errno)
        return fail_by_errno(failure, "cannot make a file system");
    struct sandbox_place place = {
        .plan = plan->plan,
        .interpreter = interpreter,
        .runtime_directory = plan->runtime_directory,
        .api = plan->api,
        .tmp_directory = plan->tmp_directory,
        .system_root = is_limited ? system_root_directory(plan->system_root) : NULL,
        .log_stream = plan->log_stream,
        .runtime_api_port = booted->api ? runtime_api_port(booted->api) : 0,
        .is_isolated = booted->is_isolated,
    };
    struct sandbox_command command;
    sandbox_command_build(&command, &place);
    struct process_plan process = {
        .arguments = command.arguments.items,
        .environment = command.environment.items,
        .directory = command.directory,
        .log_fd = log_fd,
        .events_fd = ends->events_fd,
        .answers_fd = ends->answers_fd,
        .storage = is_limited ? &storage : NULL,
    };
    int reason = process_start(&process, &booted->pid);
    failure->is_shortage = process_is_shortage(reason);
    if (reason)
        fail(failure, "Runtime.InvalidEntrypoint",
             xformat("fork/exec %s: %s", command.arguments.items[0], strerror(reason)));
    sandbox_command_clear(&command);
    return reason == 0;
}

/* What they would have done is missing, and nothing of the function's says why. */
static void warn_of_extensions(const struct sandbox_plan *plan)
{
    if (!plan->layers_directory)
        return;
    CLEANUP(freep) char *extensions = xformat("%s/extensions", plan->layers_directory);
    if (access(extensions, F_OK) == 0)
        log_warn(plan->function_name,
                 "a layer brings extensions, which are not started (docs/functions.md)");
}

static bool make_home(const struct boot_plan *plan, struct boot_failure *failure)
{
    CLEANUP(error_clear) struct error error = { 0 };
    return workspace_make_home(plan->home, &error) ||
           fail(failure, "Runtime.ExitError", xstrdup(error.message));
}

/* For those that have one of ours. */
static bool write_bootstrap(const struct boot_plan *plan, struct boot_failure *failure)
{
    CLEANUP(error_clear) struct error error = { 0 };
    enum runtime_kind kind = runtime_kind_of(plan->plan->runtime);
    return !workspace_bootstrap_name(kind) ||
           workspace_write_bootstrap(plan->runtime_directory, kind, &error) ||
           fail(failure, "Runtime.ExitError", xstrdup(error.message));
}

static bool connect_and_start(const struct boot_plan *plan, const char *interpreter,
                              struct booted *booted, struct boot_failure *failure)
{
    struct frame_channel_ends ends = { -1, -1 };
    int log_fd = -1;
    bool started = open_channel(plan, interpreter != NULL, booted, &ends, failure);
    if (started && !process_pipe(&booted->log_fd, &log_fd))
        started = fail_by_errno(failure, "cannot make a pipe");
    if (started)
        started = start(plan, interpreter, booted, &ends, log_fd, failure);
    process_close(&log_fd);
    process_close(&ends.events_fd);
    process_close(&ends.answers_fd);
    return started;
}

bool boot(const struct boot_plan *plan, struct booted *booted_out, struct boot_failure *failure)
{
    CLEANUP(freep) char *interpreter = NULL;
    struct booted booted = { .log_fd = -1 };
    booted.is_isolated = plan->is_isolated && isolation_program();
    if (plan->is_isolated && !booted.is_isolated && errno)
        return fail_by_errno(failure, "cannot try bubblewrap");
    if (!find_program(plan->plan, booted.is_isolated, &interpreter, failure) ||
        !make_home(plan, failure) || !write_bootstrap(plan, failure))
        return false;
    if (!connect_and_start(plan, interpreter, &booted, failure)) {
        process_close(&booted.log_fd);
        frame_channel_close(&booted.frames);
        runtime_api_stop(&booted.api);
        return false;
    }
    warn_of_extensions(plan->plan);
    process_make_nonblocking(booted.log_fd);
    *booted_out = booted;
    return true;
}
