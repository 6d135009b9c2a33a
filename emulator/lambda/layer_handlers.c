/*
 * Layers (lambda-api.md section 27.3).
 */
#include "lambda/function_handlers.h"

const struct operation layer_operations[] = {
    { 0 },
};
