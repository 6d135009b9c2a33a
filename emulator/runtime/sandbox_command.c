/*
 * What to execute and with which variables. A user's variable replaces a default, never one of
 * the names that Lambda reserves.
 */
#include "runtime/sandbox_command.h"

#include "runtime/entrypoint.h"
#include "runtime/interpreters.h"
#include "runtime/isolation.h"
#include "runtime/workspace.h"
#include "text.h"
#include "xalloc.h"

enum { NODE_HEAP_PERCENT = 90 };

static const char wrapper_variable[] = "AWS_LAMBDA_EXEC_WRAPPER=";

static const char *task_root(const struct sandbox_place *place)
{
    return place->is_isolated ? "/var/task" : place->plan->code_directory;
}

/* Without isolation the layers' directory itself: nothing is put into this machine's /opt. */
static const char *layers_root(const struct sandbox_place *place)
{
    return place->is_isolated || !place->plan->layers_directory ? "/opt"
                                                                : place->plan->layers_directory;
}

static const char *runtime_root(const struct sandbox_place *place)
{
    return place->is_isolated ? "/var/runtime" : place->runtime_directory;
}

static void add_credentials(struct string_list *list, const struct sandbox_place *place)
{
    CLEANUP(arena_clear) struct arena arena = { 0 };
    struct sigv4_credentials credentials;
    if (!place->api->issue)
        return;
    place->api->issue(place->plan, &arena, &credentials, place->api->owner);
    string_list_add_format(list, "AWS_ACCESS_KEY_ID=%s", credentials.access_key_id);
    string_list_add_format(list, "AWS_SECRET_ACCESS_KEY=%s", credentials.secret_access_key);
    string_list_add_format(list, "AWS_SESSION_TOKEN=%s", credentials.session_token);
}

static void add_identity(struct string_list *list, const struct sandbox_place *place)
{
    const struct sandbox_plan *plan = place->plan;
    string_list_add_format(list, "AWS_LAMBDA_FUNCTION_NAME=%s", plan->function_name);
    string_list_add_format(list, "AWS_LAMBDA_FUNCTION_VERSION=%s", plan->version);
    string_list_add_format(list, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%d", plan->memory_mb);
    string_list_add_format(list, "AWS_LAMBDA_LOG_GROUP_NAME=%s", plan->log_group);
    string_list_add_format(list, "AWS_LAMBDA_LOG_STREAM_NAME=%s", place->log_stream);
    if (plan->log_format.is_json) {
        string_list_add(list, "AWS_LAMBDA_LOG_FORMAT=JSON");
        string_list_add_format(list, "AWS_LAMBDA_LOG_LEVEL=%s",
                               log_severity_name(plan->log_format.application));
    }
    string_list_add_format(list, "AWS_LAMBDA_INITIALIZATION_TYPE=%s",
                           sandbox_initialization_name(plan->initialization));
    string_list_add_format(list, "AWS_REGION=%s", plan->region);
    string_list_add_format(list, "AWS_DEFAULT_REGION=%s", plan->region);
    add_credentials(list, place);
    string_list_add_format(list, "_HANDLER=%s", plan->handler);
    string_list_add_format(list, "LAMBDA_TASK_ROOT=%s", task_root(place));
    if (place->runtime_api_port)
        string_list_add_format(list, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:%d",
                               place->runtime_api_port);
}

static void add_reserved(struct string_list *list, const struct sandbox_place *place)
{
    const struct sandbox_plan *plan = place->plan;
    add_identity(list, place);
    string_list_add_format(list, "LAMBDA_RUNTIME_DIR=%s", runtime_root(place));
    if (!place->runtime_api_port)
        string_list_add_format(list, "AWS_EXECUTION_ENV=AWS_Lambda_%s", plan->runtime);
}

static void add_user(struct string_list *list, const struct sandbox_plan *plan)
{
    for (const char *const *variable = plan->variables; variable && *variable; variable++)
        if (!string_list_has_variable(list, *variable))
            string_list_add(list, *variable);
}

static void add_default(struct string_list *list, const char *name, const char *value)
{
    CLEANUP(freep) char *variable = xformat("%s=%s", name, value);
    if (!string_list_has_variable(list, variable))
        string_list_add(list, variable);
}

/* Where the function's own clients find this server. */
static void add_api(struct string_list *list, const struct sandbox_place *place)
{
    if (place->api->url)
        add_default(list, "AWS_ENDPOINT_URL", place->api->url);
}

void sandbox_command_add_variables(struct string_list *list, const struct sandbox_place *place)
{
    add_identity(list, place);
    add_user(list, place->plan);
    add_api(list, place);
}

static void add_node_path(struct string_list *list, const struct sandbox_place *place)
{
    const char *version = place->plan->runtime + strcspn(place->plan->runtime, "0123456789");
    const char *layers = layers_root(place);
    CLEANUP(freep)
    char *path =
        xformat("%s/nodejs/node%.*s/node_modules:%s/nodejs/node_modules:%s/node_modules:%s:%s",
                layers, (int)strspn(version, "0123456789"), version, layers, runtime_root(place),
                runtime_root(place), task_root(place));
    add_default(list, "NODE_PATH", path);
}

/* Our bootstrap adds /opt/python itself, as Lambda's does; layers that are elsewhere it cannot
 * know. */
static void add_python_path(struct string_list *list, const struct sandbox_place *place)
{
    const char *layers = layers_root(place);
    const char *version = place->plan->runtime + strcspn(place->plan->runtime, "0123456789");
    CLEANUP(freep)
    char *path = strcmp(layers, "/opt") == 0
                     ? xstrdup(runtime_root(place))
                     : xformat("%s:%s/python/lib/python%s/site-packages:%s/python",
                               runtime_root(place), layers, version, layers);
    add_default(list, "PYTHONPATH", path);
}

/* As recorded of each runtime's image: that of provided.al2 alone has no place for a language. */
static void add_defaults(struct string_list *list, const struct sandbox_place *place)
{
    enum runtime_kind kind = runtime_kind_of(place->plan->runtime);
    bool is_bare = strcmp(place->plan->runtime, "provided.al2") == 0;
    CLEANUP(freep)
    char *libraries =
        xformat("%s/lib64:/usr/lib64:%s:%s/lib:%s:%s/lib:%s/lib",
                is_bare ? "" : "/var/lang/lib:", runtime_root(place), runtime_root(place),
                task_root(place), task_root(place), layers_root(place));
    CLEANUP(freep)
    char *programs = xformat("%s/usr/local/bin:/usr/bin/:/bin:%s/bin",
                             is_bare ? "" : "/var/lang/bin:", layers_root(place));
    add_default(list, "PATH", programs);
    add_default(list, "LD_LIBRARY_PATH", libraries);
    add_default(list, "TZ", ":UTC");
    add_default(list, "LANG", "en_US.UTF-8");
    add_default(list, "PWD", task_root(place));
    add_default(list, "SHLVL", "0");
    add_default(list, "AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR");
    add_default(list, "AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000");
    add_default(list, "_AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1");
    add_default(list, "_AWS_XRAY_DAEMON_PORT", "2000");
    add_api(list, place);
    if (kind == RUNTIME_NODE)
        add_node_path(list, place);
    if (kind == RUNTIME_PYTHON) {
        add_default(list, "LC_CTYPE", "C.UTF-8");
        add_python_path(list, place);
    }
    if (!place->is_isolated)
        add_default(list, "TMPDIR", place->tmp_directory);
}

/* The loader's variables are for the function's programs, not for bubblewrap itself. */
static void hand_loader_variables_over(struct sandbox_command *command)
{
    struct string_list kept = { 0 };
    for (size_t i = 0; i < command->environment.count; i++) {
        const char *variable = command->environment.items[i];
        size_t size = strcspn(variable, "=");
        if (!text_starts_with(text_from(variable), "LD_")) {
            string_list_add(&kept, variable);
            continue;
        }
        string_list_add(&command->arguments, "--setenv");
        string_list_add_format(&command->arguments, "%.*s", (int)size, variable);
        string_list_add(&command->arguments, variable + size + 1);
    }
    string_list_clear(&command->environment);
    command->environment = kept;
}

/* A wrapper script gets the command line of the runtime as its arguments and executes it. The
 * shell makes a missing one an exit with status 127, as on Lambda. */
static void add_wrapper(struct sandbox_command *command)
{
    for (size_t i = 0; i < command->environment.count; i++) {
        const char *variable = command->environment.items[i];
        if (!text_starts_with(text_from(variable), wrapper_variable))
            continue;
        const char *const shell[] = {
            "/bin/sh", "-c", "exec \"$@\"", "sh", variable + strlen(wrapper_variable), NULL
        };
        string_list_add_all(&command->arguments, shell);
        return;
    }
}

static void add_bootstrap(struct sandbox_command *command, const struct sandbox_place *place)
{
    CLEANUP(entrypoint_clear) struct entrypoint entrypoint = entrypoint_find(place->plan);
    string_list_add(&command->arguments,
                    place->is_isolated || !entrypoint.path ? entrypoint.shown : entrypoint.path);
}

static void add_program(struct sandbox_command *command, const struct sandbox_place *place)
{
    enum runtime_kind kind = runtime_kind_of(place->plan->runtime);
    if (!place->interpreter) {
        add_bootstrap(command, place);
        return;
    }
    add_wrapper(command);
    string_list_add(&command->arguments, place->interpreter);
    if (kind == RUNTIME_NODE) /* so that it collects garbage before its memory is used up */
        string_list_add_format(&command->arguments, "--max-old-space-size=%d",
                               place->plan->memory_mb * NODE_HEAP_PERCENT / 100);
    if (kind == RUNTIME_PYTHON) {
        string_list_add(&command->arguments, "-s"); /* nobody's home */
        string_list_add(&command->arguments, "-B"); /* the code directory stays as it is */
    }
    string_list_add_format(&command->arguments, "%s/%s", runtime_root(place),
                           workspace_bootstrap_name(kind));
}

void sandbox_command_build(struct sandbox_command *command, const struct sandbox_place *place)
{
    *command = (struct sandbox_command){ 0 };
    add_reserved(&command->environment, place);
    add_user(&command->environment, place->plan);
    add_defaults(&command->environment, place);
    if (place->is_isolated) {
        struct isolation_plan plan = { .code_directory = place->plan->code_directory,
                                       .layers_directory = place->plan->layers_directory,
                                       .runtime_directory = place->runtime_directory,
                                       .tmp_directory = place->tmp_directory,
                                       .system_root = place->system_root,
                                       .interpreter = place->interpreter };
        isolation_add_arguments(&command->arguments, &plan);
        hand_loader_variables_over(command);
    } else {
        command->directory = place->plan->code_directory;
    }
    add_program(command, place);
}

void sandbox_command_clear(struct sandbox_command *command)
{
    string_list_clear(&command->arguments);
    string_list_clear(&command->environment);
}
