/*
 * Bubblewrap's arguments, where the bubblewrap of this machine would not show a mistake.
 */
#include "runtime/isolation.h"

#include <string.h>
#include <sys/stat.h>

#include "support/suite.h"

START_TEST(bash_is_mounted_on_what_sh_leads_to)
{
    if (!isolation_program())
        return; /* this machine lets nobody mount */
    const struct isolation_plan plan = {
        .code_directory = "/tmp",
        .runtime_directory = "/tmp",
        .tmp_directory = "/tmp",
    };
    struct string_list arguments = { 0 };
    isolation_add_arguments(&arguments, &plan);
    struct stat place;
    struct stat sh;
    size_t i = 0;
    while (i < arguments.count && strcmp(arguments.items[i], "/bin/bash") != 0)
        i++;
    ck_assert_uint_lt(i + 1, arguments.count);
    ck_assert_int_eq(lstat(arguments.items[i + 1], &place), 0);
    ck_assert_int_eq(stat("/bin/sh", &sh), 0);
    ck_assert(S_ISREG(place.st_mode));
    ck_assert_uint_eq(place.st_ino, sh.st_ino);
    string_list_clear(&arguments);
}
END_TEST

SUITE("isolation", bash_is_mounted_on_what_sh_leads_to)
