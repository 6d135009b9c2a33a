/*
 * A recorded deployment judged again (docs/record.md): with the checks that it was judged by, to
 * see that the same verdicts come out, or with others, to see what they would have said.
 */
#ifndef CANARY_REPLAY_H
#define CANARY_REPLAY_H

#include "judge/check.h"
#include "error.h"
#include "text.h"

/* One verdict, as it comes out now. */
struct replay_finding {
    int64_t time_ms;
    int step;
    size_t check; /* index in the list that applies to the step */
    char *name;
    const char *kind; /* static */
    bool is_final;
    struct check_verdict verdict;
    bool is_recorded; /* the record has a verdict here: */
    bool is_same;     /* its result and numbers (to 9 digits) are these */
    char *recorded;   /* "fail: sentence" */
};

struct replay {
    struct replay_finding *findings; /* in the order of time */
    size_t count;
    size_t different;
    size_t samples;
    char *function;
    char *alias;
    int64_t begun_ms;  /* the deployment's first moment */
    bool is_unplanned; /* it was read to its end, and no plan came: why replay_run() failed */
};

/*
 * Reads a whole record.jsonl. `checks` (a JSON list, borrowed) replace the plan's; findings are
 * then made at the end of each step, besides one for each check that fails before. A torn last
 * line counts for nothing; any other damage is an error with its line. The caller clears
 * *replay_out, on failure too.
 */
MUST_CHECK bool replay_run(struct text record, const cJSON *checks, struct replay *replay_out,
                           struct error *error);
void replay_clear(struct replay *replay);

#endif
