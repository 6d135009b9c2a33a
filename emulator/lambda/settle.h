/*
 * The time that a creation or an update takes: State Pending, LastUpdateStatus InProgress
 * (lambda-api.md section 13). With --settle 0 it has passed when the answer arrives; else it
 * passes on the service clock, and until then:
 *   - a Pending version cannot be invoked, updated or published;
 *   - $LATEST that is InProgress cannot be updated or published again, and what it was before
 *     (number -1) runs.
 * Rows say what settles when, so it goes on after a restart; one entry of the schedule moves all.
 */
#ifndef COALMINE_LAMBDA_SETTLE_H
#define COALMINE_LAMBDA_SETTLE_H

#include "lambda/function.h"
#include "lambda/state.h"
#include "operation/operation.h"

/* Gives the version, which is about to be stored, its two new RevisionIds and the time it takes.
 * With --settle 0 the first id is for the answer only. */
void settle_begin(struct call *call, struct function_version *version);
/* When something that begins now has settled; 0: at once. */
int64_t settle_time(const struct lambda *lambda);

/* False with 409 if an update or a publication of $LATEST has to wait. */
MUST_CHECK bool settle_is_over(struct call *call, const struct function_version *latest);
/* False with 409 if the version cannot run because it is Pending. */
MUST_CHECK bool settle_may_run(bool is_pending, struct error *error);

/* Something was stored, or the store was emptied: looks when to go on. */
void settle_refresh(struct lambda *lambda);
/* The store was rolled back: the same, but not at once, for the disk may refuse again. */
void settle_retry(struct lambda *lambda);
/* Looks no more. */
void settle_stop(struct lambda *lambda);

#endif
