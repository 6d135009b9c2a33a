/*
 * Bubblewrap's arguments, where the bubblewrap of this machine would not show a mistake.
 */
#include "runtime/isolation.h"

#include <string.h>
#include <sys/stat.h>

#include "compiler.h"
#include "support/suite.h"
#include "text.h"

/* The index of what stands behind the option; fails if it is not there. */
static size_t find_operand(const struct string_list *arguments, const char *option)
{
    size_t i = 0;
    while (i < arguments->count && strcmp(arguments->items[i], option) != 0)
        i++;
    ck_assert_uint_lt(i + 1, arguments->count);
    return i + 1;
}

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
    size_t i = find_operand(&arguments, "/bin/bash");
    ck_assert_int_eq(lstat(arguments.items[i], &place), 0);
    ck_assert_int_eq(stat("/bin/sh", &sh), 0);
    ck_assert(S_ISREG(place.st_mode));
    ck_assert_uint_eq(place.st_ino, sh.st_ino);
    string_list_clear(&arguments);
}
END_TEST

START_TEST(what_was_put_together_is_shown_in_one_piece_unless_there_is_more)
{
    static const struct {
        const char *interpreter;
        const char *place; /* of the first thing that is bound with its devices */
    } cases[] = {
        { NULL, "/" },
        { "/usr/bin/env", "/" },
        { "/etc/passwd", "/dev" }, /* outside of what is shown: bubblewrap makes its directories */
    };
    for (size_t i = 0; i < COUNT_OF(cases) && isolation_program(); i++) {
        const struct isolation_plan plan = {
            .code_directory = "/tmp",
            .runtime_directory = "/tmp",
            .tmp_directory = "/tmp",
            .system_root = "/root-1",
            .interpreter = cases[i].interpreter,
        };
        struct string_list arguments = { 0 };
        isolation_add_arguments(&arguments, &plan);
        size_t at = find_operand(&arguments, "--dev-bind");
        ck_assert(text_starts_with(text_from(arguments.items[at]), "/root-1"));
        ck_assert_str_eq(arguments.items[at + 1], cases[i].place);
        string_list_clear(&arguments);
    }
}
END_TEST

SUITE("isolation", bash_is_mounted_on_what_sh_leads_to,
      what_was_put_together_is_shown_in_one_piece_unless_there_is_more)
