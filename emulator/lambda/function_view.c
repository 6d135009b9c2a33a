#include "lambda/function_view.h"

#include <stdlib.h>

#include "lambda/concurrency.h"
#include "lambda/configuration.h"
#include "lambda/function_handlers.h"
#include "lambda/state.h"
#include "xalloc.h"

enum { VIEWS_MAX = 256, NONE = -1 };

struct kept_view {
    struct function_view view;
    struct arena arena; /* of its texts */
};

static void view_free(void *value)
{
    struct kept_view *kept = value;
    arena_clear(&kept->arena);
    free(kept);
}

void function_views_forget(struct lambda *lambda)
{
    map_clear(&lambda->views, view_free);
}

/* Views hold as long as the store is what they were read from; undoing counts as a change too. */
static void drop_old_views(struct lambda *lambda)
{
    uint64_t generation = store_generation(lambda->parts.store);
    if (lambda->views_generation != generation || lambda->views.count >= VIEWS_MAX)
        function_views_forget(lambda);
    lambda->views_generation = generation;
}

static const char *print(struct arena *arena, const cJSON *tree)
{
    CLEANUP(freep) char *text = json_print(tree);
    return arena_copy(arena, text_from(text));
}

static const char *read_tags(struct call *call, const struct function_key *key, struct arena *arena)
{
    CLEANUP(json_deletep)
    cJSON *tags = json_parse(text_from(function_tags(call->store, key, &call->arena)));
    return tags && tags->child ? print(arena, tags) : NULL;
}

static struct kept_view *make_view(struct call *call, const struct function_name *name)
{
    struct function_version version;
    if (!version_resolve(call, name, &version))
        return NULL;
    struct kept_view *kept = xcalloc(1, sizeof(*kept));
    CLEANUP(json_deletep) cJSON *configuration = cJSON_CreateObject();
    configuration_write(call, configuration, &version, name->qualifier,
                        configuration_state_of(&version));
    kept->view = (struct function_view){
        .configuration = print(&kept->arena, configuration),
        .tags = read_tags(call, &name->key, &kept->arena),
        .folder = configuration_folder(&version, &kept->arena),
        .source_key = configuration_source_key(&version, &kept->arena),
        .code_id = arena_copy(&kept->arena, text_from(version.code_id)),
        .reserved = name->qualifier ? NONE : concurrency_reserved(call->store, &name->key),
    };
    return kept;
}

const struct function_view *function_view_get(struct call *call, const struct function_name *name)
{
    struct lambda *lambda = lambda_of(call);
    const char *key = function_arn(&call->arena, &name->key, name->qualifier);
    drop_old_views(lambda);
    struct kept_view *kept = map_find(&lambda->views, key);
    if (!kept && (kept = make_view(call, name)))
        map_set(&lambda->views, key, kept);
    return kept ? &kept->view : NULL;
}
