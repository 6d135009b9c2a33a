#include "aws/credentials.h"

#include "aws/container.h"
#include "aws/credential_process.h"
#include "aws/instance.h"
#include "aws/role.h"
#include "aws/sso.h"
#include "aws/web_identity.h"
#include "xalloc.h"

enum { ROLES_MAX = 8 /* one taken with the keys of another */ };

struct search {
    struct config config; /* of the profile that is looked at */
    const struct patience *patience;
    int depth; /* how many roles are taken with its keys, one after another */
};

static bool take_from_environment(struct profile *profile)
{
    return profile_set_keys(profile, config_variable("AWS_ACCESS_KEY_ID"),
                            config_variable("AWS_SECRET_ACCESS_KEY"),
                            config_variable("AWS_SESSION_TOKEN"));
}

/* A key of the profile, or of the sso-session section that it names. */
static const char *sso_value(const struct config *config, const char *session, const char *key)
{
    const char *value = config_value(config, key);
    if (value || !session)
        return value;
    return config_section_value(config, "sso-session", session, key);
}

static bool ask_sso(const struct search *search, struct profile *profile, struct error *error)
{
    const struct config *config = &search->config;
    const char *session = config_value(config, "sso_session");
    const struct sso_request request = {
        .profile = config->profile,
        .session = session,
        .start_url = sso_value(config, session, "sso_start_url"),
        .region = sso_value(config, session, "sso_region"),
        .account = config_value(config, "sso_account_id"),
        .role = config_value(config, "sso_role_name"),
        .authorities = profile->authorities,
        .patience = search->patience,
    };
    CLEANUP(json_deletep) cJSON *tree = sso_credentials(&request, error);
    if (!tree)
        return false;
    profile->expires_ms = json_int(tree, "expiration", 0);
    return profile_set_keys(profile, json_text(tree, "accessKeyId", NULL),
                            json_text(tree, "secretAccessKey", NULL),
                            json_text(tree, "sessionToken", NULL));
}

/* What the profile says of them, in the AWS CLI's order; *is_told_out is false if it says nothing.
 */
static bool take_from_profile(const struct search *search, struct profile *profile,
                              bool *is_told_out, struct error *error)
{
    const struct config *config = &search->config;
    const char *process = config_value(config, "credential_process");
    *is_told_out = true;
    if (config_value(config, "sso_account_id") || config_value(config, "sso_role_name"))
        return ask_sso(search, profile, error);
    if (profile_set_keys(profile, config_credentials_value(config, "aws_access_key_id"),
                         config_credentials_value(config, "aws_secret_access_key"),
                         config_credentials_value(config, "aws_session_token")))
        return true;
    if (process)
        return credential_process_run(process, profile, error);
    if (profile_set_keys(profile, config_file_value(config, "aws_access_key_id"),
                         config_file_value(config, "aws_secret_access_key"),
                         config_file_value(config, "aws_session_token")))
        return true;
    *is_told_out = config_value(config, "sso_session") || config_value(config, "sso_start_url");
    return *is_told_out && ask_sso(search, profile, error); /* it will say what is missing */
}

/* With keys, that is: a web identity has none. */
static bool takes_role(const struct config *config)
{
    return config_value(config, "role_arn") && !config_value(config, "web_identity_token_file");
}

/* Coalmine knows nobody who could tell, and takes any keys. */
static bool take_any(struct profile *profile)
{
    return profile_set_keys(profile, "coalmine", "coalmine", NULL);
}

static bool refuse_code(const struct config *config, struct error *error)
{
    return error_set(
        error, NULL,
        "profile '%s' takes a role with a code that changes (mfa_serial), which canary "
        "leaves to the AWS CLI: name another profile with --profile, that has "
        "credential_process = aws configure export-credentials --profile %s",
        config->profile, config->profile);
}

static bool take_role(const struct search *search, struct profile *profile, struct error *error);

/* What a source_profile has. */
static bool take_from_source(const struct search *search, const char *role_profile,
                             struct profile *source_out, struct error *error)
{
    const struct config *config = &search->config;
    bool is_told;
    if (web_identity_is_set(config, false))
        return source_out->is_local
                   ? take_any(source_out)
                   : web_identity_take(config, false, search->patience, source_out, error);
    bool is_taken = take_from_profile(search, source_out, &is_told, error);
    if (is_told)
        return is_taken;
    if (takes_role(config))
        return take_role(search, source_out, error);
    return error_set(error, NULL,
                     "profile '%s' takes a role with the keys of profile '%s', which has none",
                     role_profile, config->profile);
}

static bool take_from_container(const struct search *search, struct profile *profile,
                                struct error *error)
{
    if (container_is_set())
        return container_take(search->patience, profile, error);
    return error_set(error, NULL,
                     "profile '%s' takes a role with the keys of a container, which is given none: "
                     "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI "
                     "would say where they are",
                     search->config.profile);
}

static bool take_from_instance(const struct search *search, struct profile *profile,
                               struct error *error)
{
    CLEANUP(error_clear) struct error failure = { 0 };
    return instance_take(&search->config, search->patience, profile, &failure) ||
           error_set(
               error, NULL,
               "profile '%s' takes a role with the keys of a machine (EC2), which gives none: "
               "%s",
               search->config.profile, failure.message);
}

/* What a credential_source says. */
static bool take_from_place(const struct search *search, const char *place,
                            struct profile *source_out, struct error *error)
{
    const char *name = search->config.profile;
    if (strcmp(place, "Environment") == 0)
        return take_from_environment(source_out) ||
               error_set(error, NULL,
                         "profile '%s' takes a role with the keys of the environment: set "
                         "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                         name);
    bool is_container = strcmp(place, "EcsContainer") == 0;
    bool is_instance = strcmp(place, "Ec2InstanceMetadata") == 0;
    if ((is_container || is_instance) && source_out->is_local)
        return take_any(source_out);
    if (is_instance)
        return take_from_instance(search, source_out, error);
    if (is_container)
        return take_from_container(search, source_out, error);
    return error_set(error, NULL,
                     "profile '%s' has credential_source = %s, which is none of Environment, "
                     "EcsContainer and Ec2InstanceMetadata",
                     name, place);
}

/* The keys that a role is asked for with. */
static bool take_source(const struct search *search, struct profile *source_out,
                        struct error *error)
{
    const struct config *config = &search->config;
    const char *name = config_value(config, "source_profile");
    const char *place = config_value(config, "credential_source");
    const struct search other = { config_of_profile(config, name), search->patience,
                                  search->depth + 1 };
    if ((name != NULL) == (place != NULL))
        return error_set(error, NULL,
                         "profile '%s' takes a role (role_arn), but %s with whose keys: "
                         "source_profile or credential_source",
                         config->profile, name ? "says twice" : "does not say");
    return name ? take_from_source(&other, config->profile, source_out, error)
                : take_from_place(search, place, source_out, error);
}

static bool take_role(const struct search *search, struct profile *profile, struct error *error)
{
    const struct config *config = &search->config;
    if (config_value(config, "mfa_serial"))
        return refuse_code(config, error);
    if (search->depth == ROLES_MAX)
        return error_set(error, NULL, "profile '%s' takes a role with the keys of its own role",
                         config->profile);
    struct profile source = profile_copy(profile);
    const struct role_request request = {
        .arn = config_value(config, "role_arn"),
        .session_name = config_value(config, "role_session_name"),
        .external_id = config_value(config, "external_id"),
        .duration_s = config_value(config, "duration_seconds"),
        .patience = search->patience,
    };
    bool is_taken =
        take_source(search, &source, error) && role_assume(&request, &source, profile, error);
    profile_clear(&source);
    return is_taken;
}

/* Against Coalmine a profile is good that wants what only people and machines on AWS have. */
static bool wants_more_than_keys(const struct config *config)
{
    const char *place = config_value(config, "credential_source");
    return config_value(config, "mfa_serial") || (place && strcmp(place, "Environment") != 0);
}

/* Where nothing is set. */
static bool take_what_is_given(const struct search *search, struct profile *profile,
                               struct error *error)
{
    CLEANUP(error_clear) struct error failure = { 0 };
    if (container_is_set())
        return container_take(search->patience, profile, error);
    return instance_take(&search->config, search->patience, profile, &failure) ||
           error_set(error, NULL,
                     "no credentials in profile '%s': set AWS_ACCESS_KEY_ID and "
                     "AWS_SECRET_ACCESS_KEY, or name a profile that has them with --profile; nor "
                     "does the machine's metadata service (EC2) give any: %s",
                     search->config.profile, failure.message);
}

bool credentials_find(const struct config *config, const struct profile_choice *choice,
                      struct profile *profile, struct error *error)
{
    const struct search search = { *config, choice->patience, 0 };
    bool is_told;
    if (!choice->name && take_from_environment(profile))
        return true;
    profile->is_renewable = true;
    if (takes_role(config) && !(profile->is_local && wants_more_than_keys(config)))
        return take_role(&search, profile, error);
    if (!profile->is_local && web_identity_is_set(config, !choice->name))
        return web_identity_take(config, !choice->name, choice->patience, profile, error);
    bool is_taken = take_from_profile(&search, profile, &is_told, error);
    if (is_told)
        return is_taken;
    return profile->is_local ? take_any(profile) : take_what_is_given(&search, profile, error);
}
