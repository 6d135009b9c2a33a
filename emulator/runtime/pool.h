/*
 * Runs invocations: hands each to an idle sandbox (one function process) of its version, starts
 * another while the machine's ceiling allows, else lets it wait its turn. Knows processes and
 * time, nothing of SQL, HTTP front or AWS operations: lambda tells it what to run and hears back.
 */
#ifndef COALMINE_POOL_H
#define COALMINE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "loop/flow.h"
#include "loop/loop.h"
#include "loop/schedule.h"
#include "runtime/function_api.h"
#include "runtime/function_log.h"
#include "text.h"

struct pool;

struct pool_settings {
    const char *directory;   /* for sandboxes' /tmp; emptied at start */
    struct discard *discard; /* what was in it; NULL: removed at once */
    int ceiling;             /* processes at once over all functions; 0: what suits the machine */
    struct schedule *schedule;
    int64_t keepalive_ms;    /* service time after which an idle environment is stopped */
    bool is_isolated;        /* bubblewrap if it works; false: plain children */
    struct function_api api; /* the url is copied */
};

/* Takes the directory over: what a killed server left in it goes, and so do its processes. NULL
 * with a sentence if the directory cannot be made. */
struct pool *pool_create(struct loop *loop, const struct pool_settings *settings,
                         struct error *error);
/* Kills every sandbox and frees the pool; invocations in flight are ended as failed first. */
void pool_destroy(struct pool *pool);

/* Why an environment is started: AWS_LAMBDA_INITIALIZATION_TYPE. */
enum sandbox_initialization {
    SANDBOX_ON_DEMAND,
    SANDBOX_PROVISIONED,
    SANDBOX_SNAP_START,
};

/* "on-demand", "provisioned-concurrency" or "snap-start". */
const char *sandbox_initialization_name(enum sandbox_initialization initialization);

/* What a sandbox needs to know about the version it runs. Borrowed during pool_submit(). */
struct sandbox_plan {
    const char *key;     /* changes whenever code or configuration does: ARN and generation */
    const char *runtime; /* "nodejs22.x", "python3.12", "provided.al2023" */
    const char *handler;
    const char *code_directory;   /* unpacked package; absolute */
    const char *layers_directory; /* what is at /opt; NULL: nothing */
    const char *function_name;
    const char *version; /* "$LATEST" or "3" */
    const char *region;
    const char *account;
    const char *role; /* its ARN */
    const char *log_group;
    struct log_format log_format;
    const char *const *variables; /* the user's "NAME=VALUE", NULL-ended */
    int memory_mb;
    int storage_mb; /* EphemeralStorage: size of /tmp, where it can be limited */
    int timeout_ms;
    bool is_hot; /* code_directory is a developer's folder, that can change */
    enum sandbox_initialization initialization;
};

/* A copy whose texts live in the arena. */
void sandbox_plan_copy(const struct sandbox_plan *plan, struct arena *arena,
                       struct sandbox_plan *copy_out);

/* How an invocation ended. */
enum invocation_end {
    INVOCATION_OK,
    INVOCATION_ERROR,   /* the function reported an error, at init or in the handler */
    INVOCATION_TIMEOUT, /* killed at its deadline */
    INVOCATION_EXIT,    /* the process went away, or never came up */
};

struct invocation_result {
    enum invocation_end end;
    char *payload; /* owned by the invocation: result, or error body as AWS writes it */
    size_t payload_size;
    const char *error_type; /* "Runtime.ExitError", ... when the platform made the error */
    double duration_ms;     /* of the handler, without init */
    double handler_ms;      /* the same by the process's own clock, without the ways to and fro */
    double init_ms;         /* of the cold start; < 0: warm */
    int memory_used_mb;     /* most that this environment has used */
    int64_t started_ms;     /* service time at which the invocation began */
    char *log; /* START ... REPORT, after what a boot that failed has said; the invocation's */
    size_t log_size;
    const struct log_marks *log_marks;
    const struct log_marks *init_log_marks;
    struct text init_log;   /* INIT_START and what the boot printed; empty: warm, or no boot */
    const char *log_stream; /* the environment's: "2025/11/25/[3]" and 32 hex digits */
    bool has_unmarked;      /* its process has printed past the language's own streams */
    bool is_streamed;       /* the payload went to on_chunk; here it is empty, or the error body */
};

struct invocation {
    /* Given by the caller; copied by pool_submit(). */
    const char *request_id;
    const char *invoked_arn;
    const char *client_context; /* JSON text; NULL: none */
    const char *trace_id;       /* X-Amzn-Trace-Id; NULL: none */
    struct text payload;        /* JSON */
    /* For an answer that the function streams: its content type (may be empty), then the pieces as
     * they come. NULL: pieces are collected into the result's payload. */
    void (*on_stream)(struct text content_type, void *owner);
    void (*on_chunk)(struct text bytes, void *owner);
    struct flow *flow; /* full: no more chunks for now; lasts until on_done. NULL: never full */
    /* Called once, on the loop, never inside pool_submit(). `result` is valid during the call. */
    void (*on_done)(const struct invocation_result *result, void *owner);
    void *owner;
};

/* Runs the invocation; exactly one on_done follows. */
void pool_submit(struct pool *pool, const struct sandbox_plan *plan,
                 const struct invocation *invocation);

/* What has become of an order to keep environments warm. */
struct pool_kept {
    int wanted;      /* as many as the machine's ceiling has room for */
    int ready;       /* of those, booted */
    bool has_failed; /* one could not boot: no more are started until the next order */
};

struct pool_keep {
    int64_t count;
    /* Called when `kept` changes, on the loop, never inside pool_keep(). */
    void (*on_change)(const struct pool_kept *kept, void *owner);
    void *owner;
};

/* Keeps so many environments of the plan warm, from now until the key is retired; replaces an
 * earlier order for the key. They count towards the ceiling but are not stopped for being idle. */
struct pool_kept pool_keep(struct pool *pool, const struct sandbox_plan *plan,
                           const struct pool_keep *keep);

/* No new invocation will name this key: idle sandboxes stop now, busy ones when they are done. */
void pool_retire(struct pool *pool, const char *key);
/* Retires every key: reset. */
void pool_retire_all(struct pool *pool);

/* What pool_settings said. */
const struct function_api *pool_api(const struct pool *pool);

/* Invocations submitted and not yet done. */
size_t pool_pending(const struct pool *pool);

#endif
