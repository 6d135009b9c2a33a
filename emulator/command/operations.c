/*
 * coalmine operations: docs/operations.md, written from the rows that also serve the requests.
 */
#include <stdio.h>

#include "command/command.h"
#include "emulator.h"

static void print_names(const struct field *fields, const char *separator)
{
    for (; fields && fields->name; fields++) {
        printf("%s%s%s", separator, fields->name, fields->is_required ? "*" : "");
        separator = ", ";
    }
}

static void print_operation(const struct operation *operation)
{
    printf("| %s | %s%s%s | ", operation->name, operation->route ? "`" : "",
           operation->route ? operation->route : "POST", operation->route ? "`" : "");
    print_names(operation->input, "");
    printf(" | %s |\n", operation->note ? operation->note : "");
}

static void print_protocols(unsigned protocols)
{
    static const struct {
        enum protocol protocol;
        const char *name;
    } names[] = {
        { PROTOCOL_REST_JSON, "REST-JSON" },
        { PROTOCOL_AWS_JSON, "awsJson" },
        { PROTOCOL_QUERY, "awsQuery" },
        { PROTOCOL_CBOR, "Smithy RPC v2 CBOR" },
    };
    const char *separator = "Protocols: ";
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (protocols & names[i].protocol) {
            printf("%s%s", separator, names[i].name);
            separator = ", ";
        }
    }
    printf(".\n\n");
}

static void print_service(const struct service *service)
{
    printf("## %s\n\n", service->title);
    print_protocols(service->protocols);
    printf("| Operation | Request | Members (* required) | Note |\n| --- | --- | --- | --- |\n");
    for (const struct operation *const *slice = service->operations; *slice; slice++) {
        for (const struct operation *operation = *slice; operation->name; operation++)
            print_operation(operation);
    }
    if (service->lacking && service->lacking->name) {
        const char *separator = "\nNot emulated (answered with 501 `NotImplemented`): ";
        for (const struct lacking_operation *row = service->lacking; row->name; row++) {
            printf("%s%s", separator, row->name);
            separator = ", ";
        }
        printf(".\n");
    }
    printf("\n");
}

int operations_command(int count, char **arguments)
{
    int status;
    if (!command_takes_none("operations", count, arguments, &status))
        return status;
    printf("# Operations\n\nWritten by `make operations` from the rows in the source; do not "
           "edit.\n\n");
    for (const struct service *const *service = emulator_services; *service; service++)
        print_service(*service);
    return EXIT_DONE;
}
