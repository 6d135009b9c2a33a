/*
 * AddPermission, RemovePermission, GetPolicy and their like for layer versions (lambda-api.md
 * section 25).
 */
#include "lambda/function_handlers.h"

const struct operation permission_operations[] = {
    { 0 },
};
