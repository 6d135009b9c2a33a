/* Records go through the commands of a query. */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "logs/insights_command.h"
#include "logs/insights_query.h"
#include "map.h"
#include "xalloc.h"

enum {
    RECORDS_MAX = 50000,
    BYTES_PER_MB = 1 << 20,
    COMPACT_RECORDS = 10000,
    SPARE_RECORDS = 1000, /* beyond twice the survivors of a sort, before it is done in between */
};

struct insights_run {
    const struct insights_query *query;
    size_t limit;
    size_t streamed;                  /* commands that each record goes through as it comes */
    struct insights_stats_run *stats; /* of the command behind them, if it is stats */
    struct insights_record **records;
    size_t count;
    size_t capacity;
    size_t kept_at_most; /* more than these cannot be in the answer */
    size_t survivors;    /* of the sort behind the streamed commands; 0: all are needed */
    size_t compact_at;   /* so many records: dedup them before the end */
    size_t kept_bytes;
    uint64_t byte_count; /* the number of the count that kept_bytes is */
    double scanned;
    double matched;
};

/* How many records a sort in front of `next` has to leave; 0 if that cannot be told. */
static size_t survivors_of(const struct insights_query *query, size_t next, size_t limit)
{
    for (; next < query->command_count; next++) {
        const struct insights_command *command = query->commands[next];
        if (command->kind == COMMAND_LIMIT)
            return command->limit;
        if (command->kind == COMMAND_FILTER || command->kind >= COMMAND_UNNEST)
            return 0;
    }
    return limit;
}

struct insights_run *insights_run_start(const struct insights_query *query, int64_t limit)
{
    struct insights_run *run = xcalloc(1, sizeof(*run));
    run->query = query;
    run->limit = limit > 0 && limit < INSIGHTS_LIMIT_MAX ? (size_t)limit : INSIGHTS_LIMIT_MAX;
    while (run->streamed < query->command_count &&
           query->commands[run->streamed]->kind < COMMAND_STATS)
        run->streamed++;
    run->kept_at_most = RECORDS_MAX;
    run->compact_at = COMPACT_RECORDS;
    run->byte_count = 1;
    const struct insights_command *next =
        run->streamed < query->command_count ? query->commands[run->streamed] : NULL;
    if (!next)
        run->kept_at_most = run->limit;
    else if (next->kind == COMMAND_LIMIT)
        run->kept_at_most = next->limit;
    else if (next->kind == COMMAND_STATS)
        run->stats = insights_stats_start(next->stats);
    else if (next->kind == COMMAND_SORT)
        run->survivors = survivors_of(query, run->streamed + 1, run->limit);
    return run;
}

static void drop_records(struct insights_run *run, size_t from)
{
    for (size_t i = from; i < run->count; i++)
        insights_record_destroy(run->records[i]);
    if (run->count > from)
        run->count = from;
}

void insights_run_destroy(struct insights_run *run)
{
    if (!run)
        return;
    drop_records(run, 0);
    insights_stats_destroy(run->stats);
    free(run->records);
    free(run);
}

static struct insights_value look_up(const char *name, void *owner)
{
    return insights_record_get(owner, name);
}

/* One command on one record; false if it does not pass. */
static bool apply(const struct insights_command *command, struct insights_record *record)
{
    const struct insights_scope scope = { look_up, record, &record->arena };
    if (command->kind == COMMAND_PARSE)
        insights_parse_apply(command->parse, record);
    if (command->kind == COMMAND_FIELDS || command->kind == COMMAND_DISPLAY) {
        for (size_t i = 0; i < command->item_count; i++) {
            const struct insights_item *item = &command->items[i];
            if (insights_item_is_made(item))
                insights_record_set(record, item->name,
                                    insights_evaluate(item->expression, &scope));
        }
    }
    if (command->kind != COMMAND_FILTER)
        return true;
    struct insights_value value = insights_evaluate(command->condition, &scope);
    return insights_is_true(&value);
}

struct sort_key {
    struct insights_record *record;
    size_t place;
    struct insights_value values[];
};

static int compare_keys(const void *a, const void *b, void *owner)
{
    const struct sort_key *first = *(struct sort_key *const *)a;
    const struct sort_key *second = *(struct sort_key *const *)b;
    const struct insights_command *command = owner;
    for (size_t i = 0; i < command->item_count; i++) {
        int order = insights_compare(&first->values[i], &second->values[i]);
        if (order)
            return command->items[i].is_descending ? -order : order;
    }
    return first->place < second->place ? -1 : 1;
}

static void sort(struct insights_run *run, const struct insights_command *command)
{
    struct arena arena = { 0 };
    size_t key_size = sizeof(struct sort_key) + command->item_count * sizeof(struct insights_value);
    struct sort_key **keys = xcalloc(run->count + 1, sizeof(struct sort_key *));
    for (size_t i = 0; i < run->count; i++) {
        struct insights_record *record = run->records[i];
        const struct insights_scope scope = { look_up, record, &record->arena };
        keys[i] = arena_alloc(&arena, key_size);
        keys[i]->record = record;
        keys[i]->place = i;
        for (size_t j = 0; j < command->item_count; j++)
            keys[i]->values[j] = insights_evaluate_scalar(command->items[j].expression, &scope);
    }
    qsort_r(keys, run->count, sizeof(struct sort_key *), compare_keys, (void *)command);
    for (size_t i = 0; i < run->count; i++)
        run->records[i] = keys[i]->record;
    free(keys);
    arena_clear(&arena);
}

/* Keeps the first record of each combination of values, and all that lack one of these. */
static void dedup(struct insights_run *run, const struct insights_command *command)
{
    struct map seen = { 0 };
    size_t kept = 0;
    for (size_t i = 0; i < run->count; i++) {
        struct insights_record *record = run->records[i];
        const struct insights_scope scope = { look_up, record, &record->arena };
        CLEANUP(buffer_clear) struct buffer key = { 0 };
        bool is_whole = true;
        for (size_t j = 0; j < command->item_count; j++) {
            struct insights_value value =
                insights_evaluate_scalar(command->items[j].expression, &scope);
            is_whole &= value.kind != INSIGHTS_MISSING;
            buffer_add_format(&key, "%s\x1e", insights_print(&value, scope.arena));
        }
        if (is_whole && map_find(&seen, buffer_text(&key).data)) {
            insights_record_destroy(record);
            continue;
        }
        if (is_whole)
            map_set(&seen, key.data, run);
        run->records[kept++] = record;
    }
    run->count = kept;
    map_clear(&seen, NULL);
}

static void count_kept_bytes(struct insights_run *run)
{
    run->kept_bytes = 0;
    run->byte_count++;
    for (size_t i = 0; i < run->count; i++)
        run->kept_bytes += insights_record_bytes(run->records[i], run->byte_count);
}

/* Sorts what there is and drops what cannot be in the answer any more. Of equal records those that
 * came first stay first, so the outcome is that of one sort at the end. */
static void prune(struct insights_run *run)
{
    size_t spare = run->kept_bytes > INSIGHTS_KEPT_BYTES_MAX / 2 ? run->survivors / 4
                                                                 : run->survivors + SPARE_RECORDS;
    if (!run->survivors || run->count <= run->survivors + spare)
        return;
    sort(run, run->query->commands[run->streamed]);
    drop_records(run, run->survivors);
    count_kept_bytes(run);
}

static bool is_kind(const struct insights_query *query, size_t at, enum insights_command_kind kind)
{
    return at < query->command_count && query->commands[at]->kind == kind;
}

/* Drops what the next command, or that behind its sort, would drop in the end: dedup. */
static void compact(struct insights_run *run)
{
    const struct insights_query *query = run->query;
    size_t next = run->streamed;
    if (run->count < run->compact_at)
        return;
    if (is_kind(query, next, COMMAND_SORT) && is_kind(query, next + 1, COMMAND_DEDUP))
        sort(run, query->commands[next++]);
    if (is_kind(query, next, COMMAND_DEDUP))
        dedup(run, query->commands[next]);
    count_kept_bytes(run);
    run->compact_at = 2 * run->count > COMPACT_RECORDS ? 2 * run->count : COMPACT_RECORDS;
}

static bool fail_full(struct error *error)
{
    return error_set(error, NULL, "the query keeps more than %d MB",
                     INSIGHTS_KEPT_BYTES_MAX / BYTES_PER_MB);
}

static bool fail_many(struct error *error)
{
    return error_set(error, NULL, "the query needs more than %d events at once", RECORDS_MAX);
}

static void append(struct insights_run *run, struct insights_record *record)
{
    if (run->count == run->capacity)
        run->records = xgrow(run->records, &run->capacity, 64, sizeof(struct insights_record *));
    run->records[run->count++] = record;
}

static bool keep(struct insights_run *run, struct insights_record *record, struct error *error)
{
    if (run->stats) {
        bool is_kept = insights_stats_add(run->stats, record);
        insights_record_destroy(record);
        return is_kept || fail_full(error);
    }
    if (run->count == run->kept_at_most) {
        insights_record_destroy(record);
        return run->kept_at_most != RECORDS_MAX || fail_many(error);
    }
    prune(run);
    compact(run);
    run->kept_bytes += insights_record_bytes(record, run->byte_count);
    if (run->kept_bytes > INSIGHTS_KEPT_BYTES_MAX) {
        insights_record_destroy(record);
        return fail_full(error);
    }
    append(run, record);
    return true;
}

/* What comes of the records that unnest makes of one; `take` gets each, and ends it. */
struct unnesting {
    struct insights_run *run;
    bool (*take)(struct unnesting *unnesting, struct insights_record *record);
    size_t next;    /* of the streamed commands */
    bool is_passed; /* by one of the records */
    struct error *error;
};

/* A list gives a record for each of its items, anything else one, nothing none. */
static bool unnest(struct unnesting *unnesting, const struct insights_command *command,
                   struct insights_record *record)
{
    const struct insights_scope scope = { look_up, record, &record->arena };
    const struct insights_item *into = &command->items[0];
    struct insights_value value = insights_evaluate(into->expression, &scope);
    bool is_list = value.kind == INSIGHTS_STRUCTURE && cJSON_IsArray(value.tree);
    const cJSON *item = is_list ? value.tree->child : NULL;
    bool is_taken = true;
    for (; item && is_taken; item = item->next) {
        struct insights_record *branch = insights_record_branch(record);
        insights_record_set(branch, into->name, insights_member(item, &branch->arena));
        is_taken = unnesting->take(unnesting, branch);
    }
    if (!is_list && value.kind != INSIGHTS_MISSING) {
        insights_record_set(record, into->name, value);
        return unnesting->take(unnesting, record);
    }
    insights_record_destroy(record);
    return is_taken;
}

/* A record goes through the streamed commands from the next on. */
static bool stream(struct unnesting *unnesting, struct insights_record *record)
{
    struct insights_run *run = unnesting->run;
    size_t start = unnesting->next;
    for (size_t i = start; i < run->streamed; i++) {
        const struct insights_command *command = run->query->commands[i];
        if (command->kind == COMMAND_UNNEST) {
            unnesting->next = i + 1;
            bool is_taken = unnest(unnesting, command, record);
            unnesting->next = start;
            return is_taken;
        }
        if (!apply(command, record)) {
            insights_record_destroy(record);
            return true;
        }
    }
    unnesting->is_passed = true;
    return keep(run, record, unnesting->error);
}

bool insights_run_add(struct insights_run *run, const struct insights_event *event,
                      struct error *error)
{
    struct unnesting unnesting = { .run = run, .take = stream, .error = error };
    run->scanned++;
    bool is_taken = stream(&unnesting, insights_record_create(event));
    run->matched += unnesting.is_passed;
    return is_taken;
}

double insights_run_scanned(const struct insights_run *run)
{
    return run->scanned;
}

double insights_run_matched(const struct insights_run *run)
{
    return run->matched;
}

static void filter_all(struct insights_run *run, const struct insights_command *command)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->count; i++) {
        if (apply(command, run->records[i]))
            run->records[kept++] = run->records[i];
        else
            insights_record_destroy(run->records[i]);
    }
    run->count = kept;
}

static void take_groups(struct insights_run *run, struct insights_stats_run *stats)
{
    size_t count;
    struct insights_record **groups = insights_stats_end(stats, &count);
    drop_records(run, 0);
    free(run->records);
    run->records = groups;
    run->count = count;
    run->capacity = count + 1;
}

/* stats behind another command that needed all records; its ceilings were kept before. */
static void aggregate(struct insights_run *run, const struct insights_command *command)
{
    struct insights_stats_run *stats = insights_stats_start(command->stats);
    for (size_t i = 0; i < run->count && insights_stats_add(stats, run->records[i]); i++)
        ;
    take_groups(run, stats);
    insights_stats_destroy(stats);
}

static bool collect(struct unnesting *unnesting, struct insights_record *record)
{
    if (unnesting->run->count == RECORDS_MAX) {
        insights_record_destroy(record);
        return fail_many(unnesting->error);
    }
    append(unnesting->run, record);
    return true;
}

static bool unnest_all(struct insights_run *run, const struct insights_command *command,
                       struct error *error)
{
    struct unnesting unnesting = { .run = run, .take = collect, .error = error };
    struct insights_record **records = run->records;
    size_t count = run->count;
    bool is_taken = true;
    run->records = NULL;
    run->count = run->capacity = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_taken)
            is_taken = unnest(&unnesting, command, records[i]);
        else
            insights_record_destroy(records[i]);
    }
    free(records);
    return is_taken;
}

static bool apply_to_all(struct insights_run *run, const struct insights_command *command,
                         struct error *error)
{
    switch (command->kind) {
    case COMMAND_UNNEST:
        return unnest_all(run, command, error);
    case COMMAND_STATS:
        aggregate(run, command);
        break;
    case COMMAND_SORT:
        sort(run, command);
        break;
    case COMMAND_DEDUP:
        dedup(run, command);
        break;
    case COMMAND_LIMIT:
        drop_records(run, command->limit);
        break;
    default:
        filter_all(run, command);
    }
    return true;
}

static void add_value(cJSON *row, const char *name, struct insights_record *record)
{
    struct insights_value value = insights_record_get(record, name);
    if (value.kind == INSIGHTS_MISSING)
        return;
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "field", name);
    json_set_text(item, "value", insights_print(&value, &record->arena));
    cJSON_AddItemToArray(row, item);
}

cJSON *insights_run_end(struct insights_run *run, struct error *error)
{
    size_t next = run->streamed;
    if (run->stats) {
        take_groups(run, run->stats);
        next++;
    }
    for (; next < run->query->command_count; next++) {
        if (!apply_to_all(run, run->query->commands[next], error))
            return NULL;
    }
    drop_records(run, run->limit);
    cJSON *rows = cJSON_CreateArray();
    for (size_t i = 0; i < run->count; i++) {
        cJSON *row = cJSON_CreateArray();
        for (size_t j = 0; j < run->query->column_count; j++)
            add_value(row, run->query->columns[j], run->records[i]);
        add_value(row, "@ptr", run->records[i]);
        cJSON_AddItemToArray(rows, row);
    }
    return rows;
}
