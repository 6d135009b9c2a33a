/*
 * A query of Logs Insights as it was read: its commands. Internal to what reads it
 * (insights_query.c) and what runs it (insights_run.c).
 */
#ifndef COALMINE_INSIGHTS_COMMAND_H
#define COALMINE_INSIGHTS_COMMAND_H

#include "logs/insights_expression.h"
#include "logs/insights_parse.h"
#include "logs/insights_stats.h"

enum { INSIGHTS_COMMANDS_MAX = 64, INSIGHTS_ITEMS_MAX = 64, INSIGHTS_COLUMNS_MAX = 256 };

enum insights_command_kind {
    COMMAND_FIELDS,
    COMMAND_DISPLAY,
    COMMAND_FILTER,
    COMMAND_PARSE,
    COMMAND_UNNEST, /* makes of one record none or more */
    COMMAND_STATS,  /* from here on all records are needed at once */
    COMMAND_SORT,
    COMMAND_DEDUP,
    COMMAND_LIMIT,
};

struct insights_item {
    const char *name;
    const struct insights_expression *expression;
    bool is_descending; /* COMMAND_SORT */
};

/* Whether it makes a field, by reckoning or by another name, and is not one that there is. */
bool insights_item_is_made(const struct insights_item *item);

struct insights_command {
    enum insights_command_kind kind;
    struct insights_item items[INSIGHTS_ITEMS_MAX]; /* COMMAND_UNNEST: from what, and into what */
    size_t item_count;
    const struct insights_expression *condition; /* COMMAND_FILTER */
    struct insights_parse *parse;
    struct insights_stats *stats;
    size_t limit;
};

struct insights_query {
    struct arena arena;
    struct regex *regexes;
    struct insights_command *commands[INSIGHTS_COMMANDS_MAX];
    size_t command_count;
    const char *columns[INSIGHTS_COLUMNS_MAX];
    size_t column_count;
};

#endif
