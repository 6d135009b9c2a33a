/*
 * Runtime management and recursion configurations (lambda-api.md section 27.5).
 */
#include "lambda/function_handlers.h"

const struct operation runtime_management_operations[] = {
    { 0 },
};
