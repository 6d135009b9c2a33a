#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "log.h"
#include "text.h"
#include "xalloc.h"

static bool is_address(const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_region(const char *name)
{
    return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* As a browser writes it: scheme, host and port, and nothing behind them. "null" is a file's. */
static bool is_origin(struct text item)
{
    struct text host = item;
    struct text scheme = text_cut(&host, ':');
    return text_equal(item, "*") || text_equal(item, "null") ||
           (scheme.size && text_starts_with(host, "//") && host.size > 2 &&
            !memchr(host.data + 2, '/', host.size - 2) && !memchr(item.data, ' ', item.size));
}

static bool check_origins(const char *list, struct error *error)
{
    struct text rest = text_from(list);
    while (rest.data) {
        struct text item = text_cut(&rest, ',');
        if (!is_origin(item))
            return error_set(error, NULL,
                             "--allow-origin must be * or origins such as http://localhost:3000, "
                             "with no / at the end, not '%.*s'",
                             TEXT_ARGS(item));
    }
    return true;
}

/* What else is written there would never be met: a request's name is taken without its port. */
static bool is_host_name(struct text item)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._";
    CLEANUP(freep) char *name = xstrndup(item.data, item.size);
    return is_address(name) || (*name && name[strspn(name, letters)] == '\0');
}

static bool check_hosts(const char *list, struct error *error)
{
    struct text rest = text_from(list);
    while (rest.data) {
        struct text item = text_cut(&rest, ',');
        if (!is_host_name(item))
            return error_set(error, NULL,
                             "--allow-host must be names such as coalmine.test, without http:// "
                             "and port, not '%.*s'",
                             TEXT_ARGS(item));
    }
    return true;
}

static bool check_counts(const struct settings *settings, struct error *error)
{
    bool is_processes = settings->max_processes < 0 || settings->max_processes > INT_MAX;
    if (!is_processes && settings->concurrency_limit >= 0 && settings->concurrency_limit <= INT_MAX)
        return true;
    return error_set(error, NULL, "--%s must be 0 to %d",
                     is_processes ? "max-processes" : "concurrency", INT_MAX);
}

/* What a value of the right kind may not be; settings that a command does not have are as they
 * were made, zero or NULL. */
static bool check_settings(const struct settings *settings, struct error *error)
{
    if (settings->port < 0 || settings->port > 65535)
        return error_set(error, NULL, "--port must be 0 to 65535");
    if (settings->listen && !is_address(settings->listen))
        return error_set(error, NULL,
                         "--listen must be an IP address such as 127.0.0.1 or ::1, not '%s'",
                         settings->listen);
    if (settings->data_dir && !*settings->data_dir)
        return error_set(error, NULL, "--data-dir must name a directory, and is empty");
    if (!is_region(settings->region))
        return error_set(error, NULL, "--region must be a name such as us-east-1, not '%s'",
                         settings->region);
    if (settings->seed < -1)
        return error_set(error, NULL, "--seed must be 0 or more; -1 is another one each time");
    if (!check_counts(settings, error))
        return false;
    if (settings->allowed_hosts && !check_hosts(settings->allowed_hosts, error))
        return false;
    if (settings->allowed_origins && !check_origins(settings->allowed_origins, error))
        return false;
    return !settings->clock || settings_set_clock(settings->clock, error);
}

bool command_read_settings(const struct option_row *rows, const char *usage,
                           struct settings *settings, int count, char **arguments,
                           int *operands_out, int *status_out)
{
    CLEANUP(error_clear) struct error error = { 0 };
    if (!options_read(rows, settings, count, arguments, operands_out, &error)) {
        fprintf(stderr, "coalmine: %s (see --help)\n", error.message);
        *status_out = EXIT_USAGE;
        return false;
    }
    if (settings->wants_help) {
        printf("Usage: %s\n\n", usage);
        options_print(rows, stdout);
        *status_out = EXIT_DONE;
        return false;
    }
    if (!check_settings(settings, &error)) {
        fprintf(stderr, "coalmine: %s\n", error.message);
        *status_out = EXIT_USAGE;
        return false;
    }
    log_set_level(settings->is_verbose ? LOG_LEVEL_DEBUG
                  : settings->is_quiet ? LOG_LEVEL_WARN
                                       : LOG_LEVEL_INFO);
    return true;
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
