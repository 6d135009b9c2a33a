/*
 * What can be asked about event source mappings (lambda-api.md section 27.6). None can be made
 * here; tools that only look whether a function has some, or clean up, get a true answer.
 */
#include "lambda/faults.h"
#include "lambda/function_handlers.h"

static enum outcome list_mappings(struct call *call)
{
    const char *after;
    int left;
    if (!list_begin(call, &after, &left))
        return OUTCOME_FAULT;
    json_set_array(call_output(call), "EventSourceMappings");
    return OUTCOME_OK;
}

static enum outcome say_missing(struct call *call)
{
    return call_fault(call, &LAMBDA_RESOURCE_NOT_FOUND,
                      "The resource you requested does not exist.");
}

static const struct field list_fields[] = {
    { .name = "EventSourceArn",
      .type = FIELD_STRING,
      .place = FIELD_IN_QUERY,
      .pattern = ARN_PATTERN },
    { .name = "FunctionName",
      .type = FIELD_STRING,
      .place = FIELD_IN_QUERY,
      .length = BETWEEN(1, 256),
      .pattern = function_name_namespaced_pattern },
    LIST_FIELDS,
    { 0 },
};
static const struct field uuid_fields[] = {
    { .name = "UUID", .type = FIELD_STRING, .place = FIELD_IN_PATH, .is_required = true },
    { 0 },
};

#define ROUTE " /2015-03-31/event-source-mappings"

const struct operation event_source_mapping_operations[] = {
    { .name = "ListEventSourceMappings",
      .route = "GET" ROUTE,
      .input = list_fields,
      .handle = list_mappings,
      .note = "Always empty: CreateEventSourceMapping is not emulated." },
    { .name = "GetEventSourceMapping",
      .route = "GET" ROUTE "/{UUID}",
      .input = uuid_fields,
      .handle = say_missing },
    { .name = "DeleteEventSourceMapping",
      .route = "DELETE" ROUTE "/{UUID}",
      .status = 202,
      .flags = OPERATION_WRITES,
      .input = uuid_fields,
      .handle = say_missing },
    { 0 },
};
