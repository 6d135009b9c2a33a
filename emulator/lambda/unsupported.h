/*
 * Members of requests that belong to features Coalmine lacks. They are refused by name: a function
 * made without what its caller asked for would fail later, and far from the reason.
 */
#ifndef COALMINE_UNSUPPORTED_H
#define COALMINE_UNSUPPORTED_H

#include "compiler.h"
#include "operation/operation.h"

extern const struct field unsupported_file_system_item;
extern const struct field unsupported_capacity_fields[];
extern const struct field unsupported_durable_fields[];
extern const struct field unsupported_tenancy_fields[];
extern const char *const unsupported_publish_targets[];

#define UNSUPPORTED_PUBLISH_FIELD                                                                  \
    {                                                                                              \
        .name = "PublishTo", .type = FIELD_STRING, .values = unsupported_publish_targets           \
    }

/* Of CreateFunction and UpdateFunctionConfiguration. */
#define UNSUPPORTED_FIELDS                                                                         \
    { .name = "FileSystemConfigs",                                                                 \
      .type = FIELD_LIST,                                                                          \
      .length = BETWEEN(0, 1),                                                                     \
      .item = &unsupported_file_system_item },                                                     \
        { .name = "CapacityProviderConfig",                                                        \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = unsupported_capacity_fields },                                                \
    {                                                                                              \
        .name = "DurableConfig", .type = FIELD_STRUCTURE, .members = unsupported_durable_fields    \
    }

/* Of CreateFunction, UpdateFunctionConfiguration, PublishVersion and the invoking operations: false
 * with 501 if the call names one of them; an empty list or object asks for nothing. */
MUST_CHECK bool unsupported_check(struct call *call);

#endif
