#include "lambda/target.h"

#include <stdlib.h>

#include "lambda/alias.h"
#include "lambda/code.h"
#include "lambda/configuration.h"
#include "lambda/function.h"
#include "lambda/faults.h"
#include "lambda/hot_reload.h"
#include "lambda/provision.h"
#include "lambda/recursion.h"
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

/* Differs whenever code or configuration does, and from a deleted namesake's too. What $LATEST was
 * before an update goes on in the same sandboxes. */
static const char *sandbox_key(struct arena *arena, const struct function_version *version)
{
    int64_t number = version->number == VERSION_PREVIOUS ? VERSION_LATEST : version->number;
    return arena_format(arena, "%s/%s/%s:%lld#%lld-%s", version->key.account, version->key.region,
                        version->key.name, (long long)number, (long long)version->generation,
                        version->code_id);
}

static struct log_format read_log_format(const cJSON *logging)
{
    return (struct log_format){
        .is_json = strcmp(json_text(logging, "LogFormat", ""), "JSON") == 0,
        .application =
            log_severity_parse(json_text(logging, "ApplicationLogLevel", ""), LOG_INFO_RECORDS),
        .system = log_severity_parse(json_text(logging, "SystemLogLevel", ""), LOG_INFO_RECORDS),
    };
}

static void make_version(struct lambda *lambda, struct target_version *made,
                         const struct function_version *version)
{
    struct arena *arena = &made->texts;
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(version->configuration));
    const char *folder = json_text(configuration, "HotReload", NULL);
    const char *layers = json_text(configuration, "LayersSha256", NULL);
    CLEANUP(freep) char *files = code_files_directory(lambda, version->code_sha256);
    CLEANUP(freep) char *layered = layers ? code_files_directory(lambda, layers) : NULL;
    const cJSON *logging = json_get(configuration, "LoggingConfig");
    const char *group = json_text(logging, "LogGroup", "");
    made->plan = (struct sandbox_plan){
        .key = sandbox_key(arena, version),
        .runtime = arena_copy_string(arena, json_text(configuration, "Runtime", "")),
        .handler = arena_copy_string(arena, json_text(configuration, "Handler", "")),
        .code_directory = arena_copy_string(arena, folder ? folder : files),
        .layers_directory = arena_copy_string(arena, layered),
        .function_name = arena_copy_string(arena, version->key.name),
        .version = arena_copy_string(arena, version_text(arena, version->number)),
        .region = arena_copy_string(arena, version->key.region),
        .account = arena_copy_string(arena, version->key.account),
        .role = arena_copy_string(arena, json_text(configuration, "Role", "")),
        .log_group = arena_copy_string(arena, group),
        .log_format = read_log_format(logging),
        .variables = make_variables(arena, configuration),
        .memory_mb = (int)json_int(configuration, "MemorySize", 0),
        .storage_mb = (int)json_int(json_get(configuration, "EphemeralStorage"), "Size", 0),
        .timeout_ms = (int)json_int(configuration, "Timeout", 0) * MS_PER_SECOND,
        .is_hot = folder != NULL,
        .initialization = version->number > 0 && configuration_takes_snapshots(version)
                              ? SANDBOX_SNAP_START
                              : SANDBOX_ON_DEMAND,
    };
    made->provisioned_plan = made->plan;
    made->provisioned_plan.key = arena_format(arena, "%s/provisioned", made->plan.key);
    made->provisioned_plan.initialization = SANDBOX_PROVISIONED;
    made->is_pending = version_state(version) == VERSION_PENDING;
}

static void target_free(void *value)
{
    struct target *target = value;
    arena_clear(&target->primary.texts);
    if (target->routed)
        arena_clear(&target->routed->texts);
    free(target->routed);
    arena_clear(&target->texts);
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

void lambda_restart_draws(struct lambda *lambda)
{
    targets_forget(lambda); /* they point to the streams */
    map_clear(&lambda->streams, free);
}

/* A target under construction, and what it is made from. */
struct making {
    struct lambda *lambda;
    const struct function_name *name;
    struct arena *scratch;
    struct target *target;
};

static void make_counters(struct making *making, int64_t number, struct target_version *made)
{
    const struct sandbox_plan *plan = &made->plan;
    made->concurrency = (struct concurrency_version){
        .executed = concurrency_counter(
            making->lambda, arena_format(making->scratch, "executed/%s/%s/%s/%s", plan->account,
                                         plan->region, making->target->resource, plan->version)),
        .provisioned = concurrency_counter(
            making->lambda, arena_format(making->scratch, "provisioned/%s", plan->key)),
        .allocated = provision_allocated(making->lambda, &making->name->key, number),
    };
}

static bool make_version_of(struct making *making, int64_t number, struct target_version *made)
{
    struct function_version version;
    if (!version_find_running(making->lambda->parts.store, &making->name->key, number,
                              making->scratch, &version))
        return false;
    make_version(making->lambda, made, &version);
    make_counters(making, number, made);
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(version.configuration));
    const char *queue = json_text(json_get(configuration, "DeadLetterConfig"), "TargetArn", NULL);
    if (queue) /* the same for both versions of a split */
        making->target->dead_letter_arn = arena_copy_string(&making->target->texts, queue);
    return true;
}

static void make_identity(struct making *making)
{
    struct target *target = making->target;
    const struct function_name *name = making->name;
    struct arena *texts = &target->texts;
    target->key = (struct function_key){ arena_copy_string(texts, name->key.account),
                                         arena_copy_string(texts, name->key.region),
                                         arena_copy_string(texts, name->key.name) };
    target->arn = function_arn(texts, &name->key, name->qualifier);
    target->resource = arena_format(texts, "%s%s%s", name->key.name, name->qualifier ? ":" : "",
                                    name->qualifier ? name->qualifier : "");
    lineage_hash(function_arn(making->scratch, &name->key, NULL), target->lineage_hash);
    target->stops_loops = recursion_is_stopped(making->lambda->parts.store, &name->key);
    concurrency_scope_fill(making->lambda, &name->key, target->resource, &target->concurrency);
}

/* Fills in the versions; false if what the name says does not exist. */
static bool make_versions(struct making *making)
{
    struct target *target = making->target;
    const struct function_name *name = making->name;
    int64_t number = 0;
    struct alias alias = { .routed_version = NO_VERSION };
    target->is_alias = name->qualifier && !version_parse(name->qualifier, &number);
    if (target->is_alias) {
        if (!alias_find(making->lambda->parts.store, &name->key, name->qualifier, making->scratch,
                        &alias))
            return false;
        target->stream = stream_of(making->lambda, target->arn);
        number = alias.version;
    }
    if (!make_version_of(making, number, &target->primary))
        return false;
    struct target_version routed = { 0 };
    if (alias.routed_version != NO_VERSION &&
        make_version_of(making, alias.routed_version, &routed)) {
        target->routed = xmemdup(&routed, sizeof(routed));
        target->weight = alias.weight;
    }
    return true;
}

/* One that could not be read whole would be kept, and run without its reservation or its share of
 * an alias. */
static struct target *make_target(struct lambda *lambda, const struct function_name *name,
                                  struct error *error)
{
    struct arena scratch = { 0 };
    uint64_t failures = store_failures(lambda->parts.store);
    struct target *target = xcalloc(1, sizeof(*target));
    struct making making = { lambda, name, &scratch, target };
    make_identity(&making);
    bool is_there = make_versions(&making);
    if (store_failures(lambda->parts.store) != failures) {
        error_set(error, NULL, "%s cannot be read", target->arn);
        target_free(target);
        target = NULL;
    } else if (!is_there) {
        /* Invoke names $LATEST in the error even if the caller did not. */
        error_set(error, &LAMBDA_RESOURCE_NOT_FOUND, "Function not found: %s",
                  function_arn(&scratch, &name->key, function_qualifier(name)));
        target_free(target);
        target = NULL;
    }
    arena_clear(&scratch);
    return target;
}

/* Targets of one function stand together, so that a write drops no others. */
static struct map *find_group(struct lambda *lambda, const struct function_key *key, bool makes)
{
    char text[MAP_KEY_SIZE];
    map_key(text, key->account, key->region, key->name, NULL);
    struct map *group = map_find(&lambda->targets, text);
    if (!group && makes) {
        group = xcalloc(1, sizeof(*group));
        map_set(&lambda->targets, text, group);
    }
    return group;
}

static void group_free(void *value)
{
    map_clear(value, target_free);
    free(value);
}

const struct target *target_get(struct lambda *lambda, const struct function_name *name,
                                struct error *error)
{
    const char *qualifier = name->qualifier ? name->qualifier : "";
    struct map *group = find_group(lambda, &name->key, false);
    struct target *target = group ? map_find(group, qualifier) : NULL;
    if (!target) {
        target = make_target(lambda, name, error);
        if (target)
            map_set(find_group(lambda, &name->key, true), qualifier, target);
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
    map_clear(&lambda->targets, group_free);
}

void targets_forget_function(struct lambda *lambda, const struct function_key *key)
{
    struct map *group = find_group(lambda, key, false);
    if (group)
        map_clear(group, target_free);
}

void target_retire(struct lambda *lambda, const struct function_version *version)
{
    struct arena arena = { 0 };
    const char *key = sandbox_key(&arena, version);
    pool_retire(lambda->parts.pool, key);
    hot_reload_retire(lambda, key);
    arena_clear(&arena);
}
