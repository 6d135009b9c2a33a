/*
 * Environments of the developer's own: somebody runs a function's program, under a debugger
 * perhaps, against a Runtime API address that is had here. While one is attached, invocations of
 * its version wait for it, one at a time, as long as it takes: no deadline ends them. Another
 * process that asks at the same address takes the place of the one before, whose invocation fails
 * as if its process had exited.
 */
#ifndef COALMINE_ATTACHMENT_H
#define COALMINE_ATTACHMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "loop/loop.h"
#include "runtime/pool.h"
#include "runtime/string_list.h"

struct attachments;
struct attachment;

struct attachments_host {
    struct loop *loop;
    const struct function_api *api; /* borrowed */
    /* An invocation that waited for an attachment that has ended: it must be run by others. Both
     * are borrowed; never inside attachments_submit(). */
    void (*give_back)(const struct sandbox_plan *plan, const struct invocation *invocation,
                      void *owner);
    void *owner;
};

/* The host is copied; what it points to must live as long. */
struct attachments *attachments_create(const struct attachments_host *host);
/* Ends all; accepts NULL. */
void attachments_destroy(struct attachments *attachments);

/* The one of the plan's version: account, region, name and number, whatever its code. NULL if there
 * is none. Cheap when nothing is attached. */
struct attachment *attachments_find(const struct attachments *attachments,
                                    const struct sandbox_plan *plan);
struct attachment *attachments_find_id(const struct attachments *attachments, const char *id);
/* Calls `visit` for each, in the order they came. */
void attachments_each(const struct attachments *attachments,
                      void (*visit)(const struct attachment *attachment, void *owner), void *owner);

/* Attaches to the plan's version, which has none yet. NULL with the error set if no port can be
 * had. `lease_ms`: it ends by itself when it was not renewed for so long; 0: it does not. */
struct attachment *attachment_start(struct attachments *attachments,
                                    const struct sandbox_plan *plan, int64_t lease_ms,
                                    struct error *error);
void attachment_renew(struct attachment *attachment);
/* The invocation it has fails, those that wait are given back. */
void attachment_end(struct attachment *attachment);
void attachments_end_all(struct attachments *attachments);

/* Like pool_submit(). */
void attachment_submit(struct attachment *attachment, const struct sandbox_plan *plan,
                       const struct invocation *invocation);

/* What can be told of one; borrowed from it. */
struct attachment_view {
    const char *id;
    const struct sandbox_plan *plan;
    int port;
    int64_t lease_ms;
    int waiting;
    bool is_asking; /* a process waits for an event */
    bool is_busy;   /* it has one */
};
struct attachment_view attachment_view(const struct attachment *attachment);

/* The variables ("NAME=VALUE") that its process needs. */
void attachment_add_variables(const struct attachment *attachment, struct string_list *list);

#endif
