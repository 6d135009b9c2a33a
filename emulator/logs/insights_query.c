#include "logs/insights_query.h"

#include <stdlib.h>
#include <string.h>

#include "logs/insights_command.h"
#include "xalloc.h"

/* Named by the expression's text in the query, unless by `as`. `is_made`: not only shown. */
static bool read_item(struct insights_lexer *lexer, struct insights_item *item, bool is_made)
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
static bool read_sort_item(struct insights_lexer *lexer, struct insights_item *item)
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

static bool read_items(struct insights_lexer *lexer, struct insights_command *command)
{
    do {
        struct insights_item *item = &command->items[command->item_count];
        if (command->item_count++ == INSIGHTS_ITEMS_MAX)
            return insights_unexpected(lexer, "fewer items");
        bool is_read = command->kind == COMMAND_SORT
                           ? read_sort_item(lexer, item)
                           : read_item(lexer, item, command->kind == COMMAND_FIELDS);
        if (!is_read)
            return false;
    } while (insights_take_sign(lexer, ","));
    return true;
}

/* unnest field into name */
static bool read_unnest(struct insights_lexer *lexer, struct insights_command *command)
{
    struct insights_item *item = &command->items[command->item_count++];
    size_t start = insights_position(lexer);
    if (lexer->token.kind != TOKEN_NAME)
        return insights_unexpected(lexer, "a field");
    item->expression = insights_expression_field(lexer->arena, lexer->token.text);
    insights_next(lexer);
    if (!insights_take_word(lexer, "into"))
        return insights_unexpected(lexer, "into");
    item->name = lexer->token.text;
    if (lexer->token.kind != TOKEN_NAME)
        return insights_unexpected(lexer, "a name");
    insights_next(lexer);
    return insights_make(lexer, item->name, start, false);
}

static bool read_limit(struct insights_lexer *lexer, struct insights_command *command)
{
    double number = lexer->token.number;
    if (lexer->token.kind != TOKEN_NUMBER || number < 1 || number > INSIGHTS_LIMIT_MAX)
        return insights_unexpected(lexer, "a number from 1 to 10000");
    command->limit = (size_t)number;
    insights_next(lexer);
    return true;
}

static bool read_stats(struct insights_lexer *lexer, struct insights_command *command)
{
    const char **columns = arena_alloc(lexer->arena, INSIGHTS_COLUMNS_MAX * sizeof(*columns));
    command->stats = insights_stats_parse(lexer);
    if (!command->stats)
        return false;
    lexer->column_count = insights_stats_columns(command->stats, columns, INSIGHTS_COLUMNS_MAX);
    lexer->columns = columns;
    return true;
}

static bool read_arguments(struct insights_lexer *lexer, struct insights_command *command)
{
    switch (command->kind) {
    case COMMAND_FILTER:
        return (command->condition = insights_expression_parse(lexer)) != NULL;
    case COMMAND_PARSE:
        return (command->parse = insights_parse_read(lexer)) != NULL;
    case COMMAND_UNNEST:
        return read_unnest(lexer, command);
    case COMMAND_STATS:
        return read_stats(lexer, command);
    case COMMAND_LIMIT:
        return read_limit(lexer, command);
    default:
        return read_items(lexer, command);
    }
}

static bool read_command(struct insights_lexer *lexer, struct insights_command *command,
                         bool is_deduped)
{
    static const struct {
        const char *word;
        enum insights_command_kind kind;
    } words[] = {
        { "fields", COMMAND_FIELDS }, { "display", COMMAND_DISPLAY }, { "filter", COMMAND_FILTER },
        { "where", COMMAND_FILTER },  { "parse", COMMAND_PARSE },     { "stats", COMMAND_STATS },
        { "sort", COMMAND_SORT },     { "dedup", COMMAND_DEDUP },     { "limit", COMMAND_LIMIT },
        { "unnest", COMMAND_UNNEST },
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
    return insights_unexpected(
        lexer, "fields, display, filter, parse, unnest, stats, sort, dedup or limit");
}

static bool read_commands(struct insights_query *query, struct insights_lexer *lexer)
{
    bool is_deduped = false;
    do {
        struct insights_command *command = arena_alloc(&query->arena, sizeof(*command));
        if (query->command_count == INSIGHTS_COMMANDS_MAX)
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
    if (query->column_count < INSIGHTS_COLUMNS_MAX)
        query->columns[query->column_count++] = name;
}

/* What a row shows: the last display; else what stats and fields name; else time and message. */
static void find_columns(struct insights_query *query)
{
    bool is_displayed = false;
    for (size_t i = 0; i < query->command_count; i++) {
        const struct insights_command *command = query->commands[i];
        bool is_display = command->kind == COMMAND_DISPLAY;
        if (is_display || command->kind == COMMAND_STATS)
            query->column_count = 0;
        if (command->kind == COMMAND_STATS)
            query->column_count =
                insights_stats_columns(command->stats, query->columns, INSIGHTS_COLUMNS_MAX);
        for (size_t j = 0; j < command->item_count; j++) {
            bool is_made = command->kind == COMMAND_FIELDS || command->kind == COMMAND_UNNEST;
            if (is_display || (is_made && !is_displayed))
                add_column(query, command->items[j].name);
        }
        is_displayed |= is_display;
    }
    if (query->column_count == 0) {
        add_column(query, "@timestamp");
        add_column(query, "@message");
    }
}

bool insights_item_is_made(const struct insights_item *item)
{
    const char *field = insights_field_name(item->expression);
    return !field || strcmp(field, item->name) != 0;
}

/* Whether a command makes a field of that name. */
static bool makes(const struct insights_command *command, const char *name)
{
    if (command->kind == COMMAND_PARSE)
        return insights_parse_makes(command->parse, name);
    for (size_t i = 0; i < command->item_count; i++) {
        if (strcmp(command->items[i].name, name) == 0 && insights_item_is_made(&command->items[i]))
            return true;
    }
    return false;
}

static bool makes_any(const struct insights_command *command, const struct insights_command *sort)
{
    for (size_t i = 0; i < sort->item_count; i++) {
        if (makes(command, sort->items[i].name))
            return true;
    }
    return false;
}

/* The last command that can as well come before the sort at `at`: a filter or unnest, which leaves
 * what it makes of a record in one place; or the stats behind. */
static size_t find_front(const struct insights_query *query, size_t at)
{
    size_t front = at;
    bool is_bound = false; /* what it sorts by is another value further on */
    for (size_t next = at + 1; next < query->command_count; next++) {
        const struct insights_command *command = query->commands[next];
        if (command->kind == COMMAND_STATS)
            return next;
        if (command->kind > COMMAND_STATS)
            break;
        is_bound |= makes_any(command, query->commands[at]);
        bool is_moved = command->kind == COMMAND_FILTER || command->kind == COMMAND_UNNEST;
        if (is_moved && !is_bound)
            front = next;
    }
    return front;
}

/* A sort needs all records at once, so it comes behind filters that follow it, and unnest; and
 * stats needs none in front of it. */
static void arrange_sorts(struct insights_query *query)
{
    for (size_t at = query->command_count; at-- > 0;) {
        struct insights_command *sort = query->commands[at];
        if (sort->kind != COMMAND_SORT)
            continue;
        size_t front = find_front(query, at);
        bool is_idle = query->commands[front]->kind == COMMAND_STATS;
        size_t moved = (is_idle ? query->command_count - 1 : front) - at;
        memmove(query->commands + at, query->commands + at + 1, moved * sizeof(*query->commands));
        if (is_idle)
            query->command_count--;
        else
            query->commands[front] = sort;
    }
}

static struct insights_place place_of(const struct insights_lexer *lexer)
{
    size_t from = insights_position(lexer);
    return (struct insights_place){ from, from + lexer->token.source.size };
}

struct insights_query *insights_query_parse(struct text text, const struct insights_times *times,
                                            struct insights_place *place_out, struct error *error)
{
    struct insights_query *query = xcalloc(1, sizeof(*query));
    struct insights_lexer lexer;
    insights_lexer_init(&lexer, text_from(arena_copy(&query->arena, text)), &query->arena,
                        &query->regexes, error);
    lexer.times = times;
    if (!read_commands(query, &lexer)) {
        if (place_out)
            *place_out = place_of(&lexer);
        insights_query_destroy(query);
        return NULL;
    }
    find_columns(query);
    arrange_sorts(query);
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
