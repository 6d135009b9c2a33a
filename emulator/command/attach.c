/*
 * coalmine attach FUNCTION: a Runtime API address of a running server, at which a program of the
 * developer's own serves the function, for as long as this command lasts.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/child.h"
#include "command/command.h"
#include "command/environment.h"
#include "command/remote.h"
#include "command/stop_signals.h"
#include "options.h"
#include "runtime/string_list.h"
#include "xalloc.h"

enum {
    LEASE_SECONDS = 60, /* longer than anything that stops this command for a while */
    RENEW_SECONDS = 10,
};

struct attach_options {
    const char *endpoint;
    const char *region;
    bool wants_help;
};

#define ATTACH_ROW(flag, kind, member)                                                             \
    .name = (flag), .type = (kind), .offset = offsetof(struct attach_options, member)

const struct option_row attach_rows[] = {
    { ATTACH_ROW("endpoint-url", OPTION_TEXT, endpoint), .placeholder = "URL",
      .environment = "AWS_ENDPOINT_URL", .initial = "http://127.0.0.1:4566", .help = "the server" },
    { ATTACH_ROW("region", OPTION_TEXT, region), .placeholder = "NAME", .environment = "AWS_REGION",
      .help = "where the function is (else AWS_DEFAULT_REGION, us-east-1)" },
    HELP_ROW(struct attach_options, wants_help),
    { .name = NULL },
};

struct attach {
    struct remote remote;
    const char *function;
    char **command; /* NULL: none, the variables are printed */
    char *path;     /* of the attachment */
    pid_t pid;      /* of the command; 0: none */
};

static void complain(const struct error *error)
{
    fprintf(stderr, "coalmine attach: %s\n", error->message);
}

static cJSON *attach(struct attach *attach)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(json_deletep) cJSON *wish = cJSON_CreateObject();
    json_set_text(wish, "FunctionName", attach->function);
    json_set_double(wish, "LeaseSeconds", LEASE_SECONDS);
    const struct remote_request request = { "POST", "/_coalmine/attachments", wish, "runtimeApi" };
    cJSON *made = remote_call(&attach->remote, &request, &error);
    if (made)
        attach->path = xformat("/_coalmine/attachments/%s", json_text(made, "id", ""));
    else
        complain(&error);
    return made;
}

static bool renew(const struct attach *attach)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const struct remote_request request = { "POST", attach->path, NULL, NULL };
    CLEANUP(json_deletep) cJSON *renewed = remote_call(&attach->remote, &request, &error);
    if (!renewed)
        fprintf(stderr, "coalmine attach: the attachment has ended (%s)\n", error.message);
    return renewed != NULL;
}

static void detach(const struct attach *attach)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const struct remote_request request = { "DELETE", attach->path, NULL, NULL };
    CLEANUP(json_deletep) cJSON *gone = remote_call(&attach->remote, &request, &error);
    if (!gone)
        complain(&error);
}

static void print_variables(const cJSON *made)
{
    const cJSON *variable;
    cJSON_ArrayForEach(variable, json_get(made, "environment")) environment_print(
        &(struct environment_variable){ variable->string, variable->valuestring });
    printf("# %s:%s is served by whoever asks at %s, until this command ends.\n",
           json_text(made, "functionName", ""), json_text(made, "version", ""),
           json_text(made, "runtimeApi", ""));
    fflush(stdout);
}

/* With the signals as they were before this command blocked them. */
static bool start_command(struct attach *attach, const cJSON *made, const sigset_t *old_signals)
{
    struct string_list variables = { 0 };
    const cJSON *variable;
    cJSON_ArrayForEach(variable, json_get(made, "environment"))
        string_list_add_format(&variables, "%s=%s", variable->string, variable->valuestring);
    for (char **given = environ; *given; given++)
        if (!string_list_has_variable(&variables, *given))
            string_list_add(&variables, *given);
    bool is_started =
        child_start("coalmine attach", attach->command, variables.items, old_signals, &attach->pid);
    string_list_clear(&variables);
    return is_started;
}

static bool has_ended(struct attach *attach, int *status_out)
{
    if (!attach->pid || !child_has_ended(attach->pid, status_out))
        return false;
    attach->pid = 0;
    return true;
}

/* With a command they are its to judge. */
static bool ends_by(const struct attach *attach, int number, const siginfo_t *signal)
{
    if (!attach->pid)
        return number != SIGCHLD;
    if (number != SIGCHLD && !stop_signals_reach_child(number, signal->si_code))
        kill(attach->pid, number);
    return false;
}

/* The exit status. The attachment may end before the command does: that learns it by itself when
 * it asks for the next event. */
static int keep(struct attach *attach, const sigset_t *signals)
{
    int status = EXIT_DONE;
    bool is_attached = true;
    while (!has_ended(attach, &status)) {
        siginfo_t signal;
        int number = sigtimedwait(signals, &signal, &(struct timespec){ .tv_sec = RENEW_SECONDS });
        if (number > 0 && ends_by(attach, number, &signal))
            break;
        if (number < 0 && errno == EAGAIN && is_attached)
            is_attached = renew(attach);
        if (!is_attached && !attach->pid)
            return EXIT_FAILED;
    }
    if (is_attached)
        detach(attach);
    return status;
}

/* An interrupt that is ignored, as by a shell for what runs in the background, ends this command if
 * somebody sends one. Whoever ignores the ends of children is never told of one. */
static void block_signals(sigset_t *signals_out, sigset_t *old_signals_out)
{
    signal(SIGCHLD, SIG_DFL);
    stop_signals_fill(signals_out, true);
    sigaddset(signals_out, SIGCHLD);
    sigprocmask(SIG_BLOCK, signals_out, old_signals_out);
}

static int run(struct attach *attach_state)
{
    sigset_t signals;
    sigset_t old_signals;
    block_signals(&signals, &old_signals);
    CLEANUP(json_deletep) cJSON *made = attach(attach_state);
    if (!made)
        return EXIT_FAILED;
    if (!attach_state->command) {
        print_variables(made);
    } else if (!start_command(attach_state, made, &old_signals)) {
        detach(attach_state);
        return EXIT_NOT_STARTED;
    }
    return keep(attach_state, &signals);
}

static void print_usage(FILE *stream)
{
    fprintf(
        stream,
        "Usage: coalmine attach FUNCTION[:QUALIFIER] [OPTION]... [-- COMMAND [ARGUMENT]...]\n\n"
        "Invocations of the function's version ($LATEST, if none is named) go to a program of\n"
        "yours: COMMAND, or whatever you start with the variables that are printed. It speaks\n"
        "the Lambda Runtime API, as AWS's runtime interface clients do, and may take its time.\n"
        "Ends with COMMAND, or with Ctrl-C.\n\n");
    options_print(attach_rows, stream);
}

int attach_command(int count, char **arguments)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct attach_options options = { 0 };
    int operands = 0;
    int own = 0;
    while (own < count && strcmp(arguments[own], "--") != 0)
        own++;
    bool is_read = options_read(attach_rows, &options, own, arguments, &operands, &error);
    if (options.wants_help) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    if (!is_read || operands != 1 || own + 1 == count) {
        if (is_read)
            error_set(&error, NULL, "%s",
                      operands == 0  ? "which function?"
                      : operands > 1 ? "the command must stand behind --"
                                     : "there is no command behind --");
        complain(&error);
        fputc('\n', stderr);
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (!options.region)
        options.region = getenv("AWS_DEFAULT_REGION");
    if (!options.region || !*options.region)
        options.region = "us-east-1";
    struct attach attach = { .remote = { .endpoint = options.endpoint, .region = options.region },
                             .function = arguments[0],
                             .command = own < count ? arguments + own + 1 : NULL };
    remote_read_credentials(&attach.remote);
    int status = run(&attach);
    free(attach.path);
    return status;
}
