#include "aws/web_identity.h"

#include "aws/role.h"
#include "file.h"
#include "xalloc.h"

enum { TOKEN_MAX = 1 << 16 /* STS takes 20,000 characters */ };

static const char *setting(const struct config *config, bool reads_variables, const char *variable,
                           const char *key)
{
    return reads_variables ? config_setting(config, variable, key) : config_value(config, key);
}

static const char *token_file(const struct config *config, bool reads_variables)
{
    return setting(config, reads_variables, "AWS_WEB_IDENTITY_TOKEN_FILE",
                   "web_identity_token_file");
}

bool web_identity_is_set(const struct config *config, bool reads_variables)
{
    return token_file(config, reads_variables) != NULL;
}

/* The caller owns it; NULL with a sentence. */
static char *read_token(const char *path, struct error *error)
{
    size_t size;
    CLEANUP(freep) char *text = file_read(path, TOKEN_MAX, &size, error);
    if (!text)
        return NULL;
    struct text token = text_trimmed((struct text){ text, size });
    if (token.size)
        return xstrndup(token.data, token.size);
    error_set(error, NULL, "%s is empty", path);
    return NULL;
}

bool web_identity_take(const struct config *config, bool reads_variables,
                       const struct patience *patience, struct profile *profile,
                       struct error *error)
{
    CLEANUP(error_clear) struct error failure = { 0 };
    const char *arn = setting(config, reads_variables, "AWS_ROLE_ARN", "role_arn");
    if (!arn)
        return error_set(error, NULL,
                         "%s has a web identity, but it is not said which role it takes: set "
                         "AWS_ROLE_ARN, or role_arn in profile '%s'",
                         token_file(config, reads_variables), config->profile);
    CLEANUP(freep) char *token = read_token(token_file(config, reads_variables), &failure);
    if (!token)
        return error_set(error, NULL, "cannot assume %s with a web identity: %s", arn,
                         failure.message);
    const struct role_request request = {
        .arn = arn,
        .session_name =
            setting(config, reads_variables, "AWS_ROLE_SESSION_NAME", "role_session_name"),
        .duration_s = config_value(config, "duration_seconds"),
        .web_identity = token,
        .patience = patience,
    };
    return role_assume(&request, profile, profile, error);
}
