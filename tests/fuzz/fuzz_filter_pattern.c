/* The first line is a filter pattern, the rest a message. */
#include <stdlib.h>

#include "logs/filter_pattern.h"
#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text message = { (const char *)data, size };
    struct text source = text_cut(&message, '\n');
    CLEANUP(error_clear) struct error error = { 0 };
    struct filter_pattern *pattern = filter_pattern_parse(source, &error);
    if (!pattern)
        return 0;
    filter_pattern_matches(pattern, message);
    cJSON *values = cJSON_CreateObject();
    filter_pattern_extract_all(pattern, message, values);
    cJSON_Delete(values);
    free(filter_pattern_extract(pattern, message, TEXT("$.a.b[0]")));
    filter_pattern_destroy(pattern);
    return 0;
}
