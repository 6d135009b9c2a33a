/*
 * The part of a manual page that lists commands and options.
 */
#include <string.h>

#include "command_table.h"

/* A line of text in mdoc: a backslash is special everywhere, a dot or a quote at its beginning. */
static void add_text(const char *text, FILE *stream)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stream);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stream);
        else if (*text == '-')
            fputs("\\-", stream);
        else
            fputc(*text, stream);
    }
}

/* An argument of a macro: within quotes, as it may be a word that is a macro's name. */
static void add_argument(const char *text, FILE *stream)
{
    fputs(" \"", stream);
    for (; *text; text++) {
        if (*text == '"')
            fputs("\"\"", stream);
        else
            fputc(*text, stream);
    }
    fputc('"', stream);
}

static void add_option(const struct option_row *row, FILE *stream)
{
    fputs(".It Fl ", stream);
    if (row->letter)
        fprintf(stream, "%c , Fl ", row->letter);
    fprintf(stream, "\\-%s", row->name);
    if (row->placeholder) {
        fputs(" Ar", stream);
        add_argument(row->placeholder, stream);
    }
    fputc('\n', stream);
    add_text(row->help, stream);
    if (row->initial) {
        fputs("\n.Pq default:", stream);
        add_argument(row->initial, stream);
    }
    if (row->environment)
        fprintf(stream, "\n.Pq environment: Ev %s", row->environment);
    fputc('\n', stream);
}

static void add_command(const struct command_table *table, const struct command_row *command,
                        FILE *stream)
{
    fprintf(stream, ".Ss %s %s\n", table->program, command->name);
    add_text(command->help, stream);
    fputs(".\n", stream);
    if (!command->options || !command->options->name)
        return;
    fputs(".Bl -tag -width Ds\n", stream);
    for (const struct option_row *row = command->options; row->name; row++)
        add_option(row, stream);
    fputs(".El\n", stream);
}

void manual_print(const struct command_table *table, FILE *stream)
{
    for (const struct command_row *row = table->commands; row->name; row++)
        add_command(table, row, stream);
}
