/*
 * --workshop: the function that readers of the canary workshop begin with.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lambda/code.h"
#include "lambda/configuration.h"
#include "lambda/function.h"
#include "lambda/target.h"
#include "workshop.h"
#include "xalloc.h"
#include "zip_writer.h"

static const char function_name[] = "myfunction";

static cJSON *make_configuration(void)
{
    struct call call = { .input = cJSON_CreateObject() };
    json_set_text(call.input, "Runtime", "nodejs22.x");
    json_set_text(call.input, "Role",
                  "arn:aws:iam::000000000000:role/service-role/myfunction-role");
    json_set_text(call.input, "Handler", "index.handler");
    cJSON *configuration = configuration_create(&call, function_name);
    cJSON_Delete(call.input);
    return configuration;
}

static bool insert(struct lambda *lambda, const struct function_key *key, const char *sha256,
                   size_t size, struct error *error)
{
    char code_id[UUID_SIZE];
    char revision_id[UUID_SIZE];
    random_uuid(code_id);
    random_uuid(revision_id);
    CLEANUP(json_deletep) cJSON *configuration = make_configuration();
    CLEANUP(freep) char *text = json_print(configuration);
    struct function_version latest = { .key = *key,
                                       .configuration = text,
                                       .code_sha256 = sha256,
                                       .code_size = (int64_t)size,
                                       .code_id = code_id,
                                       .revision_id = revision_id,
                                       .modified_ms = clock_now_ms() };
    store_begin_call(lambda->parts.store);
    function_insert(lambda->parts.store, &latest, "{}");
    targets_forget(lambda);
    return store_end_call(lambda->parts.store, true, error);
}

bool lambda_load_workshop(struct lambda *lambda, const char *region, struct error *error)
{
    const struct function_key key = { "000000000000", region, function_name };
    if (function_exists(lambda->parts.store, &key))
        return true;
    const struct text source = { (const char *)embedded_index_mjs, sizeof(embedded_index_mjs) };
    size_t size;
    struct zip_writer *writer = zip_writer_create();
    if (!zip_writer_add(writer, "index.mjs", 0644, source, error)) {
        zip_writer_discard(writer);
        return false;
    }
    CLEANUP(freep) char *zip = zip_writer_finish(writer, &size, error);
    if (!zip)
        return false;
    CLEANUP(freep) char *sha256 = code_add(lambda, (struct text){ zip, size }, error);
    return sha256 && insert(lambda, &key, sha256, size, error);
}
