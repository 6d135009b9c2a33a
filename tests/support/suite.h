/*
 * A unit test program in one line: SUITE("text", first_test, second_test, ...). Check runs each
 * test in its own process.
 */
#ifndef COALMINE_SUITE_H
#define COALMINE_SUITE_H

#include <check.h>
#include <stdlib.h>

#include "compiler.h"
#include "log.h"
#include "random.h"

static inline int suite_run(const char *name, const TTest *const *tests, size_t count)
{
    log_set_level(LOG_LEVEL_ERROR); /* warnings are what many tests are about */
    random_set_seed(1);             /* the same numbers in every run */
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 600); /* ends what hangs, not what waits for a busy machine */
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define SUITE(name, ...)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *tests[] = { __VA_ARGS__ };                                                    \
        return suite_run(name, tests, COUNT_OF(tests));                                            \
    }

#endif
