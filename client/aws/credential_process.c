#include "aws/credential_process.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

#include "buffer.h"
#include "json.h"
#include "timestamp.h"

enum { OUTPUT_MAX = 1 << 20 };

/* What pclose() says of its end; -1 with errno: it could not be begun. */
static int read_output(const char *command, struct buffer *output)
{
    char chunk[4096];
    size_t size;
    FILE *pipe = popen(command, "re");
    if (!pipe)
        return -1;
    while ((size = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
        buffer_add(output, chunk, size);
    return pclose(pipe);
}

bool credential_process_run(const char *command, struct profile *profile, struct error *error)
{
    CLEANUP(buffer_clear) struct buffer output;
    buffer_init(&output, OUTPUT_MAX);
    int status = read_output(command, &output);
    if (status < 0)
        return error_set(error, NULL, "cannot run credential_process '%s': %s", command,
                         strerror(errno));
    CLEANUP(json_deletep) cJSON *tree = json_parse(buffer_text(&output));
    if (status != 0 || !profile_set_keys(profile, json_text(tree, "AccessKeyId", NULL),
                                         json_text(tree, "SecretAccessKey", NULL),
                                         json_text(tree, "SessionToken", NULL)))
        return error_set(error, NULL,
                         "credential_process '%s' gave no credentials (exit status %d)", command,
                         WIFEXITED(status) ? WEXITSTATUS(status) : status);
    const char *expires = json_text(tree, "Expiration", NULL);
    return !expires || timestamp_parse(text_from(expires), &profile->expires_ms) ||
           error_set(error, NULL, "credential_process '%s' gave an Expiration that is no time: %s",
                     command, expires);
}
