/*
 * Variables for a shell or a command: those that point AWS's tools to a running Coalmine, and those
 * that could lead them elsewhere.
 */
#ifndef COALMINE_ENVIRONMENT_H
#define COALMINE_ENVIRONMENT_H

struct environment_variable {
    const char *name;
    const char *value; /* NULL: must not be set */
};

enum { ENVIRONMENT_SIZE = 16 };

/* Fills the list, ended by a row without a name. `endpoint` and `region` are borrowed. */
void environment_list(const char *endpoint, const char *region,
                      struct environment_variable list_out[ENVIRONMENT_SIZE]);

/* Prints the line that makes a shell have it so. */
void environment_print(const struct environment_variable *variable);

#endif
