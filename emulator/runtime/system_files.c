#include "runtime/system_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler.h"
#include "runtime/process.h"
#include "runtime/storage.h"
#include "xalloc.h"

enum {
    GENERATIONS_KEPT = 2, /* a process that starts may still be at the last one */
    COPIED_AT_ONCE = 1 << 20,
};

static const char *const paths[] = {
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki",
    "/etc/protocols",
    "/etc/python3",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl",
};

/* What was at a path; zero: nothing. */
struct appearance {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

struct system_files {
    const char *workspace;
    unsigned generation; /* 0: nothing was put together yet */
    char *directory;     /* of this generation; NULL: it could not be done last time */
    bool is_impossible;  /* nor can it at another time */
    struct appearance appearances[COUNT_OF(paths)];
};

void system_files_add_each(struct string_list *arguments)
{
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const char *const bind[] = { "--ro-bind", paths[i], paths[i], NULL };
        if (access(paths[i], R_OK) == 0)
            string_list_add_all(arguments, bind);
    }
}

static char *directory_of(const struct system_files *files, unsigned generation)
{
    return xformat("%s/etc-%u", files->workspace, generation);
}

struct system_files *system_files_create(const char *workspace)
{
    struct system_files *files = xcalloc(1, sizeof(*files));
    files->workspace = workspace;
    return files;
}

void system_files_destroy(struct system_files *files)
{
    if (!files)
        return;
    free(files->directory);
    free(files);
}

static bool copy(const char *path, const char *place, mode_t mode)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    ssize_t count = -1;
    while (from >= 0 && to >= 0 && (count = sendfile(to, from, NULL, COPIED_AT_ONCE)) > 0)
        ;
    return count == 0; /* both are closed by the end of this process */
}

/* Mounts are what costs at each start, so there is one for each directory, and none for files. */
static bool put_in(const char *directory, const char *path)
{
    char place[PATH_MAX];
    struct stat status;
    if (stat(path, &status) != 0 || access(path, R_OK) != 0)
        return true;
    snprintf(place, sizeof(place), "%s%s", directory, strrchr(path, '/'));
    return S_ISDIR(status.st_mode)
               ? mkdir(place, 0755) == 0 && mount(path, place, "none", MS_BIND | MS_REC, NULL) == 0
               : copy(path, place, status.st_mode & 0777);
}

/* In the namespace; 0, or errno. Bubblewrap takes away the same rights, one file after the other,
 * if that cannot be done in one call here. */
static int put_together(void *owner)
{
    const char *directory = owner;
    struct mount_attr rights = {
        .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
    };
    umask(0);
    bool is_done =
        mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m") == 0;
    for (size_t i = 0; i < COUNT_OF(paths) && is_done; i++)
        is_done = put_in(directory, paths[i]);
    int failure = is_done ? 0 : errno;
    mount_setattr(AT_FDCWD, directory, AT_RECURSIVE, &rights, sizeof(rights));
    return failure;
}

static bool look_for_changes(struct system_files *files)
{
    struct appearance now[COUNT_OF(paths)] = { 0 };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct stat status;
        if (stat(paths[i], &status) == 0)
            now[i] =
                (struct appearance){ status.st_dev, status.st_ino, status.st_size, status.st_ctim };
    }
    if (memcmp(now, files->appearances, sizeof(now)) == 0)
        return false;
    memcpy(files->appearances, now, sizeof(now));
    return true;
}

/* With a directory goes what is mounted there in the namespace. */
static void forget_old(const struct system_files *files)
{
    if (files->generation <= GENERATIONS_KEPT)
        return;
    CLEANUP(freep) char *directory = directory_of(files, files->generation - GENERATIONS_KEPT);
    rmdir(directory);
}

/* What room was not there for may go well at the next start; what is not allowed never does. */
static bool may_pass(int failure)
{
    return process_is_shortage(failure) || failure == ENOSPC || failure == EIO;
}

static void renew(struct system_files *files)
{
    char *directory = directory_of(files, files->generation + 1);
    int failure = mkdir(directory, 0755) == 0 ? storage_run(put_together, directory) : errno;
    free(files->directory);
    files->directory = failure ? NULL : directory;
    if (failure) {
        files->is_impossible = !may_pass(failure);
        rmdir(directory);
        free(directory);
        return;
    }
    files->generation++;
    forget_old(files);
}

const char *system_files_directory(struct system_files *files)
{
    bool has_changed = look_for_changes(files) || !files->directory;
    if (has_changed && !files->is_impossible)
        renew(files);
    return files->directory;
}
