#include "rollout/control.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "xalloc.h"

enum { ASK_TIMEOUT_MS = 30000, POLL_MS = 20, REQUEST_MAX = 4096 };

static int is_request(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 4 && size < sizeof(((struct control_request *)0)->name) &&
           strcmp(entry->d_name + size - 4, ".ask") == 0;
}

static cJSON *read_json(const char *path)
{
    CLEANUP(error_clear) struct error error = { 0 };
    size_t size;
    CLEANUP(freep) char *text = file_read(path, REQUEST_MAX, &size, &error);
    return text ? json_parse((struct text){ text, size }) : NULL;
}

static bool put_json(const char *path, const cJSON *tree)
{
    CLEANUP(freep) char *text = json_print(tree);
    CLEANUP(freep) char *aside = xformat("%s.new", path);
    FILE *file = fopen(aside, "we");
    if (!file)
        return false;
    bool is_good = fputs(text, file) >= 0;
    is_good &= fclose(file) == 0;
    return is_good && rename(aside, path) == 0;
}

static void take_file(const char *directory, const char *name, struct control_request *request_out)
{
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    CLEANUP(json_deletep) cJSON *tree = read_json(path);
    snprintf(request_out->name, sizeof(request_out->name), "%s", name);
    snprintf(request_out->verb, sizeof(request_out->verb), "%s", json_text(tree, "verb", ""));
    snprintf(request_out->by, sizeof(request_out->by), "%s", json_text(tree, "by", "somebody"));
    unlink(path);
}

bool control_take(const struct deployment *deployment, struct control_request *request_out)
{
    CLEANUP(freep) char *directory = xformat("%s/control", deployment->directory);
    struct dirent **entries;
    int count = scandir(directory, &entries, is_request, alphasort);
    if (count > 0)
        take_file(directory, entries[0]->d_name, request_out);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    if (count >= 0)
        free(entries);
    return count > 0;
}

void control_answer(const struct deployment *deployment, const struct control_request *request,
                    const char *refusal)
{
    CLEANUP(freep)
    char *path = xformat("%s/control/%.*s.answer", deployment->directory,
                         (int)strlen(request->name) - 4, request->name);
    CLEANUP(json_deletep) cJSON *answer = cJSON_CreateObject();
    json_set_text(answer, "refusal", refusal);
    if (!put_json(path, answer))
        return; /* the asker will see that the engine is silent */
}

void control_clear(const struct deployment *deployment)
{
    CLEANUP(freep) char *directory = xformat("%s/control", deployment->directory);
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        CLEANUP(freep) char *path = xformat("%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            unlink(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

char *control_self(void)
{
    char host[64] = "";
    const struct passwd *user = getpwuid(getuid());
    gethostname(host, sizeof(host) - 1);
    return xformat("%s@%s (process %ld)", user ? user->pw_name : "somebody", host, (long)getpid());
}

/* What the engine's last act may have been. A request that it has not taken is withdrawn: whoever
 * takes the deployment up must not find it. */
static bool give_up(const char *ask, const char *answer, struct error *error)
{
    if (unlink(ask) == 0 || access(answer, F_OK) != 0)
        return error_set(error, NULL,
                         "the process that runs the deployment has just ended; see canary status");
    return true;
}

static bool take_back(const char *ask, struct error *error)
{
    if (unlink(ask) == 0)
        return error_set(error, NULL, "interrupted: the request was taken back");
    return error_set(error, NULL, "interrupted, after the request was taken; see canary status");
}

static bool wait_for_answer(const char *state, const char *id, const char *ask, const char *path,
                            bool (*should_stop)(void), struct error *error)
{
    long pid;
    int64_t deadline_us = clock_monotonic_us() + ASK_TIMEOUT_MS * 1000LL;
    while (clock_monotonic_us() < deadline_us) {
        CLEANUP(json_deletep) cJSON *answer = read_json(path);
        if (answer) {
            const char *refusal = json_text(answer, "refusal", NULL);
            unlink(path);
            return !refusal || error_set(error, NULL, "%s", refusal);
        }
        if (!deployment_is_alive(state, id, &pid) && !give_up(ask, path, error))
            return false;
        if (should_stop && should_stop())
            return take_back(ask, error);
        clock_sleep_ms(POLL_MS);
    }
    return error_set(error, NULL,
                     "the process that runs the deployment does not answer (a hook may run, or AWS "
                     "throttle a call); it will take the request when it can");
}

bool control_ask(const char *state, const char *id, const char *verb, bool (*should_stop)(void),
                 struct error *error)
{
    CLEANUP(freep) char *self = control_self();
    CLEANUP(freep)
    char *base =
        xformat("%s/%s/control/%020lld-%ld", state, id, (long long)clock_true_ms(), (long)getpid());
    CLEANUP(freep) char *ask = xformat("%s.ask", base);
    CLEANUP(freep) char *answer = xformat("%s.answer", base);
    CLEANUP(json_deletep) cJSON *tree = cJSON_CreateObject();
    json_set_text(tree, "verb", verb);
    json_set_text(tree, "by", self);
    if (!put_json(ask, tree))
        return error_set(error, NULL, "cannot write %s: %s", ask, strerror(errno));
    return wait_for_answer(state, id, ask, answer, should_stop, error);
}
