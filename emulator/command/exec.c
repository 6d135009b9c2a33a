/*
 * coalmine exec -- COMMAND: an ephemeral server on a free port for the life of one command,
 * whose exit status is ours. The command's AWS_* variables point here and nowhere else.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/child.h"
#include "command/command.h"
#include "command/environment.h"
#include "command/stop_signals.h"
#include "emulator.h"
#include "log.h"
#include "loop/loop.h"
#include "runtime/string_list.h"
#include "xalloc.h"

struct run {
    struct emulator *emulator;
    sigset_t blocked; /* when this command was started: so is its child */
    int stop_signals; /* a descriptor */
    pid_t pid;        /* of the command; 0: it does not run */
    int status;
};

/* It may be a function's process. */
static void on_child(uv_signal_t *handle, int number UNUSED)
{
    struct run *run = handle->data;
    if (!run->pid || !child_has_ended(run->pid, &run->status))
        return;
    run->pid = 0;
    emulator_stop_now(run->emulator);
}

/* What becomes of it is the command's to decide. */
static void on_stop(uv_poll_t *handle, int status UNUSED, int events UNUSED)
{
    const struct run *run = handle->data;
    struct signalfd_siginfo signal;
    while (stop_signals_read(run->stop_signals, &signal)) {
        int number = (int)signal.ssi_signo;
        if (run->pid && !stop_signals_reach_child(number, signal.ssi_code))
            kill(run->pid, number);
    }
}

static bool is_in(const struct environment_variable *list, const char *given)
{
    for (; list->name; list++) {
        size_t size = strlen(list->name);
        if (strncmp(given, list->name, size) == 0 && given[size] == '=')
            return true;
    }
    return false;
}

/* The command's variables. They are not set in this process, whose other threads may be asking for
 * some. */
static void add_variables(struct string_list *variables, const struct emulator *emulator)
{
    struct environment_variable list[ENVIRONMENT_SIZE];
    CLEANUP(freep) char *endpoint = xformat("http://127.0.0.1:%d", emulator_port(emulator));
    CLEANUP(freep) char *no_proxy = environment_no_proxy();
    environment_list(&(struct environment_target){ endpoint, emulator_region(emulator), no_proxy },
                     list);
    for (const struct environment_variable *variable = list; variable->name; variable++)
        if (variable->value)
            string_list_add_format(variables, "%s=%s", variable->name, variable->value);
    /* As bash exports a function. */
    string_list_add(variables, "BASH_FUNC_aws%%=() " ENVIRONMENT_AWS_BODY);
    for (char **given = environ; *given; given++)
        if (!is_in(list, *given) && !string_list_has_variable(variables, *given))
            string_list_add(variables, *given);
}

/* Whoever wants an end before there is a command gets it. */
static bool start(struct run *run, char **command)
{
    struct signalfd_siginfo signal;
    if (stop_signals_read(run->stop_signals, &signal)) {
        run->status = EXIT_SIGNAL_BASE + (int)signal.ssi_signo;
        return false;
    }
    struct string_list variables = { 0 };
    add_variables(&variables, run->emulator);
    bool is_started =
        child_start("coalmine exec", command, variables.items, &run->blocked, &run->pid);
    string_list_clear(&variables);
    return is_started;
}

static void run_command(struct run *run, char **command)
{
    uv_loop_t *loop = loop_uv(emulator_loop(run->emulator));
    uv_signal_t child = { .data = run };
    uv_poll_t stop = { .data = run };
    uv_signal_init(loop, &child);
    uv_signal_start(&child, on_child, SIGCHLD);
    uv_poll_init(loop, &stop, run->stop_signals);
    uv_poll_start(&stop, UV_READABLE, on_stop);
    if (start(run, command))
        emulator_run(run->emulator);
    emulator_destroy(run->emulator);
}

/* The exit status. */
static int serve_command_alone(const struct settings *settings, char **command)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct run run = { .status = EXIT_NOT_STARTED };
    run.stop_signals = stop_signals_open("coalmine exec", true, &run.blocked);
    if (run.stop_signals < 0)
        return EXIT_FAILED;
    run.emulator = emulator_create(settings, &error);
    if (run.emulator)
        run_command(&run, command);
    else
        fprintf(stderr, "coalmine: %s\n", error.message);
    close(run.stop_signals);
    return run.emulator ? run.status : EXIT_FAILED;
}

static const char usage[] =
    "coalmine exec [OPTION]... -- COMMAND [ARGUMENT]...\n\n"
    "COMMAND gets a server of its own on a free port of 127.0.0.1, and AWS_* variables that\n"
    "point there and nowhere else. Its exit status is exec's; 127: it could not be started.";

int exec_command(int count, char **arguments)
{
    struct settings settings = { 0 };
    int operands = 0;
    int status = EXIT_DONE;
    int own = 0;
    while (own < count && strcmp(arguments[own], "--") != 0)
        own++;
    if (!command_read_settings(exec_rows, usage, &settings, own, arguments, &operands, &status))
        return status;
    if (operands > 0 || own + 1 >= count) {
        fprintf(stderr, "coalmine exec: the command must stand behind --\n\nUsage: %s\n", usage);
        return EXIT_USAGE;
    }
    settings.listen = "127.0.0.1";
    settings.is_ephemeral |= settings.data_dir == NULL;
    if (!settings.is_verbose)
        log_set_level(LOG_LEVEL_WARN);
    return serve_command_alone(&settings, arguments + own + 1);
}
