#include "cli/record_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "rollout/deployment.h"
#include "xalloc.h"

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool is_wanted(const struct record_options *options, const char *state, const char *id)
{
    const struct alias_identity identity = { "", "", "", options->function, options->alias };
    if (!options->function && !options->alias)
        return true;
    CLEANUP(json_deletep) cJSON *deployment = deployment_read(state, id);
    return deployment && deployment_is_of(deployment, &identity);
}

static int64_t start_ms(const char *state, const char *id)
{
    CLEANUP(json_deletep) cJSON *deployment = deployment_read(state, id);
    return json_int(deployment, "startedAt", 0);
}

/* Ids begin with their time, in seconds. */
static bool is_later(const char *state, const char *id, const char *other)
{
    enum { TIME_SIZE = 16 }; /* 20261125T213000Z */
    int order = strncmp(id, other, TIME_SIZE);
    if (order != 0)
        return order > 0;
    int64_t id_ms = start_ms(state, id);
    int64_t other_ms = start_ms(state, other);
    return id_ms == other_ms ? strverscmp(id, other) > 0 : id_ms > other_ms;
}

/* The deployment begun last. NULL: there is none. */
static char *latest_id(const struct record_options *options, const char *state)
{
    DIR *folder = opendir(state);
    char *latest = NULL;
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        CLEANUP(freep) char *record = xformat("%s/%s/record.jsonl", state, entry->d_name);
        if (entry->d_name[0] == '.' || !is_there(record) ||
            (latest && !is_later(state, entry->d_name, latest)) ||
            !is_wanted(options, state, entry->d_name))
            continue;
        free(latest);
        latest = xstrdup(entry->d_name);
    }
    if (folder)
        closedir(folder);
    return latest;
}

static char *path_of(const char *named, const struct record_options *options, const char *state)
{
    if (named && is_folder(named))
        return xformat("%s/record.jsonl", named);
    if (named && is_there(named))
        return xstrdup(named);
    if (named)
        return xformat("%s/%s/record.jsonl", state, named);
    CLEANUP(freep) char *latest = latest_id(options, state);
    return latest ? xformat("%s/%s/record.jsonl", state, latest) : NULL;
}

void record_print_help(const char *command, const struct option_row *rows)
{
    printf("Usage: canary %s [ID|DIRECTORY|FILE] [OPTION]...\n\n"
           "Without ID it is the deployment begun last (of --function and --alias).\n\n",
           command);
    options_print(rows, stdout);
}

char *record_find(const char *named, const struct record_options *options)
{
    CLEANUP(freep) char *state = state_path(options->state_directory);
    char *path = path_of(named, options, state);
    if (path && is_there(path))
        return path;
    free(path);
    bool is_any = !options->function && !options->alias;
    CLEANUP(freep)
    char *target = xformat("of %s:%s", options->function ? options->function : "*",
                           options->alias ? options->alias : "*");
    complain("there is no deployment %s in %s (canary history lists them)",
             named    ? named
             : is_any ? "at all"
                      : target,
             state);
    return NULL;
}

bool record_ended_early(const char *path)
{
    const char *name = strrchr(path, '/');
    if (!name || strcmp(name, "/record.jsonl") != 0)
        return false;
    complain("%s: the deployment ended before its plan was written down (was its client killed?): "
             "no traffic was shifted, and there is nothing to tell of; canary deploy begins anew",
             path);
    return true;
}
