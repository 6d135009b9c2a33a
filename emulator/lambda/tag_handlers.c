/*
 * TagResource, UntagResource, ListTags (lambda-api.md section 27.2).
 */
#include "lambda/function_handlers.h"

const struct operation tag_operations[] = {
    { 0 },
};
