/*
 * coalmine env: prints what a shell needs to talk to a server that runs (eval "$(coalmine env)").
 */
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "command/environment.h"
#include "xalloc.h"

static const char usage[] =
    "eval \"$(coalmine env [--port N] [--region NAME])\"\n\n"
    "Points this shell's AWS tools to a server on 127.0.0.1, and takes away the variables that\n"
    "could lead them elsewhere.";

int env_command(int count, char **arguments)
{
    struct settings settings = { 0 };
    int operands = 0;
    int status = EXIT_DONE;
    if (!command_read_settings(env_rows, usage, &settings, count, arguments, &operands, &status) ||
        !command_takes_none("env", operands, arguments, &status))
        return status;
    if (settings.port == 0) {
        fprintf(stderr, "coalmine env: --port must be the port of a server; 0 is none\n");
        return EXIT_USAGE;
    }
    struct environment_variable list[ENVIRONMENT_SIZE];
    char *endpoint = xformat("http://127.0.0.1:%lld", (long long)settings.port);
    char *no_proxy = environment_no_proxy();
    environment_list(&(struct environment_target){ endpoint, settings.region, no_proxy }, list);
    for (const struct environment_variable *variable = list; variable->name; variable++)
        environment_print(variable);
    printf(
        "unalias aws 2>/dev/null || :;\n"
        "aws() " ENVIRONMENT_AWS_BODY ";\n"
        "[ -z \"${BASH_VERSION:-}\" ] || export -f aws;\n"
        "# Debian's AWS CLI 2.9 does not read AWS_ENDPOINT_URL, so it gets the option, in bash's\n"
        "# scripts too.\n");
    free(endpoint);
    free(no_proxy);
    return EXIT_DONE;
}
