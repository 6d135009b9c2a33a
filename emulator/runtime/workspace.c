/*
 * Files that function processes need from us, written for the first process of their kind: creating
 * them would be a tenth of a server's start.
 */
#include "runtime/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytecode.h"
#include "embedded.h"
#include "file.h"
#include "xalloc.h"

struct own_file {
    const char *name; /* NULL behind the last */
    const unsigned char *bytes;
    size_t size;
};

/* The bootstrap is the last: where it is, all are. */
static const struct own_file node_files[] = {
    { "node_stream.cjs", embedded_node_stream_cjs, sizeof(embedded_node_stream_cjs) },
    { "node.cjs", embedded_node_cjs, sizeof(embedded_node_cjs) },
    { NULL, NULL, 0 },
};

static const struct own_file python_files[] = {
    BYTECODE_FILES /* from the makefile */
    { "coalmine_logging.py", embedded_coalmine_logging_py, sizeof(embedded_coalmine_logging_py) },
    { "coalmine_python.py", embedded_coalmine_python_py, sizeof(embedded_coalmine_python_py) },
    { "snapshot_restore_py.py", embedded_snapshot_restore_py_py,
      sizeof(embedded_snapshot_restore_py_py) },
    { "python.py", embedded_python_py, sizeof(embedded_python_py) },
    { NULL, NULL, 0 },
};

static const struct {
    const char *name;
    const struct own_file *files;
} bootstraps[] = {
    [RUNTIME_NODE] = { "node.cjs", node_files },
    [RUNTIME_PYTHON] = { "python.py", python_files },
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

/* It may be there, whole or half made. */
static bool obtain_directory(const char *path, mode_t mode, struct error *error)
{
    return (access(path, F_OK) == 0 && chmod(path, mode) == 0) || make_directory(path, mode, error);
}

bool workspace_make_home(const char *home, struct error *error)
{
    CLEANUP(freep) char *tmp = xformat("%s/tmp", home);
    return obtain_directory(home, 0755, error) && obtain_directory(tmp, 01777, error);
}

static bool write_file(const char *path, struct text bytes, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool written = fd >= 0 && file_write(fd, bytes);
    if (fd >= 0 && close(fd) != 0)
        written = false;
    if (!written) {
        error_set(error, NULL, "cannot write '%s': %s", path, strerror(errno));
        unlink(path);
    }
    return written;
}

bool workspace_prepare(const char *directory, struct error *error)
{
    CLEANUP(freep) char *runtime = workspace_runtime(directory);
    return make_directory(directory, 0700, error) && make_directory(runtime, 0755, error);
}

bool workspace_write_bootstrap(const char *runtime, enum runtime_kind kind, struct error *error)
{
    CLEANUP(freep) char *bootstrap = xformat("%s/%s", runtime, bootstraps[kind].name);
    if (access(bootstrap, F_OK) == 0)
        return true;
    if (kind == RUNTIME_PYTHON) {
        CLEANUP(freep) char *compiled = xformat("%s/__pycache__", runtime);
        mkdir(compiled, 0755);
    }
    for (const struct own_file *file = bootstraps[kind].files; file->name; file++) {
        CLEANUP(freep) char *path = xformat("%s/%s", runtime, file->name);
        if (!write_file(path, (struct text){ (const char *)file->bytes, file->size }, error))
            return false;
    }
    return true;
}
