#include "command/environment.h"

#include <stdio.h>
#include <string.h>

#include "compiler.h"

void environment_list(const char *endpoint, const char *region,
                      struct environment_variable list_out[ENVIRONMENT_SIZE])
{
    /* Config files are shut out too: a profile there may name an endpoint or a real account. */
    const struct environment_variable list[] = {
        { "AWS_ENDPOINT_URL", endpoint },
        { "AWS_REGION", region },
        { "AWS_DEFAULT_REGION", region },
        { "AWS_ACCESS_KEY_ID", "coalmine" },
        { "AWS_SECRET_ACCESS_KEY", "coalmine" },
        { "AWS_CONFIG_FILE", "/dev/null" },
        { "AWS_SHARED_CREDENTIALS_FILE", "/dev/null" },
        { "AWS_EC2_METADATA_DISABLED", "true" },
        { "AWS_PAGER", "" },
        { "AWS_PROFILE", NULL },
        { "AWS_DEFAULT_PROFILE", NULL },
        { "AWS_SESSION_TOKEN", NULL },
        { "AWS_ENDPOINT_URL_LAMBDA", NULL },
        { "AWS_ENDPOINT_URL_CLOUDWATCH", NULL },
        { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL },
        { NULL, NULL },
    };
    _Static_assert(COUNT_OF(list) <= ENVIRONMENT_SIZE, "the list must fit");
    memcpy(list_out, list, sizeof(list));
}

/* In single quotes, so that a shell takes every character as it is. */
static void print_quoted(const char *value)
{
    putchar('\'');
    for (; *value; value++) {
        if (*value == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*value);
    }
    putchar('\'');
}

void environment_print(const struct environment_variable *variable)
{
    printf("%s %s", variable->value ? "export" : "unset", variable->name);
    if (variable->value) {
        putchar('=');
        print_quoted(variable->value);
    }
    putchar('\n');
}
