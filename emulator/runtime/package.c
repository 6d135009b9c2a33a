/*
 * Unpacks a zip that nobody vouches for. Directories are walked one component at a time without
 * following links, and symbolic links are made after everything else, so no entry can be written
 * through a link. What an entry claims of its size is checked against what it holds.
 */
#include "runtime/package.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include "file.h"
#include "log.h"
#include "runtime/process.h"
#include "xalloc.h"

enum {
    ENTRIES_MAX = 250000,
    PATH_SIZE_MAX = 2048,
    LINK_TARGET_MAX = 1024,
    ZIP_OPSYS_APPLE = 19, /* OS X, in the zip specification's list of hosts */
    CHUNK_SIZE = 64 * 1024,
    REMOVAL_DEPTH_MAX = 30,
};

struct entry {
    zip_uint64_t index;
    struct text path; /* as stored */
    uint64_t size;    /* as claimed */
    mode_t type;      /* S_IFREG, S_IFDIR, S_IFLNK, or something refused */
    mode_t permissions;
};

struct unpacking {
    zip_t *archive;
    int root; /* directory that is filled */
    int private_count;
    struct entry first_private; /* of them */
    struct error *error;
};

static enum package_fault refuse(struct unpacking *unpacking, const char *why, struct text path)
{
    error_set(unpacking->error, NULL, "%s: '%.*s'", why, TEXT_ARGS(path));
    return PACKAGE_NOT_ZIP;
}

static enum package_fault fail(struct unpacking *unpacking, const char *what, struct text path)
{
    error_set(unpacking->error, NULL, "cannot %s '%.*s': %s", what, TEXT_ARGS(path),
              strerror(errno));
    return PACKAGE_IO;
}

/* Cuts the next meaningful component off a path; empty at the end. */
static struct text next_component(struct text *rest)
{
    while (rest->data) {
        struct text part = text_cut(rest, '/');
        if (part.size && !text_equal(part, "."))
            return part;
    }
    return (struct text){ NULL, 0 };
}

static bool is_safe_path(struct text path)
{
    if (path.size == 0 || path.size > PATH_SIZE_MAX || path.data[0] == '/')
        return false;
    bool has_component = false;
    struct text part;
    while ((part = next_component(&path)).size) {
        if (text_equal(part, "..") || part.size > NAME_MAX)
            return false;
        has_component = true;
    }
    return has_component;
}

/*
 * A target may climb with leading ".." only, and not above the tree from the link's directory.
 * Behind a name ".." is refused: the name may be a link itself, and lead elsewhere.
 */
static bool is_safe_target(struct text target, int depth)
{
    if (target.size == 0 || target.data[0] == '/' || memchr(target.data, '\0', target.size))
        return false;
    bool has_name = false;
    struct text part;
    while ((part = next_component(&target)).size) {
        if (!text_equal(part, ".."))
            has_name = true;
        else if (has_name || --depth < 0)
            return false;
    }
    return true;
}

static void read_attributes(zip_t *archive, struct entry *entry)
{
    zip_uint8_t host = ZIP_OPSYS_DOS;
    zip_uint32_t attributes = 0;
    bool is_directory = entry->path.data[entry->path.size - 1] == '/';
    zip_file_get_external_attributes(archive, entry->index, 0, &host, &attributes);
    mode_t mode = 0;
    if (host == ZIP_OPSYS_UNIX || host == ZIP_OPSYS_APPLE)
        mode = (mode_t)(attributes >> 16);
    entry->type = mode & S_IFMT;
    if (is_directory)
        entry->type = S_IFDIR;
    else if (entry->type == 0)
        entry->type = S_IFREG;
    entry->permissions = mode & 0777;
    if (entry->permissions == 0)
        entry->permissions = entry->type == S_IFDIR ? 0755 : 0644;
}

static enum package_fault read_entry(struct unpacking *unpacking, zip_uint64_t index,
                                     struct entry *entry)
{
    zip_stat_t status;
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE;
    if (zip_stat_index(unpacking->archive, index, 0, &status) != 0 ||
        (status.valid & needed) != needed)
        return refuse(unpacking, "an entry cannot be read", TEXT("?"));
    *entry = (struct entry){ .index = index, .path = text_from(status.name), .size = status.size };
    if (!is_safe_path(entry->path))
        return refuse(unpacking, "an entry's path leaves the package", entry->path);
    read_attributes(unpacking->archive, entry);
    if (entry->type != S_IFREG && entry->type != S_IFDIR && entry->type != S_IFLNK)
        return refuse(unpacking, "an entry is neither file nor directory", entry->path);
    return PACKAGE_OK;
}

/* Opens the directory below `at`, making it if need be. -1 with errno set. */
static int enter(int at, struct text name)
{
    char path[NAME_MAX + 1];
    snprintf(path, sizeof(path), "%.*s", TEXT_ARGS(name));
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(at, path, flags);
    if (fd < 0 && errno == ENOENT && mkdirat(at, path, 0755) == 0)
        fd = openat(at, path, flags);
    return fd;
}

/* Opens the directory that holds the entry. Its own name is in `name_out`, its depth counted. */
static int enter_parents(struct unpacking *unpacking, struct text path, char name_out[NAME_MAX + 1],
                         int *depth_out)
{
    int at = fcntl(unpacking->root, F_DUPFD_CLOEXEC, 0);
    struct text name = next_component(&path);
    struct text next;
    *depth_out = 0;
    while (at >= 0 && (next = next_component(&path)).size) {
        int inner = enter(at, name);
        int failure = errno;
        close(at);
        errno = failure;
        at = inner;
        name = next;
        (*depth_out)++;
    }
    snprintf(name_out, NAME_MAX + 1, "%.*s", TEXT_ARGS(name));
    return at;
}

static bool is_conflict(int failure)
{
    return failure == ENOTDIR || failure == ELOOP || failure == EEXIST || failure == EISDIR;
}

/* A name that is both a file and a directory is the package's fault, all else is the disk's. */
static enum package_fault refuse_or_fail(struct unpacking *unpacking, const char *what,
                                         struct text path)
{
    if (is_conflict(errno))
        return refuse(unpacking, "two entries want the same name", path);
    return fail(unpacking, what, path);
}

static enum package_fault copy_content(struct unpacking *unpacking, zip_file_t *file, int fd,
                                       const struct entry *entry)
{
    CLEANUP(freep) char *chunk = xmalloc(CHUNK_SIZE);
    uint64_t size = 0;
    for (;;) {
        zip_int64_t count = zip_fread(file, chunk, CHUNK_SIZE);
        if (count < 0)
            return refuse(unpacking, "an entry is damaged", entry->path);
        if (count == 0)
            break;
        size += (uint64_t)count;
        if (size > entry->size)
            break;
        if (!file_write(fd, (struct text){ chunk, (size_t)count }))
            return fail(unpacking, "write", entry->path);
    }
    if (size != entry->size)
        return refuse(unpacking, "an entry's size is not what it claims", entry->path);
    return PACKAGE_OK;
}

/* A later entry of the same name replaces the earlier one, as unzip does it. */
static int create_file(int at, const char *name)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(at, name, flags, 0600);
    if (fd < 0 && errno == EEXIST && unlinkat(at, name, 0) == 0)
        fd = openat(at, name, flags, 0600);
    return fd;
}

/* Functions run as the owner of their files here. On Lambda they run as somebody else. */
static void note_permissions(struct unpacking *unpacking, const struct entry *entry)
{
    if (entry->permissions & S_IROTH)
        return;
    if (unpacking->private_count++ == 0)
        unpacking->first_private = *entry;
}

static void warn_of_permissions(const struct unpacking *unpacking)
{
    const struct entry *first = &unpacking->first_private;
    if (unpacking->private_count)
        log_warn("runtime",
                 "on AWS Lambda %d of a package's files could not be read (Permission denied): "
                 "'%.*s', of mode %03o, and so on; give files mode 644 in the zip",
                 unpacking->private_count, TEXT_ARGS(first->path), (unsigned)first->permissions);
}

static enum package_fault unpack_file(struct unpacking *unpacking, const struct entry *entry,
                                      int at, const char *name)
{
    zip_file_t *file = zip_fopen_index(unpacking->archive, entry->index, 0);
    if (!file)
        return refuse(unpacking, "an entry cannot be read", entry->path);
    note_permissions(unpacking, entry);
    enum package_fault fault = PACKAGE_OK;
    int fd = create_file(at, name);
    if (fd < 0) {
        fault = refuse_or_fail(unpacking, "create", entry->path);
    } else {
        fault = copy_content(unpacking, file, fd, entry);
        if (fault == PACKAGE_OK && fchmod(fd, entry->permissions | S_IRUSR) != 0)
            fault = fail(unpacking, "set the permissions of", entry->path);
        if (close(fd) != 0 && fault == PACKAGE_OK)
            fault = fail(unpacking, "write", entry->path);
    }
    zip_fclose(file);
    return fault;
}

static enum package_fault unpack_directory(struct unpacking *unpacking, const struct entry *entry,
                                           int at, const char *name)
{
    int fd = enter(at, text_from(name));
    if (fd < 0)
        return refuse_or_fail(unpacking, "create", entry->path);
    enum package_fault fault = PACKAGE_OK;
    if (fchmod(fd, entry->permissions | S_IRWXU) != 0)
        fault = fail(unpacking, "set the permissions of", entry->path);
    close(fd);
    return fault;
}

static enum package_fault unpack_link(struct unpacking *unpacking, const struct entry *entry,
                                      int at, const char *name, int depth)
{
    char target[LINK_TARGET_MAX + 1];
    zip_file_t *file = zip_fopen_index(unpacking->archive, entry->index, 0);
    zip_int64_t size = file ? zip_fread(file, target, LINK_TARGET_MAX) : -1;
    if (file)
        zip_fclose(file);
    if (size < 0 || (uint64_t)size != entry->size)
        return refuse(unpacking, "a symbolic link cannot be read", entry->path);
    target[size] = '\0';
    if (!is_safe_target((struct text){ target, (size_t)size }, depth))
        return refuse(unpacking, "a symbolic link leaves the package", entry->path);
    if (symlinkat(target, at, name) != 0)
        return refuse_or_fail(unpacking, "create", entry->path);
    return PACKAGE_OK;
}

static enum package_fault unpack_entry(struct unpacking *unpacking, const struct entry *entry)
{
    char name[NAME_MAX + 1];
    int depth;
    enum package_fault fault;
    int at = enter_parents(unpacking, entry->path, name, &depth);
    if (at < 0)
        return refuse_or_fail(unpacking, "create", entry->path);
    if (entry->type == S_IFDIR)
        fault = unpack_directory(unpacking, entry, at, name);
    else if (entry->type == S_IFLNK)
        fault = unpack_link(unpacking, entry, at, name, depth);
    else
        fault = unpack_file(unpacking, entry, at, name);
    close(at);
    return fault;
}

/* One walk over the entries: links alone, or all the others. */
static enum package_fault unpack_entries(struct unpacking *unpacking, bool links)
{
    zip_uint64_t count = (zip_uint64_t)zip_get_num_entries(unpacking->archive, 0);
    for (zip_uint64_t i = 0; i < count; i++) {
        struct entry entry;
        enum package_fault fault = read_entry(unpacking, i, &entry);
        if (fault != PACKAGE_OK)
            return fault;
        if ((entry.type == S_IFLNK) != links)
            continue;
        fault = unpack_entry(unpacking, &entry);
        if (fault != PACKAGE_OK)
            return fault;
    }
    return PACKAGE_OK;
}

/* What the entries claim; the content is held against the claims when it is read. */
static enum package_fault check_claims(struct unpacking *unpacking)
{
    zip_int64_t count = zip_get_num_entries(unpacking->archive, 0);
    uint64_t total = 0;
    if (count <= 0)
        return PACKAGE_EMPTY;
    for (zip_int64_t i = 0; i < count; i++) {
        struct entry entry;
        enum package_fault fault = read_entry(unpacking, (zip_uint64_t)i, &entry);
        if (fault != PACKAGE_OK)
            return fault;
        if (entry.size > PACKAGE_UNZIPPED_MAX)
            return PACKAGE_TOO_LARGE;
        total += entry.size;
        if (total > PACKAGE_UNZIPPED_MAX)
            return PACKAGE_TOO_LARGE;
    }
    return count > ENTRIES_MAX ? PACKAGE_TOO_LARGE : PACKAGE_OK;
}

static enum package_fault open_archive(struct text zip, zip_t **archive_out, struct error *error)
{
    zip_error_t reason;
    zip_error_init(&reason);
    zip_source_t *source = NULL;
    zip_t *archive = NULL;
    if (zip.size)
        source = zip_source_buffer_create(zip.data, zip.size, 0, &reason);
    if (source)
        archive = zip_open_from_source(source, ZIP_RDONLY, &reason);
    if (source && !archive)
        zip_source_free(source);
    if (!archive)
        error_set(error, NULL, "not a zip: %s", zip_error_strerror(&reason));
    zip_error_fini(&reason);
    *archive_out = archive;
    return archive ? PACKAGE_OK : PACKAGE_NOT_ZIP;
}

static enum package_fault unpack_into(zip_t *archive, const char *directory, struct error *error)
{
    struct unpacking unpacking = { .archive = archive, .error = error, .root = -1 };
    enum package_fault fault = check_claims(&unpacking);
    if (fault != PACKAGE_OK)
        return fault;
    if (mkdir(directory, 0755) == 0)
        unpacking.root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (unpacking.root < 0)
        return fail(&unpacking, "create", text_from(directory));
    fault = unpack_entries(&unpacking, false);
    if (fault == PACKAGE_OK)
        fault = unpack_entries(&unpacking, true);
    if (fault == PACKAGE_OK)
        warn_of_permissions(&unpacking);
    process_close(&unpacking.root);
    return fault;
}

enum package_fault package_unpack(struct text zip, const char *target, struct error *error)
{
    zip_t *archive;
    enum package_fault fault = open_archive(zip, &archive, error);
    if (fault != PACKAGE_OK)
        return fault;
    CLEANUP(freep) char *partial = xformat("%s.partial", target);
    package_remove(partial); /* what a crash left */
    fault = unpack_into(archive, partial, error);
    if (fault == PACKAGE_OK && rename(partial, target) != 0) {
        error_set(error, NULL, "cannot create '%s': %s", target, strerror(errno));
        fault = PACKAGE_IO;
    }
    if (fault != PACKAGE_OK)
        package_remove(partial);
    zip_discard(archive);
    return fault;
}

/* Of what an open file holds. */
static bool is_content(int fd, const zip_stat_t *entry)
{
    CLEANUP(freep) char *chunk = xmalloc(CHUNK_SIZE);
    uLong crc = 0;
    uint64_t size = 0;
    ssize_t count;
    while ((count = read(fd, chunk, CHUNK_SIZE)) > 0) {
        crc = crc32(crc, (const Bytef *)chunk, (uInt)count);
        size += (uint64_t)count;
    }
    return count == 0 && size == entry->size && crc == entry->crc;
}

/* A link's content is where it leads. */
static bool is_as_packed(const char *path, const zip_stat_t *entry)
{
    char target[LINK_TARGET_MAX + 1];
    ssize_t size = readlink(path, target, sizeof(target));
    if (size >= 0)
        return (uint64_t)size == entry->size &&
               crc32(0, (const Bytef *)target, (uInt)size) == entry->crc;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool is_good = fd >= 0 && is_content(fd, entry);
    process_close(&fd);
    return is_good;
}

static bool is_replaced(zip_t *archive, zip_int64_t index, const char *name)
{
    zip_int64_t count = zip_get_num_entries(archive, 0);
    for (zip_int64_t later = index + 1; later < count; later++) {
        if (strcmp(zip_get_name(archive, (zip_uint64_t)later, 0), name) == 0)
            return true;
    }
    return false;
}

static bool compare_entry(zip_t *archive, zip_int64_t index, const char *directory,
                          struct error *error)
{
    zip_stat_t entry;
    if (zip_stat_index(archive, (zip_uint64_t)index, 0, &entry) != 0)
        return error_set(error, NULL, "an entry of a package cannot be read");
    CLEANUP(freep) char *path = xformat("%s/%s", directory, entry.name);
    return path[strlen(path) - 1] == '/' || is_as_packed(path, &entry) ||
           is_replaced(archive, index, entry.name) ||
           error_set(error, NULL, "%s is gone, or not as it is in its package", path);
}

bool package_compare(struct text zip, const char *directory, struct error *error)
{
    zip_t *archive;
    bool is_same = open_archive(zip, &archive, error) == PACKAGE_OK;
    zip_int64_t count = is_same ? zip_get_num_entries(archive, 0) : 0;
    for (zip_int64_t index = 0; index < count && is_same; index++)
        is_same = compare_entry(archive, index, directory, error);
    zip_discard(archive);
    return is_same;
}

/* Each level that is entered keeps a directory open; what lies deeper is moved up first. */
struct removal {
    int top;
    unsigned names_tried;
    bool has_moved;
};

static void remove_content(struct removal *removal, int fd, int depth);

static void move_up(struct removal *removal, int at, const char *name)
{
    char above[32];
    bool is_taken = true;
    fchmodat(at, name, S_IRWXU, 0); /* its ".." changes */
    while (is_taken) {
        snprintf(above, sizeof(above), "deep-%u", removal->names_tried++);
        bool is_moved = renameat(at, name, removal->top, above) == 0;
        is_taken = !is_moved && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR);
        removal->has_moved |= is_moved;
    }
}

static int open_for_removal(int at, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(at, name, flags);
    if (fd < 0 && errno == EACCES && fchmodat(at, name, S_IRWXU, 0) == 0)
        fd = openat(at, name, flags);
    return fd;
}

static void remove_at(struct removal *removal, int at, const char *name, int depth)
{
    if (unlinkat(at, name, 0) == 0 || errno == ENOENT || unlinkat(at, name, AT_REMOVEDIR) == 0)
        return;
    if (depth == REMOVAL_DEPTH_MAX) {
        move_up(removal, at, name);
        return;
    }
    int fd = open_for_removal(at, name);
    if (fd >= 0)
        remove_content(removal, fd, depth + 1);
    unlinkat(at, name, AT_REMOVEDIR);
}

/* Closes the descriptor. */
static void remove_content(struct removal *removal, int fd, int depth)
{
    fchmod(fd, S_IRWXU);
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_at(removal, fd, entry->d_name, depth);
    closedir(directory);
}

/* As often as something was moved up, for which it is too early in the same walk. */
static void remove_below(struct removal *removal)
{
    int fd;
    do {
        removal->has_moved = false;
        fd = openat(removal->top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            remove_content(removal, fd, 0);
    } while (removal->has_moved);
}

void package_remove(const char *directory)
{
    if (unlink(directory) == 0 || errno == ENOENT)
        return;
    struct removal removal = { .top = open_for_removal(AT_FDCWD, directory) };
    if (removal.top >= 0) {
        fchmod(removal.top, S_IRWXU);
        remove_below(&removal);
        process_close(&removal.top);
    }
    rmdir(directory);
}
