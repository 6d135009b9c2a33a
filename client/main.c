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
    { "init", init_command, "write a plan to begin with, canary.json" },
    { "validate", validate_command, "check a plan" },
    { "schema", schema_command, "print the JSON Schema of plans" },
    { "plan", plan_command, "tell what deploy would do, and do nothing" },
    { "deploy", deploy_command, "a whole canary deployment: publish, shift, watch, decide" },
    { "status", status_command, "how an alias splits its traffic, and how its versions fare" },
    { "watch", watch_command, "follow a deployment that runs elsewhere" },
    { "pause", pause_command, "let a deployment stand still where it is" },
    { "resume", resume_command, "let it go on, or take up one whose client has died" },
    { "approve", approve_command, "let a deployment go on that waits for approval" },
    { "promote", promote_command, "end the present step; --full: all traffic to the new version" },
    { "abort", abort_command, "end a deployment: all traffic to the old version" },
    { "rollback", rollback_command, "all traffic to the old version, even after the promotion" },
    { "history", history_command, "earlier deployments" },
    { "traffic", traffic_command, "send requests through an alias and show who answered" },
    { "graph", graph_command, "metrics as lines in the terminal, and as a picture" },
    { "check", check_command, "ask a version alone whether it is well" },
    { "explain", explain_command, "why an alarm is in its state, or a query found nothing" },
    { "clock", clock_command, "show Coalmine's clock, stop it, set it, move it on" },
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
                    "Exit status: 0 done, 1 failed, 2 bad usage, 3 rolled back, 4 inconclusive,\n"
                    "5 waits for somebody and was left.\n");
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
