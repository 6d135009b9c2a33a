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

enum { ENVIRONMENT_SIZE = 32 };

/* What AWS's tools are to be pointed to. All texts are borrowed. */
struct environment_target {
    const char *endpoint;
    const char *region;
    const char *no_proxy; /* of environment_no_proxy() */
};

/* Fills the list, ended by a row without a name. */
void environment_list(const struct environment_target *target,
                      struct environment_variable list_out[ENVIRONMENT_SIZE]);

/* The caller's NO_PROXY, with this machine in it: what a proxy is asked for here, it looks for on
 * its own machine. Owned by the caller. */
char *environment_no_proxy(void);

/* What `aws` is to bash, as the body of a function: Debian's AWS CLI 2.9 does not read
 * AWS_ENDPOINT_URL, so it gets the option. */
#define ENVIRONMENT_AWS_BODY "{ command aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"; }"

/* Prints the line that makes a shell have it so, also within `eval $(...)` without quotes. */
void environment_print(const struct environment_variable *variable);

#endif
