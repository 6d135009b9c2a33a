/*
 * canary check: asks one version alone whether it is well.
 */
#include "cli/command.h"
#include "aws/lambda_api.h"
#include "cli/output.h"

/* The version to ask: --qualifier, else the alias's new version, else the alias. */
static bool find_qualifier(struct session *session, struct lambda_alias *alias,
                           const char **qualifier_out, struct error *error)
{
    const struct options *options = &session->options;
    *qualifier_out = options->qualifier;
    if (options->qualifier)
        return true;
    if (!options->alias)
        return error_set(error, NULL, "say --alias or --qualifier");
    enum alias_found found =
        lambda_get_alias(&session->api, options->function, options->alias, alias, error);
    if (found == ALIAS_ABSENT)
        return error_set(error, NULL, "function %s has no alias %s", options->function,
                         options->alias);
    *qualifier_out = *alias->routed_version ? alias->routed_version : alias->version;
    return found == ALIAS_PRESENT;
}

static int check(struct session *session)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda_alias alias = { 0 };
    const char *qualifier;
    const struct options *options = &session->options;
    int64_t failed = 0;
    if (!find_qualifier(session, &alias, &qualifier, &error)) {
        complain("%s", error.message);
        return EXIT_FAILED;
    }
    for (int64_t i = 0; i < options->count && !is_interrupted(); i++) {
        struct api_response response;
        bool is_answered = lambda_invoke(&session->api, options->function, qualifier,
                                         text_from(session->payload), &response);
        if (!is_answered || response.is_function_error) {
            failed++;
            say("  %s:%s failed: %.300s", options->function, qualifier,
                is_answered ? buffer_text(&response.body).data : response.message);
        }
        api_response_clear(&response);
    }
    say("%s:%s answered %lld of %lld requests well.", options->function, qualifier,
        (long long)(options->count - failed), (long long)options->count);
    json_set_text(facts(), "qualifier", qualifier);
    json_set_double(facts(), "requests", (double)options->count);
    json_set_double(facts(), "failed", (double)failed);
    return failed ? EXIT_FAILED : EXIT_DONE;
}

const struct option_row check_rows[] = {
    FUNCTION_ROW,
    { OPTION_ROW("alias", OPTION_TEXT, alias), .placeholder = "NAME",
      .help = "ask its new version, or the one it has" },
    { OPTION_ROW("qualifier", OPTION_TEXT, qualifier), .placeholder = "VERSION",
      .help = "ask this version or alias" },
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
    static const char *const needs[] = { "function", NULL };
    struct session session;
    int end;
    if (!session_start(&session,
                       "canary check --function NAME --alias NAME|--qualifier VERSION "
                       "[OPTION]...",
                       check_rows, needs, count, arguments, &end))
        return end;
    return session_end(&session, check(&session));
}
