/*
 * coalmine serve: the server in the foreground. The first SIGTERM, SIGINT or SIGHUP (the terminal
 * was closed) lets what is under way end, the second does not.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/stop_signals.h"
#include "emulator.h"
#include "log.h"
#include "loop/loop.h"
#include "xalloc.h"

struct stop {
    struct emulator *emulator;
    int signals; /* a descriptor */
    bool was_asked;
};

static void ask(struct stop *stop)
{
    if (stop->was_asked) {
        emulator_stop_now(stop->emulator);
        return;
    }
    stop->was_asked = true;
    log_info("coalmine", "stopping when what is under way has ended; once more to stop at once");
    emulator_stop(stop->emulator);
}

static void on_signals(uv_poll_t *handle, int status UNUSED, int events UNUSED)
{
    struct stop *stop = handle->data;
    struct signalfd_siginfo signal;
    while (stop_signals_read(stop->signals, &signal))
        ask(stop);
}

static void run(struct emulator *emulator, int signals)
{
    struct stop stop = { .emulator = emulator, .signals = signals };
    uv_poll_t handle = { .data = &stop };
    uv_poll_init(loop_uv(emulator_loop(emulator)), &handle, signals);
    uv_poll_start(&handle, UV_READABLE, on_signals);
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
    xalloc_keep_large_apart();
    int signals = stop_signals_open("coalmine", false, NULL);
    if (signals < 0)
        return EXIT_FAILED;
    struct emulator *emulator = emulator_create(&settings, &error);
    if (!emulator) {
        fprintf(stderr, "coalmine: %s\n", error.message);
        close(signals);
        return EXIT_FAILED;
    }
    bool is_ipv6 = strchr(settings.listen, ':') != NULL;
    /* Whoever has closed standard output does not want to know. */
    dprintf(STDOUT_FILENO, "Listening on http://%s%s%s:%d\nReady.\n", is_ipv6 ? "[" : "",
            settings.listen, is_ipv6 ? "]" : "", emulator_port(emulator));
    run(emulator, signals);
    close(signals);
    return EXIT_DONE;
}
