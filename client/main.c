/*
 * The table of canary's commands, and nothing else.
 */
#include "cli/command.h"
#include "command_table.h"

static const struct command_row commands[] = {
    { "init", init_command, init_rows, "write a plan to begin with, canary.json" },
    { "validate", validate_command, common_rows, "check a plan" },
    { "schema", schema_command, common_rows, "print the JSON Schema of plans" },
    { "plan", plan_command, plan_rows, "tell what deploy would do, and do nothing" },
    { "deploy", deploy_command, deploy_rows,
      "a whole canary deployment: publish, shift, watch, decide" },
    { "status", status_command, status_rows,
      "how an alias splits its traffic, and how its versions fare" },
    { "watch", watch_command, status_rows, "follow a deployment that runs elsewhere" },
    { "pause", pause_command, control_rows, "let a deployment stand still where it is" },
    { "resume", resume_command, going_on_rows,
      "let it go on, or take up one whose client has died" },
    { "approve", approve_command, going_on_rows, "let a deployment go on that waits for approval" },
    { "promote", promote_command, promote_rows,
      "end the present step; --full: all traffic to the new version" },
    { "abort", abort_command, control_rows, "end a deployment: all traffic to the old version" },
    { "rollback", rollback_command, control_rows,
      "all traffic to the old version, even after the promotion" },
    { "history", history_command, status_rows, "earlier deployments" },
    { "traffic", traffic_command, traffic_rows,
      "send requests through an alias and show who answered" },
    { "report", report_command, report_rows,
      "what a deployment did and saw: text, JSON, JUnit XML or HTML" },
    { "analyze", analyze_command, analyze_rows,
      "judge a recorded deployment again, or by other checks" },
    { "graph", graph_command, graph_rows, "metrics as lines in the terminal, and as a picture" },
    { "check", check_command, check_rows, "ask a version alone whether it is well" },
    { "explain", explain_command, explain_rows,
      "why an alarm is in its state, or a query found nothing" },
    { "clock", clock_command, clock_rows, "show Coalmine's clock, stop it, set it, move it on" },
    { NULL, NULL, NULL, NULL },
};

int main(int count, char **arguments)
{
    static const struct command_table table = {
        "canary", "canary deployments of AWS Lambda functions", commands,
        "Exit status: 0 done, 1 failed, 2 bad usage, 3 rolled back, 4 inconclusive,\n5 waits for "
        "somebody and was left.\n"
    };
    return command_table_run(&table, count, arguments);
}
