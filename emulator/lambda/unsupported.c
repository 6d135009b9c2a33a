#include "lambda/unsupported.h"

#include "lambda/faults.h"

static const struct field file_system_fields[] = {
    { .name = "Arn",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 256),
      .pattern = "arn:aws[a-zA-Z-]*:elasticfilesystem:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\\d{1}:"
                 "\\d{12}:access-point/fsap-[a-f0-9]{17}$|^arn:aws[-a-z]*:s3files:[0-9a-z-:]+:"
                 "file-system/fs-[0-9a-f]{17,40}/access-point/fsap-[0-9a-f]{17,40}" },
    { .name = "LocalMountPath",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 160),
      .pattern = "/mnt/[a-zA-Z0-9-_.]+" },
    { 0 },
};
const struct field unsupported_file_system_item = { .type = FIELD_STRUCTURE,
                                                    .members = file_system_fields };
static const struct field managed_instances_fields[] = {
    { .name = "CapacityProviderArn",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 140),
      .pattern = "arn:aws[a-zA-Z-]*:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:"
                 "capacity-provider:[a-zA-Z0-9-_]+" },
    { 0 },
};
const struct field unsupported_capacity_fields[] = {
    { .name = "LambdaManagedInstancesCapacityProviderConfig",
      .type = FIELD_STRUCTURE,
      .is_required = true,
      .members = managed_instances_fields },
    { 0 },
};
const struct field unsupported_durable_fields[] = {
    { .name = "RetentionPeriodInDays", .type = FIELD_INTEGER, .range = BETWEEN(1, 90) },
    { .name = "ExecutionTimeout", .type = FIELD_INTEGER, .range = BETWEEN(1, 31622400) },
    { 0 },
};
static const char *const isolation_modes[] = { "PER_TENANT", NULL };
const struct field unsupported_tenancy_fields[] = {
    { .name = "TenantIsolationMode",
      .type = FIELD_STRING,
      .is_required = true,
      .values = isolation_modes },
    { 0 },
};
const char *const unsupported_publish_targets[] = { "LATEST_PUBLISHED", NULL };

static const struct {
    const char *member;
    const char *feature;
} rows[] = {
    { "FileSystemConfigs", "file systems" },
    { "CapacityProviderConfig", "capacity providers" },
    { "PublishTo", "capacity providers" },
    { "DurableConfig", "durable executions" },
    { "TenancyConfig", "tenant isolation" },
    { "TenantId", "tenant isolation" },
    { "DurableExecutionName", "durable executions" },
};

static bool is_empty(const cJSON *value)
{
    return (cJSON_IsArray(value) || cJSON_IsObject(value)) && !value->child;
}

bool unsupported_check(struct call *call)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const cJSON *value = json_get(call->input, rows[i].member);
        if (value && !is_empty(value))
            return error_set(&call->error, &LAMBDA_NOT_IMPLEMENTED,
                             "Coalmine does not emulate %s (%s)", rows[i].feature, rows[i].member);
    }
    return true;
}
