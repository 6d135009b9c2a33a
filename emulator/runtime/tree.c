#include "runtime/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "hash.h"
#include "runtime/process.h"
#include "xalloc.h"

/* Each level keeps a directory open. */
enum { DEPTH_MAX = 100 };

struct walk {
    tree_visitor *visit;
    void *owner;
    int count;
    int depth;
    struct error *error;
};

static int is_real(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int compare_names(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static bool walk_directory(struct walk *walk, int fd, const char *path);

static bool walk_into(struct walk *walk, const struct tree_entry *entry)
{
    int fd = openat(entry->directory, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ||
               error_set(walk->error, NULL, "cannot read %s: %s", entry->path, strerror(errno));
    if (++walk->depth > DEPTH_MAX) {
        close(fd);
        return error_set(walk->error, NULL, "%s lies deeper than %d directories", entry->path,
                         DEPTH_MAX);
    }
    bool goes_on = walk_directory(walk, fd, entry->path);
    walk->depth--;
    close(fd);
    return goes_on;
}

static bool walk_entry(struct walk *walk, int fd, const char *path, const char *name)
{
    CLEANUP(freep) char *own_path = *path ? xformat("%s/%s", path, name) : xstrdup(name);
    struct tree_entry entry = { .path = own_path, .directory = fd, .name = name };
    if (fstatat(fd, name, &entry.status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ||
               error_set(walk->error, NULL, "cannot read %s: %s", own_path, strerror(errno));
    if (++walk->count > TREE_ENTRIES_MAX)
        return error_set(walk->error, NULL, "there are more than %d files", TREE_ENTRIES_MAX);
    if (!walk->visit(&entry, walk->owner))
        return false;
    return !S_ISDIR(entry.status.st_mode) || walk_into(walk, &entry);
}

static bool walk_directory(struct walk *walk, int fd, const char *path)
{
    struct dirent **names = NULL;
    bool goes_on = true;
    int count = scandirat(fd, ".", &names, is_real, compare_names);
    if (count < 0)
        return error_set(walk->error, NULL, "cannot read %s: %s", *path ? path : "the directory",
                         strerror(errno));
    for (int i = 0; i < count; i++) {
        goes_on = goes_on && walk_entry(walk, fd, path, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return goes_on;
}

bool tree_walk(const char *root, tree_visitor *visit, void *owner, struct error *error)
{
    struct walk walk = { .visit = visit, .owner = owner, .error = error };
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, NULL, "cannot read %s: %s", root, strerror(errno));
    bool is_whole = walk_directory(&walk, fd, "");
    close(fd);
    return is_whole;
}

static bool add_size(const struct tree_entry *entry, void *owner)
{
    int64_t *size = owner;
    if (S_ISREG(entry->status.st_mode))
        *size += entry->status.st_size;
    return true;
}

bool tree_size(const char *root, int64_t *size_out, struct error *error)
{
    *size_out = 0;
    return tree_walk(root, add_size, size_out, error);
}

/* A directory's own times say less than its entries: editors make and remove files of theirs. The
 * change time covers tools that set the modification time back. */
static bool add_fingerprint(const struct tree_entry *entry, void *owner)
{
    const struct stat *status = &entry->status;
    const int64_t numbers[] = { status->st_size,         status->st_mtim.tv_sec,
                                status->st_mtim.tv_nsec, status->st_ctim.tv_sec,
                                status->st_ctim.tv_nsec, (int64_t)status->st_ino };
    uint64_t *hash = owner;
    *hash = hash_bytes(*hash, entry->path, strlen(entry->path) + 1);
    *hash = hash_bytes(*hash, &status->st_mode, sizeof(status->st_mode));
    if (!S_ISDIR(status->st_mode))
        *hash = hash_bytes(*hash, numbers, sizeof(numbers));
    return true;
}

bool tree_fingerprint(const char *root, uint64_t *fingerprint_out, struct error *error)
{
    uint64_t hash = HASH_EMPTY;
    if (!tree_walk(root, add_fingerprint, &hash, error))
        return false;
    *fingerprint_out = hash;
    return true;
}

struct laying {
    int to;
    const char *to_path;
    struct error *error;
};

static bool fail(const struct laying *laying, const char *path)
{
    return error_set(laying->error, NULL, "cannot make %s/%s: %s", laying->to_path, path,
                     strerror(errno));
}

static bool lay_directory(const struct laying *laying, const struct tree_entry *entry)
{
    struct stat there;
    bool is_there = fstatat(laying->to, entry->path, &there, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_there && errno != ENOENT)
        return fail(laying, entry->path);
    if (is_there && !S_ISDIR(there.st_mode) && unlinkat(laying->to, entry->path, 0) != 0)
        return fail(laying, entry->path);
    if (mkdirat(laying->to, entry->path, 0755) != 0 && errno != EEXIST)
        return fail(laying, entry->path);
    return fchmodat(laying->to, entry->path, entry->status.st_mode & 07777, 0) == 0 ||
           fail(laying, entry->path);
}

static bool copy_content(int from, int to)
{
    char chunk[64 * 1024];
    ssize_t size;
    while ((size = read(from, chunk, sizeof(chunk))) > 0)
        if (!file_write(to, (struct text){ chunk, (size_t)size }))
            return false;
    return size == 0;
}

/* For disks without links, and files that have as many as they can have. */
static bool copy_file(const struct laying *laying, const struct tree_entry *entry)
{
    int from = openat(entry->directory, entry->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int to = openat(laying->to, entry->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_copied = from >= 0 && to >= 0 && copy_content(from, to) &&
                     fchmod(to, entry->status.st_mode & 07777) == 0;
    process_close(&from);
    return to >= 0 && close(to) == 0 && is_copied;
}

static bool copy_link(const struct laying *laying, const struct tree_entry *entry)
{
    char target[PATH_MAX];
    ssize_t size = readlinkat(entry->directory, entry->name, target, sizeof(target) - 1);
    if (size < 0)
        return false;
    target[size] = '\0';
    return symlinkat(target, laying->to, entry->path) == 0;
}

static bool lay_file(const struct laying *laying, const struct tree_entry *entry)
{
    if (unlinkat(laying->to, entry->path, 0) != 0 && errno == EISDIR) {
        CLEANUP(freep) char *directory = xformat("%s/%s", laying->to_path, entry->path);
        package_remove(directory);
    }
    return linkat(entry->directory, entry->name, laying->to, entry->path, 0) == 0 ||
           (S_ISLNK(entry->status.st_mode) ? copy_link(laying, entry) : copy_file(laying, entry)) ||
           fail(laying, entry->path);
}

static bool lay(const struct tree_entry *entry, void *owner)
{
    const struct laying *laying = owner;
    return S_ISDIR(entry->status.st_mode) ? lay_directory(laying, entry) : lay_file(laying, entry);
}

bool tree_lay_over(const char *from, const char *to, struct error *error)
{
    struct laying laying = { .to_path = to, .error = error };
    laying.to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (laying.to < 0)
        return error_set(error, NULL, "cannot open %s: %s", to, strerror(errno));
    bool is_laid = tree_walk(from, lay, &laying, error);
    close(laying.to);
    return is_laid;
}
