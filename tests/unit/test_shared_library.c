/* shared_library: what was found can be called; what is missing is named. */
#include <cjson/cJSON.h>
#include <string.h>

#include "shared_library.h"
#include "support/suite.h"

#define CJSON_FUNCTIONS(X)                                                                         \
    X(cJSON, Version)                                                                              \
    X(cJSON, IsNull)

static struct {
    CJSON_FUNCTIONS(SHARED_LIBRARY_POINTER)
} cjson_api;

static const char *const names[] = { CJSON_FUNCTIONS(SHARED_LIBRARY_NAME) };

START_TEST(a_library_s_functions_can_be_called)
{
    struct error error = { 0 };
    struct shared_library library = {
        .file = "libcjson.so.1", .names = names, .count = COUNT_OF(names), .functions = &cjson_api
    };
    ck_assert(shared_library_load(&library, &error));
    ck_assert(shared_library_load(&library, &error));
    ck_assert_str_eq(cjson_api.Version(), cJSON_Version());
    ck_assert(cjson_api.IsNull(&(cJSON){ .type = cJSON_NULL }));
}
END_TEST

START_TEST(a_missing_library_is_named_each_time)
{
    struct shared_library library = { .file = "libnobody.so.0" };
    for (int i = 0; i < 2; i++) {
        struct error error = { 0 };
        ck_assert(!shared_library_load(&library, &error));
        ck_assert_ptr_nonnull(strstr(error.message, "libnobody.so.0"));
        error_clear(&error);
    }
}
END_TEST

START_TEST(a_missing_function_is_named)
{
    static const char *const wrong[] = { "cJSON_Version", "cJSON_Nothing" };
    struct error error = { 0 };
    struct shared_library library = {
        .file = "libcjson.so.1", .names = wrong, .count = COUNT_OF(wrong), .functions = &cjson_api
    };
    ck_assert(!shared_library_load(&library, &error));
    ck_assert_str_eq(error.message, "libcjson.so.1 has no cJSON_Nothing");
    error_clear(&error);
}
END_TEST

SUITE("shared_library", a_library_s_functions_can_be_called, a_missing_library_is_named_each_time,
      a_missing_function_is_named)
