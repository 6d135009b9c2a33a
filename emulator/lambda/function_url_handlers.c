/*
 * Function URL configurations (lambda-api.md section 26.1).
 */
#include "lambda/function_handlers.h"

const struct operation function_url_operations[] = {
    { 0 },
};
