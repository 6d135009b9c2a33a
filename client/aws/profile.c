#include "aws/profile.h"

#include <stdlib.h>

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/instance.h"
#include "aws/partition.h"
#include "pattern.h"
#include "xalloc.h"

static char *copy_text(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static const char *find_region(const struct config *config, const struct profile_choice *choice)
{
    const char *region = choice->region;
    region = region ? region : config_variable("AWS_REGION");
    region = region ? region : config_variable("AWS_DEFAULT_REGION");
    return region ? region : config_value(config, "region");
}

static const char *service_section_endpoint(const struct config *config, const char *service)
{
    const char *services = config_value(config, "services");
    CLEANUP(freep) char *key = xformat("%s.endpoint_url", service);
    return services ? config_section_value(config, "services", services, key) : NULL;
}

static const char *find_endpoint(const struct config *config, const struct profile_choice *choice,
                                 const char *service, const char *service_variable)
{
    if (choice->endpoint_url)
        return choice->endpoint_url;
    if (config_wants(config, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                     "ignore_configured_endpoint_urls"))
        return NULL;
    const char *endpoint = config_variable(service_variable);
    endpoint = endpoint ? endpoint : config_variable("AWS_ENDPOINT_URL");
    endpoint = endpoint ? endpoint : service_section_endpoint(config, service);
    return endpoint ? endpoint : config_value(config, "endpoint_url");
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
static char *aws_endpoint(const struct config *config, const char *host, const char *region)
{
    /* There Lambda alone has another name for it. */
    bool is_government = strncmp(region, "us-gov-", 7) == 0 && strcmp(host, "lambda") != 0;
    bool is_fips = config_wants(config, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    bool is_dual = config_wants(config, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
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

static char *make_endpoint(const struct config *config, const char *found, const char *host,
                           const char *region)
{
    if (!found)
        return aws_endpoint(config, host, region);
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

/* What it is made again by when its credentials expire. */
static void keep_choice(struct profile *profile, const struct profile_choice *choice)
{
    profile->chosen_name = copy_text(choice->name);
    profile->chosen_endpoint = copy_text(choice->endpoint_url);
}

static bool fill(const struct config *config, const struct profile_choice *choice,
                 struct profile *profile, struct error *error)
{
    const char *lambda = find_endpoint(config, choice, "lambda", "AWS_ENDPOINT_URL_LAMBDA");
    const char *cloudwatch =
        find_endpoint(config, choice, "cloudwatch", "AWS_ENDPOINT_URL_CLOUDWATCH");
    const char *sts = find_endpoint(config, choice, "sts", "AWS_ENDPOINT_URL_STS");
    if (!is_url(lambda, error) || !is_url(cloudwatch, error) || !is_url(sts, error))
        return false;
    bool is_local =
        lambda && cloudwatch && endpoint_is_local(lambda) && endpoint_is_local(cloudwatch);
    if (is_local && !sts)
        sts = lambda; /* Coalmine is all services at once */
    CLEANUP(freep) char *region = copy_text(find_region(config, choice));
    if (!region && !is_local)
        region = instance_region(config, choice->patience);
    if (!region && !is_local)
        return error_set(error, NULL,
                         "no region: say --region NAME, set AWS_REGION, or put one into the "
                         "profile; for Coalmine: eval \"$(coalmine env)\"");
    profile->region = xstrdup(region ? region : "us-east-1");
    profile->lambda_endpoint = make_endpoint(config, lambda, "lambda", profile->region);
    profile->cloudwatch_endpoint = make_endpoint(config, cloudwatch, "monitoring", profile->region);
    profile->sts_endpoint = make_endpoint(config, sts, "sts", profile->region);
    profile->authorities = copy_text(config_setting(config, "AWS_CA_BUNDLE", "ca_bundle"));
    profile->is_local = is_local;
    keep_choice(profile, choice);
    return credentials_find(config, choice, profile, error);
}

bool profile_load(const struct profile_choice *choice, struct profile *profile_out,
                  struct error *error)
{
    struct config config;
    *profile_out = (struct profile){ 0 };
    if (!config_open(choice->name, &config, error))
        return false;
    bool is_good = fill(&config, choice, profile_out, error);
    if (!is_good)
        profile_clear(profile_out);
    config_close(&config);
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
    free(profile->chosen_name);
    free(profile->chosen_endpoint);
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
    copy.chosen_name = copy_text(profile->chosen_name);
    copy.chosen_endpoint = copy_text(profile->chosen_endpoint);
    return copy;
}

bool profile_set_keys(struct profile *profile, const char *key, const char *secret,
                      const char *token)
{
    if (!key || !secret)
        return false;
    free(profile->access_key_id);
    free(profile->secret_access_key);
    free(profile->session_token);
    profile->access_key_id = xstrdup(key);
    profile->secret_access_key = xstrdup(secret);
    profile->session_token = copy_text(token);
    return true;
}

bool profile_refresh(struct profile *profile, const struct patience *patience, struct error *error)
{
    struct profile fresh;
    const struct profile_choice choice = { profile->chosen_name, profile->region,
                                           profile->chosen_endpoint, patience };
    if (!profile_load(&choice, &fresh, error))
        return false;
    profile_set_keys(profile, fresh.access_key_id, fresh.secret_access_key, fresh.session_token);
    profile->expires_ms = fresh.expires_ms;
    profile_clear(&fresh);
    return true;
}
