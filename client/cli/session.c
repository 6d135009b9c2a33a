#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "aws/sts_api.h"
#include "file.h"
#include "cli/output.h"
#include "traffic/payloads.h"
#include "xalloc.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

bool is_interrupted(void)
{
    return interrupted;
}

static bool should_stop(void *owner)
{
    (void)owner;
    return is_interrupted();
}

static void on_broken_pipe(int number)
{
    (void)number; /* write() says so */
}

/* The second one of a kind ends the program at once. Under nohup the terminal may be closed. A
 * handler is forgotten by the programs that are started (a credential_process), an ignored signal
 * is not. */
static void watch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
    struct sigaction broken_pipe = { .sa_handler = on_broken_pipe, .sa_flags = SA_RESTART };
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    sigemptyset(&broken_pipe.sa_mask);
    sigaction(SIGPIPE, &broken_pipe, NULL);
}

static bool read_options(struct session *session, const struct command_form *form, int count,
                         char **arguments, int *status_out)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const struct options *options = &session->options;
    *status_out = EXIT_USAGE;
    session->operands = arguments;
    if (!options_read(form->rows, &session->options, count, arguments, &session->operand_count,
                      &error)) {
        complain("%s (see --help)", error.message);
        return false;
    }
    if (options->wants_help) {
        printf("Usage: %s\n\n", form->usage);
        options_print(form->rows, stdout);
        *status_out = EXIT_DONE;
        return false;
    }
    return true;
}

static bool fits(const struct session *session, const struct command_form *form)
{
    const char *function = session->options.function;
    if (session->operand_count > form->operands_max)
        complain("'%s' is not an option (see --help)", session->operands[form->operands_max]);
    else if (form->needs_function && (!function || !*function))
        complain("--function must be given (see --help)");
    else
        return true;
    return false;
}

static bool load_payload(struct session *session)
{
    const struct options *options = &session->options;
    CLEANUP(error_clear) struct error error = { 0 };
    size_t size;
    struct json_fault fault;
    if (options->payload && !json_check(text_from(options->payload), &fault)) {
        complain("--payload: '%s' is not JSON (see --help)", options->payload);
        return false;
    }
    session->payload = options->payload_file
                           ? file_read(options->payload_file, PAYLOAD_MAX, &size, &error)
                           : xstrdup(options->payload ? options->payload : "{}");
    if (!session->payload)
        complain("%s", error.message);
    return session->payload != NULL;
}

static void on_throttled(const char *sentence, void *owner)
{
    (void)owner;
    progress("%s; Ctrl-C ends that.", sentence);
    progress_end();
}

/* Nothing is done on AWS before the user can see where. */
static bool tell_account(struct session *session)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct identity identity;
    if (!sts_identity(&session->api, &identity, &error)) {
        complain("%s", error.message);
        return false;
    }
    snprintf(session->account, sizeof(session->account), "%s", identity.account);
    say("On AWS: account %s, region %s, as %s.", identity.account, session->api.profile.region,
        identity.arn);
    return true;
}

static bool open_session(struct session *session, int *status_out)
{
    struct profile profile;
    CLEANUP(error_clear) struct error error = { 0 };
    const struct patience patience = { .should_stop = should_stop };
    const struct profile_choice choice = { session->options.profile, session->options.region,
                                           session->options.endpoint_url, &patience };
    if (!profile_load(&choice, &profile, &error)) {
        complain("%s", error.message);
        return false;
    }
    if (!profile_guard(&profile, session->options.allows_aws, &error)) {
        complain("%s", error.message);
        profile_clear(&profile);
        return false;
    }
    api_init(&session->api, &profile);
    session->api.should_stop = should_stop;
    session->api.on_throttled = on_throttled;
    if (session->api.profile.is_local || tell_account(session))
        return true;
    *status_out = EXIT_FAILED; /* not for what was typed */
    return false;
}

const char *qualifier_of(const struct options *options)
{
    return options->version ? options->version : options->qualifier;
}

bool says_whom(const struct options *options)
{
    int said = (options->alias != NULL) + (options->qualifier != NULL) + (options->version != NULL);
    if (said != 1)
        complain("say one of --alias, --version and --qualifier (see --help)");
    return said == 1;
}

bool read_alias(struct session *session, const char *function, const char *alias,
                struct lambda_alias *alias_out, struct error *error)
{
    enum alias_found found = lambda_get_alias(&session->api, function, alias, alias_out, error);
    if (found == ALIAS_ABSENT)
        return error_set(error, NULL, "function %s has no alias %s; canary deploy makes it",
                         function, alias);
    return found == ALIAS_PRESENT;
}

struct canary_settings settings_of(const struct options *options)
{
    const char *unfinished = options->unfinished ? options->unfinished : "auto";
    return (struct canary_settings){
        .endpoint_url = options->endpoint_url,
        .region = options->region,
        .profile = options->profile,
        .state_directory = options->state_directory,
        .allows_aws = options->allows_aws,
        .is_fast = options->is_fast,
        .pauses_when_stopped = options->on_interrupt && strcmp(options->on_interrupt, "pause") == 0,
        .leaves_when_held = options->leaves_when_held,
        .unfinished = strcmp(unfinished, "resume") == 0     ? CANARY_UNFINISHED_RESUME
                      : strcmp(unfinished, "rollback") == 0 ? CANARY_UNFINISHED_ROLLBACK
                                                            : CANARY_UNFINISHED_AUTO,
    };
}

int session_run(const struct command_form *form, int (*act)(struct session *session), int count,
                char **arguments)
{
    struct session session = { .form = form };
    int status = EXIT_USAGE;
    if (!read_options(&session, form, count, arguments, &status))
        return status;
    output_start(!form->prints_json && strcmp(session.options.output, "json") == 0);
    watch_signals();
    if (fits(&session, form) &&
        (form->is_offline || (load_payload(&session) && open_session(&session, &status))))
        status = act(&session);
    json_set_double(facts(), "exitCode", status);
    if (!output_end() && status == EXIT_DONE)
        status = EXIT_FAILED;
    api_clear(&session.api);
    free(session.payload);
    return status;
}
