/*
 * Event invoke configurations (lambda-api.md section 27.1).
 */
#include "lambda/function_handlers.h"

const struct operation event_invoke_config_operations[] = {
    { 0 },
};
