/* tree: walking, fingerprints, packing, laying over one another. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buffer.h"
#include "runtime/tree.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

static const char *place;

/* In place of the C library's: no links can be made, and what is closed then may not be written. */
static bool has_no_links, is_full;

int linkat(int from, const char *path, int to, const char *new_path, int flags)
{
    errno = EPERM;
    return has_no_links ? -1 : (int)syscall(SYS_linkat, from, path, to, new_path, flags);
}

int close(int fd)
{
    int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
    int result = (int)syscall(SYS_close, fd);
    errno = ENOSPC;
    return is_full && mode == O_WRONLY ? -1 : result;
}

static void setup(void)
{
    place = test_directory();
}

static char *at(const char *path)
{
    return xformat("%s/%s", place, path);
}

static void make(const char *path)
{
    CLEANUP(freep) char *whole = at(path);
    ck_assert_int_eq(mkdir(whole, 0755), 0);
}

static void put(const char *path, const char *content)
{
    CLEANUP(freep) char *whole = at(path);
    int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

static void link_to(const char *target, const char *path)
{
    CLEANUP(freep) char *whole = at(path);
    ck_assert_int_eq(symlink(target, whole), 0);
}

static bool note(const struct tree_entry *entry, void *owner)
{
    char target[64];
    mode_t mode = entry->status.st_mode;
    ssize_t size = readlinkat(entry->directory, entry->name, target, sizeof(target));
    buffer_add_format(owner, "%s%s", entry->path, S_ISDIR(mode) ? "/ " : "");
    if (size >= 0) {
        buffer_add_format(owner, ">%.*s ", (int)size, target);
    } else if (S_ISREG(mode)) {
        int fd = openat(entry->directory, entry->name, O_RDONLY | O_CLOEXEC);
        size = read(fd, target, sizeof(target));
        close(fd);
        buffer_add_format(owner, "=%.*s ", (int)size, target);
    }
    return true;
}

/* "a/ a/b=content c>target " */
static char *print(const char *path)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(freep) char *whole = at(path);
    struct buffer text = { 0 };
    size_t size;
    ck_assert(tree_walk(whole, note, &text, &error));
    return buffer_take(&text, &size);
}

static void lay(const char *from, const char *to)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(freep) char *source = at(from);
    CLEANUP(freep) char *target = at(to);
    ck_assert_msg(tree_lay_over(source, target, &error), "%s", error.message);
}

START_TEST(trees_are_laid_over_one_another)
{
    setup();
    make("one");
    make("one/dir");
    put("one/dir/both", "1");
    put("one/dir/first", "1");
    put("one/file-then-dir", "1");
    make("one/dir-then-file");
    put("one/dir-then-file/deep", "1");
    link_to("dir", "one/link-then-dir");
    make("one/dir-then-link");
    put("one/dir-then-link/deep", "1");
    make("two");
    make("two/dir");
    put("two/dir/both", "2");
    make("two/file-then-dir");
    put("two/file-then-dir/deep", "2");
    put("two/dir-then-file", "2");
    make("two/link-then-dir");
    put("two/link-then-dir/deep", "2");
    link_to("dir", "two/dir-then-link");
    make("joined");
    lay("one", "joined");
    lay("two", "joined");
    CLEANUP(freep) char *text = print("joined");
    ck_assert_str_eq(text, "dir/ dir/both=2 dir/first=1 dir-then-file=2 dir-then-link>dir "
                           "file-then-dir/ file-then-dir/deep=2 link-then-dir/ "
                           "link-then-dir/deep=2 ");
    CLEANUP(freep) char *first = print("one");
    ck_assert_ptr_nonnull(strstr(first, "dir/both=1 dir/first=1"));
}
END_TEST

/* Linked files stay when what they were linked from goes. */
START_TEST(what_was_laid_stays_without_its_source)
{
    setup();
    make("one");
    put("one/file", "content");
    make("joined");
    lay("one", "joined");
    CLEANUP(freep) char *source = at("one");
    package_remove(source);
    CLEANUP(freep) char *text = print("joined");
    ck_assert_str_eq(text, "file=content ");
}
END_TEST

static uint64_t fingerprint(void)
{
    uint64_t value = 0;
    CLEANUP(error_clear) struct error error = { 0 };
    ck_assert(tree_fingerprint(place, &value, &error));
    return value;
}

static void differ(uint64_t *last, const char *what)
{
    uint64_t now = fingerprint();
    ck_assert_msg(now != *last, "%s", what);
    ck_assert_uint_eq(now, fingerprint());
    *last = now;
}

START_TEST(every_change_changes_the_fingerprint)
{
    setup();
    uint64_t last = 0;
    differ(&last, "nothing at all");
    put("file", "1");
    differ(&last, "a new file");
    put("file", "12");
    differ(&last, "another size");
    CLEANUP(freep) char *file = at("file");
    ck_assert_int_eq(chmod(file, 0755), 0);
    differ(&last, "another mode");
    struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    ck_assert_int_eq(utimensat(AT_FDCWD, file, times, 0), 0);
    differ(&last, "another time");
    CLEANUP(freep) char *other = at("other");
    ck_assert_int_eq(rename(file, other), 0);
    differ(&last, "another name");
    make("dir");
    differ(&last, "a new directory");
    put("dir/file", "1");
    differ(&last, "a file in it");
    link_to("other", "link");
    differ(&last, "a link");
    ck_assert_int_eq(unlink(other), 0);
    differ(&last, "a file that went");
}
END_TEST

START_TEST(a_packed_tree_is_the_same_tree_when_unpacked)
{
    setup();
    make("tree");
    make("tree/empty");
    make("tree/dir");
    put("tree/dir/file", "content");
    put("tree/nothing", "");
    link_to("dir/file", "tree/link");
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(freep) char *tree = at("tree");
    CLEANUP(freep) char *unpacked = at("unpacked");
    CLEANUP(freep) char *pipe = at("tree/pipe");
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    CLEANUP(freep) char *zip = NULL;
    CLEANUP(freep) char *again = NULL;
    size_t size;
    size_t size_again;
    ck_assert_int_eq(tree_pack(tree, &zip, &size, &error), PACKAGE_OK);
    ck_assert_int_eq(tree_pack(tree, &again, &size_again, &error), PACKAGE_OK);
    ck_assert(size == size_again && memcmp(zip, again, size) == 0);
    ck_assert_int_eq(package_unpack((struct text){ zip, size }, unpacked, &error), PACKAGE_OK);
    CLEANUP(freep) char *text = print("unpacked");
    ck_assert_str_eq(text, "dir/ dir/file=content empty/ link>dir/file nothing= ");
}
END_TEST

START_TEST(what_cannot_be_packed_is_told)
{
    setup();
    CLEANUP(error_clear) struct error error = { 0 };
    char *zip = NULL;
    size_t size;
    ck_assert_int_eq(tree_pack(place, &zip, &size, &error), PACKAGE_EMPTY);
    put("large", "");
    CLEANUP(freep) char *large = at("large");
    ck_assert_int_eq(truncate(large, (off_t)PACKAGE_UNZIPPED_MAX + 1), 0);
    ck_assert_int_eq(tree_pack(place, &zip, &size, &error), PACKAGE_TOO_LARGE);
    ck_assert_int_eq(tree_pack("/nowhere", &zip, &size, &error), PACKAGE_IO);
    ck_assert_ptr_nonnull(strstr(error.message, "/nowhere"));
    ck_assert_ptr_null(zip);
    int64_t bytes;
    ck_assert(tree_size(place, &bytes, &error));
    ck_assert_int_eq(bytes, (int64_t)PACKAGE_UNZIPPED_MAX + 1);
}
END_TEST

START_TEST(a_walk_goes_only_so_deep)
{
    setup();
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(freep) char *path = xstrdup("d");
    for (int i = 0; i < 101; i++) {
        make(path);
        char *deeper = xformat("%s/d", path);
        free(path);
        path = deeper;
    }
    int64_t bytes;
    ck_assert(!tree_size(place, &bytes, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "deeper than 100 directories"));
}
END_TEST

START_TEST(a_copy_that_is_not_on_the_disk_is_none)
{
    CLEANUP(error_clear) struct error error = { 0 };
    setup();
    make("from");
    make("to");
    put("from/a", "content");
    CLEANUP(freep) char *source = at("from");
    CLEANUP(freep) char *target = at("to");
    has_no_links = is_full = true;
    bool is_laid = tree_lay_over(source, target, &error);
    is_full = false;
    ck_assert(!is_laid);
    ck_assert_ptr_nonnull(strstr(error.message, "to/a: No space left on device"));
    lay("from", "to");
    has_no_links = false;
    package_remove(place);
}
END_TEST

SUITE("tree", a_copy_that_is_not_on_the_disk_is_none, trees_are_laid_over_one_another,
      what_was_laid_stays_without_its_source, every_change_changes_the_fingerprint,
      a_packed_tree_is_the_same_tree_when_unpacked, what_cannot_be_packed_is_told,
      a_walk_goes_only_so_deep)
