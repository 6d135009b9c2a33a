/*
 * The layers that a function uses: Layers of its configuration. What is stored of each (ARN, size,
 * digest) is enough to go on without the layer version, which may be deleted.
 */
#ifndef COALMINE_LAYER_USE_H
#define COALMINE_LAYER_USE_H

#include <stdbool.h>

#include "compiler.h"
#include "operation/operation.h"

/* Finds the layer versions that the call's Layers name and puts what is stored of each in the
 * place of its ARN. False with the fault: too many, unknown, another region's, one layer twice. */
MUST_CHECK bool layer_use_resolve(struct call *call);

/* Adds Layers as FunctionConfiguration shows them; nothing if there are none. */
void layer_use_write(cJSON *output, const cJSON *configuration);

/* The digests of the layers that the stored or resolved list names, NULL-ended, in the arena; NULL
 * if there are none. */
const char *const *layer_use_digests(struct arena *arena, const cJSON *layers);

#endif
