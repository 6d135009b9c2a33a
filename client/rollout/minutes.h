/*
 * Users' traffic by the minute, as CloudWatch tells it on AWS: one to three minutes late, of one
 * version sooner than of the other, of a minute little at first and more later. What would judge a
 * minute before it is told to its end would compare what was told, not what was. Pure: whoever
 * reads CloudWatch hands in what it said.
 */
#ifndef CANARY_MINUTES_H
#define CANARY_MINUTES_H

#include <stddef.h>

#include "aws/cloudwatch_api.h"

enum { MINUTES_MS = 60000 };       /* one of them */
enum { MINUTES_LATE_MS = 180000 }; /* behind its end nothing more is waited for */

/* What both versions did, in one minute or in several. */
struct minute_counts {
    struct version_metrics base;
    struct version_metrics canary;
    double base_early; /* of the invocations, those before routed_ms */
    double canary_early;
    bool has_base_errors; /* their number was told, be it 0: Lambda tells of it for each request */
    bool has_canary_errors;
};

struct minutes {
    int64_t from_ms;           /* the first one that counts; all times are AWS's */
    int64_t settled_ms;        /* the first one that is not told to its end */
    struct minute_counts last; /* what was told of that one */
    int64_t last_ms;           /* which one that was */
    int64_t same_since_ms;     /* since when */
    int64_t routed_ms;         /* what is before is early: routed by other weights; 0: nothing is */
};

/* The minutes that begin from now on. */
void minutes_begin(struct minutes *minutes, int64_t now_ms);

/* Somebody has set the clock back by so much: all is called by earlier times. */
void minutes_set_back(struct minutes *minutes, int64_t by_ms);

/* Takes what CloudWatch says now of `count` minutes from from_ms on, and gives the sums of those
 * that it has told to their end: three minutes ago they ended; or one minute ago, both versions are
 * in it with requests and errors, and for twenty seconds it has been told as it is now. */
struct minute_counts minutes_take(struct minutes *minutes, const struct minute_counts *told,
                                  size_t count, int64_t now_ms);

/* Is there one that ended until then, and is not told to its end? */
bool minutes_are_behind(const struct minutes *minutes, int64_t until_ms);

#endif
