#include "command/environment.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "xalloc.h"

char *environment_no_proxy(void)
{
    static const char here[] = "127.0.0.1,localhost";
    const char *given = getenv("no_proxy");
    if (!given || !*given)
        given = getenv("NO_PROXY");
    if (!given || !*given)
        return xstrdup(here);
    bool is_in = strcmp(given, "*") == 0 || strncmp(given, here, strlen(here)) == 0;
    return is_in ? xstrdup(given) : xformat("%s,%s", here, given);
}

void environment_list(const struct environment_target *target,
                      struct environment_variable list_out[ENVIRONMENT_SIZE])
{
    /* Config files are shut out too: a profile there may name an endpoint or a real account. */
    const struct environment_variable list[] = {
        { "AWS_ENDPOINT_URL", target->endpoint },
        { "AWS_REGION", target->region },
        { "AWS_DEFAULT_REGION", target->region },
        { "AWS_ACCESS_KEY_ID", "coalmine" },
        { "AWS_SECRET_ACCESS_KEY", "coalmine" },
        { "AWS_CONFIG_FILE", "/dev/null" },
        { "AWS_SHARED_CREDENTIALS_FILE", "/dev/null" },
        { "AWS_EC2_METADATA_DISABLED", "true" },
        { "AWS_PAGER", "" },
        { "NO_PROXY", target->no_proxy },
        { "no_proxy", target->no_proxy },
        { "AWS_PROFILE", NULL },
        { "AWS_DEFAULT_PROFILE", NULL },
        { "AWS_SESSION_TOKEN", NULL },
        { "AWS_SECURITY_TOKEN", NULL },
        { "AWS_CREDENTIAL_EXPIRATION", NULL }, /* of the keys that were there before */
        { "AWS_ENDPOINT_URL_LAMBDA", NULL },
        { "AWS_ENDPOINT_URL_CLOUDWATCH", NULL },
        { "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", NULL },
        { "AWS_ENDPOINT_URL_STS", NULL },
        { "AWS_ENDPOINT_URL_IAM", NULL },
        { "AWS_USE_FIPS_ENDPOINT", NULL },
        { "AWS_USE_DUALSTACK_ENDPOINT", NULL },
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
    puts(";");
}
