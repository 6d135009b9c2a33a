#include "lambda/object.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lambda/faults.h"
#include "runtime/process.h"
#include "text.h"
#include "xalloc.h"

static bool refuse(struct error *error, const char *code, const char *message)
{
    return error_set(error, &LAMBDA_INVALID_PARAMETER,
                     "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s",
                     code, message);
}

/* One name of a path: what is empty, "." or ".." names no object. */
static bool is_plain(struct text part)
{
    return part.size && part.size <= NAME_MAX && !text_equal(part, ".") && !text_equal(part, "..");
}

static bool is_bucket_name(const char *bucket)
{
    struct text text = text_from(bucket);
    return is_plain(text) && !strchr(bucket, '/');
}

static bool is_key(const char *key)
{
    struct text rest = text_from(key);
    while (rest.data)
        if (!is_plain(text_cut(&rest, '/')))
            return false;
    return true;
}

/* For kernels before 5.6, and filters that know no openat2(): no links at all. */
static int open_without_links(int directory, const char *path, int flags)
{
    struct text rest = text_from(path);
    int at = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    while (at >= 0 && rest.data) {
        char name[NAME_MAX + 1];
        struct text part = text_cut(&rest, '/');
        if (part.size > NAME_MAX) {
            close(at);
            errno = ENAMETOOLONG;
            return -1;
        }
        snprintf(name, sizeof(name), "%.*s", TEXT_ARGS(part));
        int inner = openat(at, name, O_NOFOLLOW | O_CLOEXEC | (rest.data ? O_PATH : flags));
        int failure = errno;
        close(at);
        errno = failure;
        at = inner;
    }
    return at;
}

/* Links are followed as long as they stay below the directory. */
static int open_beneath(int directory, const char *path, int flags)
{
    struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC),
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    long fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return open_without_links(directory, path, flags);
    return (int)fd;
}

static bool has_bucket(int directory, const char *bucket)
{
    int fd = is_bucket_name(bucket) ? open_beneath(directory, bucket, O_PATH | O_DIRECTORY) : -1;
    bool exists = fd >= 0;
    process_close(&fd);
    return exists;
}

/* -1 with the sentence. */
static int open_object(int directory, const struct object_name *name, struct stat *status_out,
                       struct error *error)
{
    if (directory < 0 || !has_bucket(directory, name->bucket)) {
        refuse(error, "NoSuchBucket", "The specified bucket does not exist");
        return -1;
    }
    CLEANUP(freep) char *path = xformat("%s/%s", name->bucket, name->key);
    int fd = is_key(name->key) ? open_beneath(directory, path, O_RDONLY | O_NONBLOCK) : -1;
    if (fd >= 0 && (fstat(fd, status_out) != 0 || !S_ISREG(status_out->st_mode)))
        process_close(&fd);
    if (fd >= 0 && name->version && strcmp(name->version, "null") != 0) {
        refuse(error, "NoSuchVersion", "The specified version does not exist.");
        process_close(&fd);
    } else if (fd < 0) {
        refuse(error, "NoSuchKey", "The specified key does not exist.");
    }
    return fd;
}

static char *read_all(int fd, size_t size, size_t *size_out, struct error *error)
{
    char *bytes = xmalloc(size + 1);
    ssize_t count = 1;
    *size_out = 0;
    while (*size_out < size && count > 0) {
        count = read(fd, bytes + *size_out, size - *size_out);
        *size_out += count > 0 ? (size_t)count : 0;
    }
    if (count < 0) {
        error_set(error, NULL, "cannot read an object: %s", strerror(errno));
        free(bytes);
        return NULL;
    }
    return bytes;
}

char *object_read(const char *directory, const struct object_name *name, size_t ceiling,
                  size_t *size_out, bool *is_too_large_out, struct error *error)
{
    struct stat status;
    int root = directory ? open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    int fd = open_object(root, name, &status, error);
    process_close(&root);
    *is_too_large_out = fd >= 0 && (uint64_t)status.st_size > ceiling;
    char *bytes = fd >= 0 && !*is_too_large_out
                      ? read_all(fd, (size_t)status.st_size, size_out, error)
                      : NULL;
    process_close(&fd);
    return bytes;
}
