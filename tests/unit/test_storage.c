/* storage: a /tmp of a given size that outlives the processes of its environment. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/isolation.h"
#include "runtime/process.h"
#include "runtime/storage.h"
#include "runtime/string_list.h"
#include "runtime/system_root.h"
#include "support/directory.h"
#include "support/forbid.h"
#include "support/limits.h"
#include "support/suite.h"
#include "xalloc.h"

static const char *place;
static char tmp[48];

static void set_up(void)
{
    place = test_directory();
    snprintf(tmp, sizeof(tmp), "%s/tmp", place);
    ck_assert_int_eq(mkdir(tmp, 0700), 0);
}

/* Runs a shell script, with the directory as $0, in storage of one megabyte; what it prints. */
static char *run(const char *script)
{
    struct storage storage;
    char text[256] = "";
    size_t size = 0;
    ssize_t count;
    int read_end;
    int write_end;
    pid_t pid;
    const char *const words[] = { "/bin/sh", "-c", script, tmp, NULL };
    struct string_list arguments = { 0 };
    struct string_list environment = { 0 };
    string_list_add_all(&arguments, words);
    string_list_add(&environment, "PATH=/usr/bin:/bin");
    ck_assert(storage_plan(tmp, 1, &storage));
    ck_assert(process_pipe(&read_end, &write_end));
    struct process_plan plan = { .arguments = arguments.items,
                                 .environment = environment.items,
                                 .log_fd = write_end,
                                 .events_fd = -1,
                                 .answers_fd = -1,
                                 .storage = &storage };
    ck_assert_int_eq(process_start(&plan, &pid), 0);
    process_close(&write_end);
    while ((count = read(read_end, text + size, sizeof(text) - 1 - size)) > 0)
        size += (size_t)count;
    process_close(&read_end);
    process_wait(pid);
    string_list_clear(&arguments);
    string_list_clear(&environment);
    return xstrdup(text);
}

static void check(const char *script, const char *expected)
{
    CLEANUP(freep) char *text = run(script);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_later_process_finds_what_an_earlier_one_wrote)
{
    if (!isolation_program())
        return; /* this machine lets nobody mount */
    set_up();
    check("stat -c %a $0; cat $0/kept 2>&1 | grep -c 'No such file'; echo content > $0/kept",
          "1777\n1\n");
    check("cat $0/kept", "content\n");
    check("head -c 2000000 /dev/zero 2> /dev/null > $0/large || echo full; stat -c %s $0/large",
          "full\n1044480\n");
    check("rm $0/large; cat $0/kept", "content\n");
    ck_assert_int_eq(rmdir(tmp), 0); /* for us it is empty; with it goes the file system */
    ck_assert_int_eq(mkdir(tmp, 0700), 0);
    check("ls $0", "");
}
END_TEST

START_TEST(environments_do_not_see_each_others_storage)
{
    if (!isolation_program())
        return;
    set_up();
    check("echo mine > $0/file", "");
    snprintf(tmp, sizeof(tmp), "%s/two", place);
    ck_assert_int_eq(mkdir(tmp, 0700), 0);
    check("ls $0; cat $0/../tmp/file", "mine\n"); /* bubblewrap hides that */
}
END_TEST

START_TEST(where_nothing_can_be_mounted_there_is_no_plan)
{
    struct storage storage;
    forbid_call(SYS_unshare, EPERM); /* as in a container that may not make namespaces */
    ck_assert(!storage_plan("/tmp", 1, &storage));
    ck_assert(!storage_plan("/tmp", 1, &storage));
}
END_TEST

START_TEST(a_directory_that_is_not_there_stops_the_start)
{
    struct storage storage;
    if (!isolation_program())
        return;
    ck_assert(storage_plan("/nowhere/at/all", 1, &storage));
    pid_t pid = fork();
    if (pid == 0)
        _exit(storage_enter(&storage));
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WEXITSTATUS(status), ENOENT);
}
END_TEST

static int look_for_passwd(void *owner)
{
    CLEANUP(freep) char *path = xformat("%s/etc/passwd", (const char *)owner);
    return access(path, R_OK) == 0 ? 0 : errno;
}

START_TEST(what_functions_see_is_put_together_once_there_is_room)
{
    if (!isolation_program())
        return;
    set_up();
    struct system_root *root = system_root_create(tmp);
    rlim_t usual = limit_set(RLIMIT_NOFILE, 0);
    ck_assert_ptr_null(system_root_directory(root));
    limit_set(RLIMIT_NOFILE, usual);
    const char *directory = system_root_directory(root);
    ck_assert_ptr_nonnull(directory);
    CLEANUP(freep) char *first = xstrdup(directory);
    ck_assert_int_eq(storage_run(look_for_passwd, first), 0);
    ck_assert_str_eq(system_root_directory(root), first); /* nothing has changed */
    system_root_destroy(root);
}
END_TEST

START_TEST(what_could_not_be_made_read_only_is_not_shown)
{
    if (!isolation_program())
        return;
    set_up();
    struct system_root *root = system_root_create(tmp);
    forbid_call(SYS_mount_setattr, ENOSYS); /* as before Linux 5.12 */
    ck_assert_ptr_null(system_root_directory(root));
    ck_assert_ptr_null(system_root_directory(root));
    system_root_destroy(root);
}
END_TEST

SUITE("storage", a_later_process_finds_what_an_earlier_one_wrote,
      environments_do_not_see_each_others_storage, where_nothing_can_be_mounted_there_is_no_plan,
      a_directory_that_is_not_there_stops_the_start,
      what_functions_see_is_put_together_once_there_is_room,
      what_could_not_be_made_read_only_is_not_shown)
