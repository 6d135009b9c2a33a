/*
 * Subscription filters (cloudwatch-api.md section 6.8). Functions are the only destinations.
 */
#include <stdlib.h>

#include "arn.h"
#include "clock.h"
#include "logs/faults.h"
#include "logs/filter_pattern.h"
#include "logs/handlers.h"
#include "xalloc.h"

enum { LIST_MAX = 50 };

/* Before anything is looked for, as AWS does. */
static bool check_account(struct call *call)
{
    struct arn arn;
    return !arn_parse(text_from(json_text(call->input, "destinationArn", "")), &arn) ||
           !text_equal(arn.service, "lambda") || text_equal(arn.account, call->account) ||
           error_set(&call->error, &LOGS_ACCESS_DENIED,
                     "Cross-account lambda invocation passing is not allowed. You must use "
                     "DestinationPolicies to create cross account lambda triggers.");
}

static bool check_destination(struct call *call)
{
    const struct logs_parts *parts = &logs_of(call)->parts;
    const char *destination = json_text(call->input, "destinationArn", "");
    struct arn arn;
    if (!arn_parse(text_from(destination), &arn))
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "destinationArn '%s' is not a valid ARN", destination);
    if (!text_equal(arn.service, "lambda")) {
        bool is_stream = text_equal(arn.service, "kinesis") || text_equal(arn.service, "firehose");
        if (!is_stream && !text_equal(arn.service, "logs"))
            return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                             "PutSubscriptionFilter operation cannot work with destinationArn for "
                             "vendor %.*s",
                             TEXT_ARGS(arn.service));
        if (is_stream && !json_get(call->input, "roleArn"))
            return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                             "destinationArn for vendor %.*s cannot be used without roleArn",
                             TEXT_ARGS(arn.service));
        /* Not "Could not deliver test message ...", which Terraform tries again for five minutes.
         */
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "Coalmine delivers to Lambda functions only, not to vendor %.*s.",
                         TEXT_ARGS(arn.service));
    }
    if (json_get(call->input, "roleArn"))
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "destinationArn for vendor lambda cannot be used with roleArn");
    return parts->has_function(call->account, call->region, destination, parts->owner) ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "Could not execute the lambda function. Make sure you have given CloudWatch "
                     "Logs permission to execute your function.");
}

static bool has_room(struct call *call, int64_t group_id, const char *name)
{
    struct filter_row rows[SUBSCRIPTIONS_MAX];
    size_t count = subscription_list(call->store, group_id, &call->arena, rows);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return count < SUBSCRIPTIONS_MAX ||
           error_set(&call->error, &LOGS_LIMIT_EXCEEDED, "Resource limit exceeded.");
}

static const char *const without_effect[] = { "fieldSelectionCriteria", "emitSystemFields", NULL };

static char *print_configuration(const struct call *call)
{
    CLEANUP(json_deletep) cJSON *configuration = cJSON_CreateObject();
    json_set_text(configuration, "filterPattern", json_text(call->input, "filterPattern", ""));
    json_set_text(configuration, "destinationArn", json_text(call->input, "destinationArn", ""));
    json_set_text(configuration, "distribution",
                  json_text(call->input, "distribution", "ByLogStream"));
    json_set_bool(configuration, "applyOnTransformedLogs",
                  json_bool(call->input, "applyOnTransformedLogs", false));
    members_keep(call, without_effect, configuration);
    return json_print(configuration);
}

static enum outcome put_subscription_filter(struct call *call)
{
    struct log_group group;
    const char *name = json_text(call->input, "filterName", "");
    if (!check_account(call) || !group_read(call, &group) || !group_check_standard(call, &group))
        return OUTCOME_FAULT;
    struct filter_pattern *pattern =
        filter_pattern_parse(text_from(json_text(call->input, "filterPattern", "")), &call->error);
    filter_pattern_destroy(pattern);
    if (!pattern || !check_destination(call) || !has_room(call, group.id, name) ||
        !filter_check_regexes(call, group.id, FILTER_TABLE_SUBSCRIPTION))
        return OUTCOME_FAULT;
    CLEANUP(freep) char *configuration = print_configuration(call);
    filter_keep(call, FILTER_TABLE_SUBSCRIPTION, group.id, configuration);
    return OUTCOME_OK;
}

static enum outcome delete_subscription_filter(struct call *call)
{
    return filter_delete(call, FILTER_TABLE_SUBSCRIPTION);
}

static enum outcome describe_subscription_filters(struct call *call)
{
    struct log_group group;
    struct filter_row rows[SUBSCRIPTIONS_MAX];
    struct text prefix = text_from(json_text(call->input, "filterNamePrefix", ""));
    size_t limit = (size_t)json_int(call->input, "limit", LIST_MAX);
    size_t shown = 0;
    const char *after;
    if (!token_read(call, &after) || !group_read(call, &group) ||
        !group_check_standard(call, &group))
        return OUTCOME_FAULT;
    size_t count = subscription_list(call->store, group.id, &call->arena, rows);
    cJSON *list = json_set_array(call_output(call), "subscriptionFilters");
    for (size_t i = 0; i < count; i++) {
        if (!text_starts_with(text_from(rows[i].name), prefix.data) ||
            strcmp(rows[i].name, after) <= 0)
            continue;
        if (shown++ == limit) {
            token_write(call, rows[i - 1].name);
            break;
        }
        cJSON *item = json_parse(text_from(rows[i].configuration));
        json_set_text(item, "filterName", rows[i].name);
        json_set_text(item, "logGroupName", group.key.name);
        json_set_double(item, "creationTime", (double)rows[i].created_ms);
        cJSON_AddItemToArray(list, item);
    }
    return OUTCOME_OK;
}

static const char *const distributions[] = { "Random", "ByLogStream", NULL };
static const struct field system_field = { .type = FIELD_STRING };
static const struct field put_fields[] = {
    GROUP_NAME_ROW(true),
    FILTER_NAME_ROW("filterName", true),
    FILTER_PATTERN_ROW,
    { .name = "destinationArn", .type = FIELD_STRING, .is_required = true, .length = AT_LEAST(1) },
    { .name = "roleArn", .type = FIELD_STRING, .length = AT_LEAST(1) },
    { .name = "distribution", .type = FIELD_STRING, .values = distributions },
    { .name = "applyOnTransformedLogs", .type = FIELD_BOOLEAN },
    { .name = "fieldSelectionCriteria", .type = FIELD_STRING, .length = BETWEEN(0, 2000) },
    { .name = "emitSystemFields", .type = FIELD_LIST, .item = &system_field },
    { 0 },
};
static const struct field delete_fields[] = { GROUP_NAME_ROW(true),
                                              FILTER_NAME_ROW("filterName", true),
                                              { 0 } };
static const struct field describe_fields[] = { GROUP_NAME_ROW(true),
                                                FILTER_NAME_ROW("filterNamePrefix", false),
                                                TOKEN_ROW,
                                                LIMIT_ROW(LIST_MAX),
                                                { 0 } };

const struct operation subscription_operations[] = {
    { .name = "PutSubscriptionFilter",
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_subscription_filter,
      .note =
          "To Lambda functions. Their permissions are not looked at. A function whose own lines "
          "come back to it is stopped like any other loop. `fieldSelectionCriteria` and "
          "`emitSystemFields` are kept and shown, without effect, and the log says so." },
    { .name = "DeleteSubscriptionFilter",
      .flags = OPERATION_WRITES,
      .input = delete_fields,
      .handle = delete_subscription_filter },
    { .name = "DescribeSubscriptionFilters",
      .input = describe_fields,
      .handle = describe_subscription_filters },
    { 0 },
};
