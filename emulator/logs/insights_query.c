#include "logs/insights_query.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "logs/insights_expression.h"
#include "logs/insights_parse.h"
#include "logs/insights_stats.h"
#include "map.h"
#include "xalloc.h"

enum {
    COMMANDS_MAX = 64,
    ITEMS_MAX = 64,
    COLUMNS_MAX = 256,
    RECORDS_MAX = 50000,
    KEPT_BYTES_MAX = 256 << 20, /* by the records that are kept */
    BYTES_PER_MB = 1 << 20,
    SPARE_RECORDS = 1000, /* beyond twice the survivors of a sort, before it is done in between */
};

enum command_kind {
    COMMAND_FIELDS,
    COMMAND_DISPLAY,
    COMMAND_FILTER,
    COMMAND_PARSE,
    COMMAND_STATS, /* from here on all records are needed at once */
    COMMAND_SORT,
    COMMAND_DEDUP,
    COMMAND_LIMIT,
};

struct named_expression {
    const char *name;
    const struct insights_expression *expression;
    bool is_descending; /* COMMAND_SORT */
};

struct command {
    enum command_kind kind;
    struct named_expression items[ITEMS_MAX];
    size_t item_count;
    const struct insights_expression *condition; /* COMMAND_FILTER */
    struct insights_parse *parse;
    struct insights_stats *stats;
    size_t limit;
};

struct insights_query {
    struct arena arena;
    struct regex *regexes;
    struct command *commands[COMMANDS_MAX];
    size_t command_count;
    const char *columns[COLUMNS_MAX];
    size_t column_count;
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
    size_t kept_bytes;
    double scanned;
    double matched;
};

/* Named by the expression's text in the query, unless by `as`. `is_made`: not only shown. */
static bool read_item(struct insights_lexer *lexer, struct named_expression *item, bool is_made)
{
    size_t position = insights_position(lexer);
    const char *start = lexer->token.source.data;
    item->expression = insights_expression_parse(lexer);
    if (!item->expression)
        return false;
    const char *end = lexer->token.kind == TOKEN_END ? lexer->query.data + lexer->query.size
                                                     : lexer->token.source.data;
    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    const char *field = insights_field_name(item->expression);
    item->name =
        field ? field : arena_copy(lexer->arena, (struct text){ start, (size_t)(end - start) });
    if (!insights_take_word(lexer, "as"))
        return !is_made || !field || insights_select(lexer, field, position);
    item->name = lexer->token.text;
    if (lexer->token.kind != TOKEN_NAME)
        return insights_unexpected(lexer, "a name");
    insights_next(lexer);
    return !is_made || insights_make(lexer, item->name, position, false);
}

/* A field, as AWS's grammar has it, and no expression: what is reckoned needs a name to sort by. */
static bool read_sort_item(struct insights_lexer *lexer, struct named_expression *item)
{
    if (lexer->token.kind != TOKEN_NAME)
        return insights_unexpected(lexer, "a field");
    item->name = lexer->token.text;
    item->expression = insights_expression_field(lexer->arena, item->name);
    insights_next(lexer);
    item->is_descending = insights_take_word(lexer, "desc");
    if (!item->is_descending)
        insights_take_word(lexer, "asc");
    return !insights_is_sign(lexer, "(") ||
           insights_unexpected(lexer, "a field: give it a name with as, and sort by that");
}

static bool read_items(struct insights_lexer *lexer, struct command *command)
{
    do {
        struct named_expression *item = &command->items[command->item_count];
        if (command->item_count++ == ITEMS_MAX)
            return insights_unexpected(lexer, "fewer items");
        bool is_read = command->kind == COMMAND_SORT
                           ? read_sort_item(lexer, item)
                           : read_item(lexer, item, command->kind == COMMAND_FIELDS);
        if (!is_read)
            return false;
    } while (insights_take_sign(lexer, ","));
    return true;
}

static bool read_limit(struct insights_lexer *lexer, struct command *command)
{
    double number = lexer->token.number;
    if (lexer->token.kind != TOKEN_NUMBER || number < 1 || number > INSIGHTS_LIMIT_MAX)
        return insights_unexpected(lexer, "a number from 1 to 10000");
    command->limit = (size_t)number;
    insights_next(lexer);
    return true;
}

static bool read_stats(struct insights_lexer *lexer, struct command *command)
{
    const char **columns = arena_alloc(lexer->arena, COLUMNS_MAX * sizeof(*columns));
    command->stats = insights_stats_parse(lexer);
    if (!command->stats)
        return false;
    lexer->column_count = insights_stats_columns(command->stats, columns, COLUMNS_MAX);
    lexer->columns = columns;
    return true;
}

static bool read_arguments(struct insights_lexer *lexer, struct command *command)
{
    switch (command->kind) {
    case COMMAND_FILTER:
        return (command->condition = insights_expression_parse(lexer)) != NULL;
    case COMMAND_PARSE:
        return (command->parse = insights_parse_read(lexer)) != NULL;
    case COMMAND_STATS:
        return read_stats(lexer, command);
    case COMMAND_LIMIT:
        return read_limit(lexer, command);
    default:
        return read_items(lexer, command);
    }
}

static bool read_command(struct insights_lexer *lexer, struct command *command, bool is_deduped)
{
    static const struct {
        const char *word;
        enum command_kind kind;
    } words[] = {
        { "fields", COMMAND_FIELDS }, { "display", COMMAND_DISPLAY }, { "filter", COMMAND_FILTER },
        { "parse", COMMAND_PARSE },   { "stats", COMMAND_STATS },     { "sort", COMMAND_SORT },
        { "dedup", COMMAND_DEDUP },   { "limit", COMMAND_LIMIT },
    };
    if (is_deduped && !insights_is_word(lexer, "limit"))
        return insights_unexpected(lexer, "limit: nothing else stands behind dedup");
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (insights_take_word(lexer, words[i].word)) {
            command->kind = words[i].kind;
            if (command->kind == COMMAND_SORT && insights_is_word(lexer, "by"))
                insights_next(lexer); /* as AWS's sample queries have it */
            return read_arguments(lexer, command);
        }
    }
    return insights_unexpected(lexer,
                               "fields, display, filter, parse, stats, sort, dedup or limit");
}

static bool read_commands(struct insights_query *query, struct insights_lexer *lexer)
{
    bool is_deduped = false;
    do {
        struct command *command = arena_alloc(&query->arena, sizeof(*command));
        if (query->command_count == COMMANDS_MAX)
            return insights_unexpected(lexer, "fewer commands");
        if (!read_command(lexer, command, is_deduped))
            return false;
        is_deduped |= command->kind == COMMAND_DEDUP;
        query->commands[query->command_count++] = command;
    } while (insights_take_sign(lexer, "|"));
    return lexer->token.kind == TOKEN_END || insights_unexpected(lexer, "| or the end");
}

static void add_column(struct insights_query *query, const char *name)
{
    for (size_t i = 0; i < query->column_count; i++) {
        if (strcmp(query->columns[i], name) == 0)
            return;
    }
    if (query->column_count < COLUMNS_MAX)
        query->columns[query->column_count++] = name;
}

/* What a row shows: the last display; else what stats and fields name; else time and message. */
static void find_columns(struct insights_query *query)
{
    bool is_displayed = false;
    for (size_t i = 0; i < query->command_count; i++) {
        const struct command *command = query->commands[i];
        bool is_display = command->kind == COMMAND_DISPLAY;
        if (is_display || command->kind == COMMAND_STATS)
            query->column_count = 0;
        if (command->kind == COMMAND_STATS)
            query->column_count =
                insights_stats_columns(command->stats, query->columns, COLUMNS_MAX);
        for (size_t j = 0; j < command->item_count; j++) {
            if (is_display || (command->kind == COMMAND_FIELDS && !is_displayed))
                add_column(query, command->items[j].name);
        }
        is_displayed |= is_display;
    }
    if (query->column_count == 0) {
        add_column(query, "@timestamp");
        add_column(query, "@message");
    }
}

static struct insights_place place_of(const struct insights_lexer *lexer)
{
    size_t from = insights_position(lexer);
    return (struct insights_place){ from, from + lexer->token.source.size };
}

struct insights_query *insights_query_parse(struct text text, struct insights_place *place_out,
                                            struct error *error)
{
    struct insights_query *query = xcalloc(1, sizeof(*query));
    struct insights_lexer lexer;
    insights_lexer_init(&lexer, text_from(arena_copy(&query->arena, text)), &query->arena,
                        &query->regexes, error);
    if (!read_commands(query, &lexer)) {
        if (place_out)
            *place_out = place_of(&lexer);
        insights_query_destroy(query);
        return NULL;
    }
    find_columns(query);
    return query;
}

void insights_query_destroy(struct insights_query *query)
{
    if (!query)
        return;
    regexes_destroy(query->regexes);
    arena_clear(&query->arena);
    free(query);
}

/* How many records a sort in front of `next` has to leave; 0 if that cannot be told. */
static size_t survivors_of(const struct insights_query *query, size_t next, size_t limit)
{
    for (; next < query->command_count; next++) {
        const struct command *command = query->commands[next];
        if (command->kind == COMMAND_LIMIT)
            return command->limit;
        if (command->kind == COMMAND_FILTER || command->kind >= COMMAND_STATS)
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
    const struct command *next =
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
static bool apply(const struct command *command, struct insights_record *record)
{
    const struct insights_scope scope = { look_up, record, &record->arena };
    if (command->kind == COMMAND_PARSE)
        insights_parse_apply(command->parse, record);
    if (command->kind == COMMAND_FIELDS || command->kind == COMMAND_DISPLAY) {
        for (size_t i = 0; i < command->item_count; i++) {
            const struct named_expression *item = &command->items[i];
            const char *field = insights_field_name(item->expression);
            if (!field || strcmp(field, item->name) != 0)
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
    const struct command *command = owner;
    for (size_t i = 0; i < command->item_count; i++) {
        int order = insights_compare(&first->values[i], &second->values[i]);
        if (order)
            return command->items[i].is_descending ? -order : order;
    }
    return first->place < second->place ? -1 : 1;
}

static void sort(struct insights_run *run, const struct command *command)
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
            keys[i]->values[j] = insights_evaluate(command->items[j].expression, &scope);
    }
    qsort_r(keys, run->count, sizeof(struct sort_key *), compare_keys, (void *)command);
    for (size_t i = 0; i < run->count; i++)
        run->records[i] = keys[i]->record;
    free(keys);
    arena_clear(&arena);
}

/* Sorts what there is and drops what cannot be in the answer any more. Of equal records those that
 * came first stay first, so the outcome is that of one sort at the end. */
static void prune(struct insights_run *run)
{
    size_t spare =
        run->kept_bytes > KEPT_BYTES_MAX / 2 ? run->survivors / 4 : run->survivors + SPARE_RECORDS;
    if (!run->survivors || run->count <= run->survivors + spare)
        return;
    sort(run, run->query->commands[run->streamed]);
    drop_records(run, run->survivors);
    run->kept_bytes = 0;
    for (size_t i = 0; i < run->count; i++)
        run->kept_bytes += insights_record_bytes(run->records[i]);
}

static bool keep(struct insights_run *run, struct insights_record *record, struct error *error)
{
    if (run->stats) {
        bool is_kept = insights_stats_add(run->stats, record);
        insights_record_destroy(record);
        return is_kept || error_set(error, NULL, "the query has too many groups or values");
    }
    if (run->count == run->kept_at_most) {
        insights_record_destroy(record);
        return run->kept_at_most != RECORDS_MAX ||
               error_set(error, NULL, "the query has more than %d records to sort", RECORDS_MAX);
    }
    prune(run);
    run->kept_bytes += insights_record_bytes(record);
    if (run->kept_bytes > KEPT_BYTES_MAX) {
        insights_record_destroy(record);
        return error_set(error, NULL, "the query keeps more than %d MB",
                         KEPT_BYTES_MAX / BYTES_PER_MB);
    }
    if (run->count == run->capacity) {
        run->capacity = run->capacity ? 2 * run->capacity : 64;
        run->records = xrealloc(run->records, run->capacity * sizeof(struct insights_record *));
    }
    run->records[run->count++] = record;
    return true;
}

bool insights_run_add(struct insights_run *run, const struct insights_event *event,
                      struct error *error)
{
    struct insights_record *record = insights_record_create(event);
    run->scanned++;
    for (size_t i = 0; i < run->streamed; i++) {
        if (!apply(run->query->commands[i], record)) {
            insights_record_destroy(record);
            return true;
        }
    }
    run->matched++;
    return keep(run, record, error);
}

double insights_run_scanned(const struct insights_run *run)
{
    return run->scanned;
}

double insights_run_matched(const struct insights_run *run)
{
    return run->matched;
}

/* Keeps the first record of each combination of values, and all that lack one of these. */
static void dedup(struct insights_run *run, const struct command *command)
{
    struct map seen = { 0 };
    size_t kept = 0;
    for (size_t i = 0; i < run->count; i++) {
        struct insights_record *record = run->records[i];
        const struct insights_scope scope = { look_up, record, &record->arena };
        CLEANUP(buffer_clear) struct buffer key = { 0 };
        bool is_whole = true;
        for (size_t j = 0; j < command->item_count; j++) {
            struct insights_value value = insights_evaluate(command->items[j].expression, &scope);
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

static void filter_all(struct insights_run *run, const struct command *command)
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
static void aggregate(struct insights_run *run, const struct command *command)
{
    struct insights_stats_run *stats = insights_stats_start(command->stats);
    for (size_t i = 0; i < run->count && insights_stats_add(stats, run->records[i]); i++)
        ;
    take_groups(run, stats);
    insights_stats_destroy(stats);
}

static void apply_to_all(struct insights_run *run, const struct command *command)
{
    switch (command->kind) {
    case COMMAND_STATS:
        aggregate(run, command);
        return;
    case COMMAND_SORT:
        sort(run, command);
        return;
    case COMMAND_DEDUP:
        dedup(run, command);
        return;
    case COMMAND_LIMIT:
        drop_records(run, command->limit);
        return;
    default:
        filter_all(run, command);
    }
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

cJSON *insights_run_end(struct insights_run *run)
{
    size_t next = run->streamed;
    if (run->stats) {
        take_groups(run, run->stats);
        next++;
    }
    for (; next < run->query->command_count; next++)
        apply_to_all(run, run->query->commands[next]);
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
