#include "aws/config.h"

#include <stdlib.h>
#include <strings.h>

#include "file.h"
#include "xalloc.h"

const char *config_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The caller owns it. */
static char *file_path(const char *variable, const char *file)
{
    const char *given = config_variable(variable);
    if (given && strncmp(given, "~/", 2) == 0) /* no shell has seen it */
        return xformat("%s%s", home_directory(), given + 1);
    return given ? xstrdup(given) : xformat("%s/.aws/%s", home_directory(), file);
}

/* One that is named must be there, as for the AWS CLI; "default" need not. */
static bool is_there(const struct config *config, const char *file, const char *credentials,
                     struct error *error)
{
    CLEANUP(freep) char *section = xformat("profile %s", config->profile);
    return strcmp(config->profile, "default") == 0 || ini_has_section(config->file, section) ||
           ini_has_section(config->credentials, config->profile) ||
           error_set(error, NULL,
                     "there is no profile '%s' in %s or %s: name one of those that `aws configure "
                     "list-profiles` shows with --profile or AWS_PROFILE",
                     config->profile, file, credentials);
}

bool config_open(const char *profile, struct config *config_out, struct error *error)
{
    profile = profile ? profile : config_variable("AWS_PROFILE");
    profile = profile ? profile : config_variable("AWS_DEFAULT_PROFILE");
    CLEANUP(freep) char *file = file_path("AWS_CONFIG_FILE", "config");
    CLEANUP(freep) char *credentials = file_path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    struct config config = { profile ? profile : "default", ini_read(file), ini_read(credentials) };
    if (!is_there(&config, file, credentials, error)) {
        config_close(&config);
        return false;
    }
    *config_out = config;
    return true;
}

void config_close(struct config *config)
{
    ini_destroy(config->file);
    ini_destroy(config->credentials);
}

struct config config_of_profile(const struct config *config, const char *profile)
{
    return (struct config){ profile, config->file, config->credentials };
}

/* The config file's sections are "default" and "profile NAME". */
const char *config_file_value(const struct config *config, const char *key)
{
    if (strcmp(config->profile, "default") == 0) {
        const char *value = ini_get(config->file, "default", key);
        if (value)
            return value;
    }
    return config_section_value(config, "profile", config->profile, key);
}

const char *config_credentials_value(const struct config *config, const char *key)
{
    return ini_get(config->credentials, config->profile, key);
}

const char *config_value(const struct config *config, const char *key)
{
    const char *value = config_credentials_value(config, key);
    return value ? value : config_file_value(config, key);
}

const char *config_section_value(const struct config *config, const char *kind, const char *name,
                                 const char *key)
{
    CLEANUP(freep) char *section = xformat("%s %s", kind, name);
    return ini_get(config->file, section, key);
}

const char *config_setting(const struct config *config, const char *variable, const char *key)
{
    const char *value = config_variable(variable);
    return value ? value : config_value(config, key);
}

bool config_wants(const struct config *config, const char *variable, const char *key)
{
    const char *value = config_setting(config, variable, key);
    return value && strcasecmp(value, "true") == 0;
}
