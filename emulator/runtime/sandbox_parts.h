/*
 * What the files of a sandbox share: sandbox.c (its life), sandbox_answer.c (what the process
 * says), sandbox_ahead.c (events that are sent ahead), sandbox_result.c (how a job ends),
 * sandbox_end.c (how the process ends), sandbox_memory.c.
 */
#ifndef COALMINE_SANDBOX_PARTS_H
#define COALMINE_SANDBOX_PARTS_H

#include "runtime/answer_stream.h"
#include "runtime/conclusion.h"
#include "runtime/function_log.h"
#include "runtime/sandbox.h"
#include "runtime/sandbox_boot.h"
#include "runtime/watch.h"

enum end_reason { ENDED_ITSELF, ENDED_BY_TIMEOUT, ENDED_BY_MEMORY, ENDED_BY_TASKS };

/* An error that the process reported before it exits. */
struct last_words {
    bool is_said;
    bool is_init;
    char *type;
    char *body;
    size_t body_size;
};

struct sandbox {
    const struct sandbox_host *host;
    const struct sandbox_plan *plan;
    void *owner;
    enum sandbox_state state;
    uv_timer_t timer;
    char *home;
    char *tmp;
    char *log_stream;
    struct booted process; /* pid 0: none */
    struct watch *log_watch;
    bool is_log_paused;
    bool is_exiting; /* its last frames are being read */
    enum end_reason end_reason;
    struct last_words last_words;
    struct boot_failure boot_failure;
    int64_t boot_us;         /* monotonic */
    int64_t boot_started_ms; /* service time of the same moment */
    bool is_late;            /* the boot has passed its limit */
    double init_ms;          /* of the boot, until it was reported; < 0 */
    struct job *job;
    struct job_queue ahead;      /* sent, and not begun */
    bool was_ahead;              /* the job was */
    struct answer_stream stream; /* of the job's answer */
    struct function_log log;
    int memory_used_mb;
    int memory_now_mb;
    int tasks;                 /* processes and threads, of the last sample */
    int64_t memory_sampled_us; /* monotonic */
};

/* To a state that the present one allows. */
void sandbox_move(struct sandbox *sandbox, enum sandbox_state to);
void sandbox_set_timer(struct sandbox *sandbox, int delay_ms);
/* Sends the job's event to the process. */
void sandbox_hand_over(struct sandbox *sandbox);

/* The job was answered: that which was sent ahead first is the job. */
void sandbox_advance(struct sandbox *sandbox);
/* The process has ended: what it has not read of those sent ahead is returned, the job too if it is
 * one of them. */
void sandbox_return_unread(struct sandbox *sandbox);
/* Whether the timer says no more than that the job is slow, with others behind it: they are then
 * returned. */
bool sandbox_is_only_slow(const struct sandbox *sandbox);
void sandbox_be_slow(struct sandbox *sandbox);

/* What the process says. */
extern const struct channel_events sandbox_channel_events;
/* Hears what it has said and the loop, busy elsewhere, has not come to. */
void sandbox_listen(struct sandbox *sandbox);
void sandbox_forget_last_words(struct sandbox *sandbox);
/* Takes what stands in the log pipe; `owner` is the sandbox. */
void sandbox_read_log(void *owner);
/* A job begins: what the process printed without one, and did not get rid of, is read on. */
void sandbox_resume_log(struct sandbox *sandbox);

/* What came of the job; borrows from the sandbox, the conclusion and the job. */
struct invocation_result sandbox_make_result(struct sandbox *sandbox,
                                             const struct conclusion *conclusion,
                                             const struct job *job);
/* Ends the job; the sandbox goes to `next`, BUSY: with the next job. */
void sandbox_conclude(struct sandbox *sandbox, struct conclusion *conclusion,
                      enum sandbox_state next);

/* Measures the process and all below it. */
void sandbox_sample_memory(struct sandbox *sandbox);
/* Measures what the job has used, unless it was too short to have changed much. */
void sandbox_sample_at_answer(struct sandbox *sandbox);

/* Its process, if it has one; of several reasons the first stays. That it is gone is told later. */
void sandbox_kill(struct sandbox *sandbox, enum end_reason reason);
/* After the process's end: what it has started ends too. */
void sandbox_kill_strays(const struct sandbox *sandbox, pid_t leader);
/* Closes all that led to the process. */
void sandbox_close_process(struct sandbox *sandbox);
/* There is no process any more, or never was one; `status` is waitpid()'s. */
void sandbox_go_down(struct sandbox *sandbox, int status);
/* Tells that the discarded sandbox is gone, and frees it. */
void sandbox_finish_stopping(struct sandbox *sandbox);
void sandbox_on_timer_closed(uv_handle_t *handle);

#endif
