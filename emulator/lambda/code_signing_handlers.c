/*
 * Code signing configurations (lambda-api.md section 27.4).
 */
#include "lambda/function_handlers.h"

const struct operation code_signing_operations[] = {
    { 0 },
};
