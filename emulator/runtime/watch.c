/*
 * uv_poll with an owner of its own.
 */
#include "runtime/watch.h"

#include "compiler.h"
#include "xalloc.h"

struct watch {
    uv_poll_t handle;
    int events;
    void (*function)(void *owner);
    void *owner;
};

static void on_poll(uv_poll_t *handle, int status UNUSED, int events UNUSED)
{
    struct watch *watch = handle->data;
    watch->function(watch->owner);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct watch *watch_start(struct loop *loop, int fd, int events, void (*function)(void *owner),
                          void *owner)
{
    struct watch *watch = xcalloc(1, sizeof(*watch));
    watch->events = events;
    watch->function = function;
    watch->owner = owner;
    if (uv_poll_init(loop_uv(loop), &watch->handle, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->handle.data = watch;
    uv_poll_start(&watch->handle, events, on_poll);
    return watch;
}

void watch_pause(struct watch *watch)
{
    uv_poll_stop(&watch->handle);
}

void watch_resume(struct watch *watch)
{
    uv_poll_start(&watch->handle, watch->events, on_poll);
}

void watch_stop(struct watch **watch)
{
    if (!*watch)
        return;
    uv_close((uv_handle_t *)&(*watch)->handle, on_closed);
    *watch = NULL;
}
