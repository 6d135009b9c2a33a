/* json_check and json_parse: both know the same language, but for strings that no tree can hold:
 * those with an escaped NUL, or an escaped half of a surrogate pair. */
#include "json.h"
#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_fault fault = { .line = 0 };
    struct text text = { (const char *)data, size };
    cJSON *tree = json_parse(text);
    if (json_check(text, &fault)) {
        fuzz_assert(tree || memmem(data, size, "\\u0000", strlen("\\u0000")) ||
                    memmem(data, size, "\\ud", 3) || memmem(data, size, "\\uD", 3));
    } else {
        fuzz_assert(!tree);
        fuzz_assert(fault.reason[0] && fault.line >= 1 && fault.column >= 1);
        fuzz_assert(memchr(fault.reason, '\0', sizeof(fault.reason)));
    }
    cJSON_Delete(tree);
    return 0;
}
