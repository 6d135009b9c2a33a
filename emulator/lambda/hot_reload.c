#include "lambda/hot_reload.h"

#include <stdlib.h>

#include "log.h"
#include "runtime/tree.h"
#include "xalloc.h"

/* An invocation that waits for a look at the folder, with copies of all it needs. */
struct waiting {
    struct waiting *next;
    struct arena texts;
    struct invocation invocation;
};

/* One version of one function's configuration. */
struct hot_folder {
    struct lambda *lambda;
    struct arena texts;
    struct sandbox_plan plan;
    char *running_key;   /* of the processes that run the folder as it was seen last; NULL: none */
    uint64_t vain_looks; /* that could not see all of it */
    bool is_looking;
    bool is_retired;
    struct waiting *now;   /* for the look that goes on */
    struct waiting *later; /* for the one after it */
    struct waiting **now_end;
    struct waiting **later_end;
    /* The worker's. */
    bool is_readable;
    uint64_t fingerprint;
    struct error error;
};

static void folder_free(void *value)
{
    struct hot_folder *folder = value;
    arena_clear(&folder->texts);
    error_clear(&folder->error);
    free(folder->running_key);
    free(folder);
}

static struct hot_folder *folder_create(struct lambda *lambda, const struct sandbox_plan *plan)
{
    struct hot_folder *folder = xcalloc(1, sizeof(*folder));
    folder->lambda = lambda;
    sandbox_plan_copy(plan, &folder->texts, &folder->plan);
    folder->now_end = &folder->now;
    folder->later_end = &folder->later;
    map_set(&lambda->hot_folders, plan->key, folder);
    return folder;
}

static struct waiting *waiting_create(const struct invocation *invocation)
{
    struct waiting *waiting = xcalloc(1, sizeof(*waiting));
    struct arena *texts = &waiting->texts;
    waiting->invocation = *invocation;
    waiting->invocation.request_id = arena_copy_string(texts, invocation->request_id);
    waiting->invocation.invoked_arn = arena_copy_string(texts, invocation->invoked_arn);
    waiting->invocation.client_context = arena_copy_string(texts, invocation->client_context);
    waiting->invocation.trace_id = arena_copy_string(texts, invocation->trace_id);
    waiting->invocation.payload.data = arena_copy(texts, invocation->payload);
    return waiting;
}

static void retire_running(struct hot_folder *folder)
{
    if (folder->running_key)
        pool_retire(folder->lambda->parts.pool, folder->running_key);
    free(folder->running_key);
    folder->running_key = NULL;
}

/* Of the processes that run the folder as it is. What cannot be seen may have been edited: it is
 * run by new processes, which fail and say so if they cannot read it either. */
static char *make_key(struct hot_folder *folder)
{
    if (folder->is_readable)
        return xformat("%s@%llx", folder->plan.key, (unsigned long long)folder->fingerprint);
    log_warn(folder->plan.function_name, "each look at %s starts new processes: %s",
             folder->plan.code_directory, folder->error.message);
    return xformat("%s@unseen-%llu", folder->plan.key, (unsigned long long)++folder->vain_looks);
}

static void note_fingerprint(struct hot_folder *folder)
{
    CLEANUP(freep) char *key = make_key(folder);
    bool was_edited = folder->running_key && folder->is_readable;
    error_clear(&folder->error);
    if (folder->running_key && strcmp(folder->running_key, key) == 0)
        return;
    if (was_edited)
        log_info(folder->plan.function_name, "%s was edited", folder->plan.code_directory);
    retire_running(folder);
    folder->running_key = xstrdup(key);
}

static void submit_all(struct hot_folder *folder)
{
    struct sandbox_plan plan = folder->plan;
    plan.key = folder->running_key;
    while (folder->now) {
        struct waiting *waiting = folder->now;
        folder->now = waiting->next;
        pool_submit(folder->lambda->parts.pool, &plan, &waiting->invocation);
        arena_clear(&waiting->texts);
        free(waiting);
    }
    folder->now_end = &folder->now;
}

static void look(struct hot_folder *folder);

static void look_work(void *owner)
{
    struct hot_folder *folder = owner;
    folder->fingerprint = 0;
    folder->is_readable =
        tree_fingerprint(folder->plan.code_directory, &folder->fingerprint, &folder->error);
}

static void look_done(void *owner)
{
    struct hot_folder *folder = owner;
    folder->is_looking = false;
    folder->lambda->looks--;
    note_fingerprint(folder);
    submit_all(folder);
    if (folder->later) {
        folder->now = folder->later;
        folder->now_end = folder->later_end;
        folder->later = NULL;
        folder->later_end = &folder->later;
        look(folder);
    } else if (folder->is_retired) {
        retire_running(folder);
        folder_free(folder);
    }
}

static void look(struct hot_folder *folder)
{
    folder->is_looking = true;
    folder->lambda->looks++;
    loop_work(folder->lambda->parts.loop, look_work, look_done, folder);
}

void hot_reload_submit(struct lambda *lambda, const struct sandbox_plan *plan,
                       const struct invocation *invocation)
{
    struct hot_folder *folder = map_find(&lambda->hot_folders, plan->key);
    if (!folder)
        folder = folder_create(lambda, plan);
    struct waiting ***end = folder->is_looking ? &folder->later_end : &folder->now_end;
    struct waiting *waiting = waiting_create(invocation);
    **end = waiting;
    *end = &waiting->next;
    if (!folder->is_looking)
        look(folder);
}

void hot_reload_retire(struct lambda *lambda, const char *key)
{
    struct hot_folder *folder = map_remove(&lambda->hot_folders, key);
    if (!folder)
        return;
    folder->is_retired = true;
    if (folder->is_looking)
        return; /* look_done() does the rest */
    retire_running(folder);
    folder_free(folder);
}

static void let_go(void *value)
{
    struct hot_folder *folder = value;
    if (folder->is_looking)
        folder->is_retired = true;
    else
        folder_free(folder);
}

void hot_reload_forget(struct lambda *lambda)
{
    map_clear(&lambda->hot_folders, let_go);
}
