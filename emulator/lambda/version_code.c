#include "lambda/version_code.h"

#include "crypto.h"
#include "lambda/configuration.h"
#include "xalloc.h"

static const char *folder_digest(struct call *call, const char *folder)
{
    unsigned char digest[SHA256_SIZE];
    crypto_sha256(text_from(folder), digest);
    CLEANUP(freep) char *text = base64_encode((struct text){ (char *)digest, sizeof(digest) });
    return arena_copy(&call->arena, text_from(text));
}

void version_code_set(struct call *call, const struct code_source *source,
                      const struct code_taken *taken, cJSON *configuration,
                      struct function_version *latest)
{
    latest->code_sha256 = source->folder ? folder_digest(call, source->folder) : taken->sha256;
    latest->code_size = source->folder ? 0 : taken->size;
    latest->code_id = new_uuid(&call->arena);
    configuration_set_folder(configuration, source->folder);
    configuration_set_source_key(configuration, source->key_arn);
}

struct function_version version_code_freeze(struct call *call,
                                            const struct function_version *latest,
                                            const struct code_taken *taken)
{
    struct function_version frozen = *latest;
    if (!configuration_folder(latest, &call->arena))
        return frozen;
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(latest->configuration));
    configuration_set_folder(configuration, NULL);
    CLEANUP(freep) char *text = json_print(configuration);
    frozen.configuration = arena_copy(&call->arena, text_from(text));
    frozen.code_sha256 = taken->sha256;
    frozen.code_size = taken->size;
    frozen.code_id = new_uuid(&call->arena);
    return frozen;
}
