#include "aws/instance.h"

#include <stdlib.h>
#include <strings.h>

#include "aws/metadata.h"
#include "pattern.h"
#include "xalloc.h"

enum { TIMEOUT_S = 1, TIMEOUT_MAX_S = 60, TRIES = 1, TRIES_MAX = 10, THERE_TRIES = 3 };

#define TOKEN_PATH "latest/api/token"
#define ROLE_PATH "latest/meta-data/iam/security-credentials/"
#define REGION_PATH "latest/meta-data/placement/region"

struct instance {
    char *address; /* with a slash at its end */
    long timeout_ms;
    int tries;
    const struct patience *patience;
    char *header; /* with the token, once there is one */
};

static int64_t number_setting(const struct config *config, const char *variable, const char *key,
                              int64_t usual, int64_t max)
{
    int64_t value;
    const char *text = config_setting(config, variable, key);
    bool is_number = text && text_to_int64(text_from(text), &value) && value >= 1;
    return !is_number ? usual : value < max ? value : max;
}

/* The caller owns it; NULL with a sentence. */
static char *find_address(const struct config *config, struct error *error)
{
    const char *mode = config_setting(config, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                      "ec2_metadata_service_endpoint_mode");
    const char *given = config_setting(config, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                       "ec2_metadata_service_endpoint");
    const char *usual =
        mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    CLEANUP(freep) char *address = xstrdup(given ? given : usual);
    if (!pattern_matches("(?i)https?://[^/]+.*", text_from(address))) {
        error_set(error, NULL, "AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL such as %s", usual);
        return NULL;
    }
    endpoint_trim(address);
    return xformat("%s/", address);
}

/* The caller owns it; NULL with a sentence. */
static char *ask(const struct instance *instance, const char *method, const char *path,
                 const char *header, int tries, struct error *error)
{
    CLEANUP(freep) char *url = xformat("%s%s", instance->address, path);
    CLEANUP(buffer_clear) struct buffer answer = { 0 };
    const struct metadata_call call = { .method = method,
                                        .url = url,
                                        .header = header,
                                        .timeout_ms = instance->timeout_ms,
                                        .tries = tries,
                                        .patience = instance->patience };
    if (!metadata_ask(&call, &answer, error))
        return NULL;
    struct text text = text_trimmed(buffer_text(&answer));
    return xstrndup(text.data ? text.data : "", text.size);
}

static char *read_path(const struct instance *instance, const char *path, struct error *error)
{
    /* It is there, so that it is worth more tries. */
    int tries = instance->tries > THERE_TRIES ? instance->tries : THERE_TRIES;
    return ask(instance, NULL, path, instance->header, tries, error);
}

static void clear(struct instance *instance)
{
    free(instance->address);
    free(instance->header);
}

/* Without a token it tells nothing: it is what keeps those out who make a program ask for them. */
static bool begin(struct instance *instance, const struct config *config, struct error *error)
{
    const char *disabled = config_variable("AWS_EC2_METADATA_DISABLED");
    if (disabled && strcasecmp(disabled, "true") == 0)
        return error_set(error, NULL, "AWS_EC2_METADATA_DISABLED keeps it from being asked");
    instance->address = find_address(config, error);
    if (!instance->address)
        return false;
    instance->timeout_ms =
        (long)number_setting(config, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout",
                             TIMEOUT_S, TIMEOUT_MAX_S) *
        1000;
    instance->tries = (int)number_setting(config, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                          "metadata_service_num_attempts", TRIES, TRIES_MAX);
    CLEANUP(freep)
    char *token = ask(instance, "PUT", TOKEN_PATH, "X-aws-ec2-metadata-token-ttl-seconds: 21600",
                      instance->tries, error);
    if (!token)
        return false;
    if (!pattern_matches("[!-~]+", text_from(token)))
        return error_set(error, NULL, "it answers without a token");
    instance->header = xformat("X-aws-ec2-metadata-token: %s", token);
    return true;
}

static bool take_role(const struct instance *instance, struct profile *profile, struct error *error)
{
    CLEANUP(freep) char *role = read_path(instance, ROLE_PATH, error);
    if (!role)
        return false;
    if (!pattern_matches("[!-~]+", text_from(role)))
        return error_set(error, NULL, "it names no role");
    CLEANUP(freep) char *path = xformat(ROLE_PATH "%s", role);
    CLEANUP(freep) char *json = read_path(instance, path, error);
    return json && metadata_take_credentials(text_from(json), profile, error);
}

bool instance_take(const struct config *config, const struct patience *patience,
                   struct profile *profile, struct error *error)
{
    struct instance instance = { .patience = patience };
    CLEANUP(error_clear) struct error failure = { 0 };
    bool is_taken = begin(&instance, config, &failure) && take_role(&instance, profile, &failure);
    if (!is_taken)
        error_set(error, NULL, "%s%s%s", instance.address ? instance.address : "",
                  instance.address ? ": " : "", failure.message);
    clear(&instance);
    return is_taken;
}

char *instance_region(const struct config *config, const struct patience *patience)
{
    struct instance instance = { .patience = patience };
    CLEANUP(error_clear) struct error unused = { 0 };
    CLEANUP(freep)
    char *region =
        begin(&instance, config, &unused) ? read_path(&instance, REGION_PATH, &unused) : NULL;
    clear(&instance);
    bool is_good = region && pattern_matches("[a-z0-9-]+", text_from(region));
    return is_good ? xstrdup(region) : NULL;
}
