/*
 * The Lambda Runtime API (lambda-api.md, section 18) for one function process, on a loopback port
 * of its own: clients of the API split its address at ":" and leave no room for a path.
 */
#ifndef COALMINE_RUNTIME_API_H
#define COALMINE_RUNTIME_API_H

#include "error.h"
#include "loop/loop.h"
#include "runtime/channel.h"
#include "runtime/job.h"

struct runtime_api;

/* NULL with the error and errno set if no port can be had. */
struct runtime_api *runtime_api_start(struct loop *loop, const struct channel_events *events,
                                      void *owner, struct error *error);
int runtime_api_port(const struct runtime_api *api);

/* Whether who asked for the next event is still there to take it, as far as its connection tells.
 */
bool runtime_api_is_awaited(const struct runtime_api *api);

/* Answers the process's request for the next event; it has asked for it, or again for this one. */
void runtime_api_send(struct runtime_api *api, const struct job *job);

/* Handles the requests that have arrived, as the loop would in its next turn. */
void runtime_api_listen(struct runtime_api *api);

/* After on_chunk() answered false: goes on, never inside the call. */
void runtime_api_resume(struct runtime_api *api);

/* Stops listening, frees and sets to NULL; also from within an event. */
void runtime_api_stop(struct runtime_api **api);

#endif
