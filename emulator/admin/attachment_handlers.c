/*
 * Environments that the developer runs himself: /_coalmine/attachments.
 */
#include "admin/admin.h"
#include "lambda/function_name.h"

static enum outcome attach(struct call *call)
{
    const struct admin *admin = call->state;
    return lambda_attach(admin->lambda, call);
}

static enum outcome renew(struct call *call)
{
    const struct admin *admin = call->state;
    return lambda_renew_attachment(admin->lambda, call);
}

static enum outcome detach(struct call *call)
{
    const struct admin *admin = call->state;
    return lambda_detach(admin->lambda, call);
}

static enum outcome list(struct call *call)
{
    const struct admin *admin = call->state;
    return lambda_list_attachments(admin->lambda, call);
}

static const struct field attach_fields[] = {
    { .name = "FunctionName",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 256),
      .pattern = function_name_namespaced_pattern },
    { .name = "Qualifier",
      .type = FIELD_STRING,
      .length = BETWEEN(1, 128),
      .pattern = function_qualifier_pattern },
    { .name = "LeaseSeconds", .type = FIELD_INTEGER, .range = BETWEEN(1, 86400) },
    { 0 },
};
static const struct field id_fields[] = {
    { .name = "Id", .type = FIELD_STRING, .place = FIELD_IN_PATH }, { 0 }
};

const struct operation admin_attachment_operations[] = {
    { .name = "Attach",
      .route = "POST /_coalmine/attachments",
      .status = 201,
      .input = attach_fields,
      .handle = attach,
      .note = "A Runtime API address for a process of your own, and its variables; what "
              "`coalmine attach` uses (docs/functions.md). `{\"FunctionName\": ..., "
              "\"Qualifier\": ..., \"LeaseSeconds\": ...}`; with a lease it ends unless renewed." },
    { .name = "ListAttachments",
      .route = "GET /_coalmine/attachments",
      .handle = list,
      .note = "Each with its process (absent, waiting, busy) and the invocations that wait." },
    { .name = "RenewAttachment",
      .route = "POST /_coalmine/attachments/{Id}",
      .input = id_fields,
      .handle = renew,
      .note = "The lease begins anew." },
    { .name = "Detach",
      .route = "DELETE /_coalmine/attachments/{Id}",
      .status = 204,
      .input = id_fields,
      .handle = detach,
      .note = "Its invocation fails with Runtime.ExitError, those that wait run in ordinary "
              "environments." },
    { 0 },
};
