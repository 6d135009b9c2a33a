#include "widget/cairo_api.h"

struct cairo_api cairo_api;

static const char *const names[] = { CAIRO_FUNCTIONS(SHARED_LIBRARY_NAME) };

bool cairo_api_load(struct error *error)
{
    static struct shared_library library = {
        .file = "libcairo.so.2", .names = names, .count = COUNT_OF(names), .functions = &cairo_api
    };
    return shared_library_load(&library, error);
}
