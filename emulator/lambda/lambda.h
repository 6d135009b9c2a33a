/*
 * AWS Lambda: functions, versions, aliases, invocations.
 */
#ifndef COALMINE_LAMBDA_H
#define COALMINE_LAMBDA_H

#include <stdbool.h>
#include <stdint.h>

#include "cloudwatch/metrics.h"
#include "error.h"
#include "loop/loop.h"
#include "loop/schedule.h"
#include "operation/operation.h"
#include "runtime/pool.h"
#include "store/journal.h"
#include "store/store.h"
#include "text.h"

/* The service's state: call->state points to one. */
struct lambda;

struct logs;

struct lambda_parts {
    struct loop *loop;
    struct schedule *schedule;
    struct store *store;
    struct journal *journal;
    struct metrics *metrics;
    struct logs *logs;
    struct pool *pool;
    struct discard *discard;   /* for code that nobody uses any more */
    int64_t concurrency_limit; /* of each account and region: ConcurrentExecutions */
    const char *s3_directory;  /* with a directory per bucket; NULL: there are no buckets */
    int64_t settle_ms; /* how long a creation or an update takes; 0: done before its answer */
    bool is_durable;   /* code is on the disk before it is acknowledged */
};

extern const struct service lambda_service;

/* Removes half-made code directories that a crash left. NULL with a sentence if it cannot. */
struct lambda *lambda_create(const struct lambda_parts *parts, struct error *error);
void lambda_destroy(struct lambda *lambda);

/* A reset begins: what runs now records nothing at its end. */
void lambda_disown_running(struct lambda *lambda);
/* Forgets caches and code after the store and the metrics were reset. */
void lambda_reset(struct lambda *lambda);
/* After a reset: aliases draw as at the start again, which with a seed is the same as then. */
void lambda_restart_draws(struct lambda *lambda);

/* Forgets what was cached of the store: its last turn was undone. */
void lambda_forget(struct lambda *lambda);

/* A turn is saved: goes on with what it has brought. True if there was anything. */
bool lambda_saved(struct lambda *lambda);

/* Starts no more queued events: the server is about to end. */
void lambda_stop_events(struct lambda *lambda);

/*
 * Environments of the developer's own (runtime/attachment.h), as handlers of Coalmine's own
 * endpoints. Attach reads FunctionName and Qualifier; an alias stands for the version it points
 * to. The others read Id.
 */
enum outcome lambda_attach(struct lambda *lambda, struct call *call);
enum outcome lambda_renew_attachment(struct lambda *lambda, struct call *call);
enum outcome lambda_detach(struct lambda *lambda, struct call *call);
enum outcome lambda_list_attachments(struct lambda *lambda, struct call *call);
/* Ends all of them: what waits for one goes to the pool. */
void lambda_detach_all(struct lambda *lambda);

/* An asynchronous invocation that another service sends, or a destination gets. */
struct lambda_event_order {
    const char *account;
    const char *region;
    const char *target_arn; /* a function's, qualified or not; or anything else */
    struct text payload;    /* JSON */
    const char *trace_id;   /* X-Amzn-Trace-Id; NULL: none */
};

enum lambda_event_verdict {
    LAMBDA_EVENT_QUEUED,
    LAMBDA_EVENT_NO_FUNCTION,  /* a function's ARN of this account and region, but there is no such
                                * function, version or alias */
    LAMBDA_EVENT_OTHER_TARGET, /* no function's ARN of this account and region */
};

/* Queues the invocation if the target is a function. Inside a savepoint. */
enum lambda_event_verdict lambda_send_event(struct lambda *lambda,
                                            const struct lambda_event_order *order);

/* Whether this is the ARN of a function, version or alias that the account and region have. */
bool lambda_has_function(struct lambda *lambda, const char *account, const char *region,
                         const char *arn);

/* What went, or would have gone, to destinations and dead-letter queues; a JSON array, owned by
 * the caller. */
cJSON *lambda_deliveries(struct lambda *lambda);

/* Runs the loop until no package is being unpacked or read any more, and no folder looked at:
 * their calls are ended then, or in the pool. */
void lambda_finish_uploads(struct lambda *lambda);

/* Applies a JOURNAL_INVOCATION record at start. */
void lambda_replay(struct lambda *lambda, struct text record);

/* --workshop: makes function `myfunction` (node, index.mjs, "Hello from Lambda!") in the default
 * account and this region, unless it exists. */
MUST_CHECK bool lambda_load_workshop(struct lambda *lambda, const char *region,
                                     struct error *error);

/* What follows /snapshots/ in a Code.Location. */
struct lambda_code_link {
    const char *account;
    const char *file;  /* "<function or layer>-<uuid>" */
    const char *query; /* the signed parameters */
};

/* The download behind Code.Location: answers with the zip's bytes, read on a worker, or with a
 * fault in S3's words: 403 expired or forged, 404 gone. */
enum outcome lambda_code_download(struct lambda *lambda, struct call *call,
                                  const struct lambda_code_link *link);

#endif
