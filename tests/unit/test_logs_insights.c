/* Logs Insights: queries over a few records, with the rows they give; what is no query. */
#include "logs/insights_value.h"
#include "support/insights.h"
#include "xalloc.h"

enum { MINUTE_MS = 60000 };

/* Newest first, as a run takes them. */
static const struct {
    int64_t timestamp_ms;
    const char *message;
} events[] = {
    { 1760954640000 + 4 * MINUTE_MS,
      "REPORT RequestId: 11111111-2222-3333-4444-555555555555\tDuration: 12.50 ms\tBilled "
      "Duration: "
      "13 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tInit Duration: 100.25 ms\t\n"
      "XRAY TraceId: 1-5f84c7a1-0123456789abcdef01234567\tSegmentId: 0123456789abcdef\tSampled: "
      "true\t\n" },
    { 1760954640000 + 3 * MINUTE_MS,
      "{\"level\":\"error\",\"user\":{\"id\":7,\"tags\":[\"a\",\"b\"]},\"took\":30,\"ok\":false}" },
    { 1760954640000 + 2 * MINUTE_MS, "{\"level\":\"info\",\"user\":{\"id\":8},\"took\":10}" },
    { 1760954640000 + MINUTE_MS,
      "{\"level\":\"info\",\"user\":{\"id\":7},\"took\":20,\"@version\":3}" },
    { 1760954640000, "user=bob, method:GET, latency := 5" },
    { 1760954640000 - MINUTE_MS,
      "2025-10-20T10:03:00.000Z\t11111111-2222-3333-4444-555555555555\tERROR\t{ no: json } "
      "{\"code\":\"E1\",\"ratio\":0.0000125,\"deep\":{\"text\":\"}\\\"{\"}} {\"code\":2}\n" },
};

static cJSON *run(const char *text, int64_t limit)
{
    struct error error = { 0 };
    struct insights_query *query = insights_test_parse(text, &error);
    ck_assert_msg(query, "%s: %s", text, error.message);
    struct insights_run *under_way = insights_run_start(query, limit);
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        char pointer[16];
        snprintf(pointer, sizeof(pointer), "p%zu", i);
        struct insights_event event = { .timestamp_ms = events[i].timestamp_ms,
                                        .ingestion_ms = events[i].timestamp_ms + 1,
                                        .message = text_from(events[i].message),
                                        .log_stream = "stream",
                                        .log = "000000000000:/aws/lambda/f",
                                        .pointer = pointer };
        ck_assert(insights_run_add(under_way, &event, &error));
    }
    ck_assert(insights_run_scanned(under_way) == COUNT_OF(events));
    cJSON *rows = insights_run_end(under_way, &error);
    insights_run_destroy(under_way);
    insights_query_destroy(query);
    return rows;
}

static char *rows_of(const char *query)
{
    CLEANUP(json_deletep) cJSON *rows = run(query, INSIGHTS_LIMIT_MAX);
    return insights_test_print(rows);
}

START_TEST(queries_give_their_rows)
{
    static const struct {
        const char *query;
        const char *rows;
    } cases[] = {
        { "fields @timestamp | limit 1", "@timestamp=2025-10-20 10:08:00.000" },
        { "fields took | filter ispresent(took) | sort took", "took=10; took=20; took=30" },
        { "fields took | filter took >= 20 | sort took desc | limit 1", "took=30" },
        { "fields user.id as id | filter level = 'error'", "id=7" },
        { "fields user.tags.1 as tag | filter ispresent(user.tags.0)", "tag=b" },
        { "filter level = \"info\" and user.id = 8 | fields took", "took=10" },
        { "filter level in ['warn', 'error'] or took = 10 | fields took", "took=30; took=10" },
        { "filter level not in ['info'] and ispresent(level) | display level", "level=error" },
        { "filter @message like /user=\\w+/ | display @logStream", "@logStream=stream" },
        { "filter @message like 'method' | display @log", "@log=000000000000:/aws/lambda/f" },
        { "filter @message not like /level|REPORT|code/ | display @ingestionTime",
          "@ingestionTime=2025-10-20 10:04:00.001" },
        { "filter @message =~ /REPORT/ | display @requestId, @duration, @billedDuration, @type",
          "@requestId=11111111-2222-3333-4444-555555555555 @duration=12.5 @billedDuration=13 "
          "@type=REPORT" },
        { "filter @type = 'REPORT' | fields @maxMemoryUsed / 1000 / 1000 as mb, @initDuration",
          "mb=40 @initDuration=100.25" },
        { "filter @type = 'REPORT' | fields @xrayTraceId, @xraySegmentId",
          "@xrayTraceId=1-5f84c7a1-0123456789abcdef01234567 @xraySegmentId=0123456789abcdef" },
        { "filter ispresent(@@version) | fields @@version, @version", "@@version=3" },
        { "stats count(*)", "count(*)=6" },
        { "stats count(took) as n, avg(took), sum(took), min(took), max(took)",
          "n=3 avg(took)=20 sum(took)=60 min(took)=10 max(took)=30" },
        { "stats stddev(took) as s, pct(took, 50) as p, median(took) as m, count_distinct(user.id)",
          "s=10 p=20 m=20 count_distinct(user.id)=2" },
        { "filter ispresent(level) | stats count(*) as n by level | sort n desc",
          "level=info n=2; level=error n=1" },
        { "filter ispresent(took) | stats sum(took) as t by bin(2m) | sort t",
          "bin(2m)=2025-10-20 10:04:00.000 t=20; bin(2m)=2025-10-20 10:06:00.000 t=40" },
        { "filter @type = 'REPORT' | stats max(@memorySize / 1000 / 1000) as given, "
          "max(@maxMemoryUsed / 1000 / 1000) as used, given - used as spare",
          "given=128 used=40 spare=88" },
        { "stats max(took) - min(took) as r, count(took) * 100 / count(*) as p by level | filter "
          "ispresent(level)",
          "level=error r=0 p=100; level=info r=10 p=100" },
        { "stats sum(took) / count(took), 2 as two, greatest(two * 3, count(*)) as g, two",
          "sum(took) / count(took)=20 two=2 g=6" },
        { "filter ispresent(took) | stats count(*) by bin(2m) | sort `bin(2m)` desc | display "
          "bin(2m), count(*)",
          "bin(2m)=2025-10-20 10:06:00.000 count(*)=2; bin(2m)=2025-10-20 10:04:00.000 "
          "count(*)=1" },
        { "stats count(*), max(took)/10 by level | sort `count(*)` desc, level | limit 2 | filter "
          "count(*) > 1 | display level, count(*)/2 as half, max(took)/10",
          "half=1.5; level=info half=1 max(took)/10=2" },
        { "filter ispresent(took) | stats count(*) by level, bin(1m) | stats count(*), "
          "max(count(*)) as m by level | sort level",
          "level=error count(*)=1 m=1; level=info count(*)=2 m=1" },
        { "stats sum(nope) + 1 as missing, count(*) as n", "n=6" },
        { "stats latest(took) as l, earliest(took) as e", "l=30 e=20" },
        { "stats sortsFirst(level) as f, sortsLast(level) as l, min(level) as m",
          "f=error l=info m=error" },
        { "fields took | sort by took desc | limit 2", "took=30; took=20" },
        { "fields took | sort took desc, level asc | limit 4 | filter took < 30",
          "took=20; took=10" },
        { "parse @message 'user=*, method:*, latency := *' as @user, @method, @latency | filter "
          "ispresent(@user) | display @user, @method, @latency",
          "@user=bob @method=GET @latency=5" },
        { "parse @message /user=(?<who>\\w+)/ | filter ispresent(who) | display who", "who=bob" },
        { "fields 2 + 3 * 4 ^ 2 % 7 as x, -took as y | filter took = 10", "x=8 y=-10" },
        { "fields toupper(level) as u, strlen(level) as n, concat(level, '-', took) as c | filter "
          "took = 10",
          "u=INFO n=4 c=info-10" },
        { "fields substr('canary', 1, 3) as s, replace('a.b', '.', '-') as r, trim('  x ') as t | "
          "limit 1",
          "s=ana r=a-b t=x" },
        { "fields concat('a\\\\b', ' it\\'s \\x') as s | limit 1", "s=a\\b it's \\x" },
        { "fields coalesce(substr('canary', 1, -3), substr('canary', -1), 'nothing') as s | limit "
          "1",
          "s=nothing" },
        { "fields coalesce(nope, took, 0) as c, floor(1.5) as f, greatest(1, 3, 2) as g | filter "
          "took = 30",
          "c=30 f=1 g=3" },
        { "fields user.id | filter ispresent(user.id) | dedup user.id", "user.id=7; user.id=8" },
        { "fields took | sort took desc | dedup level, user.id | limit 5",
          "took=30; took=20; took=10; ; " },
        { "display level | sort level desc | dedup level", "level=info; level=error; ; ; " },
        { "fields if(ispresent(level), '', nope) as e | filter ispresent(@message) | dedup e",
          "e=; ; " }, /* three of the four have none: not the empty one */
        { "fields if(ispresent(level), '', nope) as e | stats count(*) as n by e", "n=3; e= n=3" },
        { "fields if(took > 15, took, level) as m | stats min(m), max(m)", "min(m)=20 max(m)=30" },
        { "stats percentile(took, 50) as p", "p=20" },
        { "filter took > 10 | fields toInt(took / 7) as i, toLong('-2.5') as l, toDouble('2.5') as "
          "d",
          "i=4 l=-2 d=2.5; i=2 l=-2 d=2.5" },
        { "filter isNumeric(took) and not isNumeric(level) and not isNumeric(nope) | stats "
          "count(*)",
          "count(*)=3" },
        { "filter took = 10 | fields messageSize(level) as n, messageSize(nope) as m", "n=4" },
        { "filter ispresent(took) | stats count(*) by bin(300s) as t | sort t",
          "t=2025-10-20 10:05:00.000 count(*)=1; t=2025-10-20 10:06:00.000 count(*)=1; "
          "t=2025-10-20 10:07:00.000 count(*)=1" },
        { "filter ispresent(took) | stats count(*) by datefloor(@timestamp, 30h) as t",
          "t=2025-10-20 00:00:00.000 count(*)=3" },
        { "filter now() - toMillis(@timestamp) / 1000 > 60 | stats count(*)", "count(*)=6" },
        { "stats pct(took, 90), pct(took, 25)", "pct(took, 90)=28 pct(took, 25)=15" },
        { "fields took * -0.000001 as z | filter took = 10 | display z", "z=0" },
        { "stats avg(level) as a, sum(took) as s", "s=60" },
        { "fields if('false', 1, 2) as o, if('0', 1, 2) as n | filter took = 30 | display o, n",
          "o=2 n=2" },
        { "filter nope != nada | fields took", "" },
        { "filter nope like '' or nope like /^$/ | fields took", "" },
        { "fields 2 ^ 3 ^ 2 as p, 2 ^ -1 as q, 10 - 3 + 2 as s | filter took = 10 | display p, q, "
          "s",
          "p=512 q=0.5 s=9" },
        { "fields round(took / 7, 1.5) as a, datefloor(@timestamp, 0) as d | filter took = 20 | "
          "display a, d",
          "a=2.9" },
        { "fields case(took > 25, 'slow') as c | filter took > 5 | sort took | display c, took",
          "took=10; took=20; c=slow took=30" },
        { "fields strlen('h\u00e9\u00e9') as n, endsWith('b', 'ab') as e, substr('abc', 1, 1) as "
          "s, "
          "replace('ab', '', 'x') as r, toupper('a\u00e9') as u | filter took = 10 | display n, e, "
          "s, "
          "r, u",
          "n=3 e=0 s=b r=ab u=A\u00e9" },
        { "# a comment\nfields took # another\n| filter took = 10", "took=10" },
        { "fields `user.id` as q | filter took = 10", "q=8" },
        { "FIELDS took | FILTER took = 10 OR NOT ispresent(@message) | LIMIT 5", "took=10" },
        { "filter code = 'E1' | fields code, ratio, deep.text, ratio * 1000 as r",
          "code=E1 ratio=1.25e-05 deep.text=}\"{ r=0.0125" },
        { "stats max(ratio), min(ratio) as m, avg(took) / 3", "max(ratio)=1.25e-05 m=1.25e-05 "
                                                              "avg(took) / 3=6.6667" },
        { "filter @requestId == '11111111-2222-3333-4444-555555555555' | stats count(*)",
          "count(*)=2" },
        { "fields if(took > 15, 'slow', 'fast') as pace, round(took / 7) as r | filter took > 10 | "
          "sort took",
          "pace=slow r=3; pace=slow r=4" },
        { "stats earliest(@timestamp) as a, max(@timestamp) as b, fromMillis(a) as c | limit 1",
          "a=1760954580000 b=1760954880000 c=2025-10-20 10:03:00.000" },
        { "filter took > 5 | fields case(took > 25, 'slow', took > 15, 'fair', 'fast') as pace, "
          "startsWith(level, 'in') as s, endsWith(level, 'or') as e, toNumber('7.50') as n",
          "pace=slow s=0 e=1 n=7.5; pace=fast s=1 e=0 n=7.5; pace=fair s=1 e=0 n=7.5" },
        { "parse @message 'user=*,' as who | filter who = 'bob' | display who, who as again | sort "
          "who | fields toupper(who) as loud",
          "who=bob again=bob" },
        { "filter @message like /(?i)report/ | stats count(*)", "count(*)=1" },
        { "fields round(took / 7, 2) as a, round(took * 100 / 7, -1) as b, round(took, nope) as c "
          "| "
          "filter took = 20",
          "a=2.86 b=290" },
        { "fields case(took = 1, 1, took = 2, 2, took = 3, 3, took = 4, 4, took = 5, 5, took = 6, "
          "6, took = 7, 7, took = 8, 8, took = 9, 9, took = 10, 'ten', 'more') as c | filter took "
          "<= 20",
          "c=ten; c=more" },
        { "filter ispresent(took) | stats count(*) by bin(2mins) as t, datefloor(@timestamp, "
          "1hrs) as h, datefloor(@timestamp, 500msecs) - @timestamp as z | stats sum(z), count(*)",
          "sum(z)=0 count(*)=2" },
        { "fields '1122334455667788990' as id | filter id = '1122334455667788991' or id in "
          "['1122334455667788989'] or id < '1122334455667788990'",
          "" },
        { "fields '1122334455667788990' as id | filter id != '1122334455667788991' and id > "
          "'1122334455667788989' and id = 1122334455667788990 | limit 1",
          "id=1122334455667788990" },
        { "filter took = 10 or level = 'error' and took > 15 | sort took | fields took",
          "took=10; took=30" },
        { "filter (took = 10 or level = 'error') and took > 15 | fields took", "took=30" },
        { "filter not (took = 10 or (took = 20)) and ispresent(took) | fields took", "took=30" },
        { "fields (took + 10) * 2 as x, -(took - 1) as y, 2 ^ (1 + 1) as z | filter took = 10",
          "x=40 y=-9 z=4" },
        { "fields strcontains(level, 'INF', true) as c | filter took = 10", "c=1" },
        { "filter nope = 1", "" },
        { "filter nope != 1 | stats count(*) as n", "n=6" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *rows = rows_of(cases[i].query);
        ck_assert_msg(strcmp(rows, cases[i].rows) == 0, "%s\n gives %s\nwanted %s", cases[i].query,
                      rows, cases[i].rows);
    }
}
END_TEST

/* The order is that of AWS's page on sort. */
START_TEST(values_are_sorted_as_people_count)
{
    static const char *const ascending[] = { NULL, "!:",        "#",     "*%04",  "0#",
                                             "5A", "111A",      "2345_", "@",     "@_",
                                             "A",  "A9876fghj", "a12b",  "a123a", "a12345hfh",
                                             "0",  "1",         "2",     "3",     "10.5" };
    for (size_t i = 0; i < COUNT_OF(ascending); i++) {
        for (size_t j = 0; j < COUNT_OF(ascending); j++) {
            struct insights_value a = insights_text(ascending[i]);
            struct insights_value b = insights_text(ascending[j]);
            int order = insights_compare(&a, &b);
            ck_assert_msg((order > 0) - (order < 0) == (i > j) - (i < j), "%s, %s: %d",
                          ascending[i], ascending[j], order);
        }
    }
}
END_TEST

START_TEST(rows_are_the_newest_and_carry_their_pointer)
{
    cJSON *rows = run("fields @message", 2);
    ck_assert_int_eq(cJSON_GetArraySize(rows), 2);
    const cJSON *last = cJSON_GetArrayItem(cJSON_GetArrayItem(rows, 1), 1);
    ck_assert_str_eq(json_text(last, "field", ""), "@ptr");
    ck_assert_str_eq(json_text(last, "value", ""), "p1");
    cJSON_Delete(rows);
    rows = run("stats count(*) by @message", 2);
    ck_assert_int_eq(cJSON_GetArraySize(rows), 2);
    cJSON_Delete(rows);
}
END_TEST

START_TEST(what_is_no_query_is_refused_with_its_place)
{
    static const struct insights_refusal refusals[] = {
        { "", "unexpected symbol found <EOF> at line 1 and position 0" },
        { "select 1", "unexpected symbol found select at line 1 and position 0" },
        { "fields", "unexpected symbol found <EOF>" },
        { "fields a |", "unexpected symbol found <EOF>" },
        { "fields a\n| sort", "line 2 and position 6" },
        { "filter (a = 1", "expected )" },
        { "filter a = ", "a field or a value" },
        { "filter a like /(/", "invalid regular expression /(/" },
        { "filter nope(a)", "found nope at line 1 and position 7; expected a function that there "
                            "is" },
        { "stats count(*) by bin(5m) | sort bin(5m) desc",
          "unexpected symbol found ( at line 1 and position 36" },
        { "sort took * 2", "unexpected symbol found * at line 1 and position 10" },
        { "sort 'took'", "expected a field" },
        { "parse @message 'a=*' as x | fields x", "already defined: x ([35,35])" },
        { "parse @message /(?<x>a)/ | parse @message 'b=*' as x", "already defined: x (" },
        { "fields took as t, level as t", "Ephemeral field is already defined: t ([18,27])" },
        { "fields took as t | stats sum(t) as t by level",
          "Ephemeral field is already defined: t ([25,35])" },
        { "stats sum(took) as t by level | stats max(t) as t", "already defined: t ([38,48])" },
        { "dedup level | limit 5 | sort level", "unexpected symbol found sort" },
        { "dedup level | fields level",
          "unexpected symbol found fields at line 1 and position 14" },
        { "filter a like /x/i", "unexpected symbol found i at line 1 and position 17" },
        { "filter max(a) > 1", "found max at" },
        { "stats max(min(a))", "found min at" },
        { "stats a", "found a at line 1 and position 6; expected count, sum" },
        { "stats count(*) as n, a", "found a at line 1 and position 21; expected count, sum" },
        { "stats sum()", "found ) at line 1 and position 10; expected a field or a value" },
        { "stats count(*) by max(a)", "found max at" },
        { "filter strlen()", "another number of arguments" },
        { "stats nope(a)", "count, sum, avg" },
        { "stats pct(a)", "expected ," },
        { "stats pct(a, 101)", "a percentile" },
        { "limit 0", "a number from 1 to 10000" },
        { "limit 10001", "a number from 1 to 10000" },
        { "parse @message 'a*b'", "expected as" },
        { "parse @message 'a*b' as x, y", "as many names as there are stars" },
        { "fields 'open", "unexpected" },
        { "fields a b", "| or the end" },
        { "fields 5x", "unexpected" },
        { "fields 5ss", "unexpected" },
    };
    insights_test_refusals(refusals, COUNT_OF(refusals));
}
END_TEST

START_TEST(a_list_has_an_end)
{
    for (int count = 100; count <= 101; count++) {
        struct error error = { 0 };
        CLEANUP(buffer_clear) struct buffer text = { 0 };
        buffer_add_string(&text, "filter took in [");
        for (int i = 1; i <= count; i++)
            buffer_add_format(&text, "%d%s", i, i < count ? "," : "]");
        struct insights_query *query = insights_test_parse(buffer_text(&text).data, &error);
        ck_assert((query != NULL) == (count == 100));
        insights_query_destroy(query);
        error_clear(&error);
    }
}
END_TEST

START_TEST(the_place_of_an_error_is_that_of_the_symbol)
{
    static const struct {
        const char *query;
        struct insights_place place;
    } cases[] = {
        { "select 1", { 0, 6 } },
        { "fields a | sorted b", { 11, 17 } },
        { "fields a |", { 10, 10 } },
        { "limit 0", { 6, 7 } },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = { 0 };
        struct insights_place place;
        ck_assert_ptr_null(
            insights_query_parse(text_from(cases[i].query), &insights_test_times, &place, &error));
        ck_assert_uint_eq(place.from, cases[i].place.from);
        ck_assert_uint_eq(place.until, cases[i].place.until);
        error_clear(&error);
    }
}
END_TEST

/* What a run over 300 different messages of 1 MiB ends with; NULL: it takes them all. */
static char *error_of_long_messages(const char *text)
{
    enum { MESSAGE_BYTES = 1 << 20, EVENTS = 300 };
    struct error error = { 0 };
    struct insights_query *query = insights_test_parse(text, &error);
    ck_assert_msg(query, "%s: %s", text, error.message);
    struct insights_run *under_way = insights_run_start(query, INSIGHTS_LIMIT_MAX);
    char *message = xcalloc(1, MESSAGE_BYTES);
    memset(message, 'x', MESSAGE_BYTES);
    struct insights_event event = {
        .message = { message, MESSAGE_BYTES }, .log_stream = "s", .log = "l", .pointer = "p"
    };
    bool is_added = true;
    for (int i = 0; i < EVENTS && is_added; i++) {
        snprintf(message, MESSAGE_BYTES, "%04d", i);
        message[4] = 'x';
        event.timestamp_ms = EVENTS - i;
        is_added = insights_run_add(under_way, &event, &error);
    }
    free(message);
    insights_run_destroy(under_way);
    insights_query_destroy(query);
    return error.message;
}

START_TEST(a_run_that_keeps_too_much_ends_in_an_error)
{
    static const struct {
        const char *query;
        bool is_too_much;
    } cases[] = {
        { "sort @message", true },
        { "stats count_distinct(@message)", true },
        { "stats count(*) by @message", true },
        { "stats earliest(@message) by @logStream", false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *error = error_of_long_messages(cases[i].query);
        ck_assert_msg(!error == !cases[i].is_too_much, "%s: %s", cases[i].query, error);
        ck_assert(!error || strcmp(error, "the query keeps more than 256 MB") == 0);
    }
}
END_TEST

/* More than a run keeps; each value comes six times, and the first of equal ones stays first. */
START_TEST(the_top_of_any_number_of_events_is_found)
{
    enum { EVENTS = 60000, VALUES = 10007, TOP = 14 };
    struct error error = { 0 };
    struct insights_query *query = insights_test_parse(
        "fields v, i | sort v desc | display i | limit 14 | filter i >= 0", &error);
    struct insights_run *under_way = insights_run_start(query, INSIGHTS_LIMIT_MAX);
    for (int i = 0; i < EVENTS; i++) {
        char message[64];
        int size = snprintf(message, sizeof(message), "{\"v\":%d,\"i\":%d}",
                            (int)(i * INT64_C(7919) % VALUES), i);
        struct insights_event event = {
            .message = { message, (size_t)size }, .log_stream = "s", .log = "l", .pointer = "p"
        };
        ck_assert_msg(insights_run_add(under_way, &event, &error), "%s", error.message);
    }
    CLEANUP(json_deletep) cJSON *rows = insights_run_end(under_way, &error);
    ck_assert_int_eq(cJSON_GetArraySize(rows), TOP);
    int at = 0;
    for (int value = VALUES - 1; at < TOP; value--) {
        for (int i = 0; i < EVENTS && at < TOP; i++) {
            if (i * INT64_C(7919) % VALUES != value)
                continue;
            const cJSON *item = cJSON_GetArrayItem(cJSON_GetArrayItem(rows, at++), 0);
            char wanted[16];
            snprintf(wanted, sizeof(wanted), "%d", i);
            ck_assert_str_eq(json_text(item, "value", ""), wanted);
        }
    }
    insights_run_destroy(under_way);
    insights_query_destroy(query);
}
END_TEST

/* A query over EVENTS events with v = 0, 1, 2, 0, ... and i = 0, 1, 2, ...; the rows' first fields.
 */
static char *rows_of_many(const char *text)
{
    enum { EVENTS = 60000 };
    struct error error = { 0 };
    struct insights_query *query = insights_test_parse(text, &error);
    ck_assert_msg(query, "%s: %s", text, error.message);
    struct insights_run *under_way = insights_run_start(query, INSIGHTS_LIMIT_MAX);
    for (int i = 0; i < EVENTS && !error.message; i++) {
        char message[64];
        int size = snprintf(message, sizeof(message), "{\"v\":%d,\"i\":%d}", i % 3, i);
        struct insights_event event = {
            .message = { message, (size_t)size }, .log_stream = "s", .log = "l", .pointer = "p"
        };
        if (!insights_run_add(under_way, &event, &error))
            break;
    }
    struct buffer values = { 0 };
    CLEANUP(json_deletep) cJSON *rows = insights_run_end(under_way, &error);
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
        buffer_add_format(&values, "%s ", json_text(row->child, "value", ""));
    insights_run_destroy(under_way);
    insights_query_destroy(query);
    if (!error.message)
        return buffer_take(&values, NULL);
    buffer_clear(&values);
    return error.message;
}

START_TEST(a_sort_lets_filters_and_stats_go_first)
{
    static const struct {
        const char *query;
        const char *values;
    } cases[] = {
        { "fields i | sort i desc | filter v = 1 and i < 10", "7 4 1 " },
        { "sort i | fields i + 1 as j | filter j > 59998 | sort v desc | display j, v",
          "60000 59999 " },
        { "sort v desc | sort i | filter i < 3 | display i", "0 1 2 " },
        { "sort i desc | stats count(*) by v | sort v", "0 1 2 " },
        { "sort i | sort v | filter v > 0 | stats count(*) as n by v | sort v | display n",
          "20000 20000 " },
        { "stats count(*) by i | sort i desc | limit 2", "59999 59998 " },
        { "sort i desc | limit 5 | filter v = 1 | display i", "59998 59995 " },
        { "fields i | dedup v", "0 1 2 " },
        { "fields i | filter v != 1 | sort i desc | dedup v | limit 1", "59999 " },
        { "sort v, i | dedup w | limit 2", "the query needs more than 50000 events at once" },
        { "fields i, abs(i - 5000) as d | sort d | dedup v", "5000 4999 5001 " },
        { "stats latest(i)", "0 " }, /* all of one time: they come newest first */
        { "stats earliest(i)", "59999 " },
        { "dedup i", "the query needs more than 50000 events at once" },
        { "sort w | fields v as w | filter w = 1",
          "the query needs more than 50000 events at once" },
        { "sort w | parse @message '\"v\":*,' as w | stats count(*) by w", "0 1 2 " },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *values = rows_of_many(cases[i].query);
        ck_assert_msg(strcmp(values, cases[i].values) == 0, "%s\n gives %s\nwanted %s",
                      cases[i].query, values, cases[i].values);
    }
}
END_TEST

static void expect_found(const char *name, const struct insights_value *value, void *owner)
{
    struct insights_record *record = owner;
    struct insights_value found = insights_record_get(record, name);
    ck_assert_msg(
        strcmp(insights_print(&found, &record->arena), insights_print(value, &record->arena)) == 0,
        "%s", name);
}

START_TEST(fields_are_found_by_the_names_that_are_listed)
{
    static const char *const missing[] = { "a.x",           "a.b.y", "a.b.c.d.2",
                                           "a.b.c.d.0.e.f", "g..",   "g.-1" };
    const struct insights_event event = {
        .message =
            TEXT("{\"a.b\":{\"c\":{\"x\":1},\"c.d\":[{\"e\":2},3]},\"a\":{\"x.y\":4,\"b\":{\"z"
                 "\":5}},\"f.\":6,\"g\":[7],\"x.y.z\":8,\"@at\":9}"),
        .log_stream = "s",
        .log = "l",
        .pointer = "p",
    };
    struct insights_record *record = insights_record_create(&event);
    insights_record_each(record, expect_found, record);
    struct insights_value item = insights_record_get(record, "a.b.c.d.0.e");
    ck_assert_str_eq(insights_print(&item, &record->arena), "2");
    item = insights_record_get(record, "a.b.z");
    ck_assert_str_eq(insights_print(&item, &record->arena), "5");
    for (size_t i = 0; i < COUNT_OF(missing); i++) {
        item = insights_record_get(record, missing[i]);
        ck_assert_msg(item.kind == INSIGHTS_MISSING, "%s", missing[i]);
    }
    insights_record_destroy(record);
}
END_TEST

START_TEST(deep_queries_end_in_an_answer)
{
    enum { DEPTH = 100000 };
    static const char *const openings[] = { "(", "-", "not ", "abs(", "2^" };
    for (size_t i = 0; i < COUNT_OF(openings); i++) {
        struct buffer text = { 0 };
        struct error error = { 0 };
        buffer_add_string(&text, "filter ");
        for (int depth = 0; depth < DEPTH; depth++)
            buffer_add_string(&text, openings[i]);
        ck_assert_ptr_null(insights_test_parse(buffer_text(&text).data, &error));
        ck_assert_ptr_nonnull(error.message);
        error_clear(&error);
        buffer_clear(&text);
    }
}
END_TEST

SUITE("logs_insights", queries_give_their_rows, values_are_sorted_as_people_count,
      rows_are_the_newest_and_carry_their_pointer, what_is_no_query_is_refused_with_its_place,
      a_list_has_an_end, the_place_of_an_error_is_that_of_the_symbol,
      a_run_that_keeps_too_much_ends_in_an_error, the_top_of_any_number_of_events_is_found,
      a_sort_lets_filters_and_stats_go_first, fields_are_found_by_the_names_that_are_listed,
      deep_queries_end_in_an_answer)
