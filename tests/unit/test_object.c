/* object: what of --s3-dir can be reached, and what cannot. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lambda/faults.h"
#include "lambda/object.h"
#include "support/directory.h"
#include "support/forbid.h"
#include "support/suite.h"
#include "xalloc.h"

struct place {
    const char *above; /* has "secret" beside "s3" */
    char root[40];
};

static void put(const char *directory, const char *name, const char *content)
{
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

static void make(const char *directory, const char *name)
{
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void link_to(const char *target, const char *directory, const char *name)
{
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    ck_assert_int_eq(symlink(target, path), 0);
}

static void place_make(struct place *place)
{
    place->above = test_directory();
    snprintf(place->root, sizeof(place->root), "%s/s3", place->above);
    make(place->above, "s3");
    make(place->above, "s3/bucket");
    make(place->above, "s3/bucket/deep");
    make(place->above, "s3/...");
    put(place->above, "secret", "secret");
    put(place->root, "bucket/key", "one");
    put(place->root, "bucket/deep/key", "two");
    put(place->root, "bucket/..key..", "dots");
    put(place->root, "bucket/empty", "");
    put(place->root, ".../key", "dots too");
    link_to("deep/key", place->root, "bucket/inside");
    link_to("../../secret", place->root, "bucket/outside");
    link_to("/etc/passwd", place->root, "bucket/absolute");
    link_to("../..", place->root, "bucket/up");
    link_to("/proc/self/root", place->root, "bucket/magic");
    link_to("bucket", place->root, "same");
    link_to("..", place->root, "above");
    link_to("loop", place->root, "bucket/loop");
}

static const struct {
    const char *bucket;
    const char *key;
    const char *content; /* NULL: there is none */
    const char *code;    /* of S3, then */
} cases[] = {
    { "bucket", "key", "one", NULL },
    { "bucket", "deep/key", "two", NULL },
    { "bucket", "..key..", "dots", NULL },
    { "bucket", "empty", "", NULL },
    { "...", "key", "dots too", NULL },
    { "bucket", "inside", "two", NULL },
    { "same", "key", "one", NULL },
    { "bucket", "none", NULL, "NoSuchKey" },
    { "bucket", "", NULL, "NoSuchKey" },
    { "bucket", "/", NULL, "NoSuchKey" },
    { "bucket", "deep", NULL, "NoSuchKey" },
    { "bucket", "deep/", NULL, "NoSuchKey" },
    { "bucket", "key/", NULL, "NoSuchKey" },
    { "bucket", "/key", NULL, "NoSuchKey" },
    { "bucket", "deep//key", NULL, "NoSuchKey" },
    { "bucket", "./key", NULL, "NoSuchKey" },
    { "bucket", "deep/../key", NULL, "NoSuchKey" },
    { "bucket", "..", NULL, "NoSuchKey" },
    { "bucket", "../bucket/key", NULL, "NoSuchKey" },
    { "bucket", "../../secret", NULL, "NoSuchKey" },
    { "bucket", "/etc/passwd", NULL, "NoSuchKey" },
    { "bucket", "outside", NULL, "NoSuchKey" },
    { "bucket", "absolute", NULL, "NoSuchKey" },
    { "bucket", "up/secret", NULL, "NoSuchKey" },
    { "bucket", "magic/etc/passwd", NULL, "NoSuchKey" },
    { "bucket", "loop", NULL, "NoSuchKey" },
    { "none", "key", NULL, "NoSuchBucket" },
    { "", "key", NULL, "NoSuchBucket" },
    { ".", "bucket/key", NULL, "NoSuchBucket" },
    { "..", "secret", NULL, "NoSuchBucket" },
    { "bucket/deep", "key", NULL, "NoSuchBucket" },
    { "above", "secret", NULL, "NoSuchBucket" },
};

static void check_case(const struct place *place, size_t i, bool follows_links)
{
    size_t size = 0;
    bool is_too_large;
    CLEANUP(error_clear) struct error error = { 0 };
    struct object_name name = { .bucket = cases[i].bucket, .key = cases[i].key };
    bool is_linked = strcmp(name.bucket, "same") == 0 || strcmp(name.key, "inside") == 0;
    bool exists = cases[i].content && (follows_links || !is_linked);
    CLEANUP(freep)
    char *bytes = object_read(place->root, &name, 100, &size, &is_too_large, &error);
    ck_assert(!is_too_large);
    ck_assert_msg((bytes != NULL) == exists, "%s/%s", name.bucket, name.key);
    if (exists) {
        ck_assert_uint_eq(size, strlen(cases[i].content));
        ck_assert_int_eq(memcmp(bytes, cases[i].content, size), 0);
        return;
    }
    ck_assert_ptr_eq(error.fault, &LAMBDA_INVALID_PARAMETER);
    ck_assert_msg(strstr(error.message, cases[i].code ? cases[i].code : "NoSuch"), "%s/%s: %s",
                  name.bucket, name.key, error.message);
}

/* A kernel before 5.6 has none, nor has valgrind 3.19. */
static bool has_openat2(void)
{
    struct open_how how = { .flags = O_PATH | O_CLOEXEC };
    long fd = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));
    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

START_TEST(nothing_outside_the_directory_is_an_object)
{
    struct place place;
    bool follows_links = has_openat2();
    place_make(&place);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&place, i, follows_links);
}
END_TEST

START_TEST(where_the_kernel_cannot_help_no_link_is_followed)
{
    struct place place;
    place_make(&place);
    forbid_call(SYS_openat2, ENOSYS); /* as on a kernel before 5.6 */
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_case(&place, i, false);
}
END_TEST

START_TEST(a_size_past_the_ceiling_is_told_without_reading)
{
    struct place place;
    place_make(&place);
    size_t size;
    bool is_too_large;
    CLEANUP(error_clear) struct error error = { 0 };
    const struct object_name name = { .bucket = "bucket", .key = "key" };
    CLEANUP(freep) char *fits = object_read(place.root, &name, 3, &size, &is_too_large, &error);
    ck_assert(fits && !is_too_large);
    ck_assert_ptr_null(object_read(place.root, &name, 2, &size, &is_too_large, &error));
    ck_assert(is_too_large && !error.message);
}
END_TEST

START_TEST(without_a_directory_there_are_no_buckets)
{
    size_t size;
    bool is_too_large;
    CLEANUP(error_clear) struct error error = { 0 };
    const struct object_name name = { .bucket = "bucket", .key = "key" };
    ck_assert_ptr_null(object_read(NULL, &name, 100, &size, &is_too_large, &error));
    ck_assert_ptr_null(object_read("/nowhere/object", &name, 100, &size, &is_too_large, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "NoSuchBucket"));
}
END_TEST

SUITE("object", nothing_outside_the_directory_is_an_object,
      where_the_kernel_cannot_help_no_link_is_followed,
      a_size_past_the_ceiling_is_told_without_reading, without_a_directory_there_are_no_buckets)
