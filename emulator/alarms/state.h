/*
 * The plan: every alarm, read from its row into what evaluation needs, and when it is due. Only
 * this folder includes it.
 */
#ifndef COALMINE_ALARM_STATE_H
#define COALMINE_ALARM_STATE_H

#include "alarms/alarms.h"
#include "alarms/followers.h"
#include "alarms/row.h"
#include "alarms/rule.h"
#include "cloudwatch/statistic.h"
#include "map.h"

struct alarm;

enum { ALARM_TICK_S = 60, ALARM_FINE_TICK_S = 10, ALARM_MS_PER_SECOND = 1000 };

/* Never: until data or a change come. */
#define ALARM_NEVER INT64_MAX

struct alarm_metric {
    struct alarm *alarm; /* whose it is */
    struct metric_waiter waiter;
    struct metric_identity identity; /* texts of the alarm's; unit NULL: any */
    const char *key;                 /* of the identity */
    struct metric *metric;           /* NULL: not known, or none yet */
    uint64_t generation;             /* of the metrics when it was looked up */
};

struct alarm {
    struct alarm *next;
    struct alarm **link; /* what points here */
    struct arena texts;
    struct alarm_key key;
    bool is_composite;
    enum alarm_state state;
    int64_t due_ms;          /* next evaluation */
    int64_t withheld_due_ms; /* when actions that wait are looked at again */

    struct alarm_criteria criteria;
    int64_t period_s;
    int64_t tick_s; /* between evaluations */
    const char *unit;
    const char *statistic_name; /* NULL: math */
    struct statistic statistic;
    struct alarm_metric *metrics;
    size_t metric_count;
    cJSON *queries;         /* math: the MetricDataQueries; else NULL */
    bool is_time_dependent; /* it changes without data of `metrics`: HOUR(m1), SELECT */

    struct alarm_rule rule;
    const char *suppressor; /* a name; NULL: none */
};

enum alarm_news_kind {
    ALARM_NEWS_STATE,   /* it has come to another state: its parents look */
    ALARM_NEWS_CREATED, /* it is new */
    ALARM_NEWS_UPDATED, /* its configuration is another */
    ALARM_NEWS_MUTE,    /* mute rules changed while its actions wait */
    ALARM_NEWS_OTHER,   /* deleted, or what concerns nobody else */
};

struct alarm_news {
    struct alarm_news *next;
    enum alarm_news_kind kind;
    enum alarm_state before; /* that the plan had, once it has taken the row in */
    char *account;
    char *region;
    char *name;
};

struct alarms {
    struct alarms_parts parts;
    struct alarm *first; /* in order of coming */
    struct alarm **last;
    struct map by_key;                 /* struct alarm */
    struct alarm_followers parents;    /* composites of those that their rules name */
    struct alarm_followers suppressed; /* composites of their suppressors */
    struct alarm_followers watchers;   /* metric alarms of their metrics: metrics come, and go when
                                          all their data have expired */
    struct alarm_news *news;
    struct alarm_news **news_end;
    struct schedule_entry entry;
    int64_t soonest_ms; /* nothing is due before */
    bool is_stale;      /* all rows must be read again */
};

/* Of the service that the call is for. */
struct alarms *alarms_of(const struct call *call);

/* The row of this name was written or deleted: the plan follows when the turn has come so far. */
void alarms_note(struct alarms *alarms, const struct alarm_key *key, enum alarm_news_kind kind);

/* In the plan; NULL: none. */
struct alarm *alarms_find(struct alarms *alarms, const struct alarm_key *key);

/* Reads a row into a plan entry; alarm_free() ends it. */
struct alarm *alarm_read(const struct alarm_row *row);
void alarm_free(struct alarm *alarm);

#endif
