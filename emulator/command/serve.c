/*
 * coalmine serve: the server in the foreground. The first SIGTERM, SIGINT or SIGHUP (the terminal
 * was closed) lets what is under way end, the second does not.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/stop_signals.h"
#include "emulator.h"
#include "log.h"
#include "loop/loop.h"
#include "xalloc.h"

static void on_signal(uv_signal_t *handle, int number UNUSED)
{
    static bool was_asked;
    if (was_asked) {
        emulator_stop_now(handle->data);
        return;
    }
    was_asked = true;
    log_info("coalmine", "stopping when what is under way has ended; once more to stop at once");
    emulator_stop(handle->data);
}

static void watch_signal(struct emulator *emulator, uv_signal_t *handle, int number)
{
    uv_signal_init(loop_uv(emulator_loop(emulator)), handle);
    handle->data = emulator;
    uv_signal_start(handle, on_signal, number);
}

static void run(struct emulator *emulator, const sigset_t *signals, const sigset_t *before)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
    uv_signal_t handles[COUNT_OF(numbers)];
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (sigismember(signals, numbers[i]))
            watch_signal(emulator, &handles[i], numbers[i]);
    sigprocmask(SIG_SETMASK, before, NULL);
    emulator_run(emulator);
    emulator_destroy(emulator);
}

static const char usage[] =
    "coalmine serve [OPTION]...\n\n"
    "The server: Lambda, CloudWatch, Logs, and the bits of STS and IAM around them. Ctrl-C\n"
    "(SIGTERM, SIGHUP) lets what is under way end; once more stops it at once.\n"
    "`eval \"$(coalmine env)\"` points another terminal here.";

int serve_command(int count, char **arguments)
{
    struct settings settings = { 0 };
    int operands = 0;
    int status = EXIT_DONE;
    if (!command_read_settings(serve_rows, usage, &settings, count, arguments, &operands,
                               &status) ||
        !command_takes_none("serve", operands, arguments, &status))
        return status;
    CLEANUP(error_clear) struct error error = { 0 };
    if (settings.is_ephemeral && settings.data_dir)
        log_warn("coalmine", "--ephemeral keeps nothing: %s is left as it is", settings.data_dir);
    sigset_t signals;
    sigset_t before;
    xalloc_keep_large_apart();
    stop_signals_fill(&signals, false);
    sigprocmask(SIG_BLOCK, &signals, &before);
    struct emulator *emulator = emulator_create(&settings, &error);
    if (!emulator) {
        fprintf(stderr, "coalmine: %s\n", error.message);
        return EXIT_FAILED;
    }
    bool is_ipv6 = strchr(settings.listen, ':') != NULL;
    /* Whoever has closed standard output does not want to know. */
    dprintf(STDOUT_FILENO, "Listening on http://%s%s%s:%d\nReady.\n", is_ipv6 ? "[" : "",
            settings.listen, is_ipv6 ? "]" : "", emulator_port(emulator));
    run(emulator, &signals, &before);
    return EXIT_DONE;
}
