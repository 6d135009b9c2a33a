/*
 * canary check: asks one version alone whether it is well.
 */
#include "cli/command.h"
#include "cli/output.h"
#include "xalloc.h"

/* The version to ask: as it is given, else the alias's new version, else the one it has. */
static bool find_qualifier(struct session *session, struct lambda_alias *alias,
                           const char **qualifier_out, struct error *error)
{
    const struct options *options = &session->options;
    *qualifier_out = qualifier_of(options);
    if (*qualifier_out)
        return true;
    if (!read_alias(session, options->function, options->alias, alias, error))
        return false;
    *qualifier_out = *alias->routed_version ? alias->routed_version : alias->version;
    return true;
}

static void tell_failure(const char *function, const char *qualifier,
                         const struct api_response *response, bool is_answered)
{
    CLEANUP(freep) char *said = is_answered ? lambda_function_error(response) : NULL;
    say("  %s:%s failed: %s", function, qualifier, said ? said : response->message);
}

static int check(struct session *session)
{
    const struct options *options = &session->options;
    if (!says_whom(options))
        return EXIT_USAGE;
    if (options->count < 1) {
        complain("--count is 1 or more: nothing is well that was not asked");
        return EXIT_USAGE;
    }
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda_alias alias = { 0 };
    const char *qualifier;
    int64_t asked = 0;
    int64_t failed = 0;
    if (!find_qualifier(session, &alias, &qualifier, &error)) {
        complain("%s", error.message);
        return EXIT_FAILED;
    }
    for (; asked < options->count && !is_interrupted(); asked++) {
        struct api_response response;
        bool is_answered = lambda_invoke(&session->api, options->function, qualifier,
                                         text_from(session->payload), &response);
        if (!is_answered && is_interrupted()) {
            api_response_clear(&response);
            break;
        }
        if (!is_answered || response.is_function_error) {
            failed++;
            tell_failure(options->function, qualifier, &response, is_answered);
        }
        api_response_clear(&response);
    }
    say("%s:%s answered %lld of %lld requests well.", options->function, qualifier,
        (long long)(asked - failed), (long long)asked);
    json_set_text(facts(), "qualifier", qualifier);
    json_set_double(facts(), "requests", (double)asked);
    json_set_double(facts(), "failed", (double)failed);
    return failed || asked < options->count ? EXIT_FAILED : EXIT_DONE;
}

const struct option_row check_rows[] = {
    FUNCTION_ROW,
    { OPTION_ROW("alias", OPTION_TEXT, alias), .placeholder = "NAME",
      .help = "ask its new version, or the one it has" },
    { OPTION_ROW("version", OPTION_TEXT, version), .placeholder = "N",
      .help = "ask this published version" },
    { OPTION_ROW("qualifier", OPTION_TEXT, qualifier), .placeholder = "VERSION",
      .help = "ask this version or alias, as it is" },
    { OPTION_ROW("count", OPTION_INTEGER, count), .placeholder = "N", .initial = "5",
      .help = "how often to ask" },
    { OPTION_ROW("payload", OPTION_TEXT, payload), .placeholder = "JSON", .initial = "{}",
      .help = "what to send" },
    { OPTION_ROW("payload-file", OPTION_TEXT, payload_file), .placeholder = "FILE",
      .help = "send this file's content" },
    COMMON_ROWS,
};

int check_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary check --function NAME --alias NAME|--version N|--qualifier VERSION "
                 "[OPTION]...",
        .rows = check_rows,
        .needs_function = true,
    };
    return session_run(&form, check, count, arguments);
}
