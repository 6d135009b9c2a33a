/*
 * Hooks in the real world: a Lambda function, a command, an HTTP call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "aws/http.h"
#include "clock.h"
#include "options.h"
#include "rollout/command.h"
#include "rollout/world.h"
#include "xalloc.h"

enum { OUTPUT_MAX = 65536, US_PER_MS = 1000 };

/* Keeps the end, which says why, without the line feed at its end. */
static void keep_output(struct hook_result *result, struct text output)
{
    while (output.size && output.data[output.size - 1] == '\n')
        output.size--;
    size_t room = sizeof(result->output) - 1;
    if (output.size > room) {
        output.data += output.size - room;
        output.size = room;
        while (output.size && !text_begins_character(*output.data)) {
            output.data++; /* not from within a character */
            output.size--;
        }
    }
    snprintf(result->output, sizeof(result->output), "%.*s", TEXT_ARGS(output));
    text_mend_utf8(result->output);
}

/* A function that answers says no with {"status": "Failed"}, as CodeDeploy's hooks do. */
static bool says_no(struct text body)
{
    CLEANUP(json_deletep) cJSON *answer = json_parse(body);
    return strcasecmp(json_text(answer, "status", ""), "Failed") == 0;
}

/* Why there is no answer; the caller owns it. */
static char *silence_of(const struct hook *hook, int64_t begun_us,
                        const struct api_response *response)
{
    CLEANUP(error_clear) struct error error = { 0 };
    char time[DURATION_SIZE];
    duration_print(hook->timeout_ms, time);
    if (clock_monotonic_us() - begun_us >= hook->timeout_ms * US_PER_MS)
        return xformat("it took too long: there was no answer within %s, its timeout", time);
    api_failure(response, "invoke the hook", &error);
    return xstrdup(error.message);
}

static void run_lambda(struct world *world, const struct hook *hook, struct text payload,
                       struct hook_result *result)
{
    struct api_response response;
    int64_t begun_us = clock_monotonic_us();
    bool is_answered = lambda_invoke_within(world->api, hook->lambda, NULL, payload,
                                            (long)hook->timeout_ms, &response);
    result->is_good =
        is_answered && !response.is_function_error && !says_no(buffer_text(&response.body));
    CLEANUP(freep) char *silence = is_answered ? NULL : silence_of(hook, begun_us, &response);
    keep_output(result, silence ? text_from(silence) : buffer_text(&response.body));
    api_response_clear(&response);
}

/* Why a URL says no may be in its answer; a page for browsers is none. The caller owns it. */
static char *refusal_of(struct text answer, const char *failure)
{
    struct text words = text_trimmed(answer);
    bool is_worth_it = words.size && *words.data != '<';
    return is_worth_it ? xformat("%.*s\n%s", TEXT_ARGS(words), failure) : xstrdup(failure);
}

static void run_http(const struct hook *hook, struct http_call *call, struct text payload,
                     struct hook_result *result)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(buffer_clear) struct buffer answer = { 0 };
    call->url = hook->url;
    call->method = hook->method;
    call->timeout_ms = (long)hook->timeout_ms;
    call->body = payload;
    result->is_good = http_perform(call, &answer, &error);
    CLEANUP(freep)
    char *refusal = result->is_good ? NULL : refusal_of(buffer_text(&answer), error.message);
    keep_output(result, refusal ? text_from(refusal) : buffer_text(&answer));
}

/* What a command finds in its environment. */
static const struct {
    const char *variable;
    const char *member;
} variables[] = {
    { "CANARY_DEPLOYMENT", "deploymentId" },
    { "CANARY_FUNCTION", "function" },
    { "CANARY_ALIAS", "alias" },
    { "CANARY_VERSION", "version" },
    { "CANARY_BASE_VERSION", "baseVersion" },
    { "CANARY_WEIGHT", "weight" },
    { "CANARY_STATUS", "status" },
    { "CANARY_REASON", "reason" },
    { "CANARY_EVENT", "event" },
    { "CANARY_WHEN", "when" },
};

static char *make_variable(const char *variable, const cJSON *value)
{
    if (cJSON_IsString(value))
        return xformat("%s=%s", variable, value->valuestring);
    return cJSON_IsNumber(value) ? xformat("%s=%.10g", variable, value->valuedouble)
                                 : xformat("%s=", variable);
}

static void run_command(struct command *command, const struct hook *hook, const cJSON *context,
                        struct text payload, struct hook_result *result)
{
    char *extras[COUNT_OF(variables) + 1] = { NULL };
    CLEANUP(buffer_clear) struct buffer output;
    buffer_init(&output, OUTPUT_MAX);
    for (size_t i = 0; i < COUNT_OF(variables); i++)
        extras[i] = make_variable(variables[i].variable, json_get(context, variables[i].member));
    command->line = hook->command;
    command->input = payload;
    command->extras = (const char *const *)extras;
    command->timeout_ms = hook->timeout_ms;
    result->is_good = command_run(command, &output);
    keep_output(result, buffer_text(&output));
    for (size_t i = 0; i < COUNT_OF(variables); i++)
        free(extras[i]);
}

void world_run_hook(void *owner, const struct hook *hook, const cJSON *context,
                    struct hook_result *result_out)
{
    struct world *world = owner;
    CLEANUP(freep) char *printed = json_print(context);
    struct text payload = text_from(hook->payload ? hook->payload : printed);
    /* One that begins after Ctrl-C (a notification of the rollback) is not ended by it. */
    bool (*should_stop)(void *) = world_is_interrupted(world) ? NULL : world_is_interrupted;
    struct http_call call = { .should_stop = should_stop, .owner = world };
    struct command command = { .should_stop = should_stop, .owner = world };
    int64_t begun_us = clock_monotonic_us();
    *result_out = (struct hook_result){ 0 };
    switch (hook->kind) {
    case HOOK_LAMBDA:
        run_lambda(world, hook, payload, result_out);
        break;
    case HOOK_HTTP:
        run_http(hook, &call, payload, result_out);
        break;
    case HOOK_COMMAND:
        run_command(&command, hook, context, payload, result_out);
        break;
    }
    result_out->duration_ms = (clock_monotonic_us() - begun_us) / US_PER_MS;
}
