/* Logs Insights: what jsonParse makes, the way into it, and the records that unnest makes of it. */
#include "support/insights.h"
#include "xalloc.h"

#define LONGEST                                                                                    \
    "{\"events\":[{\"name\":\"exception\",\"n\":2},{\"name\":\"user action\",\"n\":5}],"           \
    "\"user.id\":\"123\",\"kind\":\"a\",\"users\":[{\"action\":\"Get\"},{\"action\":\"PutData\"}]" \
    "}"
/* Newest first. */
static const char *const messages[] = {
    LONGEST,
    "[[1,2],[],[3]]",
    "{\"events\":[],\"kind\":\"b\",\"text\":\"{\\\"x\\\":[7]}\"}",
    "plain",
    "{\"events\":{\"name\":\"one\"},\"kind\":\"c\",\"big\":123456789012345}",
};

struct answer {
    cJSON *rows; /* NULL: error */
    double matched;
    struct error error;
};

static struct answer run(const char *text, const char *const *lines, size_t count)
{
    struct answer outcome = { 0 };
    struct insights_query *query = insights_test_parse(text, &outcome.error);
    ck_assert_msg(query, "%s: %s", text, outcome.error.message);
    struct insights_run *under_way = insights_run_start(query, INSIGHTS_LIMIT_MAX);
    bool is_added = true;
    for (size_t i = 0; i < count && is_added; i++) {
        struct insights_event event = { .timestamp_ms = (int64_t)(1000 - i),
                                        .message = text_from(lines[i]),
                                        .log_stream = "s",
                                        .log = "000000000000:g",
                                        .pointer = "p" };
        is_added = insights_run_add(under_way, &event, &outcome.error);
    }
    outcome.matched = insights_run_matched(under_way);
    if (is_added)
        outcome.rows = insights_run_end(under_way, &outcome.error);
    insights_run_destroy(under_way);
    insights_query_destroy(query);
    return outcome;
}

static char *rows_of(const char *query)
{
    struct answer outcome = run(query, messages, COUNT_OF(messages));
    ck_assert_ptr_nonnull(outcome.rows);
    char *text = insights_test_print(outcome.rows);
    cJSON_Delete(outcome.rows);
    return text;
}

#define PARSED "fields jsonParse(@message) as js | "

START_TEST(queries_give_their_rows)
{
    static const struct {
        const char *query;
        const char *rows;
    } cases[] = {
        /* AWS's examples */
        { PARSED "unnest js.events into event | display event.name",
          "event.name=exception; event.name=user action; event.name=one" },
        { PARSED "unnest js.events into e | filter e.name = 'exception' | display js.kind",
          "js.kind=a" },
        { PARSED "unnest js.events into e | stats sum(e.n) as n by js.kind | sort n desc | limit 1",
          "js.kind=a n=7" },
        { PARSED "stats count() by js.kind | sort js.kind desc | limit 2",
          "js.kind=c count()=1; js.kind=b count()=1" },
        { PARSED "filter js.users[1].action = \"PutData\" | display js.kind", "js.kind=a" },
        { PARSED "filter js.`user.id` = \"123\" | display js.kind", "js.kind=a" },
        { PARSED "filter js.kind = 'b' | display toupper(js) as u, js + 1 as s, js.kind",
          "u= js.kind=b" },
        /* what is compared with a structure, and what is sorted, counted and deduplicated by one */
        { PARSED "filter js = js or js != 1 or js like 'kind' or js in [js] | display @message",
          "@message=plain" },
        { PARSED "display kind | sort js desc, kind desc | dedup js | limit 2", "kind=c; kind=b" },
        { PARSED "stats count(*) as n, count(js) as c, count_distinct(js) as d by js",
          "n=5 c=0 d=0" },
        { PARSED "filter isempty(js) and ispresent(js) | stats count(*) as n", "n=4" },
        /* into structures and out of them */
        { "fields jsonStringify(jsonParse(@message)) as s | filter s like 'one' | display s",
          "s={\"events\":{\"name\":\"one\"},\"kind\":\"c\",\"big\":123456789012345}" },
        { "filter kind = 'b' | fields jsonParse(text) as inner | display inner.x.0, inner.x, inner",
          "inner.x.0=7 inner.x=[7] inner={\"x\":[7]}" },
        { "filter kind = 'a' | fields jsonArraySize(users) as n, jsonArraySize(kind) as m", "n=2" },
        { "filter kind = 'a' | fields jsonArrayContains('[\"x\", 3]', 3) as y, "
          "jsonArrayContains('[\"x\"]', 'X') as n, jsonArrayContains(kind, 'a') as o",
          "y=1 n=0 o=0" },
        { PARSED "filter jsonArrayContains(jsonParse('[\"a\"]'), js.kind) | display js.kind",
          "js.kind=a" },
        { PARSED "display coalesce(js.none, js.events[0].name, js.kind) as c | filter ispresent(c)",
          "c=exception; c=b; c=c" },
        /* unnest of other things, of lists in lists, and at other places */
        { "unnest kind into k | stats count(*) as n by k | sort k", "k=a n=1; k=b n=1; k=c n=1" },
        { PARSED "unnest js into a | unnest a into b | filter isNumeric(b) | display b",
          "b=1; b=2; b=3" },
        { PARSED "sort @timestamp | unnest js into a | unnest a into b | filter b > 1 | display b",
          "b=2; b=3" },
        { PARSED "sort @timestamp | unnest js.events into e | limit 2 | display e.name",
          "e.name=one; e.name=exception" },
        { PARSED "limit 1 | unnest js.users into u | display u.action",
          "u.action=Get; u.action=PutData" },
        { PARSED
          "limit 5 | unnest js.events into e | stats count(*) as n by js.kind | sort js.kind",
          "js.kind=a n=2; js.kind=c n=1" },
        { PARSED
          "filter kind = 'a' | unnest js.events into e | display jsonStringify(e) as s | limit 1",
          "s={\"name\":\"exception\",\"n\":2}" },
        { PARSED "unnest js.users into u | fields u.action",
          "js=" LONGEST " u={\"action\":\"Get\"} u.action=Get; js=" LONGEST
          " u={\"action\":\"PutData\"} u.action=PutData" },
        { "filter kind in['b','c'] | stats count(*) as n", "n=2" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *rows = rows_of(cases[i].query);
        ck_assert_msg(strcmp(rows, cases[i].rows) == 0, "%s:\n%s\nnot\n%s", cases[i].query, rows,
                      cases[i].rows);
    }
}
END_TEST

START_TEST(what_cannot_be_read_is_told)
{
    static const struct insights_refusal refusals[] = {
        { "unnest", "expected a field" },
        { "unnest a", "expected into" },
        { "unnest a into", "expected a name" },
        { "unnest a into 5", "expected a name" },
        { "unnest a into b | unnest c into b", "Ephemeral field is already defined: b" },
        { "fields a.`b", "unexpected symbol found a at line 1 and position 7" },
        { "fields a[x]", "unexpected symbol found [" },
        { "filter jsonParse()", "another number of arguments" },
    };
    insights_test_refusals(refusals, COUNT_OF(refusals));
}
END_TEST

/* A list of so many items, with some bytes beside it. */
static char *list_of(size_t items, size_t bytes)
{
    struct buffer text = { 0 };
    buffer_add_string(&text, "{\"list\":[0");
    for (size_t i = 1; i < items; i++)
        buffer_add_format(&text, ",%zu", i);
    buffer_add_string(&text, "],\"pad\":\"");
    for (size_t i = 0; i < bytes; i++)
        buffer_add_char(&text, 'x');
    buffer_add_string(&text, "\"}");
    return buffer_take(&text, NULL);
}

/* Each of the items shares its message with the others: 10,000 of them are not 10,000 messages. */
START_TEST(a_long_list_is_unnested_and_counted_once)
{
    enum { ITEMS = 10000 };
    char *message = list_of(ITEMS, 100000);
    const char *const lines[] = { message, message };
    struct answer outcome =
        run(PARSED "unnest js.list into i | filter i >= 10 | sort i desc | display i", lines, 2);
    ck_assert_int_eq(cJSON_GetArraySize(outcome.rows), ITEMS);
    ck_assert_str_eq(json_text(cJSON_GetArrayItem(outcome.rows, 1)->child, "value", ""), "9999");
    ck_assert(outcome.matched == 2);
    cJSON_Delete(outcome.rows);
    free(message);
}
END_TEST

START_TEST(more_items_than_a_query_may_need_end_it_with_an_error)
{
    static const char *const queries[] = {
        PARSED "unnest js.list into i | dedup i",
        PARSED "limit 1 | unnest js.list into i",
        PARSED "limit 3 | unnest js.list into i | stats count(*)",
    };
    char *message = list_of(60000, 0);
    const char *const lines[] = { message, "x", message };
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct answer outcome = run(queries[i], lines, COUNT_OF(lines));
        ck_assert_ptr_null(outcome.rows);
        ck_assert_str_eq(outcome.error.message, "the query needs more than 50000 events at once");
        error_clear(&outcome.error);
    }
    struct answer counted = run(PARSED "unnest js.list into i | stats count(*), max(i)", lines, 3);
    const cJSON *row = cJSON_GetArrayItem(counted.rows, 0);
    ck_assert_str_eq(json_text(row->child, "value", ""), "120000");
    cJSON_Delete(counted.rows);
    free(message);
}
END_TEST

SUITE("insights_structures", queries_give_their_rows, what_cannot_be_read_is_told,
      a_long_list_is_unnested_and_counted_once,
      more_items_than_a_query_may_need_end_it_with_an_error)
