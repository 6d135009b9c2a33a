#include "command_table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "members.h"
#include "version.h"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, NAMES_MAX = 64 };

/* A database that got the number of a stream the caller had closed would be written to by the next
 * message. Reading and writing fail as they did. */
static void occupy_closed_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/* What was printed must have arrived, unless its reader has seen enough. */
static int finish(const struct command_table *table, int status)
{
    if (status != STATUS_DONE)
        return status;
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE)
        return STATUS_DONE;
    fprintf(stderr, "%s: cannot write to standard output%s%s\n", table->program, errno ? ": " : "",
            errno ? strerror(errno) : "");
    return STATUS_FAILED;
}

static bool asks_for_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static int print_completion(const struct command_table *table, int count, char **arguments)
{
    if (count == 1 && completion_print(table, arguments[0], stdout))
        return STATUS_DONE;
    bool wants_help = count == 1 && asks_for_help(arguments[0]);
    fprintf(wants_help ? stdout : stderr,
            "Usage: %s completion bash|zsh\n\n"
            "Prints a script that completes %s's commands and options. For this shell only:\n"
            "  source <(%s completion bash)\n",
            table->program, table->program, table->program);
    return wants_help ? STATUS_DONE : STATUS_USAGE;
}

static int width_of(const struct command_row *commands)
{
    size_t width = 0;
    for (; commands->name; commands++)
        width = strlen(commands->name) > width ? strlen(commands->name) : width;
    return (int)width;
}

static void print_help(const struct command_table *table, FILE *stream)
{
    int width = width_of(table->commands);
    fprintf(stream, "%s %s: %s\n\nUsage: %s COMMAND [OPTION]...\n\n", table->program,
            COALMINE_VERSION, table->about, table->program);
    for (const struct command_row *row = table->commands; row->name; row++)
        fprintf(stream, "  %-*s  %s\n", width, row->name, row->help);
    fprintf(
        stream,
        "\n`%s COMMAND --help` lists a command's options; `%s completion bash` (or zsh) prints\n"
        "what completes them in a shell.\n%s",
        table->program, table->program, table->closing ? table->closing : "");
}

static const char *suggestion(const struct command_table *table, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (const struct command_row *row = table->commands; row->name && count < NAMES_MAX; row++)
        names[count++] = row->name;
    return nearest_name(name, names, count);
}

static int refuse(const struct command_table *table, const char *name)
{
    const char *near = suggestion(table, name);
    fprintf(stderr, "%s: there is no command '%s'", table->program, name);
    if (near)
        fprintf(stderr, "; did you mean '%s'?", near);
    fprintf(stderr, "\n\n");
    print_help(table, stderr);
    return STATUS_USAGE;
}

static int run(const struct command_table *table, int count, char **arguments)
{
    static char help[] = "--help";
    if (count < 2) {
        print_help(table, stderr);
        return STATUS_USAGE;
    }
    const char *name = arguments[1];
    if (count == 3 && strcmp(name, "help") == 0)
        return run(table, count, (char *[]){ arguments[0], arguments[2], help, NULL });
    bool wants_help = count == 3 && asks_for_help(arguments[2]);
    if (wants_help) /* commands without options know the one spelling */
        arguments[2] = help;
    for (const struct command_row *row = table->commands; row->name; row++) {
        if (strcmp(name, row->name) != 0)
            continue;
        if (wants_help)
            printf("%s %s: %s\n\n", table->program, name, row->help);
        return row->run(count - 2, arguments + 2);
    }
    if (strcmp(name, "completion") == 0)
        return print_completion(table, count - 2, arguments + 2);
    if (strcmp(name, "manual") == 0)
        manual_print(table, stdout);
    else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        printf("%s %s\n", table->program, COALMINE_VERSION);
    else if (asks_for_help(name) || strcmp(name, "help") == 0)
        print_help(table, stdout);
    else
        return refuse(table, name);
    return STATUS_DONE;
}

int command_table_run(const struct command_table *table, int count, char **arguments)
{
    occupy_closed_streams();
    return finish(table, run(table, count, arguments));
}
