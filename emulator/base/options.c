#include "options.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buffer.h"
#include "members.h"
#include "text.h"
#include "xalloc.h"

enum { HELP_COLUMN = 28, NARROWEST = 50 };

static bool parse_suffixed(const char *string, const char *suffix, double *value_out)
{
    struct text text = text_from(string);
    size_t size = strlen(suffix);
    if (text.size <= size || strcmp(string + text.size - size, suffix) != 0)
        return false;
    text.size -= size;
    return text_to_double(text, value_out);
}

bool option_parse_fraction(const char *string, double *value_out)
{
    double value;
    if (parse_suffixed(string, "%", &value))
        value /= 100;
    else if (!text_to_double(text_from(string), &value))
        return false;
    if (!(value >= 0 && value <= 1))
        return false;
    *value_out = value;
    return true;
}

bool option_parse_duration(const char *string, int64_t *ms_out)
{
    static const struct {
        const char *suffix;
        double ms;
    } units[] = { { "ms", 1 }, { "s", 1e3 }, { "m", 60e3 }, { "h", 3600e3 }, { "d", 86400e3 } };
    double value;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (parse_suffixed(string, units[i].suffix, &value) && value >= 0 && value <= 1e6) {
            *ms_out = (int64_t)(value * units[i].ms + 0.5);
            return true;
        }
    }
    return false;
}

const char *duration_print(int64_t ms, char text_out[DURATION_SIZE])
{
    long long s = ms / 1000;
    if (ms % 1000 && s == 0)
        snprintf(text_out, DURATION_SIZE, "%lldms", (long long)ms);
    else if (ms % 1000)
        snprintf(text_out, DURATION_SIZE, "%.10gs", (double)ms / 1000);
    else if (s < 60 || (s % 60 && s < 120))
        snprintf(text_out, DURATION_SIZE, "%llds", s);
    else if (s < 3600)
        snprintf(text_out, DURATION_SIZE, s % 60 ? "%lldm%llds" : "%lldm", s / 60, s % 60);
    else
        snprintf(text_out, DURATION_SIZE, s % 3600 ? "%lldh%lldm" : "%lldh", s / 3600,
                 s % 3600 / 60);
    return text_out;
}

bool option_parse_rate(const char *string, double *per_second_out)
{
    double value;
    if (parse_suffixed(string, "/s", &value) || text_to_double(text_from(string), &value))
        ;
    else if (parse_suffixed(string, "/m", &value))
        value /= 60;
    else if (parse_suffixed(string, "/h", &value))
        value /= 3600;
    else
        return false;
    if (!(value > 0 && value <= 1e6))
        return false;
    *per_second_out = value;
    return true;
}

static const char *type_description(enum option_type type)
{
    static const char *const descriptions[] = {
        [OPTION_FLAG] = "on or off",
        [OPTION_TEXT] = "a text",
        [OPTION_INTEGER] = "a whole number",
        [OPTION_FRACTION] = "a share such as 10% or 0.1",
        [OPTION_DURATION] = "a time such as 300ms, 90s, 5m or 2h",
        [OPTION_RATE] = "a rate such as 10/s or 600/m",
    };
    return descriptions[type];
}

static bool is_truth(const char *value, bool *flag_out)
{
    static const char *const truths[] = { "1", "true", "yes", "on" };
    static const char *const lies[] = { "0", "false", "no", "off", "" };
    for (size_t i = 0; i < COUNT_OF(truths); i++) {
        if (strcmp(value, truths[i]) == 0)
            return *flag_out = true;
    }
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        if (strcmp(value, lies[i]) == 0) {
            *flag_out = false;
            return true;
        }
    }
    return false;
}

/* Words between spaces; "json" of "text json". */
static bool is_choice(const char *text, const char *choices)
{
    struct text rest = text_from(choices);
    while (rest.data) {
        if (text_equal(text_cut(&rest, ' '), text))
            return true;
    }
    return false;
}

/* "--output is text or json, not 'xml'" */
static bool choice_fault(const struct option_row *row, const char *text, const char *label,
                         struct error *error)
{
    CLEANUP(buffer_clear) struct buffer list = { 0 };
    struct text rest = text_from(row->choices);
    while (rest.data) {
        struct text word = text_cut(&rest, ' ');
        bool is_last = !rest.data;
        buffer_add_format(&list, "%s%.*s",
                          !list.size ? ""
                          : is_last  ? " or "
                                     : ", ",
                          TEXT_ARGS(word));
    }
    return error_set(error, NULL, "%s is %s, not '%s'", label, list.data, text);
}

static bool set_value(const struct option_row *row, void *values, const char *text,
                      const char *label, struct error *error)
{
    if (row->choices && !is_choice(text, row->choices))
        return choice_fault(row, text, label, error);
    void *slot = (char *)values + row->offset;
    bool is_good = true;
    switch (row->type) {
    case OPTION_FLAG:
        is_good = is_truth(text, slot);
        break;
    case OPTION_TEXT:
        *(const char **)slot = text;
        break;
    case OPTION_INTEGER:
        is_good = text_to_int64(text_from(text), slot);
        break;
    case OPTION_FRACTION:
        is_good = option_parse_fraction(text, slot);
        break;
    case OPTION_DURATION:
        is_good = option_parse_duration(text, slot);
        break;
    case OPTION_RATE:
        is_good = option_parse_rate(text, slot);
        break;
    }
    return is_good ||
           error_set(error, NULL, "%s: '%s' is not %s", label, text, type_description(row->type));
}

static bool read_defaults(const struct option_row *rows, void *values, struct error *error)
{
    for (const struct option_row *row = rows; row->name; row++) {
        if (row->initial && !set_value(row, values, row->initial, row->name, error))
            return false;
        const char *value = row->environment ? getenv(row->environment) : NULL;
        if (value && *value && !set_value(row, values, value, row->environment, error))
            return false;
    }
    return true;
}

static const struct option_row *find_row(const struct option_row *rows, struct text name)
{
    for (; rows->name; rows++) {
        if (text_equal(name, rows->name))
            return rows;
    }
    return NULL;
}

/* Says so, with the one that may be meant. */
static void unknown_option(const struct option_row *rows, struct text name, struct error *error)
{
    enum { ROWS_MAX = 64 };
    const char *names[ROWS_MAX];
    size_t count = 0;
    CLEANUP(freep) char *given = xstrndup(name.data, name.size);
    for (; count < ROWS_MAX && rows[count].name; count++)
        names[count] = rows[count].name;
    const char *near = nearest_name(given, names, count);
    error_set(error, NULL, "unknown option '--%s'%s%s%s", given, near ? "; did you mean '--" : "",
              near ? near : "", near ? "'?" : "");
}

/* The row of `--name`, `--name=value` or `-n`, and the value if it stands there, else NULL; NULL
 * with the error. */
static const struct option_row *row_of(const struct option_row *rows, const char *argument,
                                       const char **value_out, struct error *error)
{
    *value_out = NULL;
    if (argument[1] != '-') {
        for (const struct option_row *row = rows; row->name; row++) {
            if (row->letter == argument[1] && !argument[2])
                return row;
        }
        error_set(error, NULL, "unknown option '%s'", argument);
        return NULL;
    }
    struct text rest = text_from(argument + 2);
    struct text name = text_cut(&rest, '=');
    const struct option_row *row = find_row(rows, name);
    if (!row)
        unknown_option(rows, name, error);
    *value_out = rest.data;
    return row;
}

/* Reads the option at `arguments[at]`; the number of arguments it took, or 0 with the error. */
static int read_option(const struct option_row *rows, void *values, int count, char **arguments,
                       int at, struct error *error)
{
    const char *value;
    const struct option_row *row = row_of(rows, arguments[at], &value, error);
    if (!row)
        return 0;
    if (row->type == OPTION_FLAG) {
        if (value)
            error_set(error, NULL, "--%s takes no value", row->name);
        else
            *(bool *)(void *)((char *)values + row->offset) = true;
        return value ? 0 : 1;
    }
    int taken = value ? 1 : 2;
    if (!value && at + 1 >= count) {
        bool is_named = row->type == OPTION_TEXT && row->placeholder;
        error_set(error, NULL, "--%s needs a value, %s", row->name,
                  is_named ? row->placeholder : type_description(row->type));
        return 0;
    }
    if (!value)
        value = arguments[at + 1];
    char label[80];
    snprintf(label, sizeof(label), "--%s", row->name);
    return set_value(row, values, value, label, error) ? taken : 0;
}

/* Whoever asks for help gets it, whatever the environment says. */
static bool is_only_help(const struct option_row *rows, void *values, int count, char **arguments)
{
    bool asks =
        count == 1 && (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0);
    return asks && find_row(rows, text_from("help")) &&
           read_option(rows, values, count, arguments, 0, NULL) == 1;
}

bool options_read(const struct option_row *rows, void *values, int count, char **arguments,
                  int *operands_out, struct error *error)
{
    *operands_out = 0;
    if (is_only_help(rows, values, count, arguments))
        return true;
    if (!read_defaults(rows, values, error))
        return false;
    int operands = 0;
    bool is_ended = false;
    for (int at = 0; at < count;) {
        char *argument = arguments[at];
        if (!is_ended && strcmp(argument, "--") == 0) {
            is_ended = true;
            at++;
        } else if (!is_ended && argument[0] == '-' && argument[1]) {
            int taken = read_option(rows, values, count, arguments, at, error);
            if (taken == 0)
                return false;
            at += taken;
        } else {
            arguments[operands++] = argument;
            at++;
        }
    }
    *operands_out = operands;
    return true;
}

/* Of the terminal; elsewhere, and where wrapping helps nobody, as many as one likes. */
static size_t columns_of(FILE *stream)
{
    struct winsize size;
    int fd = fileno(stream);
    bool is_known = fd >= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0;
    return is_known && size.ws_col >= NARROWEST ? size.ws_col : SIZE_MAX;
}

/* From column `at` on, broken between words: what goes on stands in the column of help. */
static void print_wrapped(struct text help, size_t at, FILE *stream)
{
    size_t columns = columns_of(stream);
    struct text word = text_cut(&help, ' ');
    fprintf(stream, "%.*s", TEXT_ARGS(word));
    at += word.size;
    while (help.data) {
        word = text_cut(&help, ' ');
        if (at + 1 + word.size > columns) {
            fprintf(stream, "\n%*s%.*s", HELP_COLUMN, "", TEXT_ARGS(word));
            at = HELP_COLUMN + word.size;
        } else {
            fprintf(stream, " %.*s", TEXT_ARGS(word));
            at += 1 + word.size;
        }
    }
}

void options_print(const struct option_row *rows, FILE *stream)
{
    for (; rows->name; rows++) {
        char letter[] = { '-', rows->letter, ',', ' ', 0 };
        int width =
            fprintf(stream, "  %s--%s%s%s", rows->letter ? letter : "", rows->name,
                    rows->placeholder ? " " : "", rows->placeholder ? rows->placeholder : "");
        int gap = width < HELP_COLUMN ? HELP_COLUMN - width : 1;
        CLEANUP(buffer_clear) struct buffer help = { 0 };
        buffer_add_string(&help, rows->help);
        if (rows->initial)
            buffer_add_format(&help, " [default: %s]", rows->initial);
        if (rows->environment)
            buffer_add_format(&help, " [env: %s]", rows->environment);
        fprintf(stream, "%*s", gap, "");
        print_wrapped(buffer_text(&help), (size_t)(width + gap), stream);
        fputc('\n', stream);
    }
}
