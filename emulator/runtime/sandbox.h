/*
 * One execution environment: a function process, its private /tmp, its log stream. The process
 * may end and be started again; the environment and its /tmp last until sandbox_discard().
 *
 *   DOWN --start--> STARTING --next--> IDLE --event--> BUSY --answer--> SETTLING --next--> IDLE
 *
 * BUSY goes to IDLE at once if the answer asks for the next event, else by SETTLING: answered,
 * but not yet asked. The process's end leads from all of these to DOWN, and a discarded sandbox
 * goes to STOPPING, which ends with its process.
 *
 * To wake a process costs more than a quick handler. So one that is BUSY can be sent events ahead:
 * they stand in its pipe, and with the answer to one event the next is the job, still BUSY. What
 * the process has not read by the time that it turns out to be slow, or ends, is taken back.
 */
#ifndef COALMINE_SANDBOX_H
#define COALMINE_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "loop/loop.h"
#include "runtime/job.h"
#include "runtime/pool.h"
#include "runtime/system_root.h"

enum sandbox_state {
    SANDBOX_DOWN,
    SANDBOX_STARTING,
    SANDBOX_IDLE,
    SANDBOX_BUSY,
    SANDBOX_SETTLING,
    SANDBOX_STOPPING,
    SANDBOX_STATES,
};

const char *sandbox_state_name(enum sandbox_state state);
bool sandbox_state_allows(enum sandbox_state from, enum sandbox_state to);

struct sandbox;

/* What sandboxes have in common, and whom they tell. `owner` is each sandbox's own. */
struct sandbox_host {
    struct loop *loop;
    const char *directory;         /* the workspace */
    const char *runtime_directory; /* our bootstraps in it */
    const struct function_api *api;
    struct system_root *system_root;
    bool is_isolated;
    int boot_max_ms; /* of a boot that is not ahead of all invocations */
    /* An invocation that waits, to be charged with a boot that failed or lasts too long; NULL if
     * none waits. Asked in STARTING only. */
    struct job *(*take_job)(void *owner);
    /* The machine has too little of something for one more process: whether those who wait can be
     * left to others, so that none is charged. Asked in STARTING only. */
    bool (*can_spare)(void *owner);
    /* The state has become IDLE or DOWN: free for a job. Told before on_done, so that the process
     * works on the next event while the end of the last is told. */
    void (*on_free)(void *owner);
    /* The process is at a job that was sent ahead: there may be room for one more. */
    void (*on_room)(void *owner);
    /* These were sent ahead and have not begun: the owner takes all out of the queue. */
    void (*on_returned)(struct job_queue *jobs, void *owner);
    /* The job has ended; it is freed afterwards. */
    void (*on_done)(const struct job *job, const struct invocation_result *result, void *owner);
    /* After sandbox_discard(): the process has ended and the sandbox is no more. */
    void (*on_gone)(void *owner);
};

/* A new environment, DOWN. `plan` must last until sandbox_discard(); `id` is unique. */
struct sandbox *sandbox_create(const struct sandbox_host *host, const struct sandbox_plan *plan,
                               unsigned id, void *owner);

enum sandbox_state sandbox_state(const struct sandbox *sandbox);
/* Of its process; 0: none. */
pid_t sandbox_pid(const struct sandbox *sandbox);

/* DOWN: boots a process. */
void sandbox_start(struct sandbox *sandbox);
/* IDLE: takes the job and hands it to the process. */
void sandbox_run(struct sandbox *sandbox, struct job *job);
/* BUSY: sends the job ahead, at most so many at once. False, and the job stays the caller's, if the
 * process has no room, is slow with the job it has, or prints what cannot be told apart by event.
 */
MUST_CHECK bool sandbox_run_ahead(struct sandbox *sandbox, struct job *job, int ahead_max);
/* Looks whether the process has ended, and if so does what follows. After SIGCHLD. */
void sandbox_reap(struct sandbox *sandbox);
/* Kills a process that uses more than its memory, or has more descendants and threads than Lambda
 * allows. False if it is IDLE: then it must be discarded, so that no job comes between the kill and
 * the end. */
MUST_CHECK bool sandbox_check_use(struct sandbox *sandbox);
/* Without a job: stops the process; on_gone() follows, later. */
void sandbox_discard(struct sandbox *sandbox);
/* Returns the jobs that were sent ahead, ends the one that it has as failed; kills, waits, frees.
 * Nothing else is told. */
void sandbox_destroy(struct sandbox *sandbox);

#endif
