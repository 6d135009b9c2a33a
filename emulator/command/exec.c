/*
 * coalmine exec -- COMMAND: an ephemeral server on a free port for the life of one command,
 * whose exit status is ours. The command's AWS_* variables point here and nowhere else.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/child.h"
#include "command/command.h"
#include "command/environment.h"
#include "emulator.h"
#include "log.h"
#include "loop/loop.h"
#include "xalloc.h"

struct run {
    struct emulator *emulator;
    pid_t pid; /* of the command; 0: it does not run */
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

/* The terminal sends it to the command too, which decides what becomes of it. */
static void on_interrupt(uv_signal_t *handle UNUSED, int number UNUSED)
{
}

static void on_terminate(uv_signal_t *handle, int number)
{
    struct run *run = handle->data;
    if (run->pid)
        kill(run->pid, number);
}

static void set_variables(const struct emulator *emulator)
{
    struct environment_variable list[ENVIRONMENT_SIZE];
    char *endpoint = xformat("http://127.0.0.1:%d", emulator_port(emulator));
    char *no_proxy = environment_no_proxy();
    environment_list(&(struct environment_target){ endpoint, emulator_region(emulator), no_proxy },
                     list);
    for (const struct environment_variable *variable = list; variable->name; variable++) {
        if (variable->value)
            setenv(variable->name, variable->value, 1);
        else
            unsetenv(variable->name);
    }
    setenv("BASH_FUNC_aws%%", "() " ENVIRONMENT_AWS_BODY, 1); /* as bash exports a function */
    free(endpoint);
    free(no_proxy);
}

/* libuv would take away that SIGHUP is ignored, as under nohup. */
static bool start(struct run *run, char **command)
{
    sigset_t blocked;
    set_variables(run->emulator);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    return child_start("coalmine exec", command, &blocked, &run->pid);
}

static void watch(struct run *run, uv_signal_t *handle, int number, uv_signal_cb on_signal)
{
    uv_signal_init(loop_uv(emulator_loop(run->emulator)), handle);
    handle->data = run;
    uv_signal_start(handle, on_signal, number);
}

static int run_command(struct emulator *emulator, char **command)
{
    struct run run = { .emulator = emulator, .status = EXIT_NOT_STARTED };
    uv_signal_t interrupt;
    uv_signal_t terminate;
    uv_signal_t hangup;
    uv_signal_t child;
    /* What comes before the loop runs is handled there: the command has started by then. */
    watch(&run, &child, SIGCHLD, on_child);
    watch(&run, &interrupt, SIGINT, on_interrupt);
    watch(&run, &terminate, SIGTERM, on_terminate);
    if (!command_is_ignored(SIGHUP))
        watch(&run, &hangup, SIGHUP, on_terminate);
    if (start(&run, command))
        emulator_run(emulator);
    emulator_destroy(emulator);
    return run.status;
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
    CLEANUP(error_clear) struct error error = { 0 };
    struct emulator *emulator = emulator_create(&settings, &error);
    if (!emulator) {
        fprintf(stderr, "coalmine: %s\n", error.message);
        return EXIT_FAILED;
    }
    return run_command(emulator, arguments + own + 1);
}
