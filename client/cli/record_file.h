/*
 * Which record a command is about that needs no network.
 */
#ifndef CANARY_RECORD_FILE_H
#define CANARY_RECORD_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

enum { RECORD_MAX = 1 << 30 }; /* of a record that is read, in bytes */

/* What such a command may be told, as a member of its own options. */
struct record_options {
    const char *function; /* of the deployment begun last; NULL: any */
    const char *alias;
    const char *state_directory; /* where ids and the last one are; NULL: where they usually are */
    bool wants_help;
};

#define RECORD_ROW(owner, option, flag, kind)                                                      \
    .name = (flag), .type = (kind), .offset = offsetof(owner, option)

/* The rows of these options; `owner` is the command's own struct. */
#define RECORD_ROWS(owner, member)                                                                 \
    { RECORD_ROW(owner, member.function, "function", OPTION_TEXT), .placeholder = "NAME",          \
      .help = "without ID: the latest deployment of this function" },                              \
        { RECORD_ROW(owner, member.alias, "alias", OPTION_TEXT), .placeholder = "NAME",            \
          .help = "without ID: the latest deployment of this alias" },                             \
        { RECORD_ROW(owner, member.state_directory, "state-dir", OPTION_TEXT),                     \
          .placeholder = "DIR",                                                                    \
          .help = "where deployments are kept; else $XDG_STATE_HOME/canary" },                     \
        HELP_ROW(owner, member.wants_help)

/* The help text of such a command. */
void record_print_help(const char *command, const struct option_row *rows);

/* The path of the record that is meant: `named` is a file, a deployment's directory, or an id; NULL
 * means the one begun last. The caller owns it. NULL, with a complaint, if it is not there. */
char *record_find(const char *named, const struct record_options *options);

/* For a record that has no plan in it: true, with a complaint, if it is a deployment's own, whose
 * client was killed at once; false without one if it may be any other file. */
bool record_ended_early(const char *path);

#endif
