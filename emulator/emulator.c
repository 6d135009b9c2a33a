/*
 * Start order: directory, store, metrics, telemetry, logs, journal, edge, HTTP (functions are told
 * the port), pool, services, replay; nothing is answered before the loop runs. before_sleep() keeps
 * the promise of the house: what a turn wrote is flushed and committed before any reply of that
 * turn leaves.
 */
#include "emulator.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "alarms/alarms.h"
#include "clock.h"
#include "cloudwatch/checkpoint.h"
#include "cloudwatch/cloudwatch.h"
#include "cloudwatch/retention.h"
#include "data_directory.h"
#include "edge/edge.h"
#include "http/server.h"
#include "iam/iam.h"
#include "lambda/lambda.h"
#include "log.h"
#include "logs/logs.h"
#include "loop/loop.h"
#include "loop/schedule.h"
#include "random.h"
#include "runtime/discard.h"
#include "runtime/package.h"
#include "runtime/pool.h"
#include "store/journal.h"
#include "store/store.h"
#include "store/telemetry.h"
#include "sts/role_session.h"
#include "sts/sts.h"
#include "xalloc.h"

enum { FILES_MIN = 1024 }; /* that should be open at once, at least */

struct emulator {
    struct settings settings;
    char *directory;
    char *s3_directory; /* NULL: none */
    struct loop *loop;
    struct schedule *schedule;
    struct store *store;
    struct telemetry *telemetry;
    struct metrics *metrics;
    struct metrics_checkpoint *checkpoint;
    struct retention *retention;
    struct journal *journal;
    struct discard *discard;
    struct pool *pool;
    struct lambda *lambda;
    struct logs *logs;
    struct cloudwatch cloudwatch;
    struct alarms *alarms;
    struct admin admin;
    struct edge *edge;
    struct http_server *server;
    bool is_draining;
};

const struct service *const emulator_services[] = {
    &lambda_service, &cloudwatch_service, &logs_service, &sts_service,
    &iam_service,    &admin_service,      NULL,
};

/* Absolute, so that it stays the same whatever becomes of the working directory. */
static bool find_s3_directory(struct emulator *emulator, struct error *error)
{
    struct stat status;
    const char *wanted = emulator->settings.s3_dir;
    emulator->s3_directory = wanted ? realpath(wanted, NULL) : NULL;
    if (wanted && !emulator->s3_directory)
        return error_set(error, NULL, "cannot use --s3-dir %s: %s", wanted, strerror(errno));
    if (wanted && (stat(wanted, &status) != 0 || !S_ISDIR(status.st_mode)))
        return error_set(error, NULL, "cannot use --s3-dir %s: it is no directory", wanted);
    return true;
}

static void on_record(uint8_t kind, struct text payload, void *owner)
{
    struct emulator *emulator = owner;
    if (kind == JOURNAL_INVOCATION)
        lambda_replay(emulator->lambda, payload);
    else if (kind == JOURNAL_METRIC_DATA)
        cloudwatch_replay(&emulator->cloudwatch, payload);
    else if (kind == JOURNAL_LOG_EVENTS)
        logs_replay(emulator->logs, payload);
    else
        log_warn("journal", "a record of unknown kind %d was left out", kind);
}

/* An alarm's action is a function. */
static enum alarm_invocation_verdict on_invoke(void *owner,
                                               const struct alarm_invocation *invocation)
{
    static const enum alarm_invocation_verdict verdicts[] = {
        [LAMBDA_EVENT_QUEUED] = ALARM_INVOCATION_SENT,
        [LAMBDA_EVENT_NO_FUNCTION] = ALARM_INVOCATION_NO_FUNCTION,
        [LAMBDA_EVENT_OTHER_TARGET] = ALARM_INVOCATION_ELSEWHERE,
    };
    struct emulator *emulator = owner;
    const struct lambda_event_order order = { .account = invocation->account,
                                              .region = invocation->region,
                                              .target_arn = invocation->function_arn,
                                              .payload = invocation->event };
    return verdicts[lambda_send_event(emulator->lambda, &order)];
}

static bool must_hold(void *owner)
{
    const struct emulator *emulator = owner;
    return store_is_dirty(emulator->store) || journal_is_dirty(emulator->journal);
}

static void on_request(struct http_exchange *exchange, void *owner)
{
    struct emulator *emulator = owner;
    edge_on_request(emulator->edge, exchange);
}

static size_t body_ceiling(const struct http_exchange *exchange, void *owner)
{
    const struct emulator *emulator = owner;
    return edge_body_ceiling(emulator->edge, exchange);
}

/* What a turn's callers are told did not happen leaves nothing in the database. */
static void abandon_turn(struct emulator *emulator)
{
    store_abandon(emulator->store);
    lambda_forget(emulator->lambda);
    alarms_look_again(emulator->alarms);
    logs_forget(emulator->logs);
}

/* The journal first: a crash between the two must not forget that an event is to be run while its
 * invocation is in no log and no metric. */
static bool save_turn(struct emulator *emulator)
{
    CLEANUP(error_clear) struct error error = { 0 };
    bool has_changes = store_is_dirty(emulator->store);
    if (journal_flush(emulator->journal, &error) && store_commit(emulator->store, &error))
        return true;
    if (has_changes)
        abandon_turn(emulator);
    log_error("store", "%s; the callers were told", error.message);
    return false;
}

static void stop_if_drained(struct emulator *emulator)
{
    if (emulator->is_draining && edge_pending(emulator->edge) == 0 &&
        pool_pending(emulator->pool) == 0 && http_server_pending(emulator->server) == 0)
        loop_stop(emulator->loop);
}

static bool before_sleep(void *owner)
{
    struct emulator *emulator = owner;
    if (!emulator->server) /* starting, or ending */
        return false;
    bool is_saved = save_turn(emulator);
    bool did_something = is_saved && lambda_saved(emulator->lambda);
    /* What comes while replies leave is not saved yet. */
    did_something |= http_server_release(emulator->server, is_saved);
    if (!did_something)
        stop_if_drained(emulator);
    return did_something;
}

/* A test that has turned the clock is not to be the reason why the next one fails. */
static void restart_clock(struct emulator *emulator)
{
    int64_t before_ms = clock_now_ms();
    settings_restart_clock(emulator->settings.clock);
    alarms_look_again(emulator->alarms);
    schedule_clock_changed(emulator->schedule, before_ms);
}

/* Once the database is empty, memory follows even if the disk refuses the rest: what is left there
 * comes back at the next start, so the caller is told. */
static bool reset(void *owner, struct error *error)
{
    struct emulator *emulator = owner;
    if (!store_reset(emulator->store, error) || !store_commit(emulator->store, error))
        return false;
    bool is_whole =
        journal_reset(emulator->journal, error) && telemetry_reset(emulator->telemetry, error);
    lambda_disown_running(emulator->lambda);
    lambda_detach_all(emulator->lambda);
    pool_retire_all(emulator->pool);
    metrics_reset(emulator->metrics);
    lambda_reset(emulator->lambda);
    logs_reset(emulator->logs);
    restart_clock(emulator);
    if (emulator->settings.seed >= 0) /* without one, the next test is to meet other draws */
        lambda_restart_draws(emulator->lambda);
    if (is_whole && emulator->settings.loads_workshop)
        return lambda_load_workshop(emulator->lambda, emulator->settings.region, error);
    return is_whole;
}

static bool has_function(const char *account, const char *region, const char *arn, void *owner)
{
    const struct emulator *emulator = owner;
    return lambda_has_function(emulator->lambda, account, region, arn);
}

static void deliver(const struct logs_delivery *delivery, void *owner)
{
    const struct emulator *emulator = owner;
    const struct lambda_event_order order = { .account = delivery->account,
                                              .region = delivery->region,
                                              .target_arn = delivery->function_arn,
                                              .payload = delivery->payload,
                                              .trace_id = delivery->trace_id };
    if (lambda_send_event(emulator->lambda, &order) != LAMBDA_EVENT_QUEUED)
        log_warn("logs", "a subscription's record is dropped: there is no function %s",
                 delivery->function_arn);
}

/* Before the journal is opened: loading comes first. */
static bool open_logs(struct emulator *emulator, struct error *error)
{
    const struct logs_parts parts = { .loop = emulator->loop,
                                      .schedule = emulator->schedule,
                                      .store = emulator->store,
                                      .telemetry = emulator->telemetry,
                                      .metrics = emulator->metrics,
                                      .has_function = has_function,
                                      .deliver = deliver,
                                      .owner = emulator };
    telemetry_serve(emulator->telemetry, emulator->store);
    emulator->logs = logs_create(&parts, error);
    return emulator->logs != NULL;
}

/* Ids with --seed repeat from directory to directory; on one directory each start gives others, or
 * new things would take the place of old ones. */
static bool seed_ids(struct emulator *emulator, struct error *error)
{
    if (emulator->settings.seed < 0)
        return true;
    int64_t start = store_count_start(emulator->store, error);
    random_set_run(start);
    return start > 0;
}

static bool open_state(struct emulator *emulator, struct error *error)
{
    bool is_durable = emulator->settings.is_durable;
    return (emulator->store = store_open(emulator->directory, is_durable, error)) &&
           seed_ids(emulator, error) && (emulator->metrics = metrics_create()) &&
           (emulator->telemetry = telemetry_open(emulator->directory, is_durable, error)) &&
           (emulator->checkpoint =
                metrics_checkpoint_create(emulator->metrics, emulator->telemetry, error)) &&
           open_logs(emulator, error) &&
           (emulator->journal = journal_open(emulator->directory, is_durable, error));
}

/* Where functions reach this server: their SDKs would call AWS itself. NULL with --strict. The
 * caller owns it. */
static char *api_url(const struct emulator *emulator)
{
    const char *address = emulator->settings.listen;
    if (emulator->settings.is_strict)
        return NULL;
    if (strcmp(address, "0.0.0.0") == 0)
        address = "127.0.0.1";
    else if (strcmp(address, "::") == 0)
        address = "::1";
    bool is_ipv6 = strchr(address, ':') != NULL;
    return xformat("http://%s%s%s:%d", is_ipv6 ? "[" : "", address, is_ipv6 ? "]" : "",
                   emulator_port(emulator));
}

static void issue_credentials(const struct sandbox_plan *plan, struct arena *arena,
                              struct sigv4_credentials *credentials_out, void *owner)
{
    const struct emulator *emulator = owner;
    function_session_issue(emulator->store, plan->account, plan->role, plan->function_name, arena,
                           credentials_out);
}

static bool open_pool(struct emulator *emulator, struct error *error)
{
    CLEANUP(freep) char *url = api_url(emulator);
    CLEANUP(freep) char *directory = xformat("%s/sandboxes", emulator->directory);
    CLEANUP(freep) char *removed = xformat("%s/removed", emulator->directory);
    emulator->discard = discard_create(emulator->loop, removed);
    struct pool_settings settings = {
        .directory = directory,
        .discard = emulator->discard,
        .ceiling = (int)emulator->settings.max_processes,
        .schedule = emulator->schedule,
        .keepalive_ms = emulator->settings.keepalive_ms,
        .is_isolated = !emulator->settings.is_unsandboxed,
        .api = { .url = url, .issue = issue_credentials, .owner = emulator }
    };
    emulator->pool = pool_create(emulator->loop, &settings, error);
    return emulator->pool != NULL;
}

static bool open_lambda(struct emulator *emulator, struct error *error)
{
    struct lambda_parts parts = { .loop = emulator->loop,
                                  .schedule = emulator->schedule,
                                  .store = emulator->store,
                                  .journal = emulator->journal,
                                  .metrics = emulator->metrics,
                                  .logs = emulator->logs,
                                  .pool = emulator->pool,
                                  .discard = emulator->discard,
                                  .concurrency_limit = emulator->settings.concurrency_limit,
                                  .s3_directory = emulator->s3_directory,
                                  .settle_ms = emulator->settings.settle_ms,
                                  .is_durable = emulator->settings.is_durable };
    emulator->lambda = lambda_create(&parts, error);
    return emulator->lambda != NULL;
}

/* With its alarms: each of the two knows the other. */
static void open_cloudwatch(struct emulator *emulator)
{
    emulator->cloudwatch = (struct cloudwatch){ .metrics = emulator->metrics,
                                                .journal = emulator->journal,
                                                .is_strict = emulator->settings.is_strict,
                                                .loop = emulator->loop };
    struct alarms_parts parts = { .schedule = emulator->schedule,
                                  .store = emulator->store,
                                  .metrics = emulator->metrics,
                                  .cloudwatch = &emulator->cloudwatch,
                                  .on_invoke = on_invoke,
                                  .owner = emulator };
    emulator->alarms = alarms_create(&parts);
    emulator->cloudwatch.alarms = emulator->alarms;
}

static bool start_services(struct emulator *emulator, struct error *error)
{
    logs_set_journal(emulator->logs, emulator->journal);
    if (!open_pool(emulator, error) || !open_lambda(emulator, error))
        return false;
    open_cloudwatch(emulator);
    emulator->admin = (struct admin){ .lambda = emulator->lambda,
                                      .alarms = emulator->alarms,
                                      .metrics = emulator->metrics,
                                      .schedule = emulator->schedule,
                                      .services = emulator_services,
                                      .reset = reset,
                                      .owner = emulator };
    return true;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* Whoever can reach another address than this machine's own must prove who he is. */
static bool fill_guard(const struct settings *settings, struct edge_options *options,
                       struct error *error)
{
    options->origin_policy =
        (struct origin_policy){ .hosts = settings->allowed_hosts,
                                .origins = settings->allowed_origins,
                                .takes_any_host = settings->credentials != NULL };
    if (!settings->credentials)
        return is_loopback(settings->listen) ||
               error_set(error, NULL,
                         "--listen %s lets the network in: say who may call with --credentials "
                         "FILE",
                         settings->listen);
    options->keyring = keyring_load(settings->credentials, error);
    return options->keyring != NULL;
}

static bool create_edge(struct emulator *emulator, struct error *error)
{
    struct edge_options edge_options = { .default_region = emulator->settings.region };
    if (!fill_guard(&emulator->settings, &edge_options, error))
        return false;
    emulator->edge = edge_create(emulator->store, &edge_options);
    return true;
}

static bool offer_services(struct emulator *emulator, struct error *error)
{
    edge_add_service(emulator->edge, &lambda_service, emulator->lambda);
    edge_add_service(emulator->edge, &cloudwatch_service, &emulator->cloudwatch);
    edge_add_service(emulator->edge, &logs_service, emulator->logs);
    edge_add_service(emulator->edge, &sts_service, NULL);
    edge_add_service(emulator->edge, &iam_service, NULL);
    edge_add_service(emulator->edge, &admin_service, &emulator->admin);
    return !emulator->settings.loads_workshop ||
           lambda_load_workshop(emulator->lambda, emulator->settings.region, error);
}

/* Nothing is answered before the loop runs, but from now on the port is known. */
static bool start_listening(struct emulator *emulator, struct error *error)
{
    struct http_server_options options = { .address = emulator->settings.listen,
                                           .port = (int)emulator->settings.port,
                                           .on_request = on_request,
                                           .body_ceiling = body_ceiling,
                                           .idle_ms = emulator->settings.idle_ms,
                                           .must_hold = must_hold,
                                           .owner = emulator };
    emulator->server = http_server_start(emulator->loop, &options, error);
    return emulator->server != NULL;
}

/* A connection and a function process need descriptors: the usual soft limit of 1,024 is for
 * programs that use select(). Functions get Lambda's limit, or this one (runtime/process.c). */
static void raise_descriptor_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    rlim_t usual = files.rlim_cur;
    files.rlim_cur = files.rlim_max;
    if (usual != files.rlim_max && setrlimit(RLIMIT_NOFILE, &files) != 0)
        files.rlim_cur = usual;
    if (files.rlim_cur < FILES_MIN)
        log_warn("coalmine",
                 "only %llu files can be open at once, in functions too, which have %d on Lambda: "
                 "raise the hard limit (ulimit -Hn)",
                 (unsigned long long)files.rlim_cur, FILES_MIN);
}

static void remove_abandoned(void *own_directory)
{
    data_directory_remove_abandoned(own_directory);
}

struct emulator *emulator_create(const struct settings *settings, struct error *error)
{
    struct emulator *emulator = xcalloc(1, sizeof(*emulator));
    emulator->settings = *settings;
    raise_descriptor_limit();
    if (settings->seed >= 0)
        random_set_seed((uint64_t)settings->seed);
    emulator->loop = loop_create();
    emulator->schedule = schedule_create(emulator->loop);
    loop_before_sleep(emulator->loop, before_sleep, emulator);
    if (!find_s3_directory(emulator, error) ||
        !(emulator->directory = data_directory_open(settings, error)) ||
        !open_state(emulator, error) || !create_edge(emulator, error) ||
        !start_listening(emulator, error) || !start_services(emulator, error) ||
        !journal_replay(emulator->journal, telemetry_position(emulator->telemetry), on_record,
                        emulator, error) ||
        !offer_services(emulator, error)) {
        http_server_destroy(emulator->server); /* it has answered nobody */
        emulator->server = NULL;
        emulator_destroy(emulator);
        return NULL;
    }
    store_start(emulator->store, emulator->loop);
    telemetry_start(emulator->telemetry, emulator->loop, emulator->journal);
    logs_start(emulator->logs);
    emulator->retention = retention_start(emulator->loop, emulator->metrics);
    if (settings->is_ephemeral)
        loop_work(emulator->loop, remove_abandoned, free, xstrdup(emulator->directory));
    return emulator;
}

void emulator_destroy(struct emulator *emulator)
{
    if (!emulator)
        return;
    struct http_server *server = emulator->server;
    if (server) {
        lambda_stop_events(emulator->lambda);
        lambda_detach_all(emulator->lambda);
        logs_stop(emulator->logs);
        http_server_drain(server);
        lambda_finish_uploads(emulator->lambda);
        cloudwatch_finish_pictures(&emulator->cloudwatch);
    }
    if (emulator->pool)
        pool_destroy(emulator->pool);
    if (server)
        http_server_release(server, save_turn(emulator));
    emulator->server = NULL;
    http_server_destroy(server);
    if (server)
        abandon_turn(emulator); /* what came in with the last answers is told to nobody */
    alarms_destroy(emulator->alarms);
    lambda_destroy(emulator->lambda);
    retention_stop(emulator->retention);
    store_stop(emulator->store);
    telemetry_close(emulator->telemetry);
    logs_destroy(emulator->logs);
    metrics_checkpoint_destroy(emulator->checkpoint);
    if (emulator->journal)
        journal_close(emulator->journal);
    edge_destroy(emulator->edge);
    schedule_destroy(emulator->schedule);
    loop_destroy(emulator->loop);
    discard_destroy(emulator->discard);
    if (emulator->metrics)
        metrics_destroy(emulator->metrics);
    store_close(emulator->store);
    if (emulator->settings.is_ephemeral && emulator->directory)
        package_remove(emulator->directory);
    free(emulator->directory);
    free(emulator->s3_directory);
    free(emulator);
}

int emulator_port(const struct emulator *emulator)
{
    return http_server_port(emulator->server);
}

const char *emulator_region(const struct emulator *emulator)
{
    return emulator->settings.region;
}

struct loop *emulator_loop(struct emulator *emulator)
{
    return emulator->loop;
}

void emulator_run(struct emulator *emulator)
{
    loop_run(emulator->loop);
}

void emulator_stop(struct emulator *emulator)
{
    emulator->is_draining = true;
    lambda_stop_events(emulator->lambda);
    lambda_detach_all(emulator->lambda); /* a debugger has all the time, a stop has not */
    logs_stop(emulator->logs);
    http_server_drain(emulator->server);
    stop_if_drained(emulator);
}

void emulator_stop_now(struct emulator *emulator)
{
    loop_stop(emulator->loop);
}
