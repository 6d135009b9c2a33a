/*
 * canary deploy: the whole canary, step by step. Every change of the alias carries the RevisionId
 * that was read, so nobody else's change is ever overwritten; whatever ends the deployment
 * before its promotion takes the weights back.
 */
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "aws/cloudwatch_api.h"
#include "cli/command.h"
#include "aws/lambda_api.h"
#include "cli/load.h"
#include "cli/output.h"
#include "aws/package.h"
#include "xalloc.h"

enum { HEALTH_CHECKS = 3, METRICS_WAIT_LOCAL_MS = 2000, METRICS_WAIT_AWS_MS = 180000 };

struct deployment {
    struct session *session;
    const struct options *options;
    struct lambda_alias alias;
    char version[24]; /* the new one */
    struct error error;
};

static bool upload(struct deployment *deployment)
{
    const struct options *options = deployment->options;
    size_t size;
    if (!options->package)
        return true;
    CLEANUP(freep) char *zip = package_load(options->package, &size, &deployment->error);
    if (!zip)
        return false;
    say("Uploading %s, %zu bytes (UpdateFunctionCode).", options->package, size);
    return lambda_update_code(&deployment->session->api, options->function,
                              (struct text){ zip, size }, &deployment->error);
}

static bool publish(struct deployment *deployment)
{
    if (!upload(deployment) ||
        !lambda_publish(&deployment->session->api, deployment->options->function,
                        deployment->version, &deployment->error))
        return false;
    say("Published version %s (PublishVersion).", deployment->version);
    json_set_text(facts(), "version", deployment->version);
    return true;
}

static int fail(struct deployment *deployment)
{
    complain("%s", deployment->error.message);
    json_set_text(facts(), "decision", "failed");
    return EXIT_FAILED;
}

static int deploy_first(struct deployment *deployment)
{
    const struct options *options = deployment->options;
    say("Function %s has no alias %s yet: this is its first deployment.", options->function,
        options->alias);
    if (!publish(deployment) ||
        !lambda_create_alias(&deployment->session->api, options->function, options->alias,
                             deployment->version, &deployment->error))
        return fail(deployment);
    say("Alias %s now points to version %s (CreateAlias). All traffic goes there.", options->alias,
        deployment->version);
    json_set_text(facts(), "decision", "created");
    return EXIT_DONE;
}

/* Asks the new version alone, before any user meets it. */
static bool check_health(struct deployment *deployment)
{
    struct session *session = deployment->session;
    for (int i = 0; i < HEALTH_CHECKS; i++) {
        struct api_response response;
        bool is_answered =
            lambda_invoke(&session->api, deployment->options->function, deployment->version,
                          text_from(session->payload), &response);
        bool is_healthy = is_answered && !response.is_function_error;
        if (!is_answered)
            api_failure(&response, "invoke the new version", &deployment->error);
        else if (!is_healthy)
            error_set(&deployment->error, NULL, "version %s answers with an error: %.300s",
                      deployment->version, buffer_text(&response.body).data);
        api_response_clear(&response);
        if (!is_healthy)
            return false;
    }
    say("Version %s, asked %d times by itself, answers well (Invoke %s:%s).", deployment->version,
        HEALTH_CHECKS, deployment->options->function, deployment->version);
    return true;
}

static bool set_alias(struct deployment *deployment, const char *version, const char *routed,
                      double weight)
{
    bool is_stale;
    const struct options *options = deployment->options;
    return lambda_update_alias(&deployment->session->api, options->function, options->alias,
                               &deployment->alias, version, routed, weight, &is_stale,
                               &deployment->error);
}

static int roll_back(struct deployment *deployment, const char *base, const char *reason)
{
    say("Rolling back: %s.", reason);
    json_set_text(facts(), "reason", reason);
    if (*deployment->alias.routed_version && !set_alias(deployment, base, NULL, 0)) {
        say("THE ROLLBACK FAILED: alias %s may still send traffic to version %s. See canary "
            "status, then canary rollback.",
            deployment->options->alias, deployment->version);
        return fail(deployment);
    }
    say("All traffic goes to version %s, as before (UpdateAlias, no weights).", base);
    json_set_text(facts(), "decision", "rolled back");
    return EXIT_ROLLED_BACK;
}

static void sleep_ms(long ms)
{
    struct timespec wait = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&wait, NULL);
}

/* CloudWatch lags behind on AWS: waits until it has counted what was sent, or long enough. */
static bool read_metrics(struct deployment *deployment, int64_t start_ms, unsigned expected,
                         struct version_metrics *metrics_out)
{
    const struct options *options = deployment->options;
    struct api *api = &deployment->session->api;
    int64_t wait_ms = api->profile.is_local ? METRICS_WAIT_LOCAL_MS : METRICS_WAIT_AWS_MS;
    int64_t deadline_us = clock_monotonic_us() + wait_ms * 1000;
    for (;;) {
        if (!cloudwatch_version_metrics(api, options->function, options->alias, deployment->version,
                                        start_ms, clock_true_ms(), metrics_out, &deployment->error))
            return false;
        if (metrics_out->invocations >= expected || clock_monotonic_us() > deadline_us ||
            is_interrupted())
            return true;
        sleep_ms(wait_ms / 20);
    }
}

static void report_metrics(const struct deployment *deployment,
                           const struct version_metrics *metrics)
{
    const struct options *options = deployment->options;
    say("CloudWatch counted for FunctionName=%s, Resource=%s:%s, ExecutedVersion=%s: Invocations "
        "%.0f, Errors %.0f (GetMetricData).",
        options->function, options->function, options->alias, deployment->version,
        metrics->invocations, metrics->errors);
    cJSON *item = json_set_object(facts(), "cloudWatch");
    json_set_double(item, "invocations", metrics->invocations);
    json_set_double(item, "errors", metrics->errors);
}

/* The final word: what canary saw itself and what CloudWatch counted, whichever is worse. */
static struct judgement decide(struct deployment *deployment, const struct load *load,
                               const struct traffic *traffic, int64_t start_ms)
{
    struct observation seen = load_observation(load, traffic);
    struct version_metrics metrics = { 0 };
    if (load->judgement.verdict != VERDICT_CONTINUE)
        return load->judgement;
    if (!read_metrics(deployment, start_ms, seen.requests, &metrics)) {
        struct judgement judgement = { .verdict = VERDICT_INCONCLUSIVE };
        snprintf(judgement.reason, sizeof(judgement.reason), "%.300s", deployment->error.message);
        return judgement;
    }
    report_metrics(deployment, &metrics);
    if (metrics.errors > seen.errors && metrics.invocations >= metrics.errors) {
        seen.errors = (unsigned)metrics.errors;
        seen.requests = (unsigned)metrics.invocations;
    }
    return judge_final(&seen, load->policy);
}

static int promote(struct deployment *deployment, const char *base)
{
    if (!set_alias(deployment, deployment->version, NULL, 0))
        return fail(deployment);
    say("Promoted: alias %s sends all traffic to version %s; it was %s (UpdateAlias, no weights).",
        deployment->options->alias, deployment->version, base);
    json_set_text(facts(), "decision", "promoted");
    return EXIT_DONE;
}

static int observe(struct deployment *deployment, const char *base)
{
    const struct options *options = deployment->options;
    const struct policy policy = { options->weight, options->max_error_rate,
                                   (unsigned)options->min_requests };
    struct load load = { .options = options,
                         .base = base,
                         .canary = deployment->version,
                         .weight = options->weight,
                         .policy = &policy };
    struct traffic traffic;
    int64_t start_ms = clock_true_ms();
    say("Sending %.4g requests a second through the alias for %lld s.", options->rate,
        (long long)(options->duration_ms / 1000));
    load_run(deployment->session, &load, &traffic);
    load_report(&load, &traffic);
    struct judgement judgement = decide(deployment, &load, &traffic, start_ms);
    bool stopped_by_user = is_interrupted();
    traffic_clear(&traffic);
    json_set_text(facts(), "verdict", verdict_name(judgement.verdict));
    if (stopped_by_user)
        return roll_back(deployment, base, "you stopped the deployment");
    if (judgement.verdict != VERDICT_PROMOTE)
        return roll_back(deployment, base, judgement.reason);
    say("Good: %s.", judgement.reason);
    json_set_text(facts(), "reason", judgement.reason);
    return promote(deployment, base);
}

static int deploy_next(struct deployment *deployment)
{
    const struct options *options = deployment->options;
    CLEANUP(freep) char *base = xstrdup(deployment->alias.version);
    if (*deployment->alias.routed_version) {
        error_set(&deployment->error, NULL,
                  "alias %s is split already: version %s gets %.4g %%. End that deployment first: "
                  "canary promote or canary rollback (canary status shows it)",
                  options->alias, deployment->alias.routed_version, 100 * deployment->alias.weight);
        return fail(deployment);
    }
    say("Alias %s sends all traffic to version %s.", options->alias, base);
    json_set_text(facts(), "baseVersion", base);
    if (!publish(deployment))
        return fail(deployment);
    if (strcmp(base, deployment->version) == 0) {
        say("Nothing has changed since version %s, which has all the traffic already. Done.", base);
        json_set_text(facts(), "decision", "unchanged");
        return EXIT_DONE;
    }
    if (!check_health(deployment)) {
        CLEANUP(freep) char *reason = xstrdup(deployment->error.message);
        return roll_back(deployment, base, reason);
    }
    if (!set_alias(deployment, base, deployment->version, options->weight))
        return fail(deployment);
    say("Shifted %.4g %% of the traffic to version %s (UpdateAlias, AdditionalVersionWeights).",
        100 * options->weight, deployment->version);
    return observe(deployment, base);
}

static int deploy(struct session *session)
{
    struct deployment deployment = { .session = session, .options = &session->options };
    const struct options *options = &session->options;
    json_set_text(facts(), "function", options->function);
    json_set_text(facts(), "alias", options->alias);
    json_set_double(facts(), "weight", options->weight);
    enum alias_found found = lambda_get_alias(&session->api, options->function, options->alias,
                                              &deployment.alias, &deployment.error);
    int status = found == ALIAS_PRESENT  ? deploy_next(&deployment)
                 : found == ALIAS_ABSENT ? deploy_first(&deployment)
                                         : fail(&deployment);
    error_clear(&deployment.error);
    return status;
}

const struct option_row deploy_rows[] = {
    FUNCTION_ROW,
    ALIAS_ROW,
    { OPTION_ROW("package", OPTION_TEXT, package), .placeholder = "ZIP-OR-FOLDER",
      .help = "upload this first; without it $LATEST is published as it is" },
    { OPTION_ROW("weight", OPTION_FRACTION, weight), .placeholder = "SHARE", .initial = "10%",
      .help = "of the traffic for the new version" },
    { OPTION_ROW("duration", OPTION_DURATION, duration_ms), .placeholder = "TIME", .initial = "5m",
      .help = "how long the canary is watched" },
    { OPTION_ROW("max-error-rate", OPTION_FRACTION, max_error_rate), .placeholder = "SHARE",
      .initial = "1%", .help = "of failed requests that is still good" },
    { OPTION_ROW("min-requests", OPTION_INTEGER, min_requests), .placeholder = "N", .initial = "10",
      .help = "to the new version, to say anything" },
    TRAFFIC_ROWS,
    COMMON_ROWS,
};

int deploy_command(int count, char **arguments)
{
    static const char *const needs[] = { "function", "alias", NULL };
    struct session session;
    int status;
    if (!session_start(&session,
                       "canary deploy --function NAME --alias NAME [--package ZIP-OR-FOLDER] "
                       "[OPTION]...",
                       deploy_rows, needs, count, arguments, &status))
        return status;
    return session_end(&session, deploy(&session));
}
