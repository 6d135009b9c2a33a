/*
 * canary traffic: sends requests through an alias and shows who answered.
 */
#include "cli/command.h"
#include "aws/lambda_api.h"
#include "cli/load.h"
#include "cli/output.h"

static int send_traffic(struct session *session)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda_alias alias = { 0 };
    const struct options *options = &session->options;
    enum alias_found found =
        lambda_get_alias(&session->api, options->function, options->alias, &alias, &error);
    if (found != ALIAS_PRESENT) {
        complain("%s", found == ALIAS_ABSENT ? "the function has no such alias" : error.message);
        return EXIT_FAILED;
    }
    struct load load = { .options = options,
                         .base = alias.version,
                         .canary = alias.routed_version,
                         .weight = alias.weight };
    struct traffic traffic;
    load_run(session, &load, &traffic);
    load_report(&load, &traffic);
    bool is_good = traffic.answered > 0 && traffic.failed == 0;
    traffic_clear(&traffic);
    return is_good ? EXIT_DONE : EXIT_FAILED;
}

static const struct option_row rows[] = {
    FUNCTION_ROW,
    ALIAS_ROW,
    { OPTION_ROW("duration", OPTION_DURATION, duration_ms), .placeholder = "TIME", .initial = "10s",
      .help = "how long to send" },
    TRAFFIC_ROWS,
    COMMON_ROWS,
};

int traffic_command(int count, char **arguments)
{
    static const char *const needs[] = { "function", "alias", NULL };
    struct session session;
    int end;
    if (!session_start(&session, "canary traffic --function NAME --alias NAME [OPTION]...", rows,
                       needs, count, arguments, &end))
        return end;
    return session_end(&session, send_traffic(&session));
}
