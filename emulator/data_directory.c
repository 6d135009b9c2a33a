#include "data_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "runtime/package.h"
#include "runtime/strays.h"
#include "runtime/workspace.h"
#include "text.h"
#include "xalloc.h"

/* Nobody names a directory of his own like that, so one that no server holds is rubbish. */
#define EPHEMERAL_PREFIX "coalmine-ephemeral-"

enum {
    REMOVED_MAX = 8,
    STARTING_MAX_S = 60, /* until a new server has locked its database, by far */
};

/* A new one has its name on the disk if it `must_last`. */
static bool make_directory(const char *path, bool must_last)
{
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST;
    CLEANUP(freep) char *copy = xstrdup(path);
    return !must_last || file_sync_directory(dirname(copy));
}

static bool make_directories(const char *path, bool must_last)
{
    CLEANUP(freep) char *copy = xstrdup(path);
    bool made = true;
    for (char *slash = strchr(copy + 1, '/'); slash && made; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = make_directory(copy, must_last);
        *slash = '/';
    }
    return made && make_directory(copy, must_last);
}

static const char *temporary_root(void)
{
    const char *root = getenv("TMPDIR");
    return root && root[0] == '/' ? root : "/tmp";
}

static char *make_temporary(struct error *error)
{
    char *path = xformat("%s/" EPHEMERAL_PREFIX "XXXXXX", temporary_root());
    if (mkdtemp(path))
        return path;
    error_set(error, NULL, "cannot make a temporary directory %s: %s; TMPDIR says where", path,
              strerror(errno));
    free(path);
    return NULL;
}

/* Below some names what we do not know is taken for what a crash left, and removed: in a directory
 * that is somebody's project it would be his. */
static bool check_is_ours(const char *directory, struct error *error)
{
    static const char *const swept[] = { "code", "sandboxes", "removed" };
    CLEANUP(freep) char *database = xformat("%s/coalmine.db", directory);
    CLEANUP(freep) char *telemetry = xformat("%s/telemetry.db", directory);
    if (access(database, F_OK) == 0 || access(telemetry, F_OK) == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(swept); i++) {
        CLEANUP(freep) char *path = xformat("%s/%s", directory, swept[i]);
        if (access(path, F_OK) == 0)
            return error_set(error, NULL,
                             "%s is not Coalmine's, and would be emptied: there is no coalmine.db "
                             "beside it; say another --data-dir, one that is empty or not there",
                             path);
    }
    return true;
}

/* The permissions of what lies in an open directory, as they are for others; 0 on an error. */
static mode_t others_rights(int at, const char *name)
{
    struct stat status;
    bool is_file = fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
    return is_file ? status.st_mode & (S_IRGRP | S_IROTH) : 0;
}

/* We make ours for their owner alone; an older server's, or copies, may be for everybody. Who may
 * not enter the directory reads nothing there. */
static void warn_of_readers(const char *directory)
{
    struct stat status;
    if (stat(directory, &status) != 0 || !(status.st_mode & (S_IXGRP | S_IXOTH)))
        return;
    DIR *entries = opendir(directory);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)) && !others_rights(dirfd(entries), entry->d_name))
        ;
    if (entries && entry)
        log_warn("data",
                 "others can read %s/%s, and what functions have in their environment: "
                 "chmod go-rwx %s",
                 directory, entry->d_name, directory);
    if (entries)
        closedir(entries);
}

char *data_directory_open(const struct settings *settings, struct error *error)
{
    if (settings->is_ephemeral)
        return make_temporary(error);
    CLEANUP(freep)
    char *wanted = settings->data_dir ? xstrdup(settings->data_dir) : settings_default_directory();
    if (!wanted) {
        error_set(error, NULL, "no home directory: say --data-dir DIR or --ephemeral");
        return NULL;
    }
    bool made = make_directories(wanted, settings->is_durable) && access(wanted, W_OK) == 0;
    char *directory = made ? realpath(wanted, NULL) : NULL;
    if (!directory) {
        error_set(error, NULL,
                  "cannot use %s: %s; --data-dir DIR keeps state elsewhere, --ephemeral nowhere",
                  wanted, strerror(errno));
        return NULL;
    }
    if (check_is_ours(directory, error)) {
        warn_of_readers(directory);
        return directory;
    }
    free(directory);
    return NULL;
}

/* A server holds SQLite's locks on its database as long as it runs. Not for a database that this
 * process has open: closing a descriptor of it gives up the process's own locks. */
static bool is_abandoned(const char *directory)
{
    struct stat status;
    if (lstat(directory, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
        status.st_mtime > time(NULL) - STARTING_MAX_S)
        return false;
    CLEANUP(freep) char *database = xformat("%s/coalmine.db", directory);
    int fd = open(database, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    bool is_free = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
    close(fd);
    return is_free;
}

static void remove_abandoned(const char *directory)
{
    CLEANUP(freep) char *sandboxes = xformat("%s/sandboxes", directory);
    CLEANUP(freep) char *runtime = workspace_runtime(sandboxes);
    strays_kill_predecessors(runtime);
    package_remove(directory);
}

void data_directory_remove_abandoned(const char *own)
{
    CLEANUP(freep) char *root = realpath(temporary_root(), NULL);
    CLEANUP(freep) char *own_path = realpath(own, NULL);
    DIR *entries = root && own_path ? opendir(root) : NULL;
    const struct dirent *entry;
    int count = 0;
    while (entries && count < REMOVED_MAX && (entry = readdir(entries))) {
        if (!text_starts_with(text_from(entry->d_name), EPHEMERAL_PREFIX))
            continue;
        CLEANUP(freep) char *path = xformat("%s/%s", root, entry->d_name);
        if (strcmp(path, own_path) == 0 || !is_abandoned(path))
            continue;
        remove_abandoned(path);
        count++;
    }
    if (entries)
        closedir(entries);
}
