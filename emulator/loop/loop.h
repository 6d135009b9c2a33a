/*
 * The loop thread: a thin face of libuv that adds what the house needs, before-sleep hooks and
 * deferred completions. One loop, one thread, all state (docs/architecture.md). Modules use
 * libuv's handles (timers, pipes, processes) directly on loop_uv().
 */
#ifndef COALMINE_LOOP_H
#define COALMINE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct loop;

/* Ends the program with a sentence if there are no descriptors for it. */
struct loop *loop_create(void);
/* Closes what is left and frees the loop; accepts NULL. */
void loop_destroy(struct loop *loop);

uv_loop_t *loop_uv(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* One turn, that waits for something to happen; also after loop_stop(). */
void loop_turn(struct loop *loop);

/* Runs turns until `*flag` is true or nothing is left to wait for: what the unit tests wait with.
 */
void loop_run_until(struct loop *loop, const bool *flag);

/* Called before the loop sleeps, in the order of registration, again and again until no hook
 * answers true ("I did something"). */
typedef bool loop_hook(void *owner);
void loop_before_sleep(struct loop *loop, loop_hook *hook, void *owner);
/* The owner's hooks are called no more. */
void loop_forget_hook(struct loop *loop, const void *owner);
/* The loop turns once more before it sleeps: there is something for the hooks to do. */
void loop_wake(struct loop *loop);

/* Runs `function(owner)` before the loop sleeps, never inside the caller: completions that must
 * not run inside the call that asked for them. Runs before the hooks. */
void loop_defer(struct loop *loop, void (*function)(void *owner), void *owner);

/* Runs `work(owner)` on a pool thread, then `done(owner)` on the loop. `work` may touch only
 * what `owner` holds for it. */
void loop_work(struct loop *loop, void (*work)(void *owner), void (*done)(void *owner),
               void *owner);

/* A timer whose handle frees itself, for owners that are plain structs. */
struct loop_timer;
struct loop_timer *loop_timer_start(struct loop *loop, int64_t delay_ms, int64_t repeat_ms,
                                    void (*function)(void *owner), void *owner);
/* Stops and frees; sets *timer to NULL. Accepts a pointer to NULL. Also after it fired once. */
void loop_timer_stop(struct loop_timer **timer);

#endif
