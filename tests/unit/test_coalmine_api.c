/* coalmine_api: what only Coalmine has is asked of nobody else. */
#include "aws/coalmine_api.h"

#include "support/suite.h"

START_TEST(elsewhere_there_is_no_such_thing)
{
    char far[] = "https://far.away";
    struct api api = { .profile = { .cloudwatch_endpoint = far } };
    struct error error = { 0 };
    ck_assert_ptr_null(coalmine_call(&api, "clock", NULL, NULL, &error));
    ck_assert_str_eq(error.message, "only Coalmine has this, and https://far.away is not on this "
                                    "machine");
    error_clear(&error);
}
END_TEST

SUITE("coalmine_api", elsewhere_there_is_no_such_thing)
