/*
 * The table of commands, and nothing else.
 */
#include <signal.h>

#include "command/command.h"
#include "command_table.h"
#include "compiler.h"
#include "json.h"

static const struct command_row commands[] = {
    { "serve", serve_command, settings_rows, "run the server in the foreground" },
    { "exec", exec_command, settings_rows,
      "run one command against a server of its own, then forget it all" },
    { "attach", attach_command, attach_rows,
      "let a program of your own, under a debugger, be a function" },
    { "env", env_command, settings_rows,
      "print the variables that point AWS's tools to a running server" },
    { "check", check_command, NULL, "look a data directory over: is all of it whole" },
    { "runtimes", runtimes_command, NULL, "show which interpreters stand for Lambda's runtimes" },
    { "operations", operations_command, NULL, "print the table of emulated operations" },
    { NULL, NULL, NULL, NULL },
};

int main(int count, char **arguments)
{
    static const struct command_table table = { "coalmine",
                                                "AWS Lambda canary deployments, offline", commands,
                                                NULL };
    signal(SIGPIPE, SIG_IGN); /* a peer that left is an error of write(), not the end */
    json_keep_memory();
    return command_table_run(&table, count, arguments);
}
