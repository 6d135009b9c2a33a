/*
 * From the plan to a version that is ready to get traffic.
 */
#include <stdio.h>
#include <stdlib.h>

#include "aws/cloudwatch_api.h"

#include "rollout/job.h"
#include "xalloc.h"

enum { ASK_AGAIN_MS = 500, ASK_LAST_MS = 2000 }; /* each time twice as long */

static enum prepared over(struct job *job, enum canary_verdict verdict, const char *reason,
                          struct canary_outcome *outcome_out)
{
    job_end_early(job, verdict, reason, outcome_out);
    return PREPARED_OVER;
}

/* Nothing is shifted yet, so that there is nothing to take back or to pause. */
static enum prepared failed(struct job *job, enum canary_verdict verdict,
                            struct canary_outcome *outcome_out)
{
    if (world_is_interrupted(&job->world))
        return over(job, CANARY_ROLLED_BACK, "you stopped the deployment", outcome_out);
    return over(job, verdict, job->error.message, outcome_out);
}

/* What is under way ends by itself when the user wants to stop; nothing more is begun. */
static bool goes_on(struct job *job)
{
    return !world_is_interrupted(&job->world) || error_set(&job->error, NULL, "interrupted");
}

/* `sha256_out` is "" without a package. */
static bool upload(struct job *job, char sha256_out[CODE_SHA256_SIZE])
{
    *sha256_out = '\0';
    if (!job->plan->package)
        return true;
    job_notice(job, "Uploading %s, %zu bytes (UpdateFunctionCode).", job->plan->package,
               job->package.size);
    return lambda_update_code(&job->api, job->plan->function, job->package, sha256_out,
                              &job->error);
}

static bool publish(struct job *job)
{
    char sha256[CODE_SHA256_SIZE];
    const struct plan *plan = job->plan;
    if (plan->version) {
        snprintf(job->canary, VERSION_SIZE, "%s", plan->version);
        return lambda_version_ready(&job->api, plan->function, plan->version, &job->error);
    }
    /* What was uploaded is published, not what somebody else has uploaded since. */
    if (!goes_on(job) || !upload(job, sha256) || !goes_on(job) ||
        !lambda_publish(&job->api, plan->function, sha256, job->canary, &job->error))
        return false;
    job_notice(job, "Published version %s (PublishVersion).", job->canary);
    return true;
}

/* What the traffic will send first; NULL with a sentence. The caller owns it. */
static char *health_payload(struct job *job)
{
    const struct plan_traffic *traffic = &job->plan->traffic;
    const char *file = traffic->payload_lines ? traffic->payload_lines : traffic->payload_file;
    struct payloads payloads;
    if (!file)
        return xstrdup(traffic->payload);
    if (!payloads_read(file, traffic->payload_lines != NULL, &payloads, &job->error))
        return NULL;
    char *first = xstrndup(payloads.items[0].data, payloads.items[0].size);
    payloads_clear(&payloads);
    return first;
}

/* Was the version not even asked? Access is denied with the same status to the file system that it
 * wants; and one that hangs has no answer either. */
static bool is_unasked(const struct api_response *response)
{
    const char *code = response->error_code ? response->error_code : "";
    switch (response->status) {
    case 0:
        return response->curl_code != CURLE_OPERATION_TIMEDOUT;
    case 400:
        return strcmp(code, "InvalidRequestContentException") == 0;
    case 403:
        return !strstr(code, "MountFailure");
    case 401:
    case 404:
    case 413:
    case 429:
        return true;
    default:
        return false;
    }
}

/* A version that was just published is not known everywhere at once; and Lambda's own failures may
 * pass. */
static bool may_pass(const struct api_response *response)
{
    return response->status == 404 || response->status == 409 || response->status >= 500;
}

static bool ask(struct job *job, struct text payload, struct api_response *response_out)
{
    const struct patience patience = { job->api.should_stop, job->api.owner, 0 };
    for (int64_t wait_ms = ASK_AGAIN_MS;; wait_ms *= 2) {
        if (lambda_invoke(&job->api, job->plan->function, job->canary, payload, response_out))
            return true;
        if (!may_pass(response_out) || wait_ms > ASK_LAST_MS || !patience_sleep(&patience, wait_ms))
            return false;
        api_response_clear(response_out);
    }
}

/* Asks the new version alone, before any user meets it. *verdict_out is what the deployment comes
 * to if that is not so. */
static bool is_healthy(struct job *job, enum canary_verdict *verdict_out)
{
    CLEANUP(freep) char *payload = health_payload(job);
    bool is_good = payload != NULL;
    int64_t asked = 0;
    *verdict_out = is_good ? CANARY_ROLLED_BACK : CANARY_FAILED;
    for (; is_good && asked < job->plan->health_checks && !world_is_interrupted(&job->world);
         asked++) {
        struct api_response response;
        bool is_answered = ask(job, text_from(payload), &response);
        is_good = is_answered && !response.is_function_error;
        if (!is_answered) {
            api_failure(&response, "invoke the new version", &job->error);
            *verdict_out = is_unasked(&response) ? CANARY_FAILED : CANARY_ROLLED_BACK;
        } else if (!is_good) {
            CLEANUP(freep) char *said = lambda_function_error(&response);
            error_set(&job->error, NULL, "version %s answers with an error: %s", job->canary, said);
        }
        api_response_clear(&response);
    }
    if (is_good && asked > 0)
        job_notice(job, "Version %s, asked %lld times by itself, answers well (Invoke %s:%s).",
                   job->canary, (long long)asked, job->plan->function, job->canary);
    return is_good;
}

static void on_alarm(const char *name, const char *state, const char *reason, void *owner)
{
    evidence_set_alarm(owner, name, state, reason);
}

struct names {
    const char **items;
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0)
            return;
    }
    names->items = xrealloc(names->items, (names->count + 1) * sizeof(*names->items));
    names->items[names->count++] = name;
}

static void add_alarms_of(struct names *names, const struct check *checks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (checks[i].alarm && !checks[i].is_dry_run)
            add_name(names, checks[i].alarm);
    }
}

/* The plan's, in their order, then those that its checks and its steps' look at. */
static struct names list_alarms(const struct plan *plan)
{
    struct names names = { 0 };
    for (size_t i = 0; i < plan->alarm_count; i++)
        add_name(&names, plan->alarms[i]);
    add_alarms_of(&names, plan->checks, plan->check_count);
    for (size_t i = 0; i < plan->step_count; i++)
        add_alarms_of(&names, plan->steps[i].checks, plan->steps[i].check_count);
    return names;
}

/* One that there is not would be found out at a step's end only. */
static bool are_there(struct job *job, const struct evidence *seen, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!evidence_alarm(seen, names->items[i]))
            return error_set(&job->error, NULL, "there is no alarm %s", names->items[i]);
    }
    return true;
}

static bool check_alarm(struct job *job, const struct evidence *seen, const char *name)
{
    const struct alarm_evidence *alarm = evidence_alarm(seen, name);
    if (strcmp(alarm->state, "ALARM") != 0)
        return true;
    if (job->plan->firing_alarms == 0)
        return error_set(&job->error, NULL,
                         "alarm %s fires already, before the start. If this deployment mends that: "
                         "\"alarmsAlreadyFiring\": \"ignore\", or --ignore-firing-alarms",
                         name);
    job_notice(job, "Alarm %s fires already; it counts once it has been well.", name);
    return true;
}

/* What is seen here is what the engine holds later states against. */
static bool check_alarms(struct job *job)
{
    const struct plan *plan = job->plan;
    struct evidence *seen = &job->engine.evidence;
    struct names names = list_alarms(plan);
    bool is_known = names.count == 0 || (cloudwatch_alarms(&job->api, names.items, names.count,
                                                           on_alarm, seen, &job->error) &&
                                         are_there(job, seen, &names));
    free(names.items);
    if (!is_known)
        return false;
    for (size_t i = 0; i < plan->alarm_count; i++) {
        if (!check_alarm(job, seen, plan->alarms[i]))
            return false;
    }
    return true;
}

static enum prepared publish_next(struct job *job, struct canary_outcome *outcome_out)
{
    enum canary_verdict verdict;
    if (!publish(job))
        return failed(job, CANARY_FAILED, outcome_out);
    if (strcmp(job->base, job->canary) == 0) {
        CLEANUP(freep)
        char *reason = xformat("nothing has changed since version %s, which has all the traffic "
                               "already",
                               job->base);
        return over(job, CANARY_UNCHANGED, reason, outcome_out);
    }
    if (!is_healthy(job, &verdict))
        return failed(job, verdict, outcome_out);
    return PREPARED_READY;
}

static enum prepared create_alias(struct job *job, struct canary_outcome *outcome_out)
{
    enum canary_verdict verdict;
    const struct plan *plan = job->plan;
    job_notice(job, "Function %s has no alias %s yet: this is its first deployment.",
               plan->function, plan->alias);
    if (!publish(job))
        return failed(job, CANARY_FAILED, outcome_out);
    if (!is_healthy(job, &verdict))
        return failed(job, verdict, outcome_out);
    if (!goes_on(job))
        return failed(job, CANARY_FAILED, outcome_out);
    if (!lambda_create_alias(&job->api, plan->function, plan->alias, job->canary, &job->error))
        return job->api.was_throttled ? failed(job, CANARY_FAILED, outcome_out)
                                      : over(job, CANARY_FAILED, job->error.message, outcome_out);
    CLEANUP(freep)
    char *reason = xformat("alias %s now points to version %s (CreateAlias); all traffic goes "
                           "there",
                           plan->alias, job->canary);
    return over(job, CANARY_CREATED, reason, outcome_out);
}

static enum prepared prepare_next(struct job *job, struct canary_outcome *outcome_out)
{
    const struct lambda_alias *alias = &job->alias;
    snprintf(job->base, VERSION_SIZE, "%s", alias->version);
    if (*alias->routed_version) {
        error_set(&job->error, NULL,
                  "alias %s is split already: version %s gets %.4g %%. End that deployment first: "
                  "canary promote or canary rollback (canary status shows it)",
                  job->plan->alias, alias->routed_version, 100 * alias->weight);
        return failed(job, CANARY_FAILED, outcome_out);
    }
    job_notice(job, "Alias %s sends all traffic to version %s.", job->plan->alias, job->base);
    return check_alarms(job) ? publish_next(job, outcome_out)
                             : failed(job, CANARY_FAILED, outcome_out);
}

enum prepared job_prepare(struct job *job, struct canary_outcome *outcome_out)
{
    enum alias_found found = lambda_get_alias(&job->api, job->plan->function, job->plan->alias,
                                              &job->alias, &job->error);
    if (found == ALIAS_FAILED)
        return failed(job, CANARY_FAILED, outcome_out);
    return found == ALIAS_PRESENT ? prepare_next(job, outcome_out) : create_alias(job, outcome_out);
}
