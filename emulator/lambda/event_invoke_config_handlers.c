/*
 * Event invoke configurations (lambda-api.md section 27.1). Put replaces all of it, Update what it
 * names.
 */
#include "lambda/event_invoke_config.h"

#include "arn.h"
#include "clock.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/qualifier.h"
#include "pattern.h"

enum { NONE = -1 };
static const double MS_PER_SECOND = 1000.0;

static void write_destination(cJSON *output, const char *outcome, const char *arn)
{
    json_set_text(json_set_object(output, outcome), "Destination", arn);
}

static void write_config(struct call *call, cJSON *output, const struct function_key *key,
                         const struct event_invoke_config *config)
{
    json_set_double(output, "LastModified", (double)config->modified_ms / MS_PER_SECOND);
    json_set_text(output, "FunctionArn", function_arn(&call->arena, key, config->qualifier));
    if (config->maximum_retry_attempts != NONE)
        json_set_double(output, "MaximumRetryAttempts", config->maximum_retry_attempts);
    if (config->maximum_event_age_s != NONE)
        json_set_double(output, "MaximumEventAgeInSeconds", config->maximum_event_age_s);
    cJSON *destinations = json_set_object(output, "DestinationConfig");
    write_destination(destinations, "OnSuccess", config->on_success);
    write_destination(destinations, "OnFailure", config->on_failure);
}

static bool check_function_destination(struct call *call, const struct function_key *key,
                                       const char *destination)
{
    struct arn arn;
    struct text groups[1];
    if (!arn_parse(text_from(destination), &arn) ||
        !pattern_capture("function:([a-zA-Z0-9-_]+)(?::[$a-zA-Z0-9-_]+)?", arn.resource, groups, 1))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "The destination ARN %s is invalid.", destination);
    struct function_key target = { arena_copy(&call->arena, arn.account),
                                   arena_copy(&call->arena, arn.region),
                                   arena_copy(&call->arena, groups[0]) };
    if (!function_exists(call->store, &target))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "The destination ARN %s is invalid.", destination);
    return !function_key_equal(&target, key) ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "You can't specify the function as a destination for itself.");
}

/* "OnFailure(destination=arn)" or "null", as the service prints its own object. */
static const char *printed(struct call *call, const char *type, const char *arn)
{
    return arn ? arena_format(&call->arena, "%s(destination=%s)", type, arn) : "null";
}

/* Queues and topics are of the function's region; queues of the FIFO kind are none. */
static bool is_reachable(const struct call *call, const struct arn *arn)
{
    bool is_queue = text_equal(arn->service, "sqs");
    if (!is_queue && !text_equal(arn->service, "sns"))
        return text_equal(arn->service, "events");
    return text_equal(arn->region, call->region) &&
           !(is_queue && pattern_matches(".*\\.fifo", arn->resource));
}

static bool check_destination(struct call *call, const struct function_key *key,
                              const struct event_invoke_config *config, const char *destination)
{
    struct arn arn = { 0 };
    bool is_arn = destination && arn_parse(text_from(destination), &arn);
    if (!destination)
        return true;
    if (is_arn && text_equal(arn.service, "lambda"))
        return check_function_destination(call, key, destination);
    if (is_arn && text_equal(arn.service, "sns") && pattern_matches(".*\\.fifo", arn.resource))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "FIFO-type Amazon SNS topics aren't supported as a destination.");
    if (is_arn && is_reachable(call, &arn))
        return true;
    if (is_arn && text_equal(arn.service, "s3") && destination == config->on_failure)
        return true; /* buckets take failures only */
    return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "The provided destination config DestinationConfig(onSuccess=%s, "
                     "onFailure=%s) is invalid.",
                     printed(call, "OnSuccess", config->on_success),
                     printed(call, "OnFailure", config->on_failure));
}

static bool check_destinations(struct call *call, const struct function_key *key,
                               const struct event_invoke_config *config)
{
    return check_destination(call, key, config, config->on_failure) &&
           check_destination(call, key, config, config->on_success);
}

static bool check_options(struct call *call)
{
    return json_get(call->input, "MaximumRetryAttempts") ||
           json_get(call->input, "MaximumEventAgeInSeconds") ||
           json_get(call->input, "DestinationConfig") ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "You must specify at least one of error handling or destination setting.");
}

/* An empty ARN says that there is none. */
static const char *read_destination(const cJSON *destinations, const char *outcome,
                                    const char *fallback)
{
    const char *arn = json_text(json_get(destinations, outcome), "Destination", fallback);
    return arn && *arn ? arn : NULL;
}

static void read_options(struct call *call, struct event_invoke_config *config)
{
    const cJSON *destinations = json_get(call->input, "DestinationConfig");
    config->maximum_retry_attempts =
        (int)json_int(call->input, "MaximumRetryAttempts", config->maximum_retry_attempts);
    config->maximum_event_age_s =
        (int)json_int(call->input, "MaximumEventAgeInSeconds", config->maximum_event_age_s);
    if (destinations) { /* replaced as a whole */
        config->on_success = read_destination(destinations, "OnSuccess", NULL);
        config->on_failure = read_destination(destinations, "OnFailure", NULL);
    }
    config->modified_ms = clock_now_ms();
}

static bool set_function_missing(struct call *call)
{
    return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "The function doesn't exist.");
}

static bool set_config_missing(struct call *call, const struct function_name *name)
{
    return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND,
                     "The function %s doesn't have an EventInvokeConfig",
                     function_arn(&call->arena, &name->key, function_qualifier(name)));
}

static bool begin_write(struct call *call, struct function_name *name_out)
{
    return function_name_read(call, name_out) && check_options(call) &&
           (qualifier_exists(call->store, &name_out->key, name_out->qualifier) ||
            set_function_missing(call));
}

static enum outcome finish_write(struct call *call, const struct function_name *name,
                                 struct event_invoke_config *config)
{
    read_options(call, config);
    if (!check_destinations(call, &name->key, config))
        return OUTCOME_FAULT;
    event_invoke_config_save(call->store, &name->key, config);
    write_config(call, call_output(call), &name->key, config);
    return OUTCOME_OK;
}

static enum outcome put_config(struct call *call)
{
    struct function_name name;
    if (!begin_write(call, &name))
        return OUTCOME_FAULT;
    struct event_invoke_config config = { .qualifier = function_qualifier(&name),
                                          .maximum_retry_attempts = NONE,
                                          .maximum_event_age_s = NONE };
    return finish_write(call, &name, &config);
}

static bool find_config(struct call *call, const struct function_name *name,
                        struct event_invoke_config *config_out)
{
    return event_invoke_config_find(call->store, &name->key, function_qualifier(name), &call->arena,
                                    config_out) ||
           set_config_missing(call, name);
}

static enum outcome update_config(struct call *call)
{
    struct function_name name;
    struct event_invoke_config config;
    if (!begin_write(call, &name) || !find_config(call, &name, &config))
        return OUTCOME_FAULT;
    return finish_write(call, &name, &config);
}

static enum outcome get_config(struct call *call)
{
    struct function_name name;
    struct event_invoke_config config;
    if (!function_name_read(call, &name) || !find_config(call, &name, &config))
        return OUTCOME_FAULT;
    write_config(call, call_output(call), &name.key, &config);
    return OUTCOME_OK;
}

static enum outcome delete_config(struct call *call)
{
    struct function_name name;
    if (!function_name_read(call, &name))
        return OUTCOME_FAULT;
    bool was_there = event_invoke_config_delete(call->store, &name.key, function_qualifier(&name));
    return was_there || set_config_missing(call, &name) ? OUTCOME_OK : OUTCOME_FAULT;
}

static enum outcome list_configs(struct call *call)
{
    struct function_name name;
    struct event_invoke_config config;
    const char *after;
    int left;
    if (!function_name_read(call, &name) || !list_begin(call, &after, &left))
        return OUTCOME_FAULT;
    if (!function_exists(call->store, &name.key)) {
        set_function_missing(call);
        return OUTCOME_FAULT;
    }
    after = after ? after : "";
    cJSON *list = json_set_array(call_output(call), "FunctionEventInvokeConfigs");
    bool has_more;
    while ((has_more =
                event_invoke_config_next(call->store, &name.key, after, &call->arena, &config)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        write_config(call, item, &name.key, &config);
        cJSON_AddItemToArray(list, item);
        after = config.qualifier;
    }
    list_end(call, after, has_more);
    return OUTCOME_OK;
}

#define DESTINATION_PATTERN "$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|" ARN_PATTERN

static const struct field destination_fields[] = {
    { .name = "Destination",
      .type = FIELD_STRING,
      .length = BETWEEN(0, 350),
      .pattern = DESTINATION_PATTERN },
    { 0 },
};
static const struct field destinations_fields[] = {
    { .name = "OnSuccess", .type = FIELD_STRUCTURE, .members = destination_fields },
    { .name = "OnFailure", .type = FIELD_STRUCTURE, .members = destination_fields },
    { 0 },
};
static const struct field write_fields[] = {
    FUNCTION_NAME_FIELD,
    QUALIFIER_FIELD,
    { .name = "MaximumRetryAttempts", .type = FIELD_INTEGER, .range = BETWEEN(0, 2) },
    { .name = "MaximumEventAgeInSeconds", .type = FIELD_INTEGER, .range = BETWEEN(60, 21600) },
    { .name = "DestinationConfig", .type = FIELD_STRUCTURE, .members = destinations_fields },
    { 0 },
};
static const struct field name_fields[] = { FUNCTION_NAME_FIELD, QUALIFIER_FIELD, { 0 } };
static const struct field list_fields[] = { FUNCTION_NAME_FIELD, SHORT_LIST_FIELDS, { 0 } };
static const struct field output_fields[] = {
    { .name = "LastModified", .type = FIELD_TIMESTAMP },
    { 0 },
};
static const struct field output_item = { .type = FIELD_STRUCTURE, .members = output_fields };
static const struct field list_output_fields[] = {
    { .name = "FunctionEventInvokeConfigs", .type = FIELD_LIST, .item = &output_item },
    { 0 },
};

#define ROUTE " /2019-09-25/functions/{FunctionName}/event-invoke-config"

const struct operation event_invoke_config_operations[] = {
    { .name = "PutFunctionEventInvokeConfig",
      .route = "PUT" ROUTE,
      .flags = OPERATION_WRITES,
      .input = write_fields,
      .output = output_fields,
      .handle = put_config,
      .note = "Functions are invoked; what would go to any other destination is shown by `GET "
              "/_coalmine/destinations`." },
    { .name = "UpdateFunctionEventInvokeConfig",
      .route = "POST" ROUTE,
      .flags = OPERATION_WRITES,
      .input = write_fields,
      .output = output_fields,
      .handle = update_config },
    { .name = "GetFunctionEventInvokeConfig",
      .route = "GET" ROUTE,
      .input = name_fields,
      .output = output_fields,
      .handle = get_config },
    { .name = "DeleteFunctionEventInvokeConfig",
      .route = "DELETE" ROUTE,
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = name_fields,
      .handle = delete_config },
    { .name = "ListFunctionEventInvokeConfigs",
      .route = "GET" ROUTE "/list",
      .input = list_fields,
      .output = list_output_fields,
      .handle = list_configs },
    { 0 },
};
