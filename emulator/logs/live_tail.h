/*
 * StartLiveTail's sessions (cloudwatch-api.md section 6.9): events go out as they come in.
 */
#ifndef COALMINE_LOGS_LIVE_TAIL_H
#define COALMINE_LOGS_LIVE_TAIL_H

#include "logs/ingest.h"

/* Tells the sessions that watch this group. */
void live_tails_tell(struct logs *logs, const struct ingest *ingest);

/* Ends all sessions. */
void live_tails_end(struct logs *logs);

#endif
