/*
 * The table of canary's commands, and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "version.h"

static const struct {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *help;
} commands[] = {
    { "deploy", deploy_command, "a whole canary deployment: publish, shift, watch, decide" },
    { "status", status_command, "how an alias splits its traffic, and how its versions fare" },
    { "promote", promote_command, "end a split: all traffic to the new version" },
    { "rollback", rollback_command, "end a split: all traffic to the old version" },
    { "traffic", traffic_command, "send requests through an alias and show who answered" },
    { "check", check_command, "ask a version alone whether it is well" },
    { "analyze", analyze_command, "judge a recorded deployment again, or by other checks" },
};

static void print_help(FILE *stream)
{
    fprintf(stream,
            "canary %s: canary deployments of AWS Lambda functions\n\n"
            "Usage: canary COMMAND [OPTION]...\n\n",
            COALMINE_VERSION);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(stream, "  %-9s %s\n", commands[i].name, commands[i].help);
    fprintf(stream, "\n`canary COMMAND --help` lists a command's options.\n"
                    "Exit status: 0 done, 1 failed, 2 bad usage, 3 rolled back.\n");
}

int main(int count, char **arguments)
{
    if (count < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(arguments[1], commands[i].name) == 0)
            return commands[i].run(count - 2, arguments + 2);
    }
    if (strcmp(arguments[1], "--version") == 0) {
        printf("canary %s\n", COALMINE_VERSION);
        return EXIT_DONE;
    }
    bool is_help = strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "help") == 0;
    if (!is_help)
        fprintf(stderr, "canary: there is no command '%s'\n\n", arguments[1]);
    print_help(is_help ? stdout : stderr);
    return is_help ? EXIT_DONE : EXIT_USAGE;
}
