/* A Logs Insights query over three fixed events. */
#include "logs/insights_query.h"
#include "support/fuzz.h"

static const char *const messages[] = {
    "REPORT RequestId: 11111111-2222-3333-4444-555555555555\tDuration: 12.50 ms",
    "{\"level\":\"error\",\"user\":{\"id\":7,\"tags\":[\"a\",\"b\"]},\"took\":30}",
    "user=bob, method:GET",
};

static const struct insights_times times = { 1760954700000, 1760950000000, 1760954699000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct insights_query *query =
        insights_query_parse((struct text){ (const char *)data, size }, &times, NULL, &error);
    if (!query)
        return 0;
    struct insights_run *run = insights_run_start(query, 10);
    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        struct insights_event event = { .timestamp_ms = 1760954640000 - (int64_t)i * 1000,
                                        .message = text_from(messages[i]),
                                        .log_stream = "s",
                                        .log = "l",
                                        .pointer = "p" };
        if (!insights_run_add(run, &event, &error))
            break;
    }
    cJSON_Delete(insights_run_end(run, &error));
    insights_run_destroy(run);
    insights_query_destroy(query);
    return 0;
}
