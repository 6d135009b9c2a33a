#include "rollout/deployment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "crypto.h"
#include "file.h"
#include "pattern.h"
#include "timestamp.h"
#include "xalloc.h"

enum { FORMAT = 1, STATE_MAX = 64 << 20, SAME_SECOND_MAX = 1000, KEPT = 200 };
enum { MS_PER_SECOND = 1000, REMNANT_AGE_S = 3600 };

static bool make_directories(const char *path, struct error *error)
{
    CLEANUP(freep) char *part = xstrdup(path);
    for (char *at = part + 1;; at++) {
        char kept = *at;
        if (kept != '/' && kept)
            continue;
        *at = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return error_set(error, NULL, "cannot make %s: %s", part, strerror(errno));
        *at = kept;
        if (!kept)
            return true;
    }
}

char *state_path(const char *given)
{
    const char *xdg = getenv("XDG_STATE_HOME");
    return given         ? xstrdup(given)
           : xdg && *xdg ? xformat("%s/canary", xdg)
                         : xformat("%s/.local/state/canary", home_directory());
}

char *state_directory(const char *given, struct error *error)
{
    char *path = state_path(given);
    if (make_directories(path, error))
        return path;
    error_set(error, NULL, "%s; --state-dir DIR keeps deployments elsewhere", error->message);
    free(path);
    return NULL;
}

/* Locks belong to the open file, so they end with the process and are not inherited. */
static bool lock_file(const char *path, int *fd_out)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        close(fd);
        return false;
    }
    if (fd < 0)
        return false;
    if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
        close(fd);
        return false;
    }
    *fd_out = fd;
    return true;
}

static bool is_locked(const char *path, long *pid_out)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char text[32] = "";
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    ssize_t size = pread(fd, text, sizeof(text) - 1, 0);
    *pid_out = size > 0 ? strtol(text, NULL, 10) : 0;
    close(fd);
    return is_held;
}

static char *alias_lock_path(const char *state, const struct alias_identity *identity)
{
    char hash[SHA256_HEX_SIZE];
    CLEANUP(freep)
    char *key = xformat("%s|%s|%s|%s|%s", identity->account, identity->region, identity->endpoint,
                        identity->function, identity->alias);
    crypto_sha256_hex(text_from(key), hash);
    return xformat("%s/aliases/%s", state, hash);
}

enum { OWNER_SIZE = 40 };

/* `owner_out` says who has it instead; "": nobody, and the error says what is wrong. Who has taken
 * it just now may not have written its number yet. */
static bool lock_or_find_owner(const char *path, int *fd_out, char owner_out[OWNER_SIZE],
                               struct error *error)
{
    long pid = 0;
    *owner_out = '\0';
    if (lock_file(path, fd_out))
        return true;
    int failure = errno;
    if (!is_locked(path, &pid))
        return error_set(error, NULL, "cannot write %s: %s", path, strerror(failure));
    if (pid)
        snprintf(owner_out, OWNER_SIZE, "process %ld", pid);
    else
        snprintf(owner_out, OWNER_SIZE, "another process");
    return false;
}

static bool lock_alias(const char *state, const struct alias_identity *identity, int *fd_out,
                       struct error *error)
{
    char owner[OWNER_SIZE];
    CLEANUP(freep) char *folder = xformat("%s/aliases", state);
    CLEANUP(freep) char *path = alias_lock_path(state, identity);
    if (!make_directories(folder, error))
        return false;
    if (lock_or_find_owner(path, fd_out, owner, error))
        return true;
    return *owner && error_set(error, NULL,
                               "a deployment of %s:%s is under way (%s): see canary watch; canary "
                               "abort ends it",
                               identity->function, identity->alias, owner);
}

bool deployment_lock_clock(const char *state, const char *endpoint, int *fd_out,
                           struct error *error)
{
    char owner[OWNER_SIZE];
    char hash[SHA256_HEX_SIZE];
    crypto_sha256_hex(text_from(endpoint), hash);
    CLEANUP(freep) char *folder = xformat("%s/clocks", state);
    CLEANUP(freep) char *path = xformat("%s/%s", folder, hash);
    if (!make_directories(folder, error))
        return false;
    if (lock_or_find_owner(path, fd_out, owner, error))
        return true;
    return *owner && error_set(error, NULL,
                               "%s turns the clock of %s already, and each would skip the other's "
                               "time: wait for its end, give each a server of its own (coalmine "
                               "exec), or deploy without --fast",
                               owner, endpoint);
}

static void add_id_part(struct buffer *id, const char *part)
{
    for (; *part && id->size < 160; part++) {
        bool is_plain = (*part >= 'a' && *part <= 'z') || (*part >= 'A' && *part <= 'Z') ||
                        (*part >= '0' && *part <= '9') || *part == '_' || *part == '-';
        buffer_add_char(id, is_plain ? *part : '-');
    }
}

/* A directory that is ours alone: of two that come in the same second, one counts up. */
static bool make_own_directory(const char *state, const struct alias_identity *identity,
                               struct deployment *deployment, struct error *error)
{
    char time[TIMESTAMP_SIZE];
    CLEANUP(buffer_clear) struct buffer id = { 0 };
    timestamp_print(clock_true_ms(), TIMESTAMP_BASIC, time);
    buffer_add_format(&id, "%s-", time);
    add_id_part(&id, identity->function);
    buffer_add_char(&id, '-');
    add_id_part(&id, identity->alias);
    for (int i = 1; i < SAME_SECOND_MAX; i++) {
        char *name = i == 1 ? xstrdup(id.data) : xformat("%s-%d", id.data, i);
        char *directory = xformat("%s/%s", state, name);
        if (mkdir(directory, 0700) == 0) {
            deployment->id = name;
            deployment->directory = directory;
            return true;
        }
        free(name);
        free(directory);
        if (errno != EEXIST)
            break;
    }
    return error_set(error, NULL, "cannot make a directory in %s: %s", state, strerror(errno));
}

static bool open_files(struct deployment *deployment, struct error *error)
{
    CLEANUP(freep) char *lock = xformat("%s/lock", deployment->directory);
    CLEANUP(freep) char *record = xformat("%s/record.jsonl", deployment->directory);
    CLEANUP(freep) char *control = xformat("%s/control", deployment->directory);
    if (!make_directories(control, error))
        return false;
    char owner[OWNER_SIZE];
    if (!lock_or_find_owner(lock, &deployment->lock, owner, error))
        return *owner &&
               error_set(error, NULL, "deployment %s is worked on by %s", deployment->id, owner);
    deployment->record = open(record, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return deployment->record >= 0 ||
           error_set(error, NULL, "cannot write %s: %s", record, strerror(errno));
}

static cJSON *make_facts(const struct deployment *deployment, const struct alias_identity *identity,
                         const cJSON *plan, bool is_fast, int64_t now_ms)
{
    cJSON *facts = cJSON_CreateObject();
    json_set_double(facts, "format", FORMAT);
    json_set_text(facts, "id", deployment->id);
    json_set_text(facts, "function", identity->function);
    json_set_text(facts, "alias", identity->alias);
    json_set_text(facts, "account", *identity->account ? identity->account : NULL);
    json_set_text(facts, "region", identity->region);
    json_set_text(facts, "endpoint", identity->endpoint);
    json_set_bool(facts, "isFast", is_fast);
    json_set_double(facts, "startedAt", (double)now_ms);
    CLEANUP(freep) char *here = getcwd(NULL, 0);
    json_set_text(facts, "directory", here);
    json_set(facts, "plan", cJSON_Duplicate(plan, true));
    return facts;
}

bool deployment_create(const char *state, const struct alias_identity *identity, const cJSON *plan,
                       bool is_fast, int64_t now_ms, struct deployment *deployment_out,
                       struct error *error)
{
    *deployment_out = (struct deployment){ .lock = -1, .alias_lock = -1, .record = -1 };
    if (!lock_alias(state, identity, &deployment_out->alias_lock, error))
        return false;
    if (!make_own_directory(state, identity, deployment_out, error) ||
        !open_files(deployment_out, error)) {
        deployment_close(deployment_out);
        return false;
    }
    deployment_out->facts = make_facts(deployment_out, identity, plan, is_fast, now_ms);
    return true;
}

/* A crash may have left the last line torn. It counts for nothing, and would be no line of a record
 * if another one followed. */
static bool drop_torn_line(int fd)
{
    char last = '\0';
    off_t size = lseek(fd, 0, SEEK_END);
    off_t whole = size;
    while (whole > 0 && pread(fd, &last, 1, whole - 1) == 1 && last != '\n')
        whole--;
    return whole == size || ftruncate(fd, whole) == 0;
}

static cJSON *fixed_facts(const cJSON *deployment)
{
    static const char *const names[] = {
        "format",      "id",         "function",   "alias",         "account",
        "region",      "endpoint",   "isFast",     "startedAt",     "plan",
        "baseVersion", "newVersion", "codeSha256", "countedBefore", "directory"
    };
    cJSON *facts = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const cJSON *member = json_get(deployment, names[i]);
        if (member)
            json_set(facts, names[i], cJSON_Duplicate(member, true));
    }
    return facts;
}

static struct alias_identity identity_of(const cJSON *deployment)
{
    return (struct alias_identity){ json_text(deployment, "account", ""),
                                    json_text(deployment, "region", ""),
                                    json_text(deployment, "endpoint", ""),
                                    json_text(deployment, "function", ""),
                                    json_text(deployment, "alias", "") };
}

bool deployment_take_over(const char *state, const char *id, struct deployment *deployment_out,
                          struct error *error)
{
    CLEANUP(json_deletep) cJSON *tree = deployment_read(state, id);
    *deployment_out = (struct deployment){ .lock = -1, .alias_lock = -1, .record = -1 };
    if (!tree)
        return error_set(error, NULL, "there is no deployment %s", id);
    struct alias_identity identity = identity_of(tree);
    if (!lock_alias(state, &identity, &deployment_out->alias_lock, error))
        return false;
    deployment_out->id = xstrdup(id);
    deployment_out->directory = xformat("%s/%s", state, id);
    if (!open_files(deployment_out, error)) {
        deployment_close(deployment_out);
        return false;
    }
    if (!drop_torn_line(deployment_out->record)) {
        error_set(error, NULL, "cannot mend %s/record.jsonl: %s", deployment_out->directory,
                  strerror(errno));
        deployment_close(deployment_out);
        return false;
    }
    deployment_out->facts = fixed_facts(tree);
    return true;
}

cJSON *deployment_lines_since(const struct deployment *deployment, const cJSON *saved)
{
    cJSON *list = cJSON_CreateArray();
    off_t size = lseek(deployment->record, 0, SEEK_END);
    off_t from = (off_t)json_int(saved, "recordSize", size);
    if (from < 0 || from >= size)
        return list;
    size_t missing = (size_t)(size - from);
    CLEANUP(freep) char *bytes = xmalloc(missing);
    ssize_t got = pread(deployment->record, bytes, missing, from);
    struct text rest = { bytes, got > 0 ? (size_t)got : 0 };
    while (rest.size) {
        cJSON *line = json_parse(text_cut(&rest, '\n'));
        if (line)
            cJSON_AddItemToArray(list, line);
    }
    return list;
}

void deployment_close(struct deployment *deployment)
{
    if (deployment->record >= 0)
        close(deployment->record);
    if (deployment->lock >= 0)
        close(deployment->lock);
    if (deployment->alias_lock >= 0)
        close(deployment->alias_lock);
    free(deployment->directory);
    free(deployment->id);
    free(deployment->failure);
    cJSON_Delete(deployment->facts);
    *deployment = (struct deployment){ .lock = -1, .alias_lock = -1, .record = -1 };
}

static void note_failure(struct deployment *deployment, const char *what)
{
    if (!deployment->failure)
        deployment->failure =
            xformat("cannot write %s/%s: %s", deployment->directory, what, strerror(errno));
}

/* A new name is on the disk when its directory is. */
static bool sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_good;
}

static bool replace_file(const char *directory, const char *name, struct text text)
{
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    CLEANUP(freep) char *aside = xformat("%s.new", path);
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_good = fd >= 0 && file_write(fd, text) && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_good && rename(aside, path) == 0 && sync_directory(directory);
}

void deployment_save(struct deployment *deployment, cJSON *takes)
{
    CLEANUP(json_deletep) cJSON *tree = cJSON_Duplicate(deployment->facts, true);
    CLEANUP(json_deletep) cJSON *rest = takes;
    while (rest->child) {
        cJSON *member = cJSON_DetachItemViaPointer(rest, rest->child);
        cJSON_AddItemToObject(tree, member->string, member);
    }
    json_set_double(tree, "recordSize", (double)lseek(deployment->record, 0, SEEK_END));
    json_mend_utf8(tree);
    CLEANUP(freep) char *text = json_print(tree);
    if (!replace_file(deployment->directory, "deployment.json", text_from(text)))
        note_failure(deployment, "deployment.json");
}

cJSON *record_line(const char *type, int64_t now_ms)
{
    cJSON *line = cJSON_CreateObject();
    json_set_double(line, "t", (double)now_ms);
    json_set_text(line, "type", type);
    return line;
}

/* A disk that is full may have taken the beginning of a line; the lines after it are whole again
 * once there is room. */
static void take_back(int fd, off_t size)
{
    if (size >= 0 && ftruncate(fd, size) != 0)
        return; /* it stays the last line, then, as nothing can be written */
}

void deployment_record(struct deployment *deployment, cJSON *takes)
{
    CLEANUP(json_deletep) cJSON *line = takes;
    json_mend_utf8(line);
    CLEANUP(freep) char *text = json_print(line);
    CLEANUP(freep) char *whole = xformat("%s\n", text);
    off_t size = lseek(deployment->record, 0, SEEK_END);
    if (!file_write(deployment->record, text_from(whole))) {
        note_failure(deployment, "record.jsonl");
        take_back(deployment->record, size);
    }
    if (deployment->on_line)
        deployment->on_line(line, deployment->owner);
}

cJSON *deployment_read(const char *state, const char *id)
{
    CLEANUP(freep) char *path = xformat("%s/%s/deployment.json", state, id);
    CLEANUP(error_clear) struct error error = { 0 };
    size_t size;
    CLEANUP(freep) char *text = file_read(path, STATE_MAX, &size, &error);
    cJSON *tree = text ? json_parse((struct text){ text, size }) : NULL;
    if (tree && json_int(tree, "format", 0) == FORMAT)
        return tree;
    cJSON_Delete(tree);
    return NULL;
}

cJSON *deployment_list(const char *state)
{
    cJSON *list = cJSON_CreateArray();
    struct dirent **entries;
    int count = scandir(state, &entries, NULL, versionsort); /* "-10" behind "-9" */
    for (int i = 0; i < count; i++) {
        cJSON *tree =
            entries[i]->d_name[0] == '.' ? NULL : deployment_read(state, entries[i]->d_name);
        if (tree)
            cJSON_AddItemToArray(list, tree);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return list;
}

static bool is_same(const cJSON *deployment, const char *name, const char *value)
{
    return !value || !*value || strcmp(json_text(deployment, name, value), value) == 0;
}

bool deployment_is_of(const cJSON *deployment, const struct alias_identity *identity)
{
    return is_same(deployment, "function", identity->function) &&
           is_same(deployment, "alias", identity->alias) &&
           is_same(deployment, "region", identity->region) &&
           is_same(deployment, "endpoint", identity->endpoint) &&
           is_same(deployment, "account", identity->account);
}

cJSON *deployment_find(const char *state, const struct alias_identity *identity, bool is_unfinished)
{
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    cJSON *found = NULL;
    cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (deployment_is_of(item, identity) &&
            !(is_unfinished && json_bool(item, "isOver", false)))
            found = item;
    }
    return found ? cJSON_DetachItemViaPointer(list, found) : NULL;
}

bool deployment_is_alive(const char *state, const char *id, long *pid_out)
{
    CLEANUP(freep) char *path = xformat("%s/%s/lock", state, id);
    return is_locked(path, pid_out);
}

static void remove_files(const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && unlink(path) != 0)
            rmdir(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    rmdir(directory);
}

static void remove_deployment(const char *state, const char *id)
{
    CLEANUP(freep) char *directory = xformat("%s/%s", state, id);
    CLEANUP(freep) char *control = xformat("%s/control", directory);
    remove_files(control);
    remove_files(directory);
}

/* Of a client that was killed before it had written deployment.json, or while it removed an old
 * deployment. Who has made the directory just now is about to write. */
static bool is_remnant(const char *state, const char *id)
{
    long pid;
    struct stat status;
    CLEANUP(freep) char *directory = xformat("%s/%s", state, id);
    CLEANUP(freep) char *file = xformat("%s/deployment.json", directory);
    return pattern_matches("\\d{8}T\\d{6}Z-.*", text_from(id)) && access(file, F_OK) != 0 &&
           errno == ENOENT && stat(directory, &status) == 0 &&
           clock_true_ms() / MS_PER_SECOND - status.st_mtime > REMNANT_AGE_S &&
           !deployment_is_alive(state, id, &pid);
}

static void prune_remnants(const char *state)
{
    struct dirent **entries;
    int count = scandir(state, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        if (is_remnant(state, entries[i]->d_name))
            remove_deployment(state, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

void deployment_prune(const char *state)
{
    prune_remnants(state);
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    int excess = cJSON_GetArraySize(list) - KEPT;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (excess <= 0)
            return;
        if (!json_bool(item, "isOver", false))
            continue;
        remove_deployment(state, json_text(item, "id", ""));
        excess--;
    }
}
