/*
 * coalmine runtimes: which interpreter of this machine stands for which runtime identifier.
 */
#include <stdio.h>

#include "command/command.h"
#include "runtime/interpreters.h"

int runtimes_command(int count, char **arguments)
{
    int status;
    if (!command_takes_none("runtimes", count, arguments, &status))
        return status;
    for (const struct runtime_mapping *row = runtime_mappings(); row->identifier; row++) {
        printf("%-18s %s", row->identifier, row->interpreter ? row->interpreter : "-");
        if (row->note)
            printf("  (%s)", row->note);
        putchar('\n');
    }
    return EXIT_DONE;
}
