/*
 * StartQuery, GetQueryResults, StopQuery and DescribeQueries (cloudwatch-api.md section 6.11).
 */
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "log.h"
#include "logs/faults.h"
#include "logs/handlers.h"
#include "logs/queries.h"
#include "xalloc.h"

enum { GROUPS_MAX = 50, PAGE_MAX = 10000, LIST_MAX = 1000, MS_PER_SECOND = 1000 };

/* Seconds that are certainly no milliseconds' overflow. */
#define TIME_END_S (TIME_END_MS / MS_PER_SECOND)
#define FAR_FUTURE_S INT64_C(100000000000) /* the year 5138 */

const char *const query_languages[] = { "CWLI", "SQL", "PPL", NULL };
static const char *const status_names[] = {
    [QUERY_SCHEDULED] = "Scheduled", [QUERY_RUNNING] = "Running",     [QUERY_COMPLETE] = "Complete",
    [QUERY_FAILED] = "Failed",       [QUERY_CANCELLED] = "Cancelled",
};
static const char *const statuses[] = { "Scheduled", "Running", "Complete", "Failed",
                                        "Cancelled", "Timeout", "Unknown",  NULL };

/* The names or identifiers that the call gives in one way or another; NULL with the fault. */
static const cJSON *read_identifiers(struct call *call)
{
    static const char *const ways[] = { "logGroupName", "logGroupNames", "logGroupIdentifiers" };
    const cJSON *found = NULL;
    int count = 0;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        const cJSON *given = json_get(call->input, ways[i]);
        found = given ? given : found;
        count += given != NULL;
    }
    if (count == 1 && (cJSON_IsString(found) || cJSON_GetArraySize(found)))
        return found;
    error_set(&call->error, &LOGS_INVALID_PARAMETER,
              "Exactly one of logGroupName, logGroupNames or logGroupIdentifiers must be "
              "specified.");
    return NULL;
}

static bool add_source(struct call *call, struct query *query, const char *identifier)
{
    struct query_source *source = &query->sources[query->source_count];
    struct group_key key = group_key_of(call, identifier);
    struct log_group group;
    if (!group_find_named(call, identifier, &group))
        return error_set(&call->error, &LOGS_NOT_FOUND,
                         "Log group '%s' does not exist for account ID '%s' (Service: AWSLogs; "
                         "Status Code: 400; Error Code: ResourceNotFoundException; Request ID: "
                         "%s; Proxy: null)",
                         key.name, key.account, call->request_id);
    for (size_t i = 0; i < query->source_count; i++)
        if (query->sources[i].group_id == group.id)
            return true;
    int64_t from_ms = json_int(call->input, "startTime", 0) * MS_PER_SECOND;
    int64_t kept_ms = retention_start_ms(group.retention_days);
    source->group_id = group.id;
    source->name = arena_copy(&query->arena, text_from(key.name));
    source->log = arena_format(&query->arena, "%s:%s", key.account, key.name);
    source->from_ms = from_ms > kept_ms ? from_ms : kept_ms;
    source->begin_ms = group.created_ms > kept_ms ? group.created_ms : kept_ms;
    source->position = EVENT_POSITION_LAST;
    query->source_count++;
    return true;
}

static bool find_sources(struct call *call, struct query *query)
{
    const cJSON *identifiers = read_identifiers(call);
    const cJSON *identifier;
    if (!identifiers)
        return false;
    size_t count = cJSON_IsArray(identifiers) ? (size_t)cJSON_GetArraySize(identifiers) : 1;
    query->sources = arena_alloc(&query->arena, count * sizeof(*query->sources));
    if (cJSON_IsString(identifiers))
        return add_source(call, query, identifiers->valuestring);
    cJSON_ArrayForEach(identifier, identifiers)
    {
        if (!add_source(call, query, identifier->valuestring))
            return false;
    }
    return true;
}

static bool check_language(struct call *call)
{
    const char *language = json_text(call->input, "queryLanguage", query_languages[0]);
    return strcmp(language, query_languages[0]) == 0 ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "Coalmine does not run queries in %s; it knows the language of Logs Insights "
                     "(CWLI).",
                     language);
}

static bool check_times(struct call *call)
{
    int64_t start_s = json_int(call->input, "startTime", 0);
    if (start_s > FAR_FUTURE_S)
        log_warn("logs",
                 "StartQuery takes seconds: a startTime of %lld looks like milliseconds and finds "
                 "nothing",
                 (long long)start_s);
    return start_s <= json_int(call->input, "endTime", 0) ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "Start time must not be after end time.");
}

static bool has_room(struct call *call)
{
    return queries_under_way(logs_of(call), call->account, call->region) < QUERIES_AT_ONCE ||
           error_set(&call->error, &LOGS_LIMIT_EXCEEDED,
                     "Account maximum query concurrency limit of [%d] reached.", QUERIES_AT_ONCE);
}

static const struct field location_members[] = {
    { .name = "startCharOffset", .type = FIELD_INTEGER },
    { .name = "endCharOffset", .type = FIELD_INTEGER },
    { 0 },
};
static const struct field compile_error_members[] = {
    { .name = "location", .type = FIELD_STRUCTURE, .members = location_members },
    { .name = "message", .type = FIELD_STRING },
    { 0 },
};
static const struct field malformed_members[] = {
    { .name = "queryCompileError", .type = FIELD_STRUCTURE, .members = compile_error_members },
    { 0 },
};

/* The exception has its place beside its sentence. */
static bool fail_malformed(struct call *call, struct insights_place place, const char *sentence)
{
    cJSON *compile_error = json_set_object(call_output(call), "queryCompileError");
    cJSON *location = json_set_object(compile_error, "location");
    json_set_double(location, "startCharOffset", (double)place.from);
    json_set_double(location, "endCharOffset", (double)place.until);
    json_set_text(compile_error, "message", sentence);
    call->error_members = malformed_members;
    return error_set(&call->error, &LOGS_MALFORMED_QUERY, "%s", sentence);
}

static bool parse(struct call *call, struct query *query)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct insights_place place;
    const struct insights_times times = {
        .asked_ms = clock_now_ms(),
        .start_ms = json_int(call->input, "startTime", 0) * MS_PER_SECOND,
        .end_ms = json_int(call->input, "endTime", 0) * MS_PER_SECOND,
    };
    query->parsed = insights_query_parse(text_from(json_text(call->input, "queryString", "")),
                                         &times, &place, &error);
    return query->parsed || fail_malformed(call, place, error.message);
}

static bool has_events(struct call *call, const struct query *query,
                       const struct query_source *source)
{
    struct event_page page;
    const struct event_range range = { .group_id = source->group_id,
                                       .from_ms = source->from_ms,
                                       .until_ms = query->until_ms,
                                       .position = EVENT_POSITION_FIRST,
                                       .limit = 1 };
    event_store_read(logs_of(call)->events, &range, &call->arena, &page);
    return page.count > 0;
}

/* A range that ends before all groups begin is an error on AWS. Here groups are young, and may have
 * been given events of the days before: then it is none. */
static bool check_range(struct call *call, const struct query *query)
{
    size_t size = strlen(json_text(call->input, "queryString", ""));
    for (size_t i = 0; i < query->source_count; i++)
        if (query->sources[i].begin_ms < query->until_ms ||
            has_events(call, query, &query->sources[i]))
            return true;
    return fail_malformed(call, (struct insights_place){ 0, size },
                          arena_format(&call->arena,
                                       "Query's end date and time is either before the log groups "
                                       "creation time or exceeds the log groups log retention "
                                       "settings ([0,%zu])",
                                       size ? size - 1 : 0));
}

/* As AWS shows it: where and when, and then the query. */
static const char *print_text(struct call *call, struct query *query)
{
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    for (size_t i = 0; i < query->source_count; i++)
        buffer_add_format(&text, "%s\"%s\"", i ? "," : "SOURCE ", query->sources[i].name);
    buffer_add_format(
        &text, " START=%lld000 END=%lld999 | %s", (long long)json_int(call->input, "startTime", 0),
        (long long)json_int(call->input, "endTime", 0), json_text(call->input, "queryString", ""));
    return arena_copy(&query->arena, buffer_text(&text));
}

static bool prepare(struct call *call, struct query *query)
{
    query->until_ms = (json_int(call->input, "endTime", 0) + 1) * MS_PER_SECOND;
    if (!check_language(call) || !check_times(call) || !find_sources(call, query) ||
        !parse(call, query) || !check_range(call, query) || !has_room(call))
        return false;
    query->account = arena_copy(&query->arena, text_from(call->account));
    query->region = arena_copy(&query->arena, text_from(call->region));
    query->limit = json_int(call->input, "limit", INSIGHTS_LIMIT_MAX);
    query->text = print_text(call, query);
    random_uuid(query->id);
    return true;
}

static enum outcome start_query(struct call *call)
{
    struct query *query = xcalloc(1, sizeof(*query));
    if (!prepare(call, query)) {
        query_destroy(query);
        return OUTCOME_FAULT;
    }
    queries_start(logs_of(call), query);
    json_set_text(call_output(call), "queryId", query->id);
    return OUTCOME_OK;
}

/* The call's query; NULL with the fault. */
static struct query *read_query(struct call *call)
{
    struct query *query = queries_find(logs_of(call), call->account, call->region,
                                       json_text(call->input, "queryId", ""));
    if (!query)
        error_set(&call->error, &LOGS_NOT_FOUND, "The specified query does not exist.");
    return query;
}

static void write_statistics(cJSON *statistics, const struct query *query)
{
    json_set_double(statistics, "recordsMatched", query->matched);
    json_set_double(statistics, "recordsScanned", query->scanned);
    json_set_double(statistics, "estimatedRecordsSkipped", 0);
    json_set_double(statistics, "bytesScanned", query->bytes);
    json_set_double(statistics, "estimatedBytesSkipped", 0);
    json_set_double(statistics, "logGroupsScanned", (double)query->source_count);
}

/* The answer borrows the rows: it is encoded before anything can drop the query. */
static void write_rows(struct call *call, const struct query *query, int64_t from, int64_t most)
{
    cJSON *list = json_set_array(call_output(call), "results");
    cJSON *row = query->rows ? query->rows->child : NULL;
    int64_t at = 0;
    for (; row && at < from + most; row = row->next, at++)
        if (at >= from)
            cJSON_AddItemReferenceToArray(list, row);
    if (row)
        token_write(call, arena_format(&call->arena, "%lld", (long long)at));
}

static enum outcome get_query_results(struct call *call)
{
    const struct query *query = read_query(call);
    const char *key;
    int64_t from = 0;
    int64_t most = json_int(call->input, "maxItems", 0);
    if (!query || !token_read(call, &key))
        return OUTCOME_FAULT;
    if (*key && (!text_to_int64(text_from(key), &from) || from < 0 || from > INSIGHTS_LIMIT_MAX))
        return call_fault(call, &LOGS_INVALID_PARAMETER, "The specified nextToken is invalid.");
    json_set_text(call_output(call), "queryLanguage", query_languages[0]);
    write_rows(call, query, from, most ? most : PAGE_MAX);
    write_statistics(json_set_object(call_output(call), "statistics"), query);
    json_set_text(call_output(call), "status", status_names[query->status]);
    return OUTCOME_OK;
}

static enum outcome stop_query(struct call *call)
{
    struct query *query = read_query(call);
    if (!query)
        return OUTCOME_FAULT;
    if (!query_is_under_way(query))
        return call_fault(call, &LOGS_INVALID_PARAMETER, "The specified query is not running.");
    query_cancel(logs_of(call), query);
    json_set_bool(call_output(call), "success", true);
    return OUTCOME_OK;
}

static bool reads_group(const struct query *query, const char *name)
{
    for (size_t i = 0; i < query->source_count; i++)
        if (strcmp(query->sources[i].name, name) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct call *call, const struct query *query)
{
    const char *group = json_text(call->input, "logGroupName", NULL);
    const char *status = json_text(call->input, "status", NULL);
    const char *language = json_text(call->input, "queryLanguage", query_languages[0]);
    return query_is_visible(query, call->account, call->region) &&
           (!group || reads_group(query, group)) &&
           (!status || strcmp(status, status_names[query->status]) == 0) &&
           strcmp(language, query_languages[0]) == 0;
}

static cJSON *write_query(const struct query *query)
{
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "queryLanguage", query_languages[0]);
    json_set_text(item, "queryId", query->id);
    json_set_text(item, "queryString", query->text);
    json_set_text(item, "status", status_names[query->status]);
    json_set_double(item, "createTime", (double)query->created_ms);
    json_set_text(item, "logGroupName", query->sources[0].name);
    json_set_double(item, "queryDuration", (double)query->duration_ms);
    json_set_double(item, "bytesScanned", query->bytes);
    return item;
}

/* Where the list begins: behind the query whose id the token holds. False with the fault. */
static bool find_start(struct call *call, const struct query **query_out)
{
    const char *after;
    *query_out = logs_of(call)->queries.newest;
    if (!token_read(call, &after))
        return false;
    if (!*after)
        return true;
    *query_out = queries_find(logs_of(call), call->account, call->region, after);
    if (!*query_out)
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "The specified nextToken is invalid.");
    *query_out = (*query_out)->older;
    return true;
}

/* Newest first. */
static enum outcome describe_queries(struct call *call)
{
    cJSON *list = json_set_array(call_output(call), "queries");
    int64_t room = json_int(call->input, "maxResults", LIST_MAX);
    const struct query *last = NULL;
    const struct query *query;
    if (!find_start(call, &query))
        return OUTCOME_FAULT;
    for (; query; query = query->older) {
        if (!is_wanted(call, query))
            continue;
        if (room-- == 0) {
            token_write(call, last->id);
            return OUTCOME_OK;
        }
        cJSON_AddItemToArray(list, write_query(query));
        last = query;
    }
    return OUTCOME_OK;
}

static const struct field name_item = { .type = FIELD_STRING,
                                        .length = BETWEEN(1, 512),
                                        .pattern = GROUP_NAME_PATTERN };
static const struct field identifier_item = { .type = FIELD_STRING,
                                              .length = BETWEEN(1, 2048),
                                              .pattern = "[\\w#+=/:,.@-]*" };
#define TIME_ROW(member)                                                                           \
    {                                                                                              \
        .name = (member), .type = FIELD_INTEGER, .is_required = true,                              \
        .range = BETWEEN(0, (double)TIME_END_S)                                                    \
    }
#define QUERY_ID_ROW                                                                               \
    {                                                                                              \
        .name = "queryId", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 256)    \
    }

static const struct field start_fields[] = {
    QUERY_LANGUAGE_ROW,
    GROUP_NAME_ROW(false),
    { .name = "logGroupNames",
      .type = FIELD_LIST,
      .length = BETWEEN(0, GROUPS_MAX),
      .item = &name_item },
    { .name = "logGroupIdentifiers",
      .type = FIELD_LIST,
      .length = BETWEEN(0, GROUPS_MAX),
      .item = &identifier_item },
    TIME_ROW("startTime"),
    TIME_ROW("endTime"),
    { .name = "queryString",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(0, 10000) },
    LIMIT_ROW(INSIGHTS_LIMIT_MAX),
    { 0 },
};
static const struct field results_fields[] = {
    QUERY_ID_ROW,
    { .name = "nextToken", .type = FIELD_STRING, .length = BETWEEN(0, 1024) },
    { .name = "maxItems", .type = FIELD_INTEGER, .range = BETWEEN(0, PAGE_MAX) },
    { 0 },
};
static const struct field stop_fields[] = { QUERY_ID_ROW, { 0 } };
static const struct field describe_fields[] = {
    GROUP_NAME_ROW(false),
    { .name = "status", .type = FIELD_STRING, .values = statuses },
    { .name = "maxResults", .type = FIELD_INTEGER, .range = BETWEEN(1, LIST_MAX) },
    TOKEN_ROW,
    QUERY_LANGUAGE_ROW,
    { 0 },
};

static const struct field statistics_members[] = {
    { .name = "recordsMatched", .type = FIELD_DOUBLE },
    { .name = "recordsScanned", .type = FIELD_DOUBLE },
    { .name = "estimatedRecordsSkipped", .type = FIELD_DOUBLE },
    { .name = "bytesScanned", .type = FIELD_DOUBLE },
    { .name = "estimatedBytesSkipped", .type = FIELD_DOUBLE },
    { .name = "logGroupsScanned", .type = FIELD_DOUBLE },
    { 0 },
};
static const struct field results_output[] = {
    { .name = "statistics", .type = FIELD_STRUCTURE, .members = statistics_members },
    { 0 },
};
static const struct field query_members[] = {
    { .name = "bytesScanned", .type = FIELD_DOUBLE },
    { 0 },
};
static const struct field query_item = { .type = FIELD_STRUCTURE, .members = query_members };
static const struct field describe_output[] = {
    { .name = "queries", .type = FIELD_LIST, .item = &query_item },
    { 0 },
};

const struct operation query_operations[] = {
    { .name = "StartQuery",
      .input = start_fields,
      .handle = start_query,
      .note = "The language of Logs Insights only (CWLI). At most 10,000 rows." },
    { .name = "GetQueryResults",
      .input = results_fields,
      .output = results_output,
      .handle = get_query_results,
      .note = "Rows come when the query is complete, none while it runs. The newest 100 queries of "
              "an account and region are kept, for 7 days and until the server stops." },
    { .name = "StopQuery", .input = stop_fields, .handle = stop_query },
    { .name = "DescribeQueries",
      .input = describe_fields,
      .output = describe_output,
      .handle = describe_queries },
    { 0 },
};
