/*
 * Packages: what is unpacked, and what is refused. Zips are made with libzip and then bent.
 */
#include "support/directory.h"
#include "support/limits.h"
#include "support/suite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "runtime/package.h"
#include "xalloc.h"

struct item {
    const char *name; /* ends in '/': a directory */
    const char *content;
    mode_t mode; /* with its type; 0: no attributes */
};

/* The zip of the items, owned by the caller. */
static struct text make_zip(const struct item *items, size_t count)
{
    zip_error_t error;
    zip_source_t *memory = zip_source_buffer_create(NULL, 0, 0, &error);
    ck_assert_ptr_nonnull(memory);
    zip_source_keep(memory);
    zip_t *archive = zip_open_from_source(memory, ZIP_TRUNCATE, &error);
    ck_assert_ptr_nonnull(archive);
    for (size_t i = 0; i < count; i++) {
        const char *content = items[i].content ? items[i].content : "";
        zip_source_t *source = zip_source_buffer(archive, content, strlen(content), 0);
        zip_int64_t index = zip_file_add(archive, items[i].name, source, ZIP_FL_ENC_UTF_8);
        ck_assert_int_ge(index, 0);
        zip_uint8_t host = items[i].mode ? ZIP_OPSYS_UNIX : ZIP_OPSYS_DOS;
        zip_file_set_external_attributes(archive, (zip_uint64_t)index, 0, host,
                                         (zip_uint32_t)items[i].mode << 16);
    }
    ck_assert_int_eq(zip_close(archive), 0);
    zip_stat_t status;
    ck_assert_int_eq(zip_source_stat(memory, &status), 0);
    char *bytes = xmalloc(status.size);
    ck_assert_int_eq(zip_source_open(memory), 0);
    ck_assert_int_eq(zip_source_read(memory, bytes, status.size), (zip_int64_t)status.size);
    zip_source_close(memory);
    zip_source_free(memory);
    return (struct text){ bytes, status.size };
}

static const char *directory;
static char *target;

static void set_up(void)
{
    directory = test_directory();
    target = xformat("%s/code", directory);
}

static void tear_down(void)
{
    package_remove(directory);
    ck_assert_int_ne(access(directory, F_OK), 0);
    free(target);
}

static enum package_fault unpack(const struct item *items, size_t count)
{
    struct error error = { 0 };
    struct text zip = make_zip(items, count);
    enum package_fault fault = package_unpack(zip, target, &error);
    error_clear(&error);
    free((char *)zip.data);
    return fault;
}

static void check_file(const char *name, const char *content, mode_t mode)
{
    CLEANUP(freep) char *path = xformat("%s/%s", target, name);
    struct stat status;
    char bytes[64] = "";
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert_msg((status.st_mode & 07777) == mode, "%s has mode %o", name, status.st_mode);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes) - 1, file), strlen(content));
    fclose(file);
    ck_assert_str_eq(bytes, content);
}

START_TEST(files_keep_their_place_and_permissions)
{
    static const struct item items[] = {
        { "index.js", "one", S_IFREG | 0644 },
        { "bin/run", "two", S_IFREG | 0755 },
        { "dir/", NULL, S_IFDIR | 0700 },
        { "./dir/deep/x", "three", S_IFREG | 0111 },
        { "dos.txt", "four", 0 },
        { "dosdir/", NULL, 0 },
        { "dir/link", "../bin/run", S_IFLNK | 0777 },
        { "dir/deep/up", "../../index.js", S_IFLNK | 0777 },
        { "setuid", "five", S_IFREG | 06755 },
    };
    struct stat status;
    set_up();
    ck_assert_int_eq(unpack(items, COUNT_OF(items)), PACKAGE_OK);
    check_file("index.js", "one", 0644);
    check_file("bin/run", "two", 0755);
    check_file("dir/deep/x", "three", 0511);
    check_file("dos.txt", "four", 0644);
    check_file("setuid", "five", 0755);
    CLEANUP(freep) char *link = xformat("%s/dir/link", target);
    char content[16] = "";
    ck_assert_int_eq(readlink(link, content, sizeof(content) - 1), 10);
    ck_assert_str_eq(content, "../bin/run");
    CLEANUP(freep) char *dos = xformat("%s/dosdir", target);
    ck_assert_int_eq(stat(dos, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFDIR | 0755);
    tear_down();
}
END_TEST

START_TEST(a_later_entry_replaces_an_earlier_one)
{
    static const struct item items[] = {
        { "index.js", "one", S_IFREG | 0400 },
        { "index.jz", "two", S_IFREG | 0644 },
    };
    struct error error = { 0 };
    struct text zip = make_zip(items, COUNT_OF(items));
    char *bytes = (char *)zip.data;
    for (size_t i = 0; i + 8 <= zip.size; i++)
        if (memcmp(bytes + i, "index.jz", 8) == 0)
            bytes[i + 7] = 's';
    set_up();
    ck_assert_int_eq(package_unpack(zip, target, &error), PACKAGE_OK);
    check_file("index.js", "two", 0644);
    free(bytes);
    tear_down();
}
END_TEST

START_TEST(packages_that_leave_their_tree_are_refused)
{
    static const struct item items[][2] = {
        { { "../evil", "x", S_IFREG | 0644 } },
        { { "a/../../evil", "x", S_IFREG | 0644 } },
        { { "/evil", "x", S_IFREG | 0644 } },
        { { "a/..", "x", S_IFREG | 0644 } },
        { { "link", "/etc/passwd", S_IFLNK | 0777 } },
        { { "link", "../evil", S_IFLNK | 0777 } },
        { { "a/link", "../../evil", S_IFLNK | 0777 } },
        { { "a/link", "b/../../../evil", S_IFLNK | 0777 } },
        { { "link", "", S_IFLNK | 0777 } },
        { { "link", "a", S_IFLNK | 0777 }, { "link/x", "x", S_IFREG | 0644 } },
        { { "l", ".", S_IFLNK | 0777 }, { "l/m", "../x", S_IFLNK | 0777 } },
        { { "a", "file", S_IFREG | 0644 }, { "a/b", "x", S_IFREG | 0644 } },
        { { "a/b", "x", S_IFREG | 0644 }, { "a", "file", S_IFREG | 0644 } },
        { { "device", "x", S_IFBLK | 0644 } },
        { { "fifo", "x", S_IFIFO | 0644 } },
    };
    for (size_t i = 0; i < COUNT_OF(items); i++) {
        set_up();
        enum package_fault fault = unpack(items[i], items[i][1].name ? 2 : 1);
        ck_assert_msg(fault == PACKAGE_NOT_ZIP, "%s: %d", items[i][0].name, fault);
        CLEANUP(freep) char *partial = xformat("%s.partial", target);
        CLEANUP(freep) char *evil = xformat("%s/evil", directory);
        ck_assert_int_ne(access(target, F_OK), 0);
        ck_assert_int_ne(access(partial, F_OK), 0);
        ck_assert_int_ne(access(evil, F_OK), 0);
        tear_down();
    }
}
END_TEST

START_TEST(what_is_no_zip_is_refused)
{
    static const struct item items[] = { { "index.js", "some content", S_IFREG | 0644 } };
    struct error error = { 0 };
    struct text zip = make_zip(items, 1);
    set_up();
    ck_assert_int_eq(package_unpack(TEXT(""), target, &error), PACKAGE_NOT_ZIP);
    ck_assert_int_eq(package_unpack(TEXT("not a zip at all"), target, &error), PACKAGE_NOT_ZIP);
    for (size_t size = 1; size < zip.size; size++) {
        struct text part = { zip.data, size };
        ck_assert_int_eq(package_unpack(part, target, &error), PACKAGE_NOT_ZIP);
        ck_assert_int_ne(access(target, F_OK), 0);
    }
    error_clear(&error);
    static const char empty[22] = "PK\5\6";
    ck_assert_int_eq(package_unpack((struct text){ empty, sizeof(empty) }, target, &error),
                     PACKAGE_EMPTY);
    error_clear(&error);
    free((char *)zip.data);
    tear_down();
}
END_TEST

/* No damage to any single byte may crash, write outside, or leave half a package. */
START_TEST(bent_packages_are_all_or_nothing)
{
    static const struct item items[] = {
        { "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", S_IFREG | 0644 },
        { "d/b", "bbbb", S_IFREG | 0755 },
        { "l", "a", S_IFLNK | 0777 },
    };
    struct text zip = make_zip(items, COUNT_OF(items));
    set_up();
    for (size_t i = 0; i < zip.size; i++) {
        struct error error = { 0 };
        char *bytes = xmemdup(zip.data, zip.size);
        bytes[i] ^= (char)0xff;
        enum package_fault fault = package_unpack((struct text){ bytes, zip.size }, target, &error);
        ck_assert_int_eq(access(target, F_OK) == 0, fault == PACKAGE_OK);
        package_remove(target);
        error_clear(&error);
        free(bytes);
    }
    free((char *)zip.data);
    tear_down();
}
END_TEST

static void write_u32(char *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value)); /* tests run where numbers are little-endian */
}

/* Finds the central directory's record, whose sizes libzip believes. */
static char *find_record(char *bytes, size_t size)
{
    for (size_t i = 0; i + 4 < size; i++)
        if (memcmp(bytes + i, "PK\1\2", 4) == 0)
            return bytes + i;
    ck_abort_msg("no central directory");
}

START_TEST(sizes_are_held_against_what_is_there)
{
    static const struct {
        uint32_t claimed;
        enum package_fault fault;
    } cases[] = {
        { 1000, PACKAGE_OK },
        { 10, PACKAGE_NOT_ZIP },
        { 2000, PACKAGE_NOT_ZIP },
        { PACKAGE_UNZIPPED_MAX + 1, PACKAGE_TOO_LARGE },
        { 0xfffffff0, PACKAGE_TOO_LARGE },
    };
    char content[1001] = "";
    memset(content, 'x', sizeof(content) - 1);
    const struct item items[] = { { "file", content, S_IFREG | 0644 } };
    struct text zip = make_zip(items, 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        char *bytes = xmemdup(zip.data, zip.size);
        char *record = find_record(bytes, zip.size);
        write_u32(record + 24, cases[i].claimed);
        write_u32(bytes + 22, cases[i].claimed); /* the local header says the same */
        set_up();
        enum package_fault fault = package_unpack((struct text){ bytes, zip.size }, target, &error);
        ck_assert_msg(fault == cases[i].fault, "%u: %d %s", cases[i].claimed, fault,
                      error.message ? error.message : "");
        error_clear(&error);
        tear_down();
        free(bytes);
    }
    free((char *)zip.data);
}
END_TEST

START_TEST(a_target_that_exists_is_left_alone)
{
    static const struct item items[] = { { "index.js", "one", S_IFREG | 0644 } };
    set_up();
    ck_assert_int_eq(unpack(items, 1), PACKAGE_OK);
    ck_assert_int_eq(unpack(items, 1), PACKAGE_IO);
    check_file("index.js", "one", 0644);
    tear_down();
}
END_TEST

/* A function's /tmp may be deeper than this process can have descriptors. */
START_TEST(what_is_deep_is_removed_with_few_descriptors)
{
    enum { LEVELS = 2000, DESCRIPTORS = 64 };
    set_up();
    int at = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int level = 0; level < LEVELS; level++) {
        ck_assert_int_eq(mkdirat(at, "deep-0", 0755), 0);
        ck_assert_int_eq(mkdirat(at, "empty", 0), 0);
        int file = openat(at, "deep-1", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        int below = openat(at, "deep-0", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert(file >= 0 && below >= 0);
        close(file);
        close(at);
        at = below;
    }
    close(at);
    rlim_t before = limit_set(RLIMIT_NOFILE, DESCRIPTORS);
    tear_down();
    limit_set(RLIMIT_NOFILE, before);
}
END_TEST

SUITE("package", files_keep_their_place_and_permissions, a_later_entry_replaces_an_earlier_one,
      packages_that_leave_their_tree_are_refused, what_is_no_zip_is_refused,
      bent_packages_are_all_or_nothing, sizes_are_held_against_what_is_there,
      a_target_that_exists_is_left_alone, what_is_deep_is_removed_with_few_descriptors)
