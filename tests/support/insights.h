/*
 * Logs Insights in unit tests: what a query's rows look like on one line, and which texts are none.
 */
#ifndef COALMINE_TEST_INSIGHTS_H
#define COALMINE_TEST_INSIGHTS_H

#include "buffer.h"
#include "json.h"
#include "logs/insights_query.h"
#include "support/suite.h"

/* Asked at 10:10 on 2025-10-20 about the hour before. */
static const struct insights_times insights_test_times = {
    .asked_ms = 1760955000000,
    .start_ms = 1760951400000,
    .end_ms = 1760955000000,
};

static inline struct insights_query *insights_test_parse(const char *text, struct error *error)
{
    return insights_query_parse(text_from(text), &insights_test_times, NULL, error);
}

/* Rows as "field=value field=value; ...", without @ptr. The caller owns the text. */
static inline char *insights_test_print(const cJSON *rows)
{
    struct buffer text = { 0 };
    const cJSON *row;
    buffer_add_string(&text, "");
    cJSON_ArrayForEach(row, rows)
    {
        const cJSON *item;
        const char *separator = "";
        buffer_add_string(&text, text.size ? "; " : "");
        cJSON_ArrayForEach(item, row)
        {
            if (strcmp(json_text(item, "field", ""), "@ptr") == 0)
                continue;
            buffer_add_format(&text, "%s%s=%s", separator, json_text(item, "field", ""),
                              json_text(item, "value", ""));
            separator = " ";
        }
    }
    return buffer_take(&text, NULL);
}

struct insights_refusal {
    const char *query;
    const char *part; /* of the sentence that says why */
};

static inline void insights_test_refusals(const struct insights_refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct error error = { 0 };
        struct insights_query *query = insights_test_parse(refusals[i].query, &error);
        ck_assert_msg(!query, "%s was read", refusals[i].query);
        ck_assert_msg(strstr(error.message, refusals[i].part), "%s: %s", refusals[i].query,
                      error.message);
        error_clear(&error);
    }
}

#endif
