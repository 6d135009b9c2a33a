#include "lambda/target.h"

#include <stdlib.h>

#include "lambda/alias.h"
#include "lambda/code.h"
#include "lambda/function.h"
#include "lambda/function_handlers.h"
#include "lambda/routing.h"
#include "xalloc.h"

enum { NO_VERSION = -1, MS_PER_SECOND = 1000 };

/* "NAME=VALUE" texts of the environment, NULL-ended. */
static const char *const *make_variables(struct arena *arena, const cJSON *configuration)
{
    const cJSON *variables = json_get(json_get(configuration, "Environment"), "Variables");
    size_t count = (size_t)cJSON_GetArraySize(variables);
    const char **list = arena_alloc(arena, (count + 1) * sizeof(*list));
    const cJSON *variable;
    size_t at = 0;
    cJSON_ArrayForEach(variable, variables) list[at++] = arena_format(
        arena, "%s=%s", variable->string, cJSON_IsString(variable) ? variable->valuestring : "");
    return list;
}

static const char *copied(struct arena *arena, const char *text)
{
    return arena_copy(arena, text_from(text));
}

/* Differs whenever code or configuration does, and from a deleted namesake's too. */
static const char *sandbox_key(struct arena *arena, const struct function_version *version)
{
    return arena_format(arena, "%s/%s/%s:%lld#%lld-%s", version->key.account, version->key.region,
                        version->key.name, (long long)version->number,
                        (long long)version->generation, version->code_id);
}

static void make_version(struct lambda *lambda, struct target_version *made,
                         const struct function_version *version)
{
    struct arena *arena = &made->texts;
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(version->configuration));
    CLEANUP(freep) char *directory = code_files_directory(lambda, version->code_sha256);
    const char *group = json_text(json_get(configuration, "LoggingConfig"), "LogGroup", "");
    made->plan = (struct sandbox_plan){
        .key = sandbox_key(arena, version),
        .runtime = copied(arena, json_text(configuration, "Runtime", "")),
        .handler = copied(arena, json_text(configuration, "Handler", "")),
        .code_directory = copied(arena, directory),
        .function_name = copied(arena, version->key.name),
        .version = copied(arena, version_text(arena, version->number)),
        .region = copied(arena, version->key.region),
        .account = copied(arena, version->key.account),
        .log_group = copied(arena, group),
        .variables = make_variables(arena, configuration),
        .memory_mb = (int)json_int(configuration, "MemorySize", 0),
        .timeout_ms = (int)json_int(configuration, "Timeout", 0) * MS_PER_SECOND,
    };
}

static void target_free(void *value)
{
    struct target *target = value;
    arena_clear(&target->primary.texts);
    if (target->routed)
        arena_clear(&target->routed->texts);
    free(target->routed);
    free(target->arn);
    free(target->resource);
    free(target);
}

static struct random_stream *stream_of(struct lambda *lambda, const char *arn)
{
    struct random_stream *stream = map_find(&lambda->streams, arn);
    if (!stream) {
        struct random_stream fresh = random_stream_for(arn);
        stream = xmemdup(&fresh, sizeof(fresh));
        map_set(&lambda->streams, arn, stream);
    }
    return stream;
}

static void make_routed(struct call *call, struct target *target, const struct function_key *key,
                        const struct alias *alias)
{
    struct function_version version;
    if (alias->routed_version == NO_VERSION ||
        !version_find(call->store, key, alias->routed_version, &call->arena, &version))
        return;
    target->routed = xcalloc(1, sizeof(*target->routed));
    target->weight = alias->weight;
    make_version(lambda_of(call), target->routed, &version);
}

static struct target *make_target(struct call *call, const struct function_name *name)
{
    struct lambda *lambda = lambda_of(call);
    struct function_version primary;
    struct alias alias;
    /* Invoke names $LATEST in the error even if the caller did not. */
    struct function_name full = { name->key, name->qualifier ? name->qualifier : "$LATEST" };
    if (!version_resolve(call, &full, &primary))
        return NULL;
    struct target *target = xcalloc(1, sizeof(*target));
    make_version(lambda, &target->primary, &primary);
    target->arn = xstrdup(function_arn(&call->arena, &name->key, name->qualifier));
    target->resource = xformat("%s%s%s", name->key.name, name->qualifier ? ":" : "",
                               name->qualifier ? name->qualifier : "");
    int64_t number;
    target->is_alias = name->qualifier && !version_parse(name->qualifier, &number);
    if (target->is_alias &&
        alias_find(call->store, &name->key, name->qualifier, &call->arena, &alias)) {
        target->stream = stream_of(lambda, target->arn);
        make_routed(call, target, &name->key, &alias);
    }
    return target;
}

const struct target *target_get(struct call *call, const struct function_name *name)
{
    struct lambda *lambda = lambda_of(call);
    const char *key = arena_format(&call->arena, "%s/%s/%s:%s", name->key.account, name->key.region,
                                   name->key.name, name->qualifier ? name->qualifier : "");
    struct target *target = map_find(&lambda->targets, key);
    if (!target) {
        target = make_target(call, name);
        if (target)
            map_set(&lambda->targets, key, target);
    }
    return target;
}

const struct target_version *target_draw(const struct target *target)
{
    bool is_routed = target->routed && routing_draw(target->stream, target->weight);
    return is_routed ? target->routed : &target->primary;
}

void targets_forget(struct lambda *lambda)
{
    map_clear(&lambda->targets, target_free);
}

void target_retire(struct lambda *lambda, const struct function_version *version)
{
    struct arena arena = { 0 };
    pool_retire(lambda->parts.pool, sandbox_key(&arena, version));
    arena_clear(&arena);
}
