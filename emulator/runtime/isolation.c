/*
 * Builds bubblewrap's command line.
 */
#include "runtime/isolation.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "runtime/interpreters.h"
#include "runtime/process.h"
#include "text.h"
#include "xalloc.h"

enum { TRIAL_TIMEOUT_MS = 5000 };

/* On merged-/usr systems these are links into /usr, on others directories. */
static const char *const system_directories[] = { "/bin",   "/sbin",  "/lib",
                                                  "/lib32", "/lib64", "/libx32" };

/* What name resolution, TLS, users and the dynamic loader read. */
static const char *const system_files[] = {
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

static void bind_read_only(struct string_list *arguments, const char *from, const char *to)
{
    string_list_add(arguments, "--ro-bind");
    string_list_add(arguments, from);
    string_list_add(arguments, to);
}

static void add_system(struct string_list *arguments)
{
    bind_read_only(arguments, "/usr", "/usr");
    for (size_t i = 0; i < COUNT_OF(system_directories); i++) {
        const char *path = system_directories[i];
        char target[PATH_MAX];
        ssize_t size = readlink(path, target, sizeof(target) - 1);
        if (size > 0) {
            target[size] = '\0';
            const char *const link[] = { "--symlink", target, path, NULL };
            string_list_add_all(arguments, link);
        } else if (access(path, F_OK) == 0) {
            bind_read_only(arguments, path, path);
        }
    }
    for (size_t i = 0; i < COUNT_OF(system_files); i++)
        if (access(system_files[i], R_OK) == 0)
            bind_read_only(arguments, system_files[i], system_files[i]);
}

static void add_base(struct string_list *arguments, const char *program)
{
    const char *const base[] = {
        program, "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--cap-drop", "ALL", NULL
    };
    const char *const kernel[] = { "--proc", "/proc", "--dev", "/dev", NULL };
    string_list_add_all(arguments, base);
    add_system(arguments);
    string_list_add_all(arguments, kernel);
}

static const char *find_and_try(void)
{
    char *program = program_find("bwrap");
    if (!program) {
        log_warn("runtime", "bubblewrap (bwrap) is not installed: functions run as plain "
                            "processes that see this machine's files");
        return NULL;
    }
    struct string_list arguments = { 0 };
    struct buffer output;
    buffer_init(&output, 1024);
    add_base(&arguments, program);
    string_list_add(&arguments, "/bin/true");
    bool works = process_run(arguments.items, TRIAL_TIMEOUT_MS, &output);
    if (!works)
        log_warn("runtime",
                 "bubblewrap does not work here (%.*s): functions run as plain "
                 "processes that see this machine's files",
                 (int)strcspn(buffer_text(&output).data, "\n"), buffer_text(&output).data);
    buffer_clear(&output);
    string_list_clear(&arguments);
    if (works)
        return program;
    free(program);
    return NULL;
}

const char *isolation_program(void)
{
    static bool is_tried;
    static const char *program;
    if (!is_tried)
        program = find_and_try();
    is_tried = true;
    return program;
}

/* An interpreter outside the system brings its whole prefix: /opt/node/bin/node needs /opt/node. */
static void add_interpreter(struct string_list *arguments, const char *interpreter)
{
    static const char *const shown[] = { "/usr/", "/bin/", "/sbin/", "/lib" };
    CLEANUP(freep) char *path = realpath(interpreter, NULL);
    if (!path)
        return;
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        if (text_starts_with(text_from(path), shown[i]))
            return;
    *strrchr(path, '/') = '\0';
    char *parent = strrchr(path, '/');
    if (parent && strcmp(parent, "/bin") == 0 && parent != path)
        *parent = '\0';
    if (*path)
        bind_read_only(arguments, path, path);
}

void isolation_add_arguments(struct string_list *arguments, const struct isolation_plan *plan)
{
    const char *const home[] = { "--dir", "/opt", "--bind", plan->tmp_directory, "/tmp", NULL };
    const char *const end[] = { "--remount-ro", "/", "--chdir", "/var/task", NULL };
    add_base(arguments, isolation_program());
    string_list_add_all(arguments, home);
    bind_read_only(arguments, plan->code_directory, "/var/task");
    bind_read_only(arguments, plan->runtime_directory, "/var/runtime");
    if (plan->interpreter)
        add_interpreter(arguments, plan->interpreter);
    string_list_add_all(arguments, end);
}
