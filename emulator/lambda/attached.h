/*
 * Which environment an invocation goes to: one that the developer attached, or else the pool's.
 */
#ifndef COALMINE_LAMBDA_ATTACHED_H
#define COALMINE_LAMBDA_ATTACHED_H

#include "lambda/state.h"
#include "runtime/attachment.h"

/* Of the service; owned by the caller. */
struct attachments *attached_create(struct lambda *lambda);

/* Like pool_submit(), wherever the plan's version runs now. */
void attached_submit(struct lambda *lambda, const struct sandbox_plan *plan,
                     const struct invocation *invocation);

#endif
