/*
 * The metrics and the traffic of a plan.
 */
#include <ctype.h>
#include <stdlib.h>

#include "plan/plan.h"
#include "xalloc.h"

#define TRAFFIC_ROW(text, kind, member)                                                            \
    .name = (text), .type = (kind), .offset = offsetof(struct plan_traffic, member)

static const char *const arrivals[] = { "constant", "poisson", NULL };

static const struct member_row generate_rows[] = {
    { TRAFFIC_ROW("rate", MEMBER_RATE, rate), .initial = "10/s", .help = "requests to send" },
    { TRAFFIC_ROW("arrivals", MEMBER_CHOICE, arrivals), .initial = "constant", .choices = arrivals,
      .help = "equal gaps, or random ones as independent users make them" },
    { TRAFFIC_ROW("concurrency", MEMBER_INTEGER, concurrency), .initial = "32", .low = 1,
      .high = 10000, .help = "requests under way at most" },
    { TRAFFIC_ROW("ramp", MEMBER_DURATION, ramp_ms), .help = "the time to come to the full rate" },
    { .name = "payload",
      .type = MEMBER_CUSTOM,
      .schema = "{}",
      .may_be_null = true,
      .help = "what to send: any JSON" },
    { TRAFFIC_ROW("payloadFile", MEMBER_TEXT, payload_file),
      .help = "send that file's content; its path is from this file's folder" },
    { TRAFFIC_ROW("payloadLines", MEMBER_TEXT, payload_lines),
      .help = "send that file's lines, one a request, over and over" },
    { .name = NULL },
};

static const struct member_row source_rows[] = {
    { .name = "generate",
      .type = MEMBER_CUSTOM,
      .schema = "{}",
      .help = "canary sends requests through the alias itself" },
    { .name = "live",
      .type = MEMBER_CUSTOM,
      .schema = "{\"type\":\"object\",\"additionalProperties\":false}",
      .help = "users send; what they meet is read from CloudWatch" },
    { .name = NULL },
};

bool traffic_read(const cJSON *json, struct plan_traffic *traffic, struct member_faults *faults)
{
    CLEANUP(json_deletep) cJSON *nothing = cJSON_CreateObject();
    const cJSON *generate = json_get(json, "generate");
    char unused;
    if (json && !members_read(source_rows, json, &unused, "traffic", faults))
        return false;
    if (json && cJSON_GetArraySize(json) != 1)
        return member_fault(faults, "traffic", "must have one of generate and live");
    traffic->is_live = json_get(json, "live") != NULL;
    bool is_good = members_read(generate_rows, generate ? generate : nothing, traffic,
                                "traffic.generate", faults);
    if (cJSON_GetArraySize(json_get(json, "live")) > 0)
        is_good = member_fault(faults, "traffic.live", "has no members: {}");
    const cJSON *payload = cJSON_GetObjectItemCaseSensitive(generate, "payload"); /* may be null */
    int given =
        (payload != NULL) + (traffic->payload_file != NULL) + (traffic->payload_lines != NULL);
    if (given > 1)
        is_good = member_fault(faults, "traffic.generate",
                               "give one of payload, payloadFile and payloadLines");
    traffic->payload = payload ? json_print(payload) : xstrdup("{}");
    return is_good;
}

cJSON *traffic_schema(void)
{
    cJSON *schema = members_schema(source_rows);
    cJSON_ReplaceItemInObjectCaseSensitive(json_get(schema, "properties"), "generate",
                                           members_schema(generate_rows));
    json_set_double(schema, "minProperties", 1);
    json_set_double(schema, "maxProperties", 1);
    return schema;
}

/* Only to check with: the engine reads the JSON itself. */
struct metric_shape {
    char *name;
    char *namespace;
    char *metric;
    char *stat;
    char *expression;
    int64_t period_ms;
};

#define METRIC_ROW(text, kind, member)                                                             \
    .name = (text), .type = (kind), .offset = offsetof(struct metric_shape, member)

#define QUERY_ROWS                                                                                 \
    { METRIC_ROW("namespace", MEMBER_TEXT, namespace), .initial = "AWS/Lambda",                    \
      .help = "of the metric" },                                                                   \
        { METRIC_ROW("metric", MEMBER_TEXT, metric), .help = "its name, such as Errors" },         \
        { METRIC_ROW("stat", MEMBER_TEXT, stat),                                                   \
          .help = "the statistic: Sum, Average, p99, ...; else Sum, of AWS/Lambda's times the "    \
                  "Average, of its concurrency the Maximum" },                                     \
    {                                                                                              \
        .name = "dimensions", .type = MEMBER_CUSTOM,                                               \
        .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}",          \
        .help = "{function}, {alias} and {version} are filled in; without any, AWS/Lambda's "      \
                "metrics are those of one version behind the alias"                                \
    }

static const struct member_row query_rows[] = { QUERY_ROWS, { .name = NULL } };

static const struct member_row metric_rows[] = {
    { METRIC_ROW("name", MEMBER_TEXT, name), .is_required = true, .help = "how checks call it" },
    QUERY_ROWS,
    { METRIC_ROW("expression", MEMBER_TEXT, expression),
      .help = "CloudWatch metric math over `metrics`" },
    { .name = "metrics",
      .type = MEMBER_CUSTOM,
      .schema = "{\"type\":\"object\"}",
      .help = "what the expression calls by their ids" },
    /* Of seconds that are whole minutes, the pattern knows that they are even tens. */
    { METRIC_ROW("period", MEMBER_DURATION, period_ms), .initial = "60s", .low = 1000,
      .high = 86400e3,
      .schema = "{\"type\":\"string\",\"pattern\":"
                "\"^((1|5|10|20|30|[0-9]*[02468]0)s|[0-9.]+(ms|m|h|d))$\"}",
      .help = "of its values: 1, 5, 10, 20 or 30 seconds, or whole minutes" },
    { .name = NULL },
};

static bool query_tells_versions(const cJSON *query)
{
    const cJSON *dimensions = json_get(query, "dimensions");
    const cJSON *dimension;
    if (!dimensions)
        return strcmp(json_text(query, "namespace", "AWS/Lambda"), "AWS/Lambda") == 0;
    cJSON_ArrayForEach(dimension, dimensions)
    {
        if (cJSON_IsString(dimension) && strstr(dimension->valuestring, "{version}"))
            return true;
    }
    return false;
}

bool plan_metric_tells_versions(const cJSON *json)
{
    const cJSON *query;
    if (!json)
        return true;
    if (!json_get(json, "expression"))
        return query_tells_versions(json);
    cJSON_ArrayForEach(query, json_get(json, "metrics"))
    {
        if (query_tells_versions(query))
            return true;
    }
    return false;
}

static bool check_dimensions(const cJSON *query, const char *path, struct member_faults *faults)
{
    bool is_good = true;
    const cJSON *dimension;
    CLEANUP(freep) char *list = member_path(path, "dimensions");
    cJSON_ArrayForEach(dimension, json_get(query, "dimensions"))
    {
        CLEANUP(freep) char *here = member_path(list, dimension->string ? dimension->string : "?");
        is_good &= cJSON_IsString(dimension) || member_fault(faults, here, "must be a text");
    }
    return is_good;
}

static bool read_queries(const cJSON *metric, const char *path, struct member_faults *faults)
{
    bool is_good = true;
    const cJSON *query;
    CLEANUP(freep) char *list = member_path(path, "metrics");
    cJSON_ArrayForEach(query, json_get(metric, "metrics"))
    {
        struct metric_shape shape = { 0 };
        CLEANUP(freep) char *here = member_path(list, query->string ? query->string : "?");
        is_good &= members_read(query_rows, query, &shape, here, faults) &&
                   check_dimensions(query, here, faults);
        if (is_good && !shape.metric)
            is_good = member_fault(faults, here, "metric is missing: its name, such as Errors");
        members_clear(query_rows, &shape);
    }
    return is_good;
}

bool plan_is_period(int64_t ms)
{
    static const int64_t short_ms[] = { 1000, 5000, 10000, 20000, 30000 };
    for (size_t i = 0; i < COUNT_OF(short_ms); i++) {
        if (ms == short_ms[i])
            return true;
    }
    return ms > 0 && ms % 60000 == 0;
}

static bool check_period(int64_t ms, const char *path, struct member_faults *faults)
{
    CLEANUP(freep) char *here = member_path(path, "period");
    return plan_is_period(ms) || member_fault(faults, here, "must be " PLAN_PERIODS);
}

static bool read_metric(const cJSON *json, struct plan_metric *metric_out, const char *path,
                        struct member_faults *faults)
{
    struct metric_shape shape = { 0 };
    bool is_good = members_read(metric_rows, json, &shape, path, faults) &&
                   check_dimensions(json, path, faults);
    if (is_good && (shape.expression != NULL) == (shape.metric != NULL))
        is_good = member_fault(faults, path, "a metric has one of metric and expression");
    if (is_good && shape.expression && !json_get(json, "metrics"))
        is_good = member_fault(faults, path, "metrics is missing: what the expression is made of");
    is_good =
        is_good && read_queries(json, path, faults) && check_period(shape.period_ms, path, faults);
    metric_out->name = shape.name ? xstrdup(shape.name) : NULL;
    metric_out->json = json;
    members_clear(metric_rows, &shape);
    return is_good;
}

/* Of the metric behind those that were read. */
static bool check_name(const struct plan *plan, const char *path, struct member_faults *faults)
{
    const char *name = plan->metrics[plan->metric_count].name;
    CLEANUP(freep) char *here = member_path(path, "name");
    for (size_t i = 0; name && i < plan->metric_count; i++) {
        if (plan->metrics[i].name && strcmp(plan->metrics[i].name, name) == 0)
            return member_fault(faults, here, "there is a metric '%s' already", name);
    }
    return true;
}

bool metrics_read(const cJSON *json, struct plan *plan, struct member_faults *faults)
{
    bool is_good = true;
    const cJSON *item;
    if (!json)
        return true;
    if (!cJSON_IsArray(json))
        return member_fault(faults, "metrics", "must be a list of metrics, [...]");
    plan->metrics = xcalloc((size_t)cJSON_GetArraySize(json), sizeof(*plan->metrics));
    cJSON_ArrayForEach(item, json)
    {
        CLEANUP(freep) char *path = xformat("metrics[%zu]", plan->metric_count);
        is_good &= read_metric(item, &plan->metrics[plan->metric_count], path, faults) &&
                   check_name(plan, path, faults);
        plan->metric_count++;
    }
    return is_good;
}

/* The metrics of AWS/Lambda, and what each is read as unless the plan says so: counts are added up,
 * but times of many requests, added up, say nothing of any. */
static const char *const lambda_metrics[][2] = {
    { "Invocations", "Sum" },
    { "Errors", "Sum" },
    { "Throttles", "Sum" },
    { "Duration", "Average" },
    { "PostRuntimeExtensionsDuration", "Average" },
    { "ConcurrentExecutions", "Maximum" },
    { "UnreservedConcurrentExecutions", "Maximum" },
    { "ClaimedAccountConcurrency", "Maximum" },
    { "ProvisionedConcurrentExecutions", "Maximum" },
    { "ProvisionedConcurrencyUtilization", "Maximum" },
    { "ProvisionedConcurrencyInvocations", "Sum" },
    { "ProvisionedConcurrencySpilloverInvocations", "Sum" },
    { "DeadLetterErrors", "Sum" },
    { "DestinationDeliveryFailures", "Sum" },
    { "AsyncEventsReceived", "Sum" },
    { "AsyncEventsDropped", "Sum" },
    { "AsyncEventAge", "Average" },
    { "RecursiveInvocationsDropped", "Sum" },
    { "IteratorAge", "Average" },
    { "OffsetLag", "Maximum" },
    { "OversizedRecordCount", "Sum" },
    { "SignatureValidationErrors", "Sum" },
    { "UrlRequestCount", "Sum" },
    { "Url4xxCount", "Sum" },
    { "Url5xxCount", "Sum" },
    { "UrlRequestLatency", "Average" },
};

/* The plan's names and AWS/Lambda's; the caller owns the list. */
static const char **known_metrics(const struct plan *plan, size_t *count_out)
{
    const char **names = xcalloc(plan->metric_count + COUNT_OF(lambda_metrics), sizeof(*names));
    *count_out = 0;
    for (size_t i = 0; i < plan->metric_count; i++)
        names[(*count_out)++] = plan->metrics[i].name;
    for (size_t i = 0; i < COUNT_OF(lambda_metrics); i++)
        names[(*count_out)++] = lambda_metrics[i][0];
    return names;
}

/* What is neither the plan's nor one of AWS/Lambda's. Those all begin with a capital letter, and
 * AWS may have more by now; but one that is nearly the name of another is a slip of the hand. */
static bool check_unknown_name(const char *metric, const char *near, const char *path,
                               struct member_faults *faults)
{
    bool is_capital = !islower((unsigned char)*metric);
    if (!near)
        return is_capital ||
               member_fault(faults, path, "the plan has no metric '%s' among its metrics", metric);
    return member_fault(faults, path, "the plan has no metric '%s'; did you mean '%s'?%s", metric,
                        near, is_capital ? " (else describe it among the plan's metrics)" : "");
}

static bool check_metric_name(const struct plan *plan, const struct check *check,
                              const char *metric, const char *path, struct member_faults *faults)
{
    size_t count;
    CLEANUP(freep) const char **names = known_metrics(plan, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], metric) != 0)
            continue;
        return i >= plan->metric_count || !check->score ||
               plan_metric_tells_versions(plan->metrics[i].json) ||
               member_fault(faults, path,
                            "metric '%s' is the same for both versions, as none of its dimensions "
                            "has {version}: there is nothing to compare",
                            metric);
    }
    return check_unknown_name(metric, nearest_name(metric, names, count), path, faults);
}

static bool check_names(const struct plan *plan, const struct check *checks, size_t count,
                        const char *path, struct member_faults *faults)
{
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        const char *metric;
        for (size_t k = 0; (metric = check_metric(&checks[i], k)); k++) {
            CLEANUP(freep)
            char *here = checks[i].score ? xformat("%s[%zu].metrics[%zu]", path, i, k)
                                         : xformat("%s[%zu].metric", path, i);
            is_good &= check_metric_name(plan, &checks[i], metric, here, faults);
        }
    }
    return is_good;
}

bool metrics_check_names(const struct plan *plan, struct member_faults *faults)
{
    bool is_good = check_names(plan, plan->checks, plan->check_count, "checks", faults);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        CLEANUP(freep) char *path = xformat("strategy.steps[%zu].analysis.checks", i);
        is_good &= check_names(plan, step->checks, step->check_count, path, faults);
    }
    return is_good;
}

static const char *usual_stat(const char *namespace, const char *name)
{
    bool is_lambda = strcmp(namespace, "AWS/Lambda") == 0;
    for (size_t i = 0; is_lambda && i < COUNT_OF(lambda_metrics); i++) {
        if (strcmp(name, lambda_metrics[i][0]) == 0)
            return lambda_metrics[i][1];
    }
    return "Sum";
}

const char *plan_metric_stat(const cJSON *json, const char *name)
{
    return json_text(json, "stat", usual_stat(json_text(json, "namespace", "AWS/Lambda"), name));
}

/* NULL: it is one of Lambda's, by its name alone. */
static const cJSON *find_metric(const cJSON *plan, const char *name)
{
    const cJSON *metric;
    cJSON_ArrayForEach(metric, json_get(plan, "metrics"))
    {
        if (strcmp(json_text(metric, "name", ""), name) == 0)
            return metric;
    }
    return NULL;
}

/* Do the values of a period only grow while it lasts? */
static bool only_grows(const cJSON *metric, const char *name)
{
    static const char *const growing[] = { "Sum", "SampleCount", "Maximum" };
    const char *stat = plan_metric_stat(metric, json_text(metric, "metric", name));
    for (size_t i = 0; i < COUNT_OF(growing); i++) {
        if (strcmp(stat, growing[i]) == 0)
            return !json_get(metric, "expression");
    }
    return false;
}

static void fill_threshold(const cJSON *plan, cJSON *check)
{
    const char *name = json_text(check, "metric", "");
    const cJSON *metric = find_metric(plan, name);
    if (!json_get(check, "period"))
        json_set_text(check, "period", json_text(metric, "period", NULL));
    if (!json_get(check, "wholePeriods") && !only_grows(metric, name))
        json_set_bool(check, "wholePeriods", true);
}

static void fill_score(const cJSON *plan, cJSON *check)
{
    cJSON *item;
    cJSON_ArrayForEach(item, json_get(check, "metrics"))
    {
        const cJSON *metric = find_metric(plan, json_text(item, "metric", ""));
        if (strcmp(json_text(item, "missing", ""), "replace") != 0)
            continue;
        if (!json_get(item, "period"))
            json_set_text(item, "period", json_text(metric, "period", NULL));
        if (!plan_metric_tells_versions(metric)) /* its old version lacks no value: it has none */
            json_replace(item, "missing", cJSON_CreateString("remove"));
    }
}

void metrics_fill_checks(const cJSON *plan, cJSON *checks)
{
    cJSON *check;
    cJSON_ArrayForEach(check, checks)
    {
        if (strcmp(json_text(check, "kind", ""), "threshold") == 0)
            fill_threshold(plan, check);
        else if (strcmp(json_text(check, "kind", ""), "score") == 0)
            fill_score(plan, check);
    }
}

void metrics_fill_plan(cJSON *plan)
{
    const cJSON *step;
    metrics_fill_checks(plan, json_get(plan, "checks"));
    cJSON_ArrayForEach(step, json_get(json_get(plan, "strategy"), "steps"))
        metrics_fill_checks(plan, json_get(json_get(step, "analysis"), "checks"));
}

cJSON *metric_schema(void)
{
    cJSON *schema = members_schema(metric_rows);
    cJSON *queries = cJSON_CreateObject();
    json_set_text(queries, "type", "object");
    cJSON *query = members_schema(query_rows);
    static const char *const required[] = { "metric" };
    json_set(query, "required", cJSON_CreateStringArray(required, 1));
    json_set(queries, "additionalProperties", query);
    cJSON_ReplaceItemInObjectCaseSensitive(json_get(schema, "properties"), "metrics", queries);
    static const char *const kinds[] = { "metric", "expression", NULL };
    static const char *const parts[] = { "metrics" };
    members_schema_one_of(schema, kinds);
    json_set(json_set_object(schema, "dependentRequired"), "expression",
             cJSON_CreateStringArray(parts, 1));
    return schema;
}
