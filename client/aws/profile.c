#include "aws/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "aws/partition.h"
#include "aws/role.h"
#include "aws/sso.h"
#include "buffer.h"
#include "file.h"
#include "ini.h"
#include "json.h"
#include "pattern.h"
#include "timestamp.h"
#include "xalloc.h"

enum { ROLES_MAX = 8 /* one taken with the keys of another */ };

struct sources {
    const struct profile_choice *choice;
    const char *name; /* of the profile */
    struct ini *config;
    struct ini *credentials;
};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static char *copy_text(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

/* The caller owns it. */
static char *file_path(const char *variable_name, const char *file)
{
    const char *given = variable(variable_name);
    if (given && strncmp(given, "~/", 2) == 0) /* no shell has seen it */
        return xformat("%s%s", home_directory(), given + 1);
    return given ? xstrdup(given) : xformat("%s/.aws/%s", home_directory(), file);
}

/* One that is named must be there, as for the AWS CLI; "default" need not. */
static bool is_there(const struct sources *sources, const char *config, const char *credentials,
                     struct error *error)
{
    CLEANUP(freep) char *section = xformat("profile %s", sources->name);
    return strcmp(sources->name, "default") == 0 || ini_has_section(sources->config, section) ||
           ini_has_section(sources->credentials, sources->name) ||
           error_set(error, NULL,
                     "there is no profile '%s' in %s or %s: name one of those that `aws configure "
                     "list-profiles` shows with --profile or AWS_PROFILE",
                     sources->name, config, credentials);
}

/* A key of the profile in the config file, whose sections are "default" and "profile NAME". */
static const char *config_file_value(const struct sources *sources, const char *key)
{
    if (strcmp(sources->name, "default") == 0) {
        const char *value = ini_get(sources->config, "default", key);
        if (value)
            return value;
    }
    CLEANUP(freep) char *section = xformat("profile %s", sources->name);
    return ini_get(sources->config, section, key);
}

/* A key of the profile in either file: not only keys may be in the credentials file, and it wins.
 */
static const char *config_value(const struct sources *sources, const char *key)
{
    const char *value = ini_get(sources->credentials, sources->name, key);
    return value ? value : config_file_value(sources, key);
}

static const char *find_region(const struct sources *sources)
{
    const char *region = sources->choice->region;
    region = region ? region : variable("AWS_REGION");
    region = region ? region : variable("AWS_DEFAULT_REGION");
    return region ? region : config_value(sources, "region");
}

static const char *service_section_endpoint(const struct sources *sources, const char *service)
{
    const char *services = config_value(sources, "services");
    if (!services)
        return NULL;
    CLEANUP(freep) char *section = xformat("services %s", services);
    CLEANUP(freep) char *key = xformat("%s.endpoint_url", service);
    return ini_get(sources->config, section, key);
}

static bool is_wanted(const struct sources *sources, const char *name, const char *key)
{
    const char *value = variable(name);
    value = value ? value : config_value(sources, key);
    return value && strcasecmp(value, "true") == 0;
}

static const char *find_endpoint(const struct sources *sources, const char *service,
                                 const char *service_variable)
{
    if (sources->choice->endpoint_url)
        return sources->choice->endpoint_url;
    if (is_wanted(sources, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                  "ignore_configured_endpoint_urls"))
        return NULL;
    const char *endpoint = variable(service_variable);
    endpoint = endpoint ? endpoint : variable("AWS_ENDPOINT_URL");
    endpoint = endpoint ? endpoint : service_section_endpoint(sources, service);
    return endpoint ? endpoint : config_value(sources, "endpoint_url");
}

/* NULL is AWS's own. */
static bool is_url(const char *endpoint, struct error *error)
{
    if (!endpoint || pattern_matches("(?i)https?://[^/]+.*", text_from(endpoint)))
        return true;
    return error_set(error, NULL, "endpoint '%s' is no URL such as http://127.0.0.1:4566",
                     endpoint);
}

/* As the SDKs' rules for endpoints have it. */
static char *aws_endpoint(const struct sources *sources, const char *host, const char *region)
{
    /* There Lambda alone has another name for it. */
    bool is_government = strncmp(region, "us-gov-", 7) == 0 && strcmp(host, "lambda") != 0;
    bool is_fips = is_wanted(sources, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    bool is_dual = is_wanted(sources, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    return xformat("https://%s%s.%s.%s", host,
                   is_fips && (is_dual || !is_government) ? "-fips" : "", region,
                   partition_domain(region, is_dual));
}

void endpoint_trim(char *url)
{
    size_t size = url ? strlen(url) : 0;
    while (size && url[size - 1] == '/')
        url[--size] = '\0';
}

static char *make_endpoint(const struct sources *sources, const char *found, const char *host,
                           const char *region)
{
    if (!found)
        return aws_endpoint(sources, host, region);
    char *endpoint = xstrdup(found);
    endpoint_trim(endpoint);
    return endpoint;
}

bool endpoint_is_local(const char *url)
{
    return pattern_matches("(?i)https?://(\\[::1\\]|127\\.\\d+\\.\\d+\\.\\d+|([a-z0-9-]+\\.)*"
                           "localhost)(:\\d+)?(/.*)?",
                           text_from(url));
}

/* False if one of key and secret is NULL. */
static bool take_credentials(struct profile *profile, const char *key, const char *secret,
                             const char *token)
{
    if (!key || !secret)
        return false;
    profile->access_key_id = xstrdup(key);
    profile->secret_access_key = xstrdup(secret);
    profile->session_token = copy_text(token);
    return true;
}

/* The output of a credential_process: JSON with AccessKeyId and its like. */
static bool run_credential_process(const char *command, struct profile *profile,
                                   struct error *error)
{
    CLEANUP(buffer_clear) struct buffer output;
    buffer_init(&output, 1 << 20);
    FILE *pipe = popen(command, "re");
    char chunk[4096];
    size_t size;
    if (!pipe)
        return error_set(error, NULL, "cannot run credential_process '%s': %s", command,
                         strerror(errno));
    while ((size = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
        buffer_add(&output, chunk, size);
    int status = pclose(pipe);
    CLEANUP(json_deletep) cJSON *tree = json_parse(buffer_text(&output));
    const char *key = json_text(tree, "AccessKeyId", NULL);
    const char *secret = json_text(tree, "SecretAccessKey", NULL);
    if (status != 0 ||
        !take_credentials(profile, key, secret, json_text(tree, "SessionToken", NULL)))
        return error_set(error, NULL,
                         "credential_process '%s' gave no credentials (exit status %d)", command,
                         status);
    const char *expires = json_text(tree, "Expiration", NULL);
    return !expires || timestamp_parse(text_from(expires), &profile->expires_ms) ||
           error_set(error, NULL, "credential_process '%s' gave an Expiration that is no time: %s",
                     command, expires);
}

/* A key of the profile, or of the sso-session section that it names. */
static const char *sso_value(const struct sources *sources, const char *session, const char *key)
{
    const char *value = config_value(sources, key);
    if (value || !session)
        return value;
    CLEANUP(freep) char *section = xformat("sso-session %s", session);
    return ini_get(sources->config, section, key);
}

static bool ask_sso(const struct sources *sources, struct profile *profile, struct error *error)
{
    const char *session = config_value(sources, "sso_session");
    const struct sso_request request = {
        .profile = sources->name,
        .session = session,
        .start_url = sso_value(sources, session, "sso_start_url"),
        .region = sso_value(sources, session, "sso_region"),
        .account = config_value(sources, "sso_account_id"),
        .role = config_value(sources, "sso_role_name"),
        .authorities = profile->authorities,
    };
    CLEANUP(json_deletep) cJSON *tree = sso_credentials(&request, error);
    if (!tree)
        return false;
    profile->expires_ms = json_int(tree, "expiration", 0);
    return take_credentials(profile, json_text(tree, "accessKeyId", NULL),
                            json_text(tree, "secretAccessKey", NULL),
                            json_text(tree, "sessionToken", NULL));
}

/* What the profile says of them, in the AWS CLI's order; *is_told_out is false if it says nothing.
 */
static bool take_from_profile(const struct sources *sources, struct profile *profile,
                              bool *is_told_out, struct error *error)
{
    const char *process = config_value(sources, "credential_process");
    *is_told_out = true;
    if (config_value(sources, "sso_account_id") || config_value(sources, "sso_role_name"))
        return ask_sso(sources, profile, error);
    if (take_credentials(profile, ini_get(sources->credentials, sources->name, "aws_access_key_id"),
                         ini_get(sources->credentials, sources->name, "aws_secret_access_key"),
                         ini_get(sources->credentials, sources->name, "aws_session_token")))
        return true;
    if (process)
        return run_credential_process(process, profile, error);
    if (take_credentials(profile, config_file_value(sources, "aws_access_key_id"),
                         config_file_value(sources, "aws_secret_access_key"),
                         config_file_value(sources, "aws_session_token")))
        return true;
    *is_told_out = config_value(sources, "sso_session") || config_value(sources, "sso_start_url");
    return *is_told_out && ask_sso(sources, profile, error); /* it will say what is missing */
}

/* What the AWS CLI would get credentials by, before it looks for keys, and canary does not; NULL.
 */
static const char *left_to_cli(const struct sources *sources)
{
    const char *source = config_value(sources, "credential_source");
    if (config_value(sources, "role_arn")) {
        if (config_value(sources, "mfa_serial"))
            return "takes a role with a code that changes (mfa_serial)";
        if (config_value(sources, "web_identity_token_file"))
            return "takes a role by web_identity_token_file";
        return source && strcmp(source, "Environment") != 0
                   ? "takes a role with what the machine is given (credential_source)"
                   : NULL;
    }
    return variable("AWS_WEB_IDENTITY_TOKEN_FILE") && variable("AWS_ROLE_ARN")
               ? "takes a role by AWS_WEB_IDENTITY_TOKEN_FILE"
               : NULL;
}

/* The AWS CLI asks the container or the machine last of all. */
static const char *left_to_container(void)
{
    return variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
                   variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")
               ? "has what the container is given (AWS_CONTAINER_CREDENTIALS_...)"
               : NULL;
}

static bool refuse_to_ask(const struct sources *sources, const char *what, struct error *error)
{
    return error_set(error, NULL,
                     "profile '%s' %s, which canary leaves to the AWS CLI: name another profile "
                     "with --profile, that has credential_process = aws configure "
                     "export-credentials --profile %s",
                     sources->name, what, sources->name);
}

static bool take_role(const struct sources *sources, struct profile *profile, int depth,
                      struct error *error);

/* The keys that a role is asked for with: of another profile, which may take a role itself, or of
 * the environment. */
static bool take_source(const struct sources *sources, struct profile *source_out, int depth,
                        struct error *error)
{
    struct sources other = *sources;
    other.name = config_value(sources, "source_profile");
    if (!other.name && config_value(sources, "credential_source"))
        return take_credentials(source_out, variable("AWS_ACCESS_KEY_ID"),
                                variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN")) ||
               error_set(error, NULL,
                         "profile '%s' takes a role with the keys of the environment: set "
                         "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                         sources->name);
    if (!other.name)
        return error_set(error, NULL,
                         "profile '%s' takes a role (role_arn), but does not say with whose keys: "
                         "source_profile or credential_source",
                         sources->name);
    bool is_told;
    bool is_taken = take_from_profile(&other, source_out, &is_told, error);
    if (is_told)
        return is_taken;
    if (!config_value(&other, "role_arn"))
        return error_set(error, NULL,
                         "profile '%s' takes a role with the keys of profile '%s', which has none",
                         sources->name, other.name);
    const char *left = left_to_cli(&other);
    return left ? refuse_to_ask(&other, left, error)
                : take_role(&other, source_out, depth + 1, error);
}

static bool take_role(const struct sources *sources, struct profile *profile, int depth,
                      struct error *error)
{
    if (depth == ROLES_MAX)
        return error_set(error, NULL, "profile '%s' takes a role with the keys of its own role",
                         sources->name);
    struct profile source = { .region = copy_text(profile->region),
                              .sts_endpoint = copy_text(profile->sts_endpoint),
                              .authorities = copy_text(profile->authorities) };
    const struct role_request request = {
        .arn = config_value(sources, "role_arn"),
        .session_name = config_value(sources, "role_session_name"),
        .external_id = config_value(sources, "external_id"),
        .duration_s = config_value(sources, "duration_seconds"),
    };
    bool is_taken = take_source(sources, &source, depth, error) &&
                    role_assume(&request, &source, profile, error);
    profile_clear(&source);
    return is_taken;
}

static bool find_credentials(const struct sources *sources, struct profile *profile,
                             struct error *error)
{
    const char *left = left_to_cli(sources);
    const char *key = variable("AWS_ACCESS_KEY_ID");
    const char *secret = variable("AWS_SECRET_ACCESS_KEY");
    if (!sources->choice->name &&
        take_credentials(profile, key, secret, variable("AWS_SESSION_TOKEN")))
        return true;
    profile->is_renewable = true;
    if (left && !profile->is_local) /* keys beside it are those that the role is asked for with */
        return refuse_to_ask(sources, left, error);
    if (!left && config_value(sources, "role_arn"))
        return take_role(sources, profile, 0, error);
    bool is_told;
    bool is_taken = take_from_profile(sources, profile, &is_told, error);
    if (is_told)
        return is_taken;
    if (profile->is_local) /* Coalmine takes any */
        return take_credentials(profile, "coalmine", "coalmine", NULL);
    left = left_to_container();
    if (left)
        return refuse_to_ask(sources, left, error);
    return error_set(error, NULL,
                     "no credentials in profile '%s': set AWS_ACCESS_KEY_ID and "
                     "AWS_SECRET_ACCESS_KEY, or name a profile that has them with --profile; those "
                     "of a machine (EC2) the AWS CLI hands on: credential_process = aws configure "
                     "export-credentials",
                     sources->name);
}

static bool fill(const struct sources *sources, struct profile *profile, struct error *error)
{
    const char *lambda = find_endpoint(sources, "lambda", "AWS_ENDPOINT_URL_LAMBDA");
    const char *cloudwatch = find_endpoint(sources, "cloudwatch", "AWS_ENDPOINT_URL_CLOUDWATCH");
    const char *sts = find_endpoint(sources, "sts", "AWS_ENDPOINT_URL_STS");
    if (!is_url(lambda, error) || !is_url(cloudwatch, error) || !is_url(sts, error))
        return false;
    bool is_local =
        lambda && cloudwatch && endpoint_is_local(lambda) && endpoint_is_local(cloudwatch);
    if (is_local && !sts)
        sts = lambda; /* Coalmine is all services at once */
    const char *region = find_region(sources);
    if (!region && !is_local)
        return error_set(error, NULL,
                         "no region: say --region NAME, set AWS_REGION, or put one into the "
                         "profile; for Coalmine: eval \"$(coalmine env)\"");
    profile->region = xstrdup(region ? region : "us-east-1");
    profile->lambda_endpoint = make_endpoint(sources, lambda, "lambda", profile->region);
    profile->cloudwatch_endpoint =
        make_endpoint(sources, cloudwatch, "monitoring", profile->region);
    profile->sts_endpoint = make_endpoint(sources, sts, "sts", profile->region);
    const char *authorities = variable("AWS_CA_BUNDLE");
    profile->authorities =
        copy_text(authorities ? authorities : config_value(sources, "ca_bundle"));
    profile->name = xstrdup(sources->name);
    profile->is_local = is_local;
    return find_credentials(sources, profile, error);
}

bool profile_load(const struct profile_choice *choice, struct profile *profile_out,
                  struct error *error)
{
    const char *name = choice->name ? choice->name : variable("AWS_PROFILE");
    name = name ? name : variable("AWS_DEFAULT_PROFILE");
    CLEANUP(freep) char *config = file_path("AWS_CONFIG_FILE", "config");
    CLEANUP(freep) char *credentials = file_path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    struct sources sources = { choice, name ? name : "default", ini_read(config),
                               ini_read(credentials) };
    *profile_out = (struct profile){ 0 };
    bool is_good =
        is_there(&sources, config, credentials, error) && fill(&sources, profile_out, error);
    if (!is_good)
        profile_clear(profile_out);
    ini_destroy(sources.config);
    ini_destroy(sources.credentials);
    return is_good;
}

bool profile_guard(const struct profile *profile, bool allows_aws, struct error *error)
{
    if (profile->is_local || allows_aws)
        return true;
    return error_set(error, NULL,
                     "%s is not on this machine, and that may be a real account. Point canary to "
                     "Coalmine (coalmine exec -- canary ..., or "
                     "AWS_ENDPOINT_URL=http://127.0.0.1:4566), or say --aws if you mean it",
                     profile->lambda_endpoint);
}

void profile_clear(struct profile *profile)
{
    free(profile->region);
    free(profile->access_key_id);
    free(profile->secret_access_key);
    free(profile->session_token);
    free(profile->lambda_endpoint);
    free(profile->cloudwatch_endpoint);
    free(profile->sts_endpoint);
    free(profile->authorities);
    free(profile->name);
    *profile = (struct profile){ 0 };
}

struct profile profile_copy(const struct profile *profile)
{
    struct profile copy = *profile;
    copy.region = copy_text(profile->region);
    copy.access_key_id = copy_text(profile->access_key_id);
    copy.secret_access_key = copy_text(profile->secret_access_key);
    copy.session_token = copy_text(profile->session_token);
    copy.lambda_endpoint = copy_text(profile->lambda_endpoint);
    copy.cloudwatch_endpoint = copy_text(profile->cloudwatch_endpoint);
    copy.sts_endpoint = copy_text(profile->sts_endpoint);
    copy.authorities = copy_text(profile->authorities);
    copy.name = copy_text(profile->name);
    return copy;
}

bool profile_refresh(struct profile *profile, struct error *error)
{
    struct profile fresh;
    const struct profile_choice choice = { .name = profile->name, .region = profile->region };
    if (!profile_load(&choice, &fresh, error))
        return false;
    free(profile->access_key_id);
    free(profile->secret_access_key);
    free(profile->session_token);
    take_credentials(profile, fresh.access_key_id, fresh.secret_access_key, fresh.session_token);
    profile->expires_ms = fresh.expires_ms;
    profile_clear(&fresh);
    return true;
}
