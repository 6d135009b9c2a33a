/*
 * A tree becomes a zip. What a package must not hold (links that lead out) is found when it is
 * unpacked, as with any other.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/tree.h"
#include "xalloc.h"
#include "zip_writer.h"

struct packing {
    struct zip_writer *writer;
    int64_t size;
    enum package_fault fault;
    struct error *error;
};

static bool add(struct packing *packing, const struct tree_entry *entry, struct text content)
{
    bool is_directory = S_ISDIR(entry->status.st_mode);
    CLEANUP(freep) char *name = xformat("%s%s", entry->path, is_directory ? "/" : "");
    if (!zip_writer_add(packing->writer, name, entry->status.st_mode, content, packing->error))
        packing->fault = PACKAGE_IO;
    return packing->fault == PACKAGE_OK;
}

static bool fail(struct packing *packing, const struct tree_entry *entry)
{
    packing->fault = PACKAGE_IO;
    return error_set(packing->error, NULL, "cannot read %s: %s", entry->path, strerror(errno));
}

static bool add_link(struct packing *packing, const struct tree_entry *entry)
{
    char target[PATH_MAX];
    ssize_t size = readlinkat(entry->directory, entry->name, target, sizeof(target));
    return size < 0 ? fail(packing, entry)
                    : add(packing, entry, (struct text){ target, (size_t)size });
}

/* At most as much as its size was when it was counted. */
static ssize_t read_whole(int fd, char *bytes, size_t size)
{
    size_t done = 0;
    ssize_t count = 1;
    while (done < size && count > 0) {
        count = read(fd, bytes + done, size - done);
        if (count < 0 && errno == EINTR)
            count = 1;
        else if (count > 0)
            done += (size_t)count;
    }
    return count < 0 ? -1 : (ssize_t)done;
}

static bool add_file(struct packing *packing, const struct tree_entry *entry)
{
    packing->size += entry->status.st_size;
    if (packing->size > PACKAGE_UNZIPPED_MAX) {
        packing->fault = PACKAGE_TOO_LARGE;
        return false;
    }
    int fd = openat(entry->directory, entry->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || fail(packing, entry);
    CLEANUP(freep) char *bytes = xmalloc((size_t)entry->status.st_size + 1);
    ssize_t size = read_whole(fd, bytes, (size_t)entry->status.st_size);
    bool is_added =
        size < 0 ? fail(packing, entry) : add(packing, entry, (struct text){ bytes, (size_t)size });
    close(fd);
    return is_added;
}

static bool pack(const struct tree_entry *entry, void *owner)
{
    struct packing *packing = owner;
    mode_t type = entry->status.st_mode & S_IFMT;
    if (type == S_IFREG)
        return add_file(packing, entry);
    if (type == S_IFLNK)
        return add_link(packing, entry);
    return type != S_IFDIR || add(packing, entry, TEXT(""));
}

enum package_fault tree_pack(const char *root, char **zip_out, size_t *size_out,
                             struct error *error)
{
    struct packing packing = { .writer = zip_writer_create(), .error = error };
    bool is_whole = tree_walk(root, pack, &packing, error);
    if (!is_whole && packing.fault == PACKAGE_OK)
        packing.fault = PACKAGE_IO;
    if (packing.fault != PACKAGE_OK) {
        zip_writer_discard(packing.writer);
        return packing.fault;
    }
    char *zip = zip_writer_finish(packing.writer, size_out, error);
    if (!zip)
        return PACKAGE_EMPTY;
    *zip_out = zip;
    return PACKAGE_OK;
}
