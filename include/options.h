/*
 * Command line options as rows: one row gives the flag, its environment variable, its default
 * and its line in --help. Both programs use it. Implemented in emulator/base/options.c.
 */
#ifndef COALMINE_OPTIONS_H
#define COALMINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "compiler.h"
#include "error.h"

enum option_type {
    OPTION_FLAG,     /* bool; given or not */
    OPTION_TEXT,     /* const char *; as given */
    OPTION_INTEGER,  /* int64_t */
    OPTION_FRACTION, /* double; "10%" or "0.1" */
    OPTION_DURATION, /* int64_t milliseconds; "300ms", "90s", "5m", "2h", "1d" */
    OPTION_RATE,     /* double per second; "10/s", "600/m" */
};

struct option_row {
    const char *name; /* without the dashes: "data-dir" */
    enum option_type type;
    size_t offset;           /* of the value in the caller's struct */
    const char *placeholder; /* in --help: "DIR" */
    const char *environment; /* variable that gives it when the flag is absent; or NULL */
    const char *initial;     /* default, as it would be typed; NULL: zero, false or NULL */
    const char *help;        /* one sentence, lower case, no full stop */
    const char *choices;     /* what it may be, between spaces; NULL: anything */
    char letter;             /* 'o': -o is the same; 0: there is none */
};

/* The row of --help, of which every command has one. */
#define HELP_ROW(owner, member)                                                                    \
    {                                                                                              \
        .name = "help", .letter = 'h', .type = OPTION_FLAG, .offset = offsetof(owner, member),     \
        .help = "print this and exit"                                                              \
    }

/*
 * Fills `values` from defaults, then environment, then arguments (`--name value`, `--name=value`,
 * `-n value`; `--name`, `-n` for flags). Options may stand between operands; `--` ends them.
 * Operands are moved to the front of `arguments` and their number is given. Texts are borrowed from
 * the arguments and the environment. Rows end with a row without a name. `--help` or `-h` alone is
 * all that is read then. False with a sentence on bad usage.
 */
MUST_CHECK bool options_read(const struct option_row *rows, void *values, int count,
                             char **arguments, int *operands_out, struct error *error);

/* The rows as lines of a help text: flag, placeholder, help, default, environment. */
void options_print(const struct option_row *rows, FILE *stream);

/* The readers, for values that come from elsewhere (plan files). */
MUST_CHECK bool option_parse_fraction(const char *string, double *value_out);
MUST_CHECK bool option_parse_duration(const char *string, int64_t *ms_out);
MUST_CHECK bool option_parse_rate(const char *string, double *per_second_out);

/* "300ms", "90s", "5m", "1h30m", for people: the seconds of hours are left out. */
enum { DURATION_SIZE = 32 };
const char *duration_print(int64_t ms, char text_out[DURATION_SIZE]);

#endif
