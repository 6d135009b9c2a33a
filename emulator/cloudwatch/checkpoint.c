#include "cloudwatch/checkpoint.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cloudwatch/retention.h"
#include "json.h"
#include "log.h"
#include "loop/loop.h"
#include "store/journal.h"
#include "xalloc.h"

enum {
    SCHEMA_VERSION = 1,
    INTERVAL_MS = 5000,
    GROWTH_MIN = 1 << 20, /* bytes of journal that make a checkpoint worth its while */
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS position (at INTEGER NOT NULL);"
    /* identity: JSON list of account, region, namespace, name, unit, then names and values. */
    "CREATE TABLE IF NOT EXISTS bucket ("
    /* is_fine: enum metric_level; its name is from when there were two. */
    "  identity TEXT NOT NULL, is_fine INTEGER NOT NULL, start_s INTEGER NOT NULL,"
    "  count REAL NOT NULL, sum REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL,"
    "  has_no_percentiles INTEGER NOT NULL, is_sketch INTEGER NOT NULL,"
    "  cells BLOB NOT NULL," /* pairs of doubles: value, count */
    "  PRIMARY KEY (identity, is_fine, start_s)) WITHOUT ROWID;";

/* What a worker writes: copies, so that the loop goes on changing the originals. */
struct row {
    char *identity;
    enum metric_level level;
    struct metric_bucket bucket;
};

struct metrics_checkpoint {
    struct metrics *metrics;
    char *path;
    sqlite3 *database;
    struct loop *loop;
    struct journal *journal;
    struct loop_timer *timer;
    pthread_mutex_t writing; /* held by whoever uses the database */
    struct row *rows;
    size_t row_count;
    size_t row_capacity;
    struct metric_aging aging; /* that the rows reflect */
    uint64_t agings_written;
    uint64_t position; /* that the rows reflect */
    uint64_t saved;    /* that the database reflects */
    bool is_under_way;
    bool is_written;
    bool is_discarded; /* a reset came: what is under way must not be written */
};

static bool execute(sqlite3 *database, const char *sql)
{
    return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool set_error(const struct metrics_checkpoint *checkpoint, struct error *error)
{
    return error_set(error, NULL, "cannot use %s: %s", checkpoint->path,
                     sqlite3_errmsg(checkpoint->database));
}

static char *print_identity(const struct metric_series *series)
{
    const struct metric *metric = series->metric;
    cJSON *list = cJSON_CreateArray();
    const char *const parts[] = { metric->account, metric->region, metric->name_space, metric->name,
                                  series->unit };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(parts[i]));
    for (size_t i = 0; i < metric->dimension_count; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(metric->dimensions[i].name));
        cJSON_AddItemToArray(list, cJSON_CreateString(metric->dimensions[i].value));
    }
    char *text = json_print(list);
    cJSON_Delete(list);
    return text;
}

static const char *part(const cJSON *list, int at)
{
    const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(list, at));
    return text ? text : "";
}

enum { IDENTITY_PARTS = 5, DIMENSIONS_MAX = 30 };

static struct metric_series *find_series(struct metrics *metrics, const char *identity_text)
{
    CLEANUP(json_deletep) cJSON *list = json_parse(text_from(identity_text));
    struct metric_dimension dimensions[DIMENSIONS_MAX];
    int parts = cJSON_GetArraySize(list);
    struct metric_identity identity = { part(list, 0), part(list, 1), part(list, 2),
                                        part(list, 3), dimensions,    0,
                                        part(list, 4) };
    for (int i = IDENTITY_PARTS; i + 1 < parts && identity.dimension_count < DIMENSIONS_MAX; i += 2)
        dimensions[identity.dimension_count++] =
            (struct metric_dimension){ part(list, i), part(list, i + 1) };
    return metrics_series(metrics, &identity);
}

static void read_bucket(sqlite3_stmt *query, struct metric_bucket *bucket_out)
{
    size_t size = (size_t)sqlite3_column_bytes(query, 9);
    *bucket_out = (struct metric_bucket){
        .start_s = sqlite3_column_int64(query, 2),
        .statistics = { sqlite3_column_double(query, 3), sqlite3_column_double(query, 4),
                        sqlite3_column_double(query, 5), sqlite3_column_double(query, 6) },
        .has_no_percentiles = sqlite3_column_int(query, 7),
    };
    struct distribution *distribution = &bucket_out->distribution;
    distribution->is_sketch = sqlite3_column_int(query, 8);
    distribution->count = (uint32_t)(size / sizeof(struct distribution_cell));
    distribution->capacity = distribution->count;
    if (distribution->count)
        distribution->cells = xmemdup(sqlite3_column_blob(query, 9), size);
}

static bool load(struct metrics_checkpoint *checkpoint, uint64_t *position_out)
{
    sqlite3_stmt *query = NULL;
    char *last = xstrdup("");
    struct metric_series *series = NULL;
    int result = sqlite3_prepare_v2(checkpoint->database,
                                    "SELECT * FROM bucket ORDER BY identity, is_fine, start_s", -1,
                                    &query, NULL);
    while (result == SQLITE_OK && (result = sqlite3_step(query)) == SQLITE_ROW) {
        struct metric_bucket bucket;
        const char *identity = (const char *)sqlite3_column_text(query, 0);
        if (!series || strcmp(identity, last) != 0) {
            series = find_series(checkpoint->metrics, identity);
            free(last);
            last = xstrdup(identity);
        }
        read_bucket(query, &bucket);
        metric_series_restore(series, (enum metric_level)sqlite3_column_int(query, 1), &bucket);
        result = SQLITE_OK;
    }
    sqlite3_finalize(query);
    free(last);
    if (result != SQLITE_DONE ||
        sqlite3_prepare_v2(checkpoint->database, "SELECT coalesce(max(at), 0) FROM position", -1,
                           &query, NULL) != SQLITE_OK)
        return false;
    bool is_read = sqlite3_step(query) == SQLITE_ROW;
    *position_out = is_read ? (uint64_t)sqlite3_column_int64(query, 0) : 0;
    sqlite3_finalize(query);
    return is_read;
}

static bool check_version(struct metrics_checkpoint *checkpoint, struct error *error)
{
    sqlite3_stmt *query = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(checkpoint->database, "PRAGMA user_version", -1, &query, NULL) ==
            SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        version = sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    if (version < 0)
        return set_error(checkpoint, error);
    return version <= SCHEMA_VERSION ||
           error_set(error, NULL, "%s was written by a newer coalmine: use that one",
                     checkpoint->path);
}

struct metrics_checkpoint *metrics_checkpoint_open(struct metrics *metrics, const char *directory,
                                                   uint64_t *position_out, struct error *error)
{
    struct metrics_checkpoint *checkpoint = xcalloc(1, sizeof(*checkpoint));
    checkpoint->metrics = metrics;
    checkpoint->path = xformat("%s/telemetry.db", directory);
    pthread_mutex_init(&checkpoint->writing, NULL);
    bool is_open =
        sqlite3_open_v2(checkpoint->path, &checkpoint->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
                        NULL) == SQLITE_OK &&
        execute(checkpoint->database, "PRAGMA journal_mode=WAL") &&
        execute(checkpoint->database, "PRAGMA synchronous=NORMAL");
    if (!is_open) {
        set_error(checkpoint, error);
    } else if (check_version(checkpoint, error)) {
        if (execute(checkpoint->database, schema) &&
            execute(checkpoint->database, "PRAGMA user_version=1") &&
            load(checkpoint, position_out)) {
            checkpoint->saved = *position_out;
            return checkpoint;
        }
        set_error(checkpoint, error);
    }
    metrics_checkpoint_close(checkpoint);
    return NULL;
}

static void clear_rows(struct metrics_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->row_count; i++) {
        free(checkpoint->rows[i].identity);
        distribution_clear(&checkpoint->rows[i].bucket.distribution);
    }
    checkpoint->row_count = 0;
}

static void take_buckets(struct metrics_checkpoint *checkpoint, struct metric_series *series,
                         enum metric_level level)
{
    struct metric_buckets *buckets = metric_series_level(series, level);
    for (size_t i = buckets->count; i > 0; i--) {
        struct metric_bucket *bucket = &buckets->list[i - 1];
        if (!bucket->is_dirty)
            continue;
        bucket->is_dirty = false;
        if (checkpoint->row_count == checkpoint->row_capacity) {
            checkpoint->row_capacity = checkpoint->row_capacity ? checkpoint->row_capacity * 2 : 64;
            checkpoint->rows =
                xrealloc(checkpoint->rows, checkpoint->row_capacity * sizeof(*checkpoint->rows));
        }
        struct row *row = &checkpoint->rows[checkpoint->row_count++];
        *row = (struct row){ print_identity(series), level, *bucket };
        row->bucket.distribution.cells =
            xmemdup(bucket->distribution.cells,
                    bucket->distribution.count * sizeof(struct distribution_cell));
    }
}

static void take_dirty(struct metrics_checkpoint *checkpoint)
{
    /* Between two slices, what has moved up would be saved beside what it replaces. */
    metrics_age_finish(checkpoint->metrics);
    struct metric *metric = metrics_first(checkpoint->metrics);
    for (; metric; metric = metric->next) {
        for (struct metric_series *series = metric->series; series; series = series->next) {
            for (int level = 0; level < METRIC_LEVELS; level++)
                take_buckets(checkpoint, series, (enum metric_level)level);
        }
    }
    checkpoint->aging = *metrics_aging(checkpoint->metrics);
    checkpoint->position = journal_position(checkpoint->journal);
}

static bool write_row(sqlite3_stmt *insert, const struct row *row)
{
    const struct metric_bucket *bucket = &row->bucket;
    sqlite3_reset(insert);
    sqlite3_bind_text(insert, 1, row->identity, -1, SQLITE_STATIC);
    sqlite3_bind_int(insert, 2, (int)row->level);
    sqlite3_bind_int64(insert, 3, bucket->start_s);
    sqlite3_bind_double(insert, 4, bucket->statistics.count);
    sqlite3_bind_double(insert, 5, bucket->statistics.sum);
    sqlite3_bind_double(insert, 6, bucket->statistics.minimum);
    sqlite3_bind_double(insert, 7, bucket->statistics.maximum);
    sqlite3_bind_int(insert, 8, bucket->has_no_percentiles);
    sqlite3_bind_int(insert, 9, bucket->distribution.is_sketch);
    sqlite3_bind_blob64(insert, 10, bucket->distribution.cells,
                        bucket->distribution.count * sizeof(struct distribution_cell),
                        SQLITE_STATIC);
    return sqlite3_step(insert) == SQLITE_DONE;
}

/* What was rolled up or expired since the last checkpoint: its sums are among the rows. */
static bool delete_aged(const struct metrics_checkpoint *checkpoint)
{
    bool is_good = true;
    if (checkpoint->aging.count == checkpoint->agings_written)
        return true;
    for (int level = 0; level < METRIC_LEVELS && is_good; level++) {
        CLEANUP(freep)
        char *sql = xformat("DELETE FROM bucket WHERE is_fine = %d AND start_s < %lld", level,
                            (long long)checkpoint->aging.before_s[level]);
        is_good = execute(checkpoint->database, sql);
    }
    return is_good;
}

static bool write_rows(struct metrics_checkpoint *checkpoint)
{
    sqlite3_stmt *insert = NULL;
    bool is_good =
        delete_aged(checkpoint) && sqlite3_prepare_v2(checkpoint->database,
                                                      "INSERT OR REPLACE INTO bucket VALUES "
                                                      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                                      -1, &insert, NULL) == SQLITE_OK;
    for (size_t i = 0; i < checkpoint->row_count && is_good; i++)
        is_good = write_row(insert, &checkpoint->rows[i]);
    sqlite3_finalize(insert);
    return is_good;
}

/* All rows and the position in one transaction: a restart replays exactly what they lack. */
static void write_checkpoint(void *owner)
{
    struct metrics_checkpoint *checkpoint = owner;
    pthread_mutex_lock(&checkpoint->writing);
    CLEANUP(freep)
    char *position = xformat("DELETE FROM position; INSERT INTO position VALUES (%lld)",
                             (long long)checkpoint->position);
    checkpoint->is_written =
        checkpoint->is_discarded ||
        (execute(checkpoint->database, "BEGIN IMMEDIATE") && write_rows(checkpoint) &&
         execute(checkpoint->database, position) && execute(checkpoint->database, "COMMIT"));
    if (!checkpoint->is_written) {
        log_error("cloudwatch", "cannot write %s: %s", checkpoint->path,
                  sqlite3_errmsg(checkpoint->database));
        execute(checkpoint->database, "ROLLBACK");
    }
    pthread_mutex_unlock(&checkpoint->writing);
}

/* What could not be written is dirty again, so that the next checkpoint has it. */
static void mark_rows_dirty(struct metrics_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->row_count; i++) {
        const struct row *row = &checkpoint->rows[i];
        struct metric_series *series = find_series(checkpoint->metrics, row->identity);
        struct metric_buckets *buckets = metric_series_level(series, row->level);
        size_t at = metric_buckets_from(buckets, row->bucket.start_s);
        if (at < buckets->count && buckets->list[at].start_s == row->bucket.start_s)
            buckets->list[at].is_dirty = true;
    }
}

static void on_written(void *owner)
{
    struct metrics_checkpoint *checkpoint = owner;
    checkpoint->is_under_way = false;
    if (checkpoint->is_discarded) {
        checkpoint->is_discarded = false;
    } else if (checkpoint->is_written) {
        checkpoint->saved = checkpoint->position;
        checkpoint->agings_written = checkpoint->aging.count;
        journal_forget(checkpoint->journal, checkpoint->saved);
    } else {
        mark_rows_dirty(checkpoint);
    }
    clear_rows(checkpoint);
}

static void on_timer(void *owner)
{
    struct metrics_checkpoint *checkpoint = owner;
    uint64_t growth = journal_position(checkpoint->journal) - checkpoint->saved;
    if (checkpoint->is_under_way || growth < GROWTH_MIN)
        return;
    checkpoint->is_under_way = true;
    take_dirty(checkpoint);
    loop_work(checkpoint->loop, write_checkpoint, on_written, checkpoint);
}

void metrics_checkpoint_start(struct metrics_checkpoint *checkpoint, struct loop *loop,
                              struct journal *journal)
{
    checkpoint->loop = loop;
    checkpoint->journal = journal;
    checkpoint->timer = loop_timer_start(loop, INTERVAL_MS, INTERVAL_MS, on_timer, checkpoint);
}

/* Waits for the worker: its rows are then either written or dirty again. */
static void wait_for_worker(struct metrics_checkpoint *checkpoint)
{
    while (checkpoint->is_under_way)
        uv_run(loop_uv(checkpoint->loop), UV_RUN_ONCE);
}

void metrics_checkpoint_close(struct metrics_checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    loop_timer_stop(&checkpoint->timer);
    if (checkpoint->journal) {
        wait_for_worker(checkpoint);
        take_dirty(checkpoint);
        write_checkpoint(checkpoint);
        on_written(checkpoint);
    }
    clear_rows(checkpoint);
    free(checkpoint->rows);
    sqlite3_close(checkpoint->database);
    pthread_mutex_destroy(&checkpoint->writing);
    free(checkpoint->path);
    free(checkpoint);
}

/* A checkpoint that waits for its worker would bring back what the reset removes. */
bool metrics_checkpoint_reset(struct metrics_checkpoint *checkpoint, struct error *error)
{
    pthread_mutex_lock(&checkpoint->writing);
    uint64_t position = journal_position(checkpoint->journal);
    checkpoint->is_discarded = checkpoint->is_under_way;
    CLEANUP(freep)
    char *sql = xformat("BEGIN IMMEDIATE; DELETE FROM bucket; DELETE FROM position; "
                        "INSERT INTO position VALUES (%lld); COMMIT",
                        (long long)position);
    bool is_done = execute(checkpoint->database, sql);
    if (!is_done) {
        set_error(checkpoint, error);
        execute(checkpoint->database, "ROLLBACK");
    }
    checkpoint->saved = position;
    pthread_mutex_unlock(&checkpoint->writing);
    return is_done;
}
