#include "admin/admin.h"

#include <stdlib.h>

#include "version.h"

static const struct fault internal_fault = { .code = "InternalError", .status = 500 };
const struct fault admin_bad_request = { .code = "BadRequest", .status = 400 };

static enum outcome health(struct call *call)
{
    const struct admin *admin = call->state;
    cJSON *output = call_output(call);
    json_set_text(output, "status", "ok");
    json_set_text(output, "edition", "coalmine");
    json_set_text(output, "version", COALMINE_VERSION);
    cJSON *services = json_set_object(output, "services");
    for (const struct service *const *service = admin->services; *service; service++)
        json_set_text(services, (*service)->name, "running");
    return OUTCOME_OK;
}

static enum outcome reset(struct call *call)
{
    const struct admin *admin = call->state;
    return admin->reset(admin->owner, &call->error) ? OUTCOME_OK : OUTCOME_FAULT;
}

static enum outcome list_destinations(struct call *call)
{
    const struct admin *admin = call->state;
    json_set(call_output(call), "records", lambda_deliveries(admin->lambda));
    return OUTCOME_OK;
}

static enum outcome list_notifications(struct call *call)
{
    const struct admin *admin = call->state;
    json_set(call_output(call), "notifications", alarms_notifications(admin->alarms));
    return OUTCOME_OK;
}

static enum outcome download_code(struct call *call)
{
    const struct admin *admin = call->state;
    const struct lambda_code_link link = { .account = json_text(call->input, "Account", ""),
                                           .file = json_text(call->input, "File", ""),
                                           .query = json_text(call->input, "Query", "") };
    return lambda_code_download(admin->lambda, call, &link);
}

static const struct field download_fields[] = {
    { .name = "Account", .type = FIELD_STRING, .place = FIELD_IN_PATH },
    { .name = "File", .type = FIELD_STRING, .place = FIELD_IN_PATH },
    { .name = "Query", .type = FIELD_STRING, .place = FIELD_IN_WHOLE_QUERY },
    { 0 },
};

static const struct operation operations[] = {
    { .name = "Health",
      .route = "GET /_coalmine/health",
      .flags = OPERATION_IS_OPEN,
      .handle = health,
      .note = "Is the server up, and which services it has." },
    { .name = "HealthLikeLocalStack",
      .route = "GET /_localstack/health",
      .flags = OPERATION_IS_OPEN,
      .handle = health,
      .note = "The same, for tools that wait for LocalStack." },
    { .name = "Reset",
      .route = "POST /_coalmine/reset",
      .status = 204,
      .handle = reset,
      .note = "Empties everything: functions, versions, aliases, roles, metrics, alarms, logs; the "
              "function of `--workshop` is made anew. The clock is as at the start again, "
              "and so are the draws of aliases with `--seed`. An invocation under way still "
              "answers its caller, and is recorded nowhere." },
    { .name = "ListDestinationRecords",
      .route = "GET /_coalmine/destinations",
      .handle = list_destinations,
      .note =
          "The records that went to destinations of asynchronous invocations and to dead-letter "
          "queues: functions were invoked, all others are kept here only (the newest 10,000)." },
    { .name = "ListNotifications",
      .route = "GET /_coalmine/notifications",
      .handle = list_notifications,
      .note = "What actions of alarms sent: functions were invoked, all others (SNS, EC2, SSM, "
              "Auto Scaling) are kept here only, with the message AWS would send (the newest "
              "10,000)." },
    { .name = "DownloadCode",
      .route = "GET /snapshots/{Account}/{File}",
      .flags = OPERATION_RAW_PAYLOAD | OPERATION_IS_OPEN, /* the link has its own signature */
      .input = download_fields,
      .handle = download_code,
      .note = "What GetFunction's Code.Location and a layer's Content.Location point to; the link "
              "expires after 10 minutes." },
    { 0 },
};

static const struct operation *const slices[] = { operations, admin_attachment_operations,
                                                  admin_clock_operations, admin_explain_operations,
                                                  NULL };

const struct service admin_service = {
    .name = "coalmine",
    .title = "Coalmine's own endpoints",
    .protocols = PROTOCOL_REST_JSON,
    .message_key = "message",
    .validation_style = VALIDATION_CORAL,
    .validation_fault = &admin_bad_request,
    .serialization_fault = &admin_bad_request,
    .internal_fault = &internal_fault,
    .body_ceiling = 64 * 1024,
    .refuses_unknown = true,
    .operations = slices,
};
