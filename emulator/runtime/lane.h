/*
 * One key of the pool: the sandboxes that run one version of one configuration, and the
 * invocations that wait for them.
 */
#ifndef COALMINE_LANE_H
#define COALMINE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "list.h"
#include "runtime/job.h"
#include "runtime/pool.h"
#include "runtime/sandbox.h"

struct lane {
    struct link in_bucket; /* by hash */
    struct link in_lanes;  /* all of the pool's */
    struct link in_fresh;  /* those that something came for in this turn */
    uint64_t hash;
    struct arena arena; /* the plan's copy */
    struct sandbox_plan *plan;
    bool is_retired;
    struct link busy; /* sandboxes with a job, the last begun first */
    struct link idle; /* with a process, last used first */
    struct link down; /* without one */
    int count;        /* all sandboxes */
    int resting;      /* idle and down */
    int starting;
    struct job_queue waiting;
    int fresh;              /* of them, those that came in this turn */
    double average_ms;      /* of an invocation, moving; < 0: unknown */
    double handler_ms;      /* of the handler alone, by its process's clock; the same */
    double cold_ms;         /* of a boot, moving; a guess at first */
    bool has_unmarked;      /* an event that went well printed what no turn mark ends */
    int pressed_ticks;      /* how long somebody has been waiting, in the pool's ticks */
    int64_t short_until_us; /* monotonic: the machine had no room for one more, wait so long */
    struct pool_keep keep;  /* who wants how many kept warm (keep.h) */
    int keep_wanted;        /* of them, those there is room for */
    bool has_keep_failed;
};

/* A sandbox's place in the pool. */
struct member {
    struct link in_all;
    struct link in_lane;    /* its lane's busy, idle or down; alone while it boots or settles */
    struct link in_resting; /* the pool's, by the time of resting; alone while at work */
    struct pool *pool;
    struct lane *lane; /* NULL: discarded */
    struct sandbox *sandbox;
    bool is_starting;
    bool has_run;             /* something since it booted */
    bool is_short;            /* the machine had no room for its boot */
    int64_t resting_since_ms; /* service time */
};

/* Copies the plan; `hash` is that of its key. */
struct lane *lane_create(const struct sandbox_plan *plan, uint64_t hash);
/* The lane has neither sandboxes nor waiting invocations. */
void lane_destroy(struct lane *lane);

/* Sandboxes that work or boot. */
int lane_active(const struct lane *lane);
/* Whether some wait that no process was found for: not those that are yet to be handed out. */
bool lane_has_left_over(const struct lane *lane);
/* Whether those who wait would wait so long that another process pays. */
bool lane_wants_more(const struct lane *lane);
/* Whether somebody has waited longer than anybody should while there is room. */
bool lane_is_overdue(const struct lane *lane);
/* So many events may be sent ahead to one process: as many as wait no longer there than it takes to
 * wake another; 0 if it is not known how long they last, or which lines of the log would be whose.
 */
int lane_ahead_max(const struct lane *lane);
/* Learns from an invocation that ended. */
void lane_learn(struct lane *lane, const struct invocation_result *result);

#endif
