/*
 * libuv with before-sleep hooks. A uv_prepare handle is what libuv runs last before it polls:
 * all that was deferred and all hooks are run to the end there, so the loop never sleeps on work.
 */
#include "loop/loop.h"

#include <stdlib.h>

#include "compiler.h"
#include "log.h"
#include "xalloc.h"

enum { HOOKS_MAX = 16 };

struct deferred {
    struct deferred *next;
    void (*function)(void *owner);
    void *owner;
};

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_async_t wake;
    struct {
        loop_hook *hook;
        void *owner;
    } hooks[HOOKS_MAX];
    int hook_count;
    struct deferred *first;
    struct deferred **last;
    bool is_stopping;
};

struct loop_timer {
    uv_timer_t handle;
    void (*function)(void *owner);
    void *owner;
};

struct work {
    uv_work_t request;
    void (*work)(void *owner);
    void (*done)(void *owner);
    void *owner;
};

static bool run_deferred(struct loop *loop)
{
    struct deferred *list = loop->first;
    if (!list)
        return false;
    loop->first = NULL;
    loop->last = &loop->first;
    while (list) {
        struct deferred *next = list->next;
        list->function(list->owner);
        free(list);
        list = next;
    }
    return true;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;
    bool did_something;
    do {
        did_something = run_deferred(loop);
        for (int i = 0; i < loop->hook_count; i++)
            did_something |= loop->hooks[i].hook && loop->hooks[i].hook(loop->hooks[i].owner);
    } while (did_something);
    if (loop->is_stopping)
        uv_stop(&loop->uv);
}

static void on_wake(uv_async_t *wake UNUSED)
{
}

struct loop *loop_create(void)
{
    struct loop *loop = xcalloc(1, sizeof(*loop));
    int failure = uv_loop_init(&loop->uv);
    if (failure) {
        log_error("loop", "cannot begin: %s", uv_strerror(failure));
        exit(EXIT_FAILURE);
    }
    loop->last = &loop->first;
    uv_prepare_init(&loop->uv, &loop->prepare);
    loop->prepare.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_async_init(&loop->uv, &loop->wake, on_wake);
    return loop;
}

static void close_handle(uv_handle_t *handle, void *context UNUSED)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    run_deferred(loop);
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    free(loop);
}

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

void loop_run(struct loop *loop)
{
    loop->is_stopping = false;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    loop->is_stopping = true;
    loop_wake(loop);
}

void loop_turn(struct loop *loop)
{
    loop->is_stopping = false;
    uv_run(&loop->uv, UV_RUN_ONCE);
}

void loop_run_until(struct loop *loop, const bool *flag)
{
    while (!*flag && uv_run(&loop->uv, UV_RUN_ONCE))
        ;
}

void loop_before_sleep(struct loop *loop, loop_hook *hook, void *owner)
{
    if (loop->hook_count == HOOKS_MAX)
        abort();
    loop->hooks[loop->hook_count].hook = hook;
    loop->hooks[loop->hook_count++].owner = owner;
}

void loop_forget_hook(struct loop *loop, const void *owner)
{
    for (int i = 0; i < loop->hook_count; i++)
        if (loop->hooks[i].owner == owner)
            loop->hooks[i].hook = NULL;
}

void loop_wake(struct loop *loop)
{
    uv_async_send(&loop->wake);
}

void loop_defer(struct loop *loop, void (*function)(void *owner), void *owner)
{
    struct deferred *deferred = xmalloc(sizeof(*deferred));
    *deferred = (struct deferred){ .function = function, .owner = owner };
    *loop->last = deferred;
    loop->last = &deferred->next;
}

static void on_work(uv_work_t *request)
{
    struct work *work = request->data;
    work->work(work->owner);
}

static void on_worked(uv_work_t *request, int status UNUSED)
{
    struct work *work = request->data;
    work->done(work->owner);
    free(work);
}

void loop_work(struct loop *loop, void (*function)(void *owner), void (*done)(void *owner),
               void *owner)
{
    struct work *work = xcalloc(1, sizeof(*work));
    *work = (struct work){ .work = function, .done = done, .owner = owner };
    work->request.data = work;
    if (uv_queue_work(&loop->uv, &work->request, on_work, on_worked) != 0)
        abort();
}

static void on_timer(uv_timer_t *handle)
{
    struct loop_timer *timer = handle->data;
    timer->function(timer->owner);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct loop_timer *loop_timer_start(struct loop *loop, int64_t delay_ms, int64_t repeat_ms,
                                    void (*function)(void *owner), void *owner)
{
    struct loop_timer *timer = xcalloc(1, sizeof(*timer));
    timer->function = function;
    timer->owner = owner;
    uv_timer_init(&loop->uv, &timer->handle);
    timer->handle.data = timer;
    /* libuv measures from the turn's start, which may be long ago when work was done since. */
    uv_update_time(&loop->uv);
    uv_timer_start(&timer->handle, on_timer, (uint64_t)(delay_ms > 0 ? delay_ms : 0),
                   (uint64_t)repeat_ms);
    return timer;
}

void loop_timer_stop(struct loop_timer **timer)
{
    if (!*timer)
        return;
    uv_close((uv_handle_t *)&(*timer)->handle, on_timer_closed);
    *timer = NULL;
}
