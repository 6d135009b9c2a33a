#include "error.h"

#include <stdarg.h>
#include <stdlib.h>

#include "xalloc.h"

bool error_set(struct error *error, const struct fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = xvformat(format, arguments);
    va_end(arguments);
    error_clear(error);
    *error = (struct error){ fault, message };
    return false;
}

bool error_set_silent(struct error *error, const struct fault *fault)
{
    error_clear(error);
    error->fault = fault;
    return false;
}

void error_clear(struct error *error)
{
    free(error->message);
    *error = (struct error){ 0 };
}
