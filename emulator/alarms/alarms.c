/*
 * The plan's life: news of rows, what is due, and when to come back. An alarm is evaluated at whole
 * minutes (or ten seconds), and only when its datapoints can have changed: data came, or a stored
 * bucket crosses an edge of its sliding window (window.h). So a stretch without data costs nothing,
 * however long it is.
 */
#include "alarms/alarms.h"

#include <stdlib.h>
#include <string.h>

#include "alarms/actions.h"
#include "alarms/composite.h"
#include "alarms/notification.h"
#include "alarms/reason.h"
#include "alarms/state.h"
#include "alarms/transition.h"
#include "alarms/window.h"
#include "clock.h"
#include "log.h"
#include "xalloc.h"

enum { RETRY_MS = 1000 }; /* until what could not be read is looked for again */

static void run(void *owner);

struct alarms *alarms_of(const struct call *call)
{
    const struct cloudwatch *cloudwatch = call->state;
    return cloudwatch->alarms;
}

struct alarm *alarms_find(struct alarms *alarms, const struct alarm_key *key)
{
    char text[MAP_KEY_SIZE];
    alarm_key_text(key, text);
    return map_find(&alarms->by_key, text);
}

static void come_back(struct alarms *alarms, int64_t due_ms)
{
    if (due_ms != ALARM_NEVER && (!alarms->entry.is_set || due_ms < alarms->entry.due_ms))
        schedule_set(alarms->parts.schedule, &alarms->entry, due_ms, run, alarms);
}

/* An alarm has become due at that time. */
static void note_due(struct alarms *alarms, int64_t due_ms)
{
    if (due_ms < alarms->soonest_ms)
        alarms->soonest_ms = due_ms;
    come_back(alarms, due_ms);
}

/* The next whole minute, or ten seconds, after now. */
static int64_t next_tick_ms(const struct alarm *alarm)
{
    int64_t tick_ms = alarm->tick_s * ALARM_MS_PER_SECOND;
    return (clock_now_ms() / tick_ms + 1) * tick_ms;
}

static void make_due(struct alarms *alarms, struct alarm *alarm)
{
    int64_t next_ms = next_tick_ms(alarm);
    if (next_ms < alarm->due_ms)
        alarm->due_ms = next_ms;
    note_due(alarms, alarm->due_ms);
}

static void on_data(void *owner, struct metric_waiter *waiter)
{
    const struct alarm_metric *metric = CONTAINER_OF(waiter, struct alarm_metric, waiter);
    make_due(owner, metric->alarm);
}

static void on_metric(void *owner, const char *key)
{
    struct alarms *alarms = owner;
    const struct alarm_follower_list *list = alarm_followers_of(&alarms->watchers, key);
    for (size_t i = 0; i < list->count; i++)
        make_due(alarms, list->list[i]);
}

/* Data of these metrics, from now on, make the alarm due. */
static void await_data(struct alarms *alarms, struct alarm *alarm)
{
    for (size_t i = 0; i < alarm->metric_count; i++) {
        struct metric *metric = alarm_metric_get(alarms, &alarm->metrics[i]);
        if (metric)
            metric_await(metric, &alarm->metrics[i].waiter);
    }
}

/* As of the time that it was due, which is a whole minute or ten seconds: if the loop comes late,
 * no minute that matters is left out. */
static void evaluate(struct alarms *alarms, struct alarm *alarm)
{
    int64_t end_s = alarm->due_ms / ALARM_MS_PER_SECOND;
    int count = alarm_evaluation_range(alarm->criteria.evaluation_periods);
    struct alarm_datapoint *points = alarm_window_read(alarms, alarm, end_s);
    struct alarm_finding finding = {
        .criteria = &alarm->criteria,
        .points = points,
        .count = count,
        .verdict = alarm_evaluate(&alarm->criteria, points, count, alarm->state),
        .query_ms = clock_now_ms(),
        .unit = alarm->unit,
        .statistic = alarm->statistic_name,
        .period_s = alarm->period_s,
    };
    if (!finding.verdict.is_kept && finding.verdict.state != alarm->state) {
        CLEANUP(freep) char *reason = alarm_reason_print(&finding);
        CLEANUP(freep) char *data = alarm_reason_data_print(&finding);
        const struct alarm_change change = { finding.verdict.state, reason, data };
        alarm_change_alone(alarms, &alarm->key, &change);
    }
    alarm->due_ms =
        alarm->is_time_dependent ? next_tick_ms(alarm) : alarm_window_next_ms(alarms, alarm, end_s);
    note_due(alarms, alarm->due_ms);
    await_data(alarms, alarm);
    free(points);
}

static void look_at_withheld(struct alarms *alarms, const struct alarm_key *key,
                             enum alarm_suppressor_news news)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct arena arena = { 0 };
    struct alarm_row row;
    store_begin_call(alarms->parts.store);
    if (alarm_row_find(alarms->parts.store, key, &arena, &row) &&
        alarm_actions_look_again(alarms, &row, news, &arena)) {
        alarm_row_save(alarms->parts.store, &row);
        alarms_note(alarms, key, ALARM_NEWS_OTHER);
    }
    if (!store_end_call(alarms->parts.store, true, &error))
        log_error("cloudwatch", "actions of alarm %s: %s", key->name, error.message);
    arena_clear(&arena);
}

/* When something is due first; ALARM_NEVER: nothing is. Looks at all alarms, so it is asked only
 * when the soonest time that was ever heard of has come. */
static int64_t first_due_ms(const struct alarms *alarms)
{
    int64_t due_ms = ALARM_NEVER;
    for (const struct alarm *alarm = alarms->first; alarm; alarm = alarm->next) {
        due_ms = alarm->due_ms < due_ms ? alarm->due_ms : due_ms;
        due_ms = alarm->withheld_due_ms < due_ms ? alarm->withheld_due_ms : due_ms;
    }
    return due_ms;
}

/* Does what is due first, if its time has come; false if nothing is due yet. */
static bool do_due(struct alarms *alarms)
{
    if (alarms->soonest_ms > clock_now_ms())
        return false;
    int64_t due_ms = first_due_ms(alarms);
    alarms->soonest_ms = due_ms;
    if (due_ms > clock_now_ms())
        return false;
    for (struct alarm *alarm = alarms->first; alarm; alarm = alarm->next) {
        if (alarm->due_ms == due_ms)
            evaluate(alarms, alarm);
        if (alarm->withheld_due_ms == due_ms) {
            alarm->withheld_due_ms = ALARM_NEVER;
            look_at_withheld(alarms, &alarm->key, ALARM_SUPPRESSOR_SAME);
        }
    }
    return true;
}

static struct alarm *insert(struct alarms *alarms, const struct alarm_row *row)
{
    struct alarm *alarm = alarm_read(row);
    char key[MAP_KEY_SIZE];
    alarm_key_text(&alarm->key, key);
    alarm->withheld_due_ms = alarm_actions_due_ms(row);
    note_due(alarms, alarm->withheld_due_ms);
    if (!alarm->is_composite) {
        make_due(alarms, alarm);
        await_data(alarms, alarm);
    }
    alarm->link = alarms->last;
    *alarms->last = alarm;
    alarms->last = &alarm->next;
    map_set(&alarms->by_key, key, alarm);
    alarm_composite_follow(alarms, alarm);
    for (size_t i = 0; i < alarm->metric_count; i++)
        alarm_followers_add(&alarms->watchers, alarm->metrics[i].key, alarm);
    return alarm;
}

static void remove_alarm(struct alarms *alarms, struct alarm *alarm)
{
    char key[MAP_KEY_SIZE];
    alarm_key_text(&alarm->key, key);
    map_remove(&alarms->by_key, key);
    alarm_composite_unfollow(alarms, alarm);
    for (size_t i = 0; i < alarm->metric_count; i++)
        alarm_followers_remove(&alarms->watchers, alarm->metrics[i].key, alarm);
    *alarm->link = alarm->next;
    if (alarm->next)
        alarm->next->link = alarm->link;
    else
        alarms->last = alarm->link;
    alarm_free(alarm);
}

static void remove_all(struct alarms *alarms)
{
    map_clear(&alarms->by_key, NULL);
    alarm_followers_clear(&alarms->parents);
    alarm_followers_clear(&alarms->suppressed);
    alarm_followers_clear(&alarms->watchers);
    while (alarms->first) {
        struct alarm *next = alarms->first->next;
        alarm_free(alarms->first);
        alarms->first = next;
    }
    alarms->last = &alarms->first;
}

/* What cannot be read is there all the same: it is looked for again. */
static void read_all(struct alarms *alarms)
{
    struct store *store = alarms->parts.store;
    uint64_t failures = store_failures(store);
    struct arena arena = { 0 };
    struct alarm_row row;
    struct alarm_key after;
    const struct alarm_key *last = NULL;
    remove_all(alarms);
    while (alarm_row_next_of_all(store, last, &arena, &row)) {
        struct alarm *alarm = insert(alarms, &row);
        if (row.withheld) { /* until a time that may be another one now */
            alarm->withheld_due_ms = clock_now_ms();
            note_due(alarms, alarm->withheld_due_ms);
        }
        after = row.key;
        last = &after;
    }
    alarms->is_stale = store_failures(store) != failures;
    arena_clear(&arena);
}

/* The suppressor's state is another one, or it was deleted. */
static void tell_suppressed(struct alarms *alarms, const struct alarm_key *suppressor,
                            bool has_left)
{
    char key[MAP_KEY_SIZE];
    const struct alarm_follower_list *list =
        alarm_followers_of(&alarms->suppressed, alarm_key_text(suppressor, key));
    for (size_t i = 0; i < list->count; i++)
        look_at_withheld(alarms, &list->list[i]->key,
                         has_left ? ALARM_SUPPRESSOR_LEFT_ALARM : ALARM_SUPPRESSOR_SAME);
}

/* What the news of an alarm that is there means for itself and others. */
static void tell_others(struct alarms *alarms, const struct alarm_news *news, struct alarm *alarm)
{
    if (alarm->is_composite && news->kind == ALARM_NEWS_CREATED)
        alarm_composite_begin(alarms, alarm, "created");
    else if (alarm->is_composite && news->kind == ALARM_NEWS_UPDATED)
        alarm_composite_begin(alarms, alarm, "updated");
    if (news->kind == ALARM_NEWS_MUTE || news->kind == ALARM_NEWS_UPDATED)
        look_at_withheld(alarms, &alarm->key, ALARM_SUPPRESSOR_SAME);
    /* If all rows were read in the same turn, the plan knows the state already, and nobody else. */
    if (alarm->state == news->before && news->kind != ALARM_NEWS_STATE)
        return;
    alarm_composites_of_child(alarms, alarm);
    tell_suppressed(alarms, &alarm->key, news->before == ALARM_STATE_ALARM);
}

static void tell(struct alarms *alarms, const struct alarm_news *news)
{
    const struct alarm_key key = { news->account, news->region, news->name };
    struct alarm *alarm = alarms_find(alarms, &key);
    if (alarm)
        tell_others(alarms, news, alarm);
    else
        tell_suppressed(alarms, &key, news->before == ALARM_STATE_ALARM);
}

/* The plan takes in one row as it is now. */
static void take_in(struct alarms *alarms, struct alarm_news *news)
{
    struct store *store = alarms->parts.store;
    uint64_t failures = store_failures(store);
    struct arena arena = { 0 };
    struct alarm_row row;
    const struct alarm_key key = { news->account, news->region, news->name };
    struct alarm *old = alarms_find(alarms, &key);
    bool is_there = alarm_row_find(store, &key, &arena, &row);
    int64_t due_ms = old ? old->due_ms : ALARM_NEVER;
    news->before = old ? old->state : is_there ? row.state : ALARM_STATE_OK;
    if (old)
        remove_alarm(alarms, old);
    if (is_there) {
        struct alarm *alarm = insert(alarms, &row);
        alarm->due_ms = due_ms < alarm->due_ms ? due_ms : alarm->due_ms;
        note_due(alarms, alarm->due_ms);
    }
    alarms->is_stale |= store_failures(store) != failures;
    arena_clear(&arena);
}

static void free_news(struct alarm_news *news)
{
    free(news->account);
    free(news->region);
    free(news->name);
    free(news);
}

/* What changed together is known before anybody is told of it: a composite whose children move in
 * the same minute moves once, whichever of them comes first. */
static void take_news(struct alarms *alarms)
{
    while (alarms->news) {
        struct alarm_news *batch = alarms->news;
        alarms->news = NULL;
        alarms->news_end = &alarms->news;
        for (struct alarm_news *news = batch; news; news = news->next)
            take_in(alarms, news);
        while (batch) {
            struct alarm_news *news = batch;
            batch = news->next;
            tell(alarms, news);
            free_news(news);
        }
    }
}

static void run(void *owner)
{
    struct alarms *alarms = owner;
    if (alarms->is_stale)
        read_all(alarms);
    do
        take_news(alarms);
    while (do_due(alarms) || alarms->news);
    schedule_clear(alarms->parts.schedule, &alarms->entry);
    come_back(alarms, alarms->soonest_ms);
    if (alarms->is_stale)
        come_back(alarms, clock_now_ms() + RETRY_MS);
}

void alarms_note(struct alarms *alarms, const struct alarm_key *key, enum alarm_news_kind kind)
{
    struct alarm_news *news = xcalloc(1, sizeof(*news));
    *news = (struct alarm_news){ .kind = kind,
                                 .account = xstrdup(key->account),
                                 .region = xstrdup(key->region),
                                 .name = xstrdup(key->name) };
    *alarms->news_end = news;
    alarms->news_end = &news->next;
    come_back(alarms, clock_now_ms());
}

void alarms_look_again(struct alarms *alarms)
{
    alarms->is_stale = true;
    come_back(alarms, clock_now_ms());
}

cJSON *alarms_notifications(struct alarms *alarms)
{
    return alarm_notification_list(alarms->parts.store);
}

struct alarms *alarms_create(const struct alarms_parts *parts)
{
    struct alarms *alarms = xcalloc(1, sizeof(*alarms));
    const struct metrics_listener listener = { on_metric, on_data, alarms };
    alarms->parts = *parts;
    alarms->last = &alarms->first;
    alarms->news_end = &alarms->news;
    alarms->soonest_ms = ALARM_NEVER;
    metrics_listen(parts->metrics, &listener);
    alarms_look_again(alarms);
    return alarms;
}

void alarms_destroy(struct alarms *alarms)
{
    if (!alarms)
        return;
    schedule_clear(alarms->parts.schedule, &alarms->entry);
    metrics_listen(alarms->parts.metrics, &(const struct metrics_listener){ 0 });
    remove_all(alarms);
    while (alarms->news) {
        struct alarm_news *next = alarms->news->next;
        free_news(alarms->news);
        alarms->news = next;
    }
    free(alarms);
}
