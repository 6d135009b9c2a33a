#include "lambda/unsupported.h"

#include "lambda/faults.h"

const char *const unsupported_publish_targets[] = { "LATEST_PUBLISHED", NULL };
const struct field unsupported_opaque_fields[] = { { 0 } };

static const struct field file_system_fields[] = {
    { .name = "Arn",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 200),
      .pattern = "arn:aws[a-zA-Z-]*:elasticfilesystem:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\\d{1}:"
                 "\\d{12}:access-point/fsap-[a-f0-9]{17}" },
    { .name = "LocalMountPath",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 160),
      .pattern = "^/mnt/[a-zA-Z0-9-_.]+$" },
    { 0 },
};
const struct field unsupported_file_system = { .type = FIELD_STRUCTURE,
                                               .members = file_system_fields };

static const struct field text_item = { .type = FIELD_STRING };
const struct field unsupported_image_fields[] = {
    { .name = "EntryPoint", .type = FIELD_LIST, .length = BETWEEN(0, 1500), .item = &text_item },
    { .name = "Command", .type = FIELD_LIST, .length = BETWEEN(0, 1500), .item = &text_item },
    { .name = "WorkingDirectory", .type = FIELD_STRING, .length = BETWEEN(0, 1000) },
    { 0 },
};

static const struct {
    const char *member;
    const char *feature;
} unsupported[] = {
    { "FileSystemConfigs", "file systems" },   { "CapacityProviderConfig", "capacity providers" },
    { "DurableConfig", "durable executions" }, { "TenancyConfig", "tenant isolation" },
    { "PublishTo", "capacity providers" },
};

bool unsupported_check(struct call *call)
{
    const cJSON *image = json_get(call->input, "ImageConfig");
    if (image && image->child) /* AWS's own words are not known */
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Please don't provide ImageConfig when the intended function PackageType "
                         "is Zip.");
    for (size_t i = 0; i < COUNT_OF(unsupported); i++) {
        const cJSON *value = json_get(call->input, unsupported[i].member);
        if (value && !(cJSON_IsArray(value) && !value->child))
            return error_set(&call->error, &LAMBDA_NOT_IMPLEMENTED,
                             "Coalmine does not emulate %s (%s)", unsupported[i].feature,
                             unsupported[i].member);
    }
    return true;
}
