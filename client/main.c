/*
 * The table of canary's commands, and nothing else.
 */
#include "cli/command.h"
#include "command_table.h"

static const struct command_row commands[] = {
    { "deploy", deploy_command, deploy_rows,
      "a whole canary deployment: publish, shift, watch, decide" },
    { "status", status_command, alias_rows,
      "how an alias splits its traffic, and how its versions fare" },
    { "promote", promote_command, alias_rows, "end a split: all traffic to the new version" },
    { "rollback", rollback_command, alias_rows, "end a split: all traffic to the old version" },
    { "traffic", traffic_command, traffic_rows,
      "send requests through an alias and show who answered" },
    { "report", report_command, report_rows,
      "what a deployment did and saw: text, JSON, JUnit XML or HTML" },
    { "check", check_command, check_rows, "ask a version alone whether it is well" },
    { NULL, NULL, NULL, NULL },
};

int main(int count, char **arguments)
{
    static const struct command_table table = {
        "canary", "canary deployments of AWS Lambda functions", commands,
        "Exit status: 0 done, 1 failed, 2 bad usage, 3 rolled back.\n"
    };
    return command_table_run(&table, count, arguments);
}
