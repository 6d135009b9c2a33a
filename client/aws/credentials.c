#include "aws/credentials.h"

#include "aws/credential_process.h"
#include "aws/role.h"
#include "aws/sso.h"
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

/* What the AWS CLI would get credentials by, before it looks for keys, and canary does not; NULL.
 */
static const char *left_to_cli(const struct config *config)
{
    const char *source = config_value(config, "credential_source");
    if (config_value(config, "role_arn")) {
        if (config_value(config, "mfa_serial"))
            return "takes a role with a code that changes (mfa_serial)";
        if (config_value(config, "web_identity_token_file"))
            return "takes a role by web_identity_token_file";
        return source && strcmp(source, "Environment") != 0
                   ? "takes a role with what the machine is given (credential_source)"
                   : NULL;
    }
    return config_variable("AWS_WEB_IDENTITY_TOKEN_FILE") && config_variable("AWS_ROLE_ARN")
               ? "takes a role by AWS_WEB_IDENTITY_TOKEN_FILE"
               : NULL;
}

/* The AWS CLI asks the container or the machine last of all. */
static const char *left_to_container(void)
{
    return config_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
                   config_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")
               ? "has what the container is given (AWS_CONTAINER_CREDENTIALS_...)"
               : NULL;
}

static bool refuse_to_ask(const struct config *config, const char *what, struct error *error)
{
    return error_set(error, NULL,
                     "profile '%s' %s, which canary leaves to the AWS CLI: name another profile "
                     "with --profile, that has credential_process = aws configure "
                     "export-credentials --profile %s",
                     config->profile, what, config->profile);
}

static bool take_role(const struct search *search, struct profile *profile, struct error *error);

/* The keys that a role is asked for with: of another profile, which may take a role itself, or of
 * the environment. */
static bool take_source(const struct search *search, struct profile *source_out,
                        struct error *error)
{
    const struct config *config = &search->config;
    const char *name = config_value(config, "source_profile");
    const struct search other = { config_of_profile(config, name), search->patience,
                                  search->depth + 1 };
    if (!name && config_value(config, "credential_source"))
        return take_from_environment(source_out) ||
               error_set(error, NULL,
                         "profile '%s' takes a role with the keys of the environment: set "
                         "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                         config->profile);
    if (!name)
        return error_set(error, NULL,
                         "profile '%s' takes a role (role_arn), but does not say with whose keys: "
                         "source_profile or credential_source",
                         config->profile);
    bool is_told;
    bool is_taken = take_from_profile(&other, source_out, &is_told, error);
    if (is_told)
        return is_taken;
    if (!config_value(&other.config, "role_arn"))
        return error_set(error, NULL,
                         "profile '%s' takes a role with the keys of profile '%s', which has none",
                         config->profile, name);
    const char *left = left_to_cli(&other.config);
    return left ? refuse_to_ask(&other.config, left, error) : take_role(&other, source_out, error);
}

static bool take_role(const struct search *search, struct profile *profile, struct error *error)
{
    const struct config *config = &search->config;
    if (search->depth == ROLES_MAX)
        return error_set(error, NULL, "profile '%s' takes a role with the keys of its own role",
                         config->profile);
    struct profile source = profile_copy(profile);
    source.is_renewable = false; /* they are asked for anew with the role's */
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

bool credentials_find(const struct config *config, const struct profile_choice *choice,
                      struct profile *profile, struct error *error)
{
    const struct search search = { *config, choice->patience, 0 };
    const char *left = left_to_cli(config);
    if (!choice->name && take_from_environment(profile))
        return true;
    profile->is_renewable = true;
    if (left && !profile->is_local) /* keys beside it are those that the role is asked for with */
        return refuse_to_ask(config, left, error);
    if (!left && config_value(config, "role_arn"))
        return take_role(&search, profile, error);
    bool is_told;
    bool is_taken = take_from_profile(&search, profile, &is_told, error);
    if (is_told)
        return is_taken;
    if (profile->is_local) /* Coalmine takes any */
        return profile_set_keys(profile, "coalmine", "coalmine", NULL);
    left = left_to_container();
    if (left)
        return refuse_to_ask(config, left, error);
    return error_set(error, NULL,
                     "no credentials in profile '%s': set AWS_ACCESS_KEY_ID and "
                     "AWS_SECRET_ACCESS_KEY, or name a profile that has them with --profile; those "
                     "of a machine (EC2) the AWS CLI hands on: credential_process = aws configure "
                     "export-credentials",
                     config->profile);
}
