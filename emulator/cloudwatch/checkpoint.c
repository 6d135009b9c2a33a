#include "cloudwatch/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "cloudwatch/retention.h"
#include "json.h"
#include "store/statements.h"
#include "store/telemetry.h"
#include "xalloc.h"

static const char schema[] =
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
    struct row *rows;
    size_t row_count;
    size_t row_capacity;
    struct metric_aged aged; /* that the rows reflect and the database does not */
};

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

enum { IDENTITY_PARTS = 5 };

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

static bool load(sqlite3 *database, void *owner, struct error *error)
{
    struct metrics_checkpoint *checkpoint = owner;
    sqlite3_stmt *query = NULL;
    char *last = xstrdup("");
    struct metric_series *series = NULL;
    int result = sqlite3_prepare_v2(
        database, "SELECT * FROM bucket ORDER BY identity, is_fine, start_s", -1, &query, NULL);
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
    bool is_good = result == SQLITE_DONE || statements_set_error(database, error);
    sqlite3_finalize(query);
    free(last);
    return is_good;
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
        if (checkpoint->row_count == checkpoint->row_capacity)
            checkpoint->rows =
                xgrow(checkpoint->rows, &checkpoint->row_capacity, 64, sizeof(*checkpoint->rows));
        struct row *row = &checkpoint->rows[checkpoint->row_count++];
        *row = (struct row){ print_identity(series), level, *bucket };
        row->bucket.distribution.cells =
            xmemdup(bucket->distribution.cells,
                    bucket->distribution.count * sizeof(struct distribution_cell));
    }
}

static void take_dirty(void *owner)
{
    struct metrics_checkpoint *checkpoint = owner;
    /* Between two slices, what has moved up would be saved beside what it replaces. */
    metrics_age_finish(checkpoint->metrics);
    struct metric *metric = metrics_first(checkpoint->metrics);
    for (; metric; metric = metric->next) {
        for (struct metric_series *series = metric->series; series; series = series->next) {
            for (int level = 0; level < METRIC_LEVELS; level++)
                take_buckets(checkpoint, series, (enum metric_level)level);
        }
    }
    struct metric_aging *aging = metrics_aging(checkpoint->metrics);
    checkpoint->aged = aging->aged;
    aging->aged = (struct metric_aged){ 0 };
}

static bool write_row(sqlite3_stmt *insert, const struct row *row, struct error *error)
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
    return statements_run(insert, error);
}

/* What was rolled up or expired since the last checkpoint: its sums are among the rows. */
static bool delete_aged(sqlite3 *database, const struct metrics_checkpoint *checkpoint,
                        struct error *error)
{
    bool is_good = true;
    for (int level = 0; level < METRIC_LEVELS && is_good && checkpoint->aged.passes; level++) {
        CLEANUP(freep)
        char *sql = xformat("DELETE FROM bucket WHERE is_fine = %d AND start_s < %lld", level,
                            (long long)checkpoint->aged.before_s[level]);
        is_good = statements_execute(database, sql, error);
    }
    return is_good;
}

static bool write_rows(sqlite3 *database, const struct metrics_checkpoint *checkpoint,
                       struct error *error)
{
    sqlite3_stmt *insert = NULL;
    bool is_good = statements_prepare(database,
                                      "INSERT OR REPLACE INTO bucket VALUES "
                                      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                      &insert, error);
    for (size_t i = 0; i < checkpoint->row_count && is_good; i++)
        is_good = write_row(insert, &checkpoint->rows[i], error);
    sqlite3_finalize(insert);
    return is_good;
}

static bool write_all(sqlite3 *database, void *owner, struct error *error)
{
    return delete_aged(database, owner, error) && write_rows(database, owner, error);
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

static void on_written(enum telemetry_result result, void *owner)
{
    struct metrics_checkpoint *checkpoint = owner;
    if (result == TELEMETRY_FAILED) {
        mark_rows_dirty(checkpoint);
        metric_aged_add(&metrics_aging(checkpoint->metrics)->aged, &checkpoint->aged);
    }
    clear_rows(checkpoint);
}

struct metrics_checkpoint *
metrics_checkpoint_create(struct metrics *metrics, struct telemetry *telemetry, struct error *error)
{
    struct metrics_checkpoint *checkpoint = xcalloc(1, sizeof(*checkpoint));
    const struct telemetry_part part = { .schema = schema,
                                         .empty = "DELETE FROM bucket",
                                         .load = load,
                                         .take = take_dirty,
                                         .write = write_all,
                                         .on_written = on_written,
                                         .owner = checkpoint };
    checkpoint->metrics = metrics;
    if (telemetry_add(telemetry, &part, error))
        return checkpoint;
    metrics_checkpoint_destroy(checkpoint);
    return NULL;
}

void metrics_checkpoint_destroy(struct metrics_checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    clear_rows(checkpoint);
    free(checkpoint->rows);
    free(checkpoint);
}
