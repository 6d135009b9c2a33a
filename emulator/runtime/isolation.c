/*
 * Builds bubblewrap's command line.
 */
#include "runtime/isolation.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "runtime/bind.h"
#include "runtime/interpreters.h"
#include "runtime/process.h"
#include "runtime/system_root.h"
#include "text.h"
#include "xalloc.h"

enum { TRIAL_TIMEOUT_MS = 5000 };

/* Up to what functions see of this machine. */
static void add_program(struct string_list *arguments, const char *program)
{
    const char *const base[] = {
        program, "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--cap-drop", "ALL", NULL
    };
    string_list_add_all(arguments, base);
}

/* Read-only for root's sake: the kernel lets user 0 change /proc/sys without a capability, and who
 * names the program for core dumps there runs it outside. */
static void add_processes(struct string_list *arguments)
{
    static const char *const processes[] = { "--proc", "/proc", "--remount-ro", "/proc", NULL };
    string_list_add_all(arguments, processes);
}

/* With errno, as isolation_program(). */
static const char *find_and_try(void)
{
    char *program = program_find("bwrap");
    if (!program && errno)
        return NULL;
    if (!program) {
        log_warn("runtime", "bubblewrap (bwrap) is not installed: functions run as plain "
                            "processes that see this machine's files");
        errno = 0;
        return NULL;
    }
    struct string_list arguments = { 0 };
    struct buffer output;
    buffer_init(&output, 1024);
    add_program(&arguments, program);
    system_root_add_each(&arguments, NULL);
    add_processes(&arguments);
    string_list_add(&arguments, "/bin/true");
    bool works = process_run(arguments.items, TRIAL_TIMEOUT_MS, &output);
    int reason = works ? 0 : errno;
    const char *said = output.size || !reason ? buffer_text(&output).data : strerror(reason);
    if (reason != EIO && !process_is_shortage(reason))
        reason = 0;
    if (!works && !reason)
        log_warn("runtime",
                 "bubblewrap does not work here (%.*s): functions run as plain "
                 "processes that see this machine's files",
                 (int)strcspn(said, "\n"), said);
    buffer_clear(&output);
    string_list_clear(&arguments);
    if (works)
        return program;
    free(program);
    errno = reason;
    return NULL;
}

const char *isolation_program(void)
{
    static bool is_tried;
    static const char *program;
    errno = 0;
    if (!is_tried)
        program = find_and_try();
    is_tried = program || errno == 0;
    return program;
}

/* An interpreter outside the system brings its whole prefix: /opt/node/bin/node needs /opt/node.
 * Owned by the caller; NULL if it needs nothing. */
static char *find_prefix(const char *interpreter)
{
    static const char *const shown[] = { "/usr/", "/bin/", "/sbin/", "/lib" };
    char *path = interpreter ? realpath(interpreter, NULL) : NULL;
    bool is_shown = !path;
    for (size_t i = 0; i < COUNT_OF(shown) && !is_shown; i++)
        is_shown = text_starts_with(text_from(path), shown[i]);
    if (is_shown) {
        free(path);
        return NULL;
    }
    *strrchr(path, '/') = '\0';
    char *parent = strrchr(path, '/');
    if (parent && strcmp(parent, "/bin") == 0 && parent != path)
        *parent = '\0';
    return path;
}

static bool is_above(const char *directory, const char *path)
{
    size_t size = strlen(directory);
    return path && text_starts_with(text_from(path), directory) &&
           (path[size] == '/' || path[size] == '\0');
}

/* More lies there than an interpreter: somebody's home, or what we keep ourselves. */
static bool is_shared_prefix(const char *prefix, const struct isolation_plan *plan)
{
    static const char local[] = "/.local";
    const char *variable = getenv("HOME");
    CLEANUP(freep) char *home = variable ? realpath(variable, NULL) : NULL;
    return is_above(prefix, home) || is_above(prefix, plan->tmp_directory) ||
           strcmp(strrchr(prefix, '/'), local) == 0;
}

/* Of a prefix that it shares an interpreter brings itself and the libraries. */
static void add_prefix(struct string_list *arguments, const char *prefix,
                       const struct isolation_plan *plan)
{
    static const char *const libraries[] = { "lib", "lib64" };
    if (!is_shared_prefix(prefix, plan)) {
        bind_read_only(arguments, prefix, prefix);
        return;
    }
    bind_read_only(arguments, plan->interpreter, plan->interpreter);
    for (size_t i = 0; i < COUNT_OF(libraries); i++) {
        CLEANUP(freep) char *path = xformat("%s/%s", prefix, libraries[i]);
        if (access(path, R_OK) == 0)
            bind_read_only(arguments, path, path);
    }
}

static void show_in_opt(struct string_list *arguments, const char *directory, const char *name)
{
    CLEANUP(freep) char *from = xformat("%s/%s", directory, name);
    CLEANUP(freep) char *to = xformat("/opt/%s", name);
    bind_or_link(arguments, from, to);
}

/* Nothing can be shown below a directory that is bound read-only, so beside an interpreter that
 * lives in /opt the layers are bound entry by entry. */
static void add_layers(struct string_list *arguments, const char *layers, const char *prefix)
{
    static const char *const own[] = { "--dir", "/opt", NULL };
    bool is_shared = prefix && text_starts_with(text_from(prefix), "/opt/");
    DIR *directory = layers && is_shared ? opendir(layers) : NULL;
    if (layers && !is_shared)
        bind_read_only(arguments, layers, "/opt");
    else
        string_list_add_all(arguments, own);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            show_in_opt(arguments, layers, entry->d_name);
    if (directory)
        closedir(directory);
}

/* Bubblewrap makes the directories of a prefix, which needs a root of its own. */
static void add_system(struct string_list *arguments, const char *root, const char *prefix)
{
    const char *const whole[] = { "--dev-bind", root, "/", NULL };
    if (root && !prefix)
        string_list_add_all(arguments, whole);
    else
        system_root_add_each(arguments, root);
}

void isolation_add_arguments(struct string_list *arguments, const struct isolation_plan *plan)
{
    const char *const home[] = { "--bind", plan->tmp_directory, "/tmp", NULL };
    const char *const end[] = { "--remount-ro", "/", "--chdir", "/var/task", NULL };
    CLEANUP(freep) char *prefix = find_prefix(plan->interpreter);
    add_program(arguments, isolation_program());
    add_system(arguments, plan->system_root, prefix);
    add_processes(arguments);
    add_layers(arguments, plan->layers_directory, prefix);
    string_list_add_all(arguments, home);
    bind_read_only(arguments, plan->code_directory, "/var/task");
    bind_read_only(arguments, plan->runtime_directory, "/var/runtime");
    if (prefix && *prefix)
        add_prefix(arguments, prefix, plan);
    string_list_add_all(arguments, end);
}
