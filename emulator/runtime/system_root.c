#include "runtime/system_root.h"

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
#include "runtime/bind.h"
#include "runtime/process.h"
#include "runtime/storage.h"
#include "xalloc.h"

enum {
    GENERATIONS_KEPT = 2, /* a process that starts may still be at the last one */
    COPIED_AT_ONCE = 1 << 20,
};

/* On merged-/usr systems these are links into /usr, on others directories. */
static const char *const programs[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };

static const char *const settings[] = {
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

/* Lambda has no terminals either: there a program that wants one is told that there are no pty
 * devices. */
static const char *const devices[] = {
    "/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero",
};
static const char *const device_links[][2] = {
    { "/proc/kcore", "/dev/core" },       { "/proc/self/fd", "/dev/fd" },
    { "/proc/self/fd/0", "/dev/stdin" },  { "/proc/self/fd/1", "/dev/stdout" },
    { "/proc/self/fd/2", "/dev/stderr" },
};

/* /dev/shm is where nothing can be kept: it would have no limit, and Lambda does not mount it. */
static const char *const directories[] = {
    "/dev", "/dev/shm", "/etc", "/opt",         "/proc",
    "/tmp", "/usr",     "/var", "/var/runtime", "/var/task",
};

/* Lambda's sh is bash, and scripts that were written there use what others lack. */
static const char shell[] = "/bin/bash";
static const char usual_shell[] = "/bin/sh";

/* What is looked at for changes: the settings, and both shells. */
enum { WATCHED = COUNT_OF(settings) + 2 };

/* What was at a path; zero: nothing. */
struct appearance {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

struct system_root {
    const char *workspace;
    unsigned generation; /* 0: nothing was put together yet */
    char *directory;     /* of this generation; NULL: it could not be done last time */
    bool is_impossible;  /* nor can it at another time */
    struct appearance appearances[WATCHED];
};

static char *directory_of(const struct system_root *root, unsigned generation)
{
    return xformat("%s/root-%u", root->workspace, generation);
}

struct system_root *system_root_create(const char *workspace)
{
    struct system_root *root = xcalloc(1, sizeof(*root));
    root->workspace = workspace;
    return root;
}

void system_root_destroy(struct system_root *root)
{
    if (!root)
        return;
    free(root->directory);
    free(root);
}

static bool copy(const char *path, const char *place, mode_t mode)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    ssize_t count = -1;
    while (from >= 0 && to >= 0 && (count = sendfile(to, from, NULL, COPIED_AT_ONCE)) > 0)
        ;
    int reason = errno;
    process_close(&from);
    process_close(&to); /* nothing that is open for writing becomes read-only */
    errno = reason;
    return count == 0;
}

/* Where bash is to be found instead; owned by the caller, NULL: nowhere. Bubblewrap 0.12 mounts
 * nothing on a link, which sh mostly is; those before it followed the link themselves. */
static char *find_replaced_shell(void)
{
    return access(shell, X_OK) == 0 ? realpath(usual_shell, NULL) : NULL;
}

static bool make_directories(const char *root)
{
    bool is_done = true;
    for (size_t i = 0; i < COUNT_OF(directories) && is_done; i++) {
        char place[PATH_MAX];
        snprintf(place, sizeof(place), "%s%s", root, directories[i]);
        is_done = mkdir(place, 0755) == 0;
    }
    return is_done;
}

static bool mount_at(const char *path, const char *place)
{
    return mount(path, place, "none", MS_BIND | MS_REC, NULL) == 0;
}

/* Mounts are what costs at each start, so there is one for each directory, and none for files. */
static bool put_in(const char *root, const char *path)
{
    char place[PATH_MAX];
    struct stat status;
    if (stat(path, &status) != 0 || access(path, R_OK) != 0)
        return true;
    snprintf(place, sizeof(place), "%s%s", root, path);
    return S_ISDIR(status.st_mode) ? mkdir(place, 0755) == 0 && mount_at(path, place)
                                   : copy(path, place, status.st_mode & 0777);
}

static bool put_programs_in(const char *root)
{
    char place[PATH_MAX];
    snprintf(place, sizeof(place), "%s/usr", root);
    bool is_done = mount_at("/usr", place);
    for (size_t i = 0; i < COUNT_OF(programs) && is_done; i++) {
        char target[PATH_MAX];
        ssize_t size = readlink(programs[i], target, sizeof(target) - 1);
        target[size > 0 ? size : 0] = '\0';
        snprintf(place, sizeof(place), "%s%s", root, programs[i]);
        is_done = size > 0 ? symlink(target, place) == 0 : put_in(root, programs[i]);
    }
    CLEANUP(freep) char *replaced = find_replaced_shell();
    if (!is_done || !replaced)
        return is_done;
    snprintf(place, sizeof(place), "%s%s", root, replaced);
    return mount_at(shell, place);
}

static bool put_settings_in(const char *root)
{
    bool is_done = true;
    for (size_t i = 0; i < COUNT_OF(settings) && is_done; i++)
        is_done = put_in(root, settings[i]);
    return is_done;
}

static bool restrict_rights(const char *place, unsigned flags, uint64_t rights)
{
    struct mount_attr wanted = { .attr_set = rights };
    return mount_setattr(AT_FDCWD, place, flags, &wanted, sizeof(wanted)) == 0;
}

static bool put_device_in(const char *root, const char *path)
{
    char place[PATH_MAX];
    snprintf(place, sizeof(place), "%s%s", root, path);
    return mount_at(path, place) &&
           restrict_rights(place, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

/* A device is mounted on an empty file; without nodev, so after all else has it. */
static bool put_devices_in(const char *root)
{
    char place[PATH_MAX];
    bool is_done = true;
    for (size_t i = 0; i < COUNT_OF(device_links) && is_done; i++) {
        snprintf(place, sizeof(place), "%s%s", root, device_links[i][1]);
        is_done = symlink(device_links[i][0], place) == 0;
    }
    for (size_t i = 0; i < COUNT_OF(devices) && is_done; i++) {
        snprintf(place, sizeof(place), "%s%s", root, devices[i]);
        is_done = mknod(place, S_IFREG | 0666, 0) == 0;
    }
    is_done = is_done && restrict_rights(root, AT_RECURSIVE,
                                         MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    for (size_t i = 0; i < COUNT_OF(devices) && is_done; i++)
        is_done = put_device_in(root, devices[i]);
    return is_done;
}

/* In the namespace; 0, or errno. Bubblewrap takes over what a mount may not do as it finds it. */
static int put_together(void *owner)
{
    const char *root = owner;
    umask(0);
    bool is_done = mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m") == 0 &&
                   make_directories(root) && put_programs_in(root) && put_settings_in(root) &&
                   put_devices_in(root);
    return is_done ? 0 : errno;
}

static struct appearance look_at(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return (struct appearance){ 0 };
    return (struct appearance){ status.st_dev, status.st_ino, status.st_size, status.st_ctim };
}

static bool look_for_changes(struct system_root *root)
{
    struct appearance now[WATCHED];
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        now[i] = look_at(settings[i]);
    now[COUNT_OF(settings)] = look_at(shell);
    now[COUNT_OF(settings) + 1] = look_at(usual_shell);
    if (memcmp(now, root->appearances, sizeof(now)) == 0)
        return false;
    memcpy(root->appearances, now, sizeof(now));
    return true;
}

/* With a directory goes what is mounted there in the namespace. */
static void forget_old(const struct system_root *root)
{
    if (root->generation <= GENERATIONS_KEPT)
        return;
    CLEANUP(freep) char *directory = directory_of(root, root->generation - GENERATIONS_KEPT);
    rmdir(directory);
}

/* What room was not there for may go well at the next start; what is not allowed never does. */
static bool may_pass(int failure)
{
    return process_is_shortage(failure) || failure == ENOSPC || failure == EIO;
}

static void renew(struct system_root *root)
{
    char *directory = directory_of(root, root->generation + 1);
    int failure = mkdir(directory, 0755) == 0 ? storage_run(put_together, directory) : errno;
    free(root->directory);
    root->directory = failure ? NULL : directory;
    if (failure) {
        root->is_impossible = !may_pass(failure);
        rmdir(directory);
        free(directory);
        return;
    }
    root->generation++;
    forget_old(root);
}

const char *system_root_directory(struct system_root *root)
{
    bool has_changed = look_for_changes(root) || !root->directory;
    if (has_changed && !root->is_impossible)
        renew(root);
    return root->directory;
}

static void add_settings(struct string_list *arguments, const char *root)
{
    if (root) {
        CLEANUP(freep) char *together = xformat("%s/etc", root);
        bind_read_only(arguments, together, "/etc");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        if (access(settings[i], R_OK) == 0)
            bind_read_only(arguments, settings[i], settings[i]);
}

static void add_devices(struct string_list *arguments, const char *root)
{
    CLEANUP(freep) char *together = root ? xformat("%s/dev", root) : NULL;
    const char *const bind[] = { "--dev-bind", together, "/dev", NULL };
    const char *const own[] = { "--dev", "/dev", "--remount-ro", "/dev", NULL };
    string_list_add_all(arguments, root ? bind : own);
}

void system_root_add_each(struct string_list *arguments, const char *directory)
{
    bind_read_only(arguments, "/usr", "/usr");
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        bind_or_link(arguments, programs[i], programs[i]);
    CLEANUP(freep) char *replaced = find_replaced_shell();
    if (replaced)
        bind_read_only(arguments, shell, replaced);
    add_settings(arguments, directory);
    add_devices(arguments, directory);
}
