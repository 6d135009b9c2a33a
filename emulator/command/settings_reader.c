#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "log.h"

bool command_read_settings(const char *usage, struct settings *settings, int count,
                           char **arguments, int *operands_out, int *status_out)
{
    CLEANUP(error_clear) struct error error = { 0 };
    if (!options_read(settings_rows, settings, count, arguments, operands_out, &error)) {
        fprintf(stderr, "coalmine: %s (see --help)\n", error.message);
        *status_out = EXIT_USAGE;
        return false;
    }
    if (settings->wants_help) {
        printf("Usage: %s\n\n", usage);
        options_print(settings_rows, stdout);
        *status_out = EXIT_DONE;
        return false;
    }
    if (settings->port < 0 || settings->port > 65535) {
        fprintf(stderr, "coalmine: --port must be 0 to 65535\n");
        *status_out = EXIT_USAGE;
        return false;
    }
    log_set_level(settings->is_verbose ? LOG_LEVEL_DEBUG
                  : settings->is_quiet ? LOG_LEVEL_WARN
                                       : LOG_LEVEL_INFO);
    return true;
}

bool command_is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool command_takes_none(const char *command, int count, char **arguments, int *status_out)
{
    if (count == 0)
        return true;
    bool wants_help = strcmp(arguments[0], "--help") == 0;
    if (wants_help)
        printf("Usage: coalmine %s\n", command);
    else
        fprintf(stderr, "coalmine %s: '%s' is not an option (see --help)\n", command, arguments[0]);
    *status_out = wants_help ? EXIT_DONE : EXIT_USAGE;
    return false;
}
