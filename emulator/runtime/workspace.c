/*
 * Files that function processes need from us.
 */
#include "runtime/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "embedded.h"
#include "xalloc.h"

static const struct {
    const char *name;
    const unsigned char *bytes;
    size_t size;
} bootstraps[] = {
    [RUNTIME_NODE] = { "node.cjs", embedded_node_cjs, sizeof(embedded_node_cjs) },
    [RUNTIME_PYTHON] = { "python.py", embedded_python_py, sizeof(embedded_python_py) },
};

char *workspace_runtime(const char *directory)
{
    return xformat("%s/runtime", directory);
}

char *workspace_home(const char *directory, unsigned id)
{
    return xformat("%s/%u", directory, id);
}

const char *workspace_bootstrap_name(enum runtime_kind kind)
{
    return (size_t)kind < COUNT_OF(bootstraps) ? bootstraps[kind].name : NULL;
}

static bool make_directory(const char *path, mode_t mode, struct error *error)
{
    /* mkdir() obeys the umask, chmod() does not. */
    if (mkdir(path, 0755) == 0 && chmod(path, mode) == 0)
        return true;
    return error_set(error, NULL, "cannot create '%s': %s", path, strerror(errno));
}

bool workspace_make_home(const char *home, struct error *error)
{
    CLEANUP(freep) char *tmp = xformat("%s/tmp", home);
    return make_directory(home, 0755, error) && make_directory(tmp, 01777, error);
}

static bool write_file(const char *path, const unsigned char *bytes, size_t size,
                       struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool written = fd >= 0;
    while (written && size) {
        ssize_t count = write(fd, bytes, size);
        if (count > 0) {
            bytes += count;
            size -= (size_t)count;
        } else if (errno != EINTR) {
            written = false;
        }
    }
    if (fd >= 0 && close(fd) != 0)
        written = false;
    if (!written)
        error_set(error, NULL, "cannot write '%s': %s", path, strerror(errno));
    return written;
}

bool workspace_prepare(const char *directory, struct error *error)
{
    CLEANUP(freep) char *runtime = workspace_runtime(directory);
    if (!make_directory(directory, 0755, error) || !make_directory(runtime, 0755, error))
        return false;
    for (size_t i = 0; i < COUNT_OF(bootstraps); i++) {
        CLEANUP(freep) char *path = xformat("%s/%s", runtime, bootstraps[i].name);
        if (!write_file(path, bootstraps[i].bytes, bootstraps[i].size, error))
            return false;
    }
    return true;
}
