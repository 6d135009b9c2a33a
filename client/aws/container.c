#include "aws/container.h"

#include "aws/config.h"
#include "aws/metadata.h"
#include "file.h"
#include "pattern.h"
#include "xalloc.h"

enum { TIMEOUT_MS = 2000, TRIES = 3, TOKEN_MAX = 1 << 16 };

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"

bool container_is_set(void)
{
    return config_variable(RELATIVE) || config_variable(FULL);
}

/* Of ECS, and of EKS in both of IP's versions. */
static bool is_agent(const char *url)
{
    return pattern_matches("(?i)http://(169\\.254\\.170\\.2|169\\.254\\.170\\.23|"
                           "\\[fd00:ec2::23\\])(:\\d+)?(/.*)?",
                           text_from(url));
}

char *container_url(struct error *error)
{
    const char *path = config_variable(RELATIVE);
    const char *url = config_variable(FULL);
    if (path && *path == '/')
        return xformat("http://169.254.170.2%s", path);
    if (path) {
        error_set(error, NULL, RELATIVE " is no path: it must begin with '/'");
        return NULL;
    }
    if (pattern_matches("(?i)https://[^/].*", text_from(url)) || endpoint_is_local(url) ||
        is_agent(url))
        return xstrdup(url);
    error_set(error, NULL,
              FULL " must begin with https://, or lead to this machine (127.0.0.1, localhost), to "
                   "ECS (169.254.170.2) or to EKS (169.254.170.23, [fd00:ec2::23])");
    return NULL;
}

/* The header that says that we are who was given the address: read anew each time, as the file's is
 * replaced. NULL if there is none to be sent; false with a sentence. */
static bool make_header(char **header_out, struct error *error)
{
    const char *path = config_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *given = config_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    size_t size;
    CLEANUP(freep) char *text = path ? file_read(path, TOKEN_MAX, &size, error) : NULL;
    *header_out = NULL;
    if (path && !text)
        return false;
    struct text token = text_trimmed(text_from(path ? text : given));
    if (token.size && !pattern_matches("[^\\x00-\\x1f\\x7f]+", token))
        return error_set(error, NULL, "the authorization token has a line end within it");
    if (token.size)
        *header_out = xformat("Authorization: %.*s", TEXT_ARGS(token));
    return true;
}

static bool ask(const struct patience *patience, struct profile *profile, struct error *error)
{
    CLEANUP(buffer_clear) struct buffer answer = { 0 };
    CLEANUP(freep) char *url = container_url(error);
    CLEANUP(freep) char *header = NULL;
    if (!url || !make_header(&header, error))
        return false;
    const struct metadata_call call = { .url = url,
                                        .header = header,
                                        .timeout_ms = TIMEOUT_MS,
                                        .tries = TRIES,
                                        .authorities = profile->authorities,
                                        .patience = patience };
    return metadata_ask(&call, &answer, error) &&
           metadata_take_credentials(buffer_text(&answer), profile, error);
}

bool container_take(const struct patience *patience, struct profile *profile, struct error *error)
{
    CLEANUP(error_clear) struct error failure = { 0 };
    return ask(patience, profile, &failure) ||
           error_set(error, NULL, "cannot get the container's credentials (%s): %s",
                     config_variable(RELATIVE) ? RELATIVE : FULL, failure.message);
}
