/*
 * The program's commands: a row in main.c, a file here.
 */
#ifndef COALMINE_COMMAND_H
#define COALMINE_COMMAND_H

#include "settings.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

extern const struct option_row attach_rows[];

/* Each gets its own arguments, without the program's and the command's names; the number it
 * returns is the exit status. */
int serve_command(int count, char **arguments);
int exec_command(int count, char **arguments);
int attach_command(int count, char **arguments);
int env_command(int count, char **arguments);
int check_command(int count, char **arguments);
int runtimes_command(int count, char **arguments);
int operations_command(int count, char **arguments);

/* Fills the settings by the rows, and sets the service clock and the log's level; false, with the
 * sentence or the help printed and *status_out set, if the command ends here. `usage` is the help's
 * beginning. */
bool command_read_settings(const struct option_row *rows, const char *usage,
                           struct settings *settings, int count, char **arguments,
                           int *operands_out, int *status_out);

/* For a command without arguments, or what is left of them. False, with the sentence or the usage
 * printed and *status_out set, if there is one. */
bool command_takes_none(const char *command, int count, char **arguments, int *status_out);

#endif
