/*
 * Making the namespace, once, and entering it. Root mounts in a mount namespace alone; anybody
 * else needs a user namespace around it, in which the user keeps the own id.
 */
#include "runtime/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "runtime/process.h"
#include "text.h"
#include "xalloc.h"

enum { MAKER_TEXT_SIZE = 64 };

struct namespaces {
    int user;
    int mount;
};

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    process_close(&fd);
    return is_written;
}

static bool enter_user_namespace(void)
{
    char users[MAKER_TEXT_SIZE];
    char groups[MAKER_TEXT_SIZE];
    snprintf(users, sizeof(users), "%d %d 1", (int)getuid(), (int)getuid());
    snprintf(groups, sizeof(groups), "%d %d 1", (int)getgid(), (int)getgid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/gid_map", groups);
}

/* The child: makes the namespaces, tries a mount, says how it went and waits until they were
 * opened. What the machine mounts later is to be seen inside, nothing of ours outside. */
NORETURN static void make(int answer_fd, int wait_fd)
{
    char answer = 'm';
    if (unshare(CLONE_NEWNS) != 0)
        answer = enter_user_namespace() ? 'u' : '-';
    if (answer != '-' && (mount("none", "/", "none", MS_REC | MS_SLAVE, NULL) != 0 ||
                          mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=4k") != 0 ||
                          umount2("/tmp", MNT_DETACH) != 0))
        answer = '-';
    /* Bubblewrap reads the table of mounts again and again; no function sees what is here. */
    if (answer == 'm')
        umount2("/sys", MNT_DETACH);
    if (write(answer_fd, &answer, 1) == 1 && read(wait_fd, &answer, 1) == 0)
        _exit(0);
    _exit(1);
}

static int open_namespace(pid_t maker, const char *name)
{
    CLEANUP(freep) char *path = xformat("/proc/%d/ns/%s", (int)maker, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && !process_move_up(&fd)) {
        int reason = errno;
        process_close(&fd);
        errno = reason;
    }
    return fd;
}

/* 0, or errno. */
static int open_namespaces(pid_t maker, int answer_fd, struct namespaces *made)
{
    char answer = '-';
    ssize_t size;
    while ((size = read(answer_fd, &answer, 1)) < 0 && errno == EINTR)
        ;
    if (size != 1)
        return EAGAIN; /* libuv ends a child in which it finds no descriptors */
    if (answer == '-')
        return 0;
    made->mount = open_namespace(maker, "mnt");
    if (made->mount >= 0 && answer == 'u')
        made->user = open_namespace(maker, "user");
    if (made->mount >= 0 && (answer != 'u' || made->user >= 0))
        return 0;
    int reason = errno;
    process_close(&made->mount);
    return reason;
}

/* 0, or errno. What the child alone uses is closed: its end is the end of its answer. */
static int start_maker(int answer[2], int wait[2], struct namespaces *made)
{
    pid_t maker = fork();
    int reason = maker < 0 ? errno : 0;
    if (maker == 0) {
        close(wait[1]);
        make(answer[1], wait[0]);
    }
    process_close(&answer[1]);
    process_close(&wait[0]);
    if (maker > 0)
        reason = open_namespaces(maker, answer[0], made);
    process_close(&wait[1]);
    if (maker > 0)
        process_wait(maker);
    return reason;
}

/* 0, or errno if there is no room to try it. */
static int make_namespaces(struct namespaces *made)
{
    int answer[2];
    int wait[2];
    *made = (struct namespaces){ -1, -1 };
    if (!process_pipe(&answer[0], &answer[1]))
        return errno;
    int reason = process_pipe(&wait[0], &wait[1]) ? 0 : errno;
    if (reason == 0)
        reason = start_maker(answer, wait, made);
    process_close(&answer[0]);
    process_close(&answer[1]);
    return process_is_shortage(reason) ? reason : 0;
}

/* Without a mount namespace if there is none, and errno as storage_plan() says. */
static const struct namespaces *get_namespaces(void)
{
    static bool is_tried;
    static struct namespaces made;
    errno = 0;
    if (is_tried)
        return &made;
    int reason = make_namespaces(&made);
    is_tried = reason == 0;
    if (is_tried && made.mount < 0)
        log_warn("runtime", "no file systems can be mounted here: a function's /tmp is not "
                            "limited to its EphemeralStorage");
    errno = reason;
    return &made;
}

bool storage_plan(const char *directory, int size_mb, struct storage *storage_out)
{
    const struct namespaces *made = get_namespaces();
    if (made->mount < 0)
        return false;
    *storage_out = (struct storage){ .user_namespace = made->user,
                                     .mount_namespace = made->mount,
                                     .directory = directory };
    snprintf(storage_out->options, sizeof(storage_out->options), "size=%dm,mode=1777", size_mb);
    return true;
}

/* 0, or errno. */
static int enter(int user_namespace, int mount_namespace)
{
    bool is_entered = (user_namespace < 0 || setns(user_namespace, CLONE_NEWUSER) == 0) &&
                      setns(mount_namespace, CLONE_NEWNS) == 0;
    return is_entered ? 0 : errno;
}

int storage_run(int (*work)(void *owner), void *owner)
{
    const struct namespaces *made = get_namespaces();
    if (made->mount < 0)
        return errno ? errno : EPERM;
    pid_t child = fork();
    if (child < 0)
        return errno;
    if (child == 0) {
        int failure = enter(made->user, made->mount);
        _exit(failure ? failure : work(owner));
    }
    int status = process_wait(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
}

/* A file system of its own has a device of its own. */
static bool is_mounted(const struct storage *storage)
{
    char parent[PATH_MAX];
    struct stat own;
    struct stat above;
    int size = snprintf(parent, sizeof(parent), "%s/..", storage->directory);
    return size < (int)sizeof(parent) && stat(storage->directory, &own) == 0 &&
           stat(parent, &above) == 0 && own.st_dev != above.st_dev;
}

int storage_enter(const struct storage *storage)
{
    int failure = enter(storage->user_namespace, storage->mount_namespace);
    if (failure)
        return failure;
    if (!is_mounted(storage) &&
        mount("tmpfs", storage->directory, "tmpfs", MS_NOSUID | MS_NODEV, storage->options) != 0)
        return errno;
    return 0;
}
