/* Config and credentials files: whatever is in them, sections and keys can be asked for. */
#include "ini.h"
#include "support/fuzz.h"

static void ask(const char *section, void *owner)
{
    static const char *const keys[] = { "region", "endpoint_url", "services", "lambda.endpoint_url",
                                        "aws_access_key_id" };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const char *value = ini_get(owner, section, keys[i]);
        fuzz_assert(!value || !strchr(value, '\n'));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ini *ini = ini_parse((struct text){ (const char *)data, size });
    fuzz_assert(ini);
    ini_each_section(ini, ask, ini);
    ini_destroy(ini);
    return 0;
}
