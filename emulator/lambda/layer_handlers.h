/*
 * How calls name a layer and a version of it: for the files of layers' operations.
 */
#ifndef COALMINE_LAYER_HANDLERS_H
#define COALMINE_LAYER_HANDLERS_H

#include "lambda/layer.h"
#include "operation/operation.h"

#define LAYER_NAME_FIELD                                                                           \
    {                                                                                              \
        .name = "LayerName", .type = FIELD_STRING, .place = FIELD_IN_PATH, .is_required = true,    \
        .length = BETWEEN(1, 140), .pattern = layer_name_pattern                                   \
    }
#define VERSION_NUMBER_FIELD                                                                       \
    {                                                                                              \
        .name = "VersionNumber", .type = FIELD_INTEGER, .place = FIELD_IN_PATH,                    \
        .is_required = true                                                                        \
    }

/* LayerName: a name, or the layer's ARN. False with the fault. */
MUST_CHECK bool layer_name_read(struct call *call, struct function_key *key_out);

#endif
