/*
 * A program as a table of its commands: help, dispatch, completion for shells and the option parts
 * of its manual page all come from it. Implemented in emulator/base/command_table.c,
 * emulator/base/completion.c and emulator/base/manual.c.
 */
#ifndef COALMINE_COMMAND_TABLE_H
#define COALMINE_COMMAND_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "compiler.h"
#include "options.h"

struct command_row {
    const char *name;
    int (*run)(int count, char **arguments); /* without the program's and the command's names */
    const struct option_row *options;        /* NULL: it has none */
    const char *help;                        /* a line, lower case, no full stop */
};

struct command_table {
    const char *program;
    const char *about;                  /* a line */
    const struct command_row *commands; /* end with a row without a name */
    const char *closing;                /* the help's last lines; NULL: none */
};

/* The program: runs the command that the arguments name, or prints help. Two commands come with
 * every table: `completion bash|zsh`, and, for the makefile, `manual`, which prints the option part
 * of the manual page. The number is the exit status: 1, with a sentence, where all went well but
 * standard output could not be written. */
int command_table_run(const struct command_table *table, int count, char **arguments);

/* A completion script. False if there is none for that shell. */
MUST_CHECK bool completion_print(const struct command_table *table, const char *shell,
                                 FILE *stream);

/* Every command with its options, as mdoc(7). */
void manual_print(const struct command_table *table, FILE *stream);

#endif
