#include "runtime/entrypoint.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "runtime/process.h"
#include "text.h"
#include "xalloc.h"

/* The kernel looks no further for the interpreter. */
enum { HEAD_SIZE = 256 };

#if defined(__x86_64__)
static const char machine[] = "x86_64", other_machine[] = "arm64";
enum { OTHER_ELF_MACHINE = EM_AARCH64 };
#elif defined(__aarch64__)
static const char machine[] = "arm64", other_machine[] = "x86_64";
enum { OTHER_ELF_MACHINE = EM_X86_64 };
#else
static const char machine[] = "this machine", other_machine[] = "another machine";
enum { OTHER_ELF_MACHINE = EM_NONE };
#endif

static char *find_in(const char *directory)
{
    struct stat status;
    char *path = directory ? xformat("%s/bootstrap", directory) : NULL;
    if (path && stat(path, &status) == 0 && S_ISREG(status.st_mode))
        return path;
    free(path);
    return NULL;
}

struct entrypoint entrypoint_find(const struct sandbox_plan *plan)
{
    struct entrypoint entrypoint = { find_in(plan->code_directory), "/var/task/bootstrap" };
    if (entrypoint.path)
        return entrypoint;
    return (struct entrypoint){ find_in(plan->layers_directory), "/opt/bootstrap" };
}

void entrypoint_clear(struct entrypoint *entrypoint)
{
    free(entrypoint->path);
    entrypoint->path = NULL;
}

/* What begins with `root` as the function sees it stands below `directory` on this machine. */
static bool is_below(const char *path, const char *root, const char *directory, bool *is_there_out)
{
    if (!text_starts_with(text_from(path), root))
        return false;
    CLEANUP(freep) char *real = xformat("%s/%s", directory ? directory : "", path + strlen(root));
    *is_there_out = directory && access(real, F_OK) == 0;
    return true;
}

static bool is_there(const char *path, const struct sandbox_plan *plan, bool is_isolated)
{
    bool is_found;
    if (is_isolated && (is_below(path, "/var/task/", plan->code_directory, &is_found) ||
                        is_below(path, "/opt/", plan->layers_directory, &is_found)))
        return is_found;
    return access(path, F_OK) == 0;
}

/* `line` is what stands behind "#!". */
static const char *script_fault(char *line, const struct sandbox_plan *plan, bool is_isolated)
{
    line[strcspn(line, "\n")] = '\0';
    line += strspn(line, " \t");
    line[strcspn(line, " \t")] = '\0';
    if (*line == '/' && is_there(line, plan, is_isolated))
        return NULL;
    size_t size = strlen(line);
    if (size && line[size - 1] == '\r')
        log_warn(plan->function_name, "bootstrap has Windows line ends: save it with LF alone");
    else
        log_warn(plan->function_name, "bootstrap wants the interpreter '%s', which is not there",
                 line);
    return "no such file or directory";
}

/* An emulator may be registered for other machines' programs: the kernel is asked with a program of
 * that kind which has nothing to run. No more of the package's is in it than what says the kind,
 * for this is outside of the walls, and a head may hold a small program. */
static bool is_refused(const Elf64_Ehdr *header)
{
    Elf64_Ehdr empty = { .e_type = ET_EXEC,
                         .e_machine = header->e_machine,
                         .e_version = EV_CURRENT };
    char path[32];
    char *const arguments[] = { path, NULL };
    char *const environment[] = { NULL };
    struct process_plan plan = { arguments, environment, NULL, -1, -1, -1, NULL };
    pid_t pid;
    int fd = memfd_create("bootstrap", MFD_CLOEXEC);
    plan.log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    memcpy(empty.e_ident, header->e_ident, sizeof(empty.e_ident));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    bool is_there = plan.log_fd >= 0 && write(fd, &empty, sizeof(empty)) == (ssize_t)sizeof(empty);
    int reason = is_there ? process_start(&plan, &pid) : EIO;
    if (reason == 0) {
        process_kill(pid);
        process_wait(pid);
    }
    process_close(&plan.log_fd);
    process_close(&fd);
    return reason == ENOEXEC;
}

static const char *program_fault(const char *head, ssize_t size, const struct sandbox_plan *plan)
{
    Elf64_Ehdr header;
    if (size < SELFMAG || memcmp(head, ELFMAG, SELFMAG) != 0) {
        log_warn(plan->function_name, "bootstrap is neither a script that begins with #! nor a "
                                      "program");
        return "exec format error";
    }
    if ((size_t)size < sizeof(header))
        return NULL;
    memcpy(&header, head, sizeof(header));
    if (header.e_machine != OTHER_ELF_MACHINE)
        return NULL;
    log_warn(plan->function_name, "bootstrap is a program for %s, and this machine is %s",
             other_machine, machine);
    return is_refused(&header) ? "exec format error" : NULL;
}

/* The function runs as the owner of its files here, on Lambda as somebody else. */
static void warn_of_permissions(const struct entrypoint *entrypoint,
                                const struct sandbox_plan *plan)
{
    struct stat status;
    if (stat(entrypoint->path, &status) == 0 && !(status.st_mode & S_IXOTH))
        log_warn(plan->function_name,
                 "on AWS Lambda bootstrap could not be executed (permission denied): it has mode "
                 "%03o; give it mode 755 in the zip",
                 (unsigned)status.st_mode & 0777U);
}

const char *entrypoint_fault(const struct entrypoint *entrypoint, const struct sandbox_plan *plan,
                             bool is_isolated)
{
    char head[HEAD_SIZE + 1] = { 0 };
    if (access(entrypoint->path, X_OK) != 0) {
        log_warn(plan->function_name, "bootstrap is not executable: give it mode 755 in the zip");
        return "permission denied";
    }
    warn_of_permissions(entrypoint, plan);
    int fd = open(entrypoint->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t size = read(fd, head, HEAD_SIZE);
    close(fd);
    if (size >= 2 && memcmp(head, "#!", 2) == 0)
        return script_fault(head + 2, plan, is_isolated);
    return program_fault(head, size, plan);
}
