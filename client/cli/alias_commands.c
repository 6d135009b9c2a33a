/*
 * canary promote, rollback and status: the alias by hand.
 */
#include "clock.h"
#include "aws/cloudwatch_api.h"
#include "cli/command.h"
#include "aws/lambda_api.h"
#include "cli/output.h"

enum { STATUS_WINDOW_MS = 3600000 };

static int fail(struct error *error)
{
    complain("%s", error->message);
    error_clear(error);
    return EXIT_FAILED;
}

static bool get_alias(struct session *session, struct lambda_alias *alias_out, struct error *error)
{
    const struct options *options = &session->options;
    enum alias_found found =
        lambda_get_alias(&session->api, options->function, options->alias, alias_out, error);
    if (found == ALIAS_ABSENT)
        return error_set(error, NULL, "function %s has no alias %s; canary deploy makes it",
                         options->function, options->alias);
    return found == ALIAS_PRESENT;
}

/* Ends a split in favour of one side. */
static int end_split(struct session *session, bool is_promotion)
{
    struct error error = { 0 };
    struct lambda_alias alias;
    const struct options *options = &session->options;
    bool is_stale;
    if (!get_alias(session, &alias, &error))
        return fail(&error);
    if (!*alias.routed_version) {
        say("Alias %s is not split: all traffic goes to version %s. Nothing to do.", options->alias,
            alias.version);
        json_set_text(facts(), "version", alias.version);
        return EXIT_DONE;
    }
    const struct lambda_alias before = alias;
    const char *winner = is_promotion ? before.routed_version : before.version;
    if (!lambda_update_alias(&session->api, options->function, options->alias, &alias, winner, NULL,
                             0, &is_stale, &error))
        return fail(&error);
    say("Alias %s sends all traffic to version %s; version %s gets none (UpdateAlias).",
        options->alias, winner, is_promotion ? before.version : before.routed_version);
    json_set_text(facts(), "version", winner);
    return EXIT_DONE;
}

static bool report_version(struct session *session, const char *version, double share,
                           struct error *error)
{
    struct version_metrics metrics;
    const struct options *options = &session->options;
    int64_t now_ms = clock_true_ms();
    if (!cloudwatch_version_metrics(&session->api, options->function, options->alias, version,
                                    now_ms - STATUS_WINDOW_MS, now_ms, &metrics, error))
        return false;
    say("  %-8s %7.4g %% %12.0f %8.0f", version, 100 * share, metrics.invocations, metrics.errors);
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "version", version);
    json_set_double(item, "weight", share);
    json_set_double(item, "invocations", metrics.invocations);
    json_set_double(item, "errors", metrics.errors);
    cJSON *list = json_get(facts(), "versions");
    cJSON_AddItemToArray(list ? list : json_set_array(facts(), "versions"), item);
    return true;
}

static int status(struct session *session)
{
    struct error error = { 0 };
    struct lambda_alias alias;
    const struct options *options = &session->options;
    if (!get_alias(session, &alias, &error))
        return fail(&error);
    json_set_text(facts(), "function", options->function);
    json_set_text(facts(), "alias", options->alias);
    bool is_split = *alias.routed_version;
    say("Alias %s:%s %s. CloudWatch over the last hour, through this alias:", options->function,
        options->alias, is_split ? "is split between two versions" : "points to one version");
    say("  version     share  invocations   errors");
    if (!report_version(session, alias.version, 1 - alias.weight, &error) ||
        (is_split && !report_version(session, alias.routed_version, alias.weight, &error)))
        return fail(&error);
    return EXIT_DONE;
}

const struct option_row alias_rows[] = { FUNCTION_ROW, ALIAS_ROW, COMMON_ROWS };
static const char *const needs[] = { "function", "alias", NULL };

int promote_command(int count, char **arguments)
{
    struct session session;
    int end;
    if (!session_start(&session, "canary promote --function NAME --alias NAME [OPTION]...",
                       alias_rows, needs, count, arguments, &end))
        return end;
    return session_end(&session, end_split(&session, true));
}

int rollback_command(int count, char **arguments)
{
    struct session session;
    int end;
    if (!session_start(&session, "canary rollback --function NAME --alias NAME [OPTION]...",
                       alias_rows, needs, count, arguments, &end))
        return end;
    return session_end(&session, end_split(&session, false));
}

int status_command(int count, char **arguments)
{
    struct session session;
    int end;
    if (!session_start(&session, "canary status --function NAME --alias NAME [OPTION]...",
                       alias_rows, needs, count, arguments, &end))
        return end;
    return session_end(&session, status(&session));
}
