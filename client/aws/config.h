/*
 * What is set for AWS's tools: the environment, and a profile of the config and credentials files,
 * read as the AWS CLI reads them.
 */
#ifndef CANARY_CONFIG_H
#define CANARY_CONFIG_H

#include <stdbool.h>

#include "compiler.h"
#include "error.h"
#include "ini.h"

struct config {
    const char *profile; /* its name; borrowed */
    struct ini *file;
    struct ini *credentials;
};

/* Reads the files. `profile` NULL: as the environment says, else "default". False with a sentence
 * if there is no such profile. */
MUST_CHECK bool config_open(const char *profile, struct config *config_out, struct error *error);
void config_close(struct config *config);
/* Another profile of the same files, which stay with the first one. */
struct config config_of_profile(const struct config *config, const char *profile);

/* The variable's value; NULL if it is unset or empty. */
const char *config_variable(const char *name);

/* A key of the profile in either file; the credentials file wins. NULL: none. */
const char *config_value(const struct config *config, const char *key);
/* A key of the profile in one of them. */
const char *config_file_value(const struct config *config, const char *key);
const char *config_credentials_value(const struct config *config, const char *key);
/* A key of a section of the config file that is no profile's: "sso-session", its name. */
const char *config_section_value(const struct config *config, const char *kind, const char *name,
                                 const char *key);
/* What the variable says, else the profile's key. NULL: neither. */
const char *config_setting(const struct config *config, const char *variable, const char *key);
/* Is that "true"? */
bool config_wants(const struct config *config, const char *variable, const char *key);

#endif
