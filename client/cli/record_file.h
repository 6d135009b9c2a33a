/*
 * Which record a command is about that needs no network.
 */
#ifndef CANARY_RECORD_FILE_H
#define CANARY_RECORD_FILE_H

enum { RECORD_MAX = 1 << 30 }; /* of a record that is read, in bytes */

struct record_choice {
    const char *named;    /* a file, a deployment's directory, or an id; NULL: the one begun last */
    const char *function; /* of this function and alias; NULL: of any */
    const char *alias;
};

/* The path of the record that is meant, with ids and the last one in `state`. The caller owns it.
 * NULL, with a complaint, if it is not there. */
char *record_find(const struct record_choice *choice, const char *state);

#endif
