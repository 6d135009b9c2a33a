/*
 * Members of functions that belong to features which are not emulated. They are declared so that
 * they are refused by name: left out in silence, a function would seem to have what it has not.
 */
#ifndef COALMINE_UNSUPPORTED_H
#define COALMINE_UNSUPPORTED_H

#include "operation/operation.h"

/* For the rows of CreateFunction and UpdateFunctionConfiguration. */
#define UNSUPPORTED_FIELDS                                                                         \
    { .name = "FileSystemConfigs",                                                                 \
      .type = FIELD_LIST,                                                                          \
      .length = BETWEEN(0, 1),                                                                     \
      .item = &unsupported_file_system },                                                          \
        { .name = "ImageConfig", .type = FIELD_STRUCTURE, .members = unsupported_image_fields },   \
        { .name = "CapacityProviderConfig",                                                        \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = unsupported_opaque_fields },                                                  \
        { .name = "DurableConfig",                                                                 \
          .type = FIELD_STRUCTURE,                                                                 \
          .members = unsupported_opaque_fields },                                                  \
    {                                                                                              \
        .name = "TenancyConfig", .type = FIELD_STRUCTURE, .members = unsupported_opaque_fields     \
    }
/* For those of CreateFunction, UpdateFunctionCode and PublishVersion. */
#define PUBLISH_TO_FIELD                                                                           \
    {                                                                                              \
        .name = "PublishTo", .type = FIELD_STRING, .values = unsupported_publish_targets           \
    }

extern const struct field unsupported_file_system;
extern const struct field unsupported_image_fields[];
extern const struct field unsupported_opaque_fields[];
extern const char *const unsupported_publish_targets[];

/* False with the fault if the call asks for such a feature. An empty list or ImageConfig asks for
 * nothing. */
MUST_CHECK bool unsupported_check(struct call *call);

#endif
