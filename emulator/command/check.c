/*
 * coalmine check DIR: is a data directory whole? Reads all of it, changes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/command.h"
#include "lambda/code_inspect.h"
#include "logs/event_inspect.h"
#include "store/inspection.h"
#include "store/telemetry.h"
#include "xalloc.h"

static void print_finding(bool is_problem, const char *sentence, void *owner UNUSED)
{
    printf("%s %s\n", is_problem ? "PROBLEM" : "note   ", sentence);
}

/* Nobody's project is to be told that it is damaged. */
static bool is_data_directory(const char *directory)
{
    static const char *const names[] = { "coalmine.db", "telemetry.db" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP(freep) char *path = xformat("%s/%s", directory, names[i]);
        if (access(path, F_OK) == 0 || errno != ENOENT)
            return true;
    }
    return false;
}

/* Nothing that a server, or a newer one, works on is looked at. */
static void inspect(struct inspection *inspection, const char *directory)
{
    sqlite3 *database = store_inspect(inspection, directory);
    if (inspection->is_barred)
        return;
    if (database)
        code_inspect(inspection, directory, database);
    sqlite3_close(database);
    database = telemetry_inspect(inspection, directory);
    if (database)
        event_inspect(inspection, database);
    uint64_t position;
    if (!database || !telemetry_read_position(database, &position))
        position = 0; /* a server's first moments leave no tables */
    sqlite3_close(database);
    journal_inspect(inspection, directory, position);
}

int check_command(int count, char **arguments)
{
    struct stat status;
    struct inspection inspection = { .on_finding = print_finding };
    bool wants_help = count == 1 && strcmp(arguments[0], "--help") == 0;
    if (count != 1 || wants_help) {
        fprintf(
            wants_help ? stdout : stderr,
            "Usage: coalmine check DIR\n\n"
            "Looks a data directory over: both databases page by page, every log event, every\n"
            "record of the journal, every package against its digest, and what was unpacked of\n"
            "it. Changes nothing. No server may run on it.\n"
            "Exit status: 0 all is well, 1 something is wrong, 2 bad usage.\n");
        return wants_help ? EXIT_DONE : EXIT_USAGE;
    }
    if (arguments[0][0] == '-') {
        fprintf(stderr, "coalmine check: unknown option '%s' (see --help)\n", arguments[0]);
        return EXIT_USAGE;
    }
    if (stat(arguments[0], &status) != 0 || !S_ISDIR(status.st_mode)) {
        fprintf(stderr, "coalmine check: %s is no directory\n", arguments[0]);
        return EXIT_FAILED;
    }
    if (!is_data_directory(arguments[0])) {
        fprintf(stderr,
                "coalmine check: %s is no data directory: neither coalmine.db nor telemetry.db is "
                "in it\n",
                arguments[0]);
        return EXIT_FAILED;
    }
    inspect(&inspection, arguments[0]);
    if (inspection.problems == 0)
        printf("%s is whole.\n", arguments[0]);
    else if (inspection.is_barred)
        printf("%s could not be looked over.\n", arguments[0]);
    else
        printf("%s: %zu problem%s. Restore it from a copy, or move it away to start empty.\n",
               arguments[0], inspection.problems, inspection.problems == 1 ? "" : "s");
    return inspection.problems ? EXIT_FAILED : EXIT_DONE;
}
