/*
 * The table of commands, and nothing else.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "compiler.h"
#include "version.h"

static const struct {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *help;
} commands[] = {
    { "serve", serve_command, "run the server in the foreground" },
    { "exec", exec_command, "run one command against a server of its own, then forget it all" },
    { "attach", attach_command, "let a program of your own, under a debugger, be a function" },
    { "env", env_command, "print the variables that point AWS's tools to a running server" },
    { "check", check_command, "look a data directory over: is all of it whole" },
    { "runtimes", runtimes_command, "show which interpreters stand for Lambda's runtimes" },
    { "operations", operations_command, "print the table of emulated operations" },
};

static void print_help(FILE *stream)
{
    fprintf(stream,
            "coalmine %s: AWS Lambda canary deployments, offline\n\n"
            "Usage: coalmine COMMAND [OPTION]...\n\n",
            COALMINE_VERSION);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(stream, "  %-11s %s\n", commands[i].name, commands[i].help);
    fprintf(stream, "\n`coalmine COMMAND --help` lists a command's options.\n");
}

int main(int count, char **arguments)
{
    signal(SIGPIPE, SIG_IGN); /* a peer that left is an error of write(), not the end */
    if (count < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(arguments[1], commands[i].name) == 0)
            return commands[i].run(count - 2, arguments + 2);
    }
    if (strcmp(arguments[1], "--version") == 0) {
        printf("coalmine %s\n", COALMINE_VERSION);
        return EXIT_DONE;
    }
    bool is_help = strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "help") == 0;
    if (!is_help)
        fprintf(stderr, "coalmine: there is no command '%s'\n\n", arguments[1]);
    print_help(is_help ? stdout : stderr);
    return is_help ? EXIT_DONE : EXIT_USAGE;
}
