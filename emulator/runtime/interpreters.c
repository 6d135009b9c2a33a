/*
 * Which interpreter runs which runtime. Shims (files that begin with "#!") are passed over: they
 * cost more than the function.
 */
#include "runtime/interpreters.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arn.h"
#include "buffer.h"
#include "crypto.h"
#include "runtime/process.h"
#include "text.h"
#include "xalloc.h"

enum { VERSION_TIMEOUT_MS = 5000 };

static const char *const identifiers[] = {
    "nodejs16.x", "nodejs18.x",    "nodejs20.x",   "nodejs22.x",      "nodejs24.x", "nodejs26.x",
    "python3.8",  "python3.9",     "python3.10",   "python3.11",      "python3.12", "python3.13",
    "python3.14", "python3.15",    "provided.al2", "provided.al2023", "java8.al2",  "java8.al2023",
    "java11",     "java11.al2023", "java17",       "java17.al2023",   "java21",     "java25",
    "ruby3.2",    "ruby3.3",       "ruby3.4",      "ruby4.0",         "dotnet6",    "dotnet8",
    "dotnet10",
};

enum runtime_kind runtime_kind_of(const char *identifier)
{
    struct text name = text_from(identifier);
    if (text_starts_with(name, "nodejs"))
        return RUNTIME_NODE;
    if (text_starts_with(name, "python3"))
        return RUNTIME_PYTHON;
    if (text_starts_with(name, "provided"))
        return RUNTIME_PROVIDED;
    return RUNTIME_FOREIGN;
}

char *runtime_version_arn(const char *region, const char *identifier)
{
    char hex[SHA256_HEX_SIZE];
    crypto_sha256_hex(text_from(identifier), hex);
    return xformat("arn:%s:lambda:%s::runtime:%s", arn_partition(region), region, hex);
}

/* With errno if it could not be looked at; 0 if it is none. */
static bool is_program(const char *path, bool may_be_script)
{
    struct stat status;
    char head[2] = { 0 };
    errno = 0;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || access(path, X_OK) != 0)
        return false;
    if (may_be_script)
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) /* without a descriptor it cannot be started either: that is told then */
        return errno == EMFILE || errno == ENFILE;
    ssize_t count = read(fd, head, sizeof(head));
    int reason = count < 0 ? errno : 0;
    close(fd);
    errno = reason;
    return count == (ssize_t)sizeof(head) && memcmp(head, "#!", sizeof(head)) != 0;
}

/* Whether that is the answer for a place where no program is for us: the next one is asked. */
static bool means_absent(int reason)
{
    return reason == 0 || reason == ENOENT || reason == ENOTDIR || reason == EACCES ||
           reason == ELOOP || reason == ENAMETOOLONG;
}

static char *find(const char *name, bool may_be_script)
{
    int reason = 0;
    const char *path = getenv("PATH");
    CLEANUP(freep) char *places = xformat("/usr/local/bin:/usr/bin:/bin:%s", path ? path : "");
    struct text rest = text_from(places);
    while (rest.data) {
        struct text place = text_cut(&rest, ':');
        if (place.size == 0 || place.data[0] != '/')
            continue;
        char *candidate = xformat("%.*s/%s", TEXT_ARGS(place), name);
        if (is_program(candidate, may_be_script))
            return candidate;
        if (!means_absent(errno))
            reason = errno;
        free(candidate);
    }
    errno = reason;
    return NULL;
}

char *program_find(const char *name)
{
    return find(name, true);
}

/* "nodejs22.x": "node22"; "python3.12": itself. */
static char *exact_name(const char *identifier)
{
    if (runtime_kind_of(identifier) == RUNTIME_PYTHON)
        return xstrdup(identifier);
    const char *version = identifier + strlen("nodejs");
    return xformat("node%.*s", (int)strspn(version, "0123456789"), version);
}

static const char *general_name(const char *identifier)
{
    return runtime_kind_of(identifier) == RUNTIME_PYTHON ? "python3" : "node";
}

char *interpreter_find(const char *identifier)
{
    enum runtime_kind kind = runtime_kind_of(identifier);
    errno = 0;
    if (kind != RUNTIME_NODE && kind != RUNTIME_PYTHON)
        return NULL;
    CLEANUP(freep) char *exact = exact_name(identifier);
    char *found = find(exact, false);
    int reason = errno;
    if (!found)
        found = find(general_name(identifier), false);
    if (!found && reason)
        errno = reason;
    return found;
}

char *interpreter_wanted(const char *identifier)
{
    enum runtime_kind kind = runtime_kind_of(identifier);
    if (kind != RUNTIME_NODE && kind != RUNTIME_PYTHON)
        return xformat("a custom runtime (provided.al2023) in place of %s", identifier);
    CLEANUP(freep) char *exact = exact_name(identifier);
    return xformat("%s (%s or %s)", kind == RUNTIME_PYTHON ? "Python" : "Node.js", exact,
                   general_name(identifier));
}

/* "v20.20.2" or "Python 3.11.2": the number. NULL if the program does not tell. */
static char *ask_version(char *interpreter)
{
    struct buffer output;
    buffer_init(&output, 1024);
    char *arguments[] = { interpreter, (char[]){ "--version" }, NULL };
    char *version = NULL;
    if (process_run(arguments, VERSION_TIMEOUT_MS, &output) && output.size) {
        const char *start = output.data + strcspn(output.data, "0123456789");
        version = xstrndup(start, strspn(start, "0123456789."));
    }
    buffer_clear(&output);
    return version;
}

/* True if `version` begins with `wanted` and goes on with a dot or not at all. */
static bool is_version(const char *version, const char *wanted)
{
    size_t size = strlen(wanted);
    return strncmp(version, wanted, size) == 0 && !isdigit((unsigned char)version[size]);
}

static char *note_of(const char *identifier, char *interpreter)
{
    bool is_python = runtime_kind_of(identifier) == RUNTIME_PYTHON;
    const char *digits = identifier + strcspn(identifier, "0123456789");
    size_t size = is_python ? strlen(digits) : strspn(digits, "0123456789");
    CLEANUP(freep) char *wanted = xstrndup(digits, size);
    CLEANUP(freep) char *version = ask_version(interpreter);
    if (!version)
        return xformat("%s does not tell its version", interpreter);
    if (is_version(version, wanted))
        return NULL;
    return xformat("%s %s stands in for %s", is_python ? "python" : "node", version, wanted);
}

static struct runtime_mapping map(const char *identifier)
{
    struct runtime_mapping mapping = { .identifier = identifier };
    enum runtime_kind kind = runtime_kind_of(identifier);
    if (kind == RUNTIME_PROVIDED) {
        mapping.interpreter = "/var/task/bootstrap";
        mapping.note = "from the function's own package";
        return mapping;
    }
    char *interpreter = interpreter_find(identifier);
    mapping.interpreter = interpreter;
    if (interpreter) {
        mapping.note = note_of(identifier, interpreter);
    } else {
        CLEANUP(freep) char *wanted = interpreter_wanted(identifier);
        mapping.note = xformat("needs %s", wanted);
    }
    return mapping;
}

const struct runtime_mapping *runtime_mappings(void)
{
    static struct runtime_mapping mappings[COUNT_OF(identifiers) + 1];
    if (mappings[0].identifier)
        return mappings;
    for (size_t i = 0; i < COUNT_OF(identifiers); i++)
        mappings[i] = map(identifiers[i]);
    return mappings;
}
