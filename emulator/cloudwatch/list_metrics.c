/*
 * ListMetrics (cloudwatch-api.md section 2.2). A page begins behind the metric whose number, in
 * order of making, the token names; metrics are never reordered.
 */
#include <string.h>

#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "operation/page.h"

enum { PAGE_MAX = 500 };

static const int64_t LISTED_MS = 14LL * 86400 * 1000;
static const int64_t RECENT_MS = 3LL * 3600 * 1000;

/* A filter with a Name alone takes any value; the metric may have more dimensions. */
static bool has_dimension(const struct metric *metric, const struct metric_dimension *wanted)
{
    const char *own = metric_dimension_value(metric->dimensions, metric->dimension_count,
                                             text_from(wanted->name));
    return own && (!wanted->value || strcmp(own, wanted->value) == 0);
}

struct filter {
    const char *account;
    const char *region;
    const char *name_space;
    const char *name;
    struct metric_dimension dimensions[DIMENSIONS_MAX];
    size_t dimension_count;
    int64_t since_ms;
};

static bool matches(const struct metric *metric, const struct filter *filter)
{
    if (strcmp(metric->account, filter->account) != 0 ||
        strcmp(metric->region, filter->region) != 0 || metric->last_ms < filter->since_ms ||
        (filter->name_space && strcmp(metric->name_space, filter->name_space) != 0) ||
        (filter->name && strcmp(metric->name, filter->name) != 0))
        return false;
    for (size_t i = 0; i < filter->dimension_count; i++) {
        if (!has_dimension(metric, &filter->dimensions[i]))
            return false;
    }
    return true;
}

static cJSON *write_metric(const struct metric *metric)
{
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "Namespace", metric->name_space);
    json_set_text(item, "MetricName", metric->name);
    cJSON *dimensions = json_set_array(item, "Dimensions");
    for (size_t i = 0; i < metric->dimension_count; i++)
        cloudwatch_add_dimension(dimensions, metric->dimensions[i].name,
                                 metric->dimensions[i].value);
    return item;
}

static bool read_token(struct call *call, int64_t *skip_out)
{
    const char *key;
    *skip_out = 0;
    return (page_begin(call, "NextToken", &key) &&
            (!*key || text_to_int64(text_from(key), skip_out))) ||
           error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "Request parameter NextToken is invalid");
}

static enum outcome list_metrics(struct call *call)
{
    const struct cloudwatch *cloudwatch = call->state;
    /* No account is linked with another: there is nothing but the caller's own. */
    bool is_own =
        strcmp(json_text(call->input, "OwningAccount", call->account), call->account) == 0;
    bool is_recent = json_get(call->input, "RecentlyActive") != NULL;
    int64_t skip;
    struct filter filter = {
        .account = call->account,
        .region = call->region,
        .name_space = json_text(call->input, "Namespace", NULL),
        .name = json_text(call->input, "MetricName", NULL),
        .since_ms = clock_now_ms() - (is_recent ? RECENT_MS : LISTED_MS),
    };
    filter.dimension_count =
        cloudwatch_read_dimensions(json_get(call->input, "Dimensions"), filter.dimensions);
    if (!read_token(call, &skip))
        return OUTCOME_FAULT;
    cJSON *list = json_set_array(call_output(call), "Metrics");
    cJSON *owners = json_bool(call->input, "IncludeLinkedAccounts", false)
                        ? json_set_array(call_output(call), "OwningAccounts")
                        : NULL;
    int64_t number = 0;
    int given = 0;
    for (const struct metric *metric = metrics_first(cloudwatch->metrics); metric;
         metric = metric->next, number++) {
        if (number < skip || !is_own || !matches(metric, &filter))
            continue;
        if (given++ == PAGE_MAX) {
            page_end(call, "NextToken", arena_format(&call->arena, "%lld", (long long)number));
            break;
        }
        cJSON_AddItemToArray(list, write_metric(metric));
        if (owners)
            cJSON_AddItemToArray(owners, cJSON_CreateString(metric->account));
    }
    return OUTCOME_OK;
}

static const char *const recent_values[] = { "PT3H", NULL };
static const struct field filter_fields[] = {
    { .name = "Name", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    { .name = "Value", .type = FIELD_STRING, .length = BETWEEN(1, 1024) },
    { 0 },
};
static const struct field filter_item = { .type = FIELD_STRUCTURE, .members = filter_fields };
static const struct field list_metrics_input[] = {
    { .name = "Namespace", .type = FIELD_STRING, .length = BETWEEN(1, 255), .pattern = "[^:].*" },
    { .name = "MetricName", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "Dimensions", .type = FIELD_LIST, .length = BETWEEN(0, 10), .item = &filter_item },
    { .name = "NextToken", .type = FIELD_STRING },
    { .name = "RecentlyActive", .type = FIELD_STRING, .values = recent_values },
    { .name = "IncludeLinkedAccounts", .type = FIELD_BOOLEAN },
    { .name = "OwningAccount", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { 0 },
};
static const struct field metric_fields[] = {
    { .name = "Namespace", .type = FIELD_STRING },
    { .name = "MetricName", .type = FIELD_STRING },
    { .name = "Dimensions", .type = FIELD_LIST, .item = &cloudwatch_dimension_item },
    { 0 },
};
static const struct field metric_item = { .type = FIELD_STRUCTURE, .members = metric_fields };
static const struct field list_metrics_output[] = {
    { .name = "Metrics", .type = FIELD_LIST, .item = &metric_item },
    { .name = "NextToken", .type = FIELD_STRING },
    { .name = "OwningAccounts", .type = FIELD_LIST, .item = &cloudwatch_text_item },
    { 0 },
};

const struct operation list_metrics_operations[] = {
    { .name = "ListMetrics",
      .input = list_metrics_input,
      .output = list_metrics_output,
      .handle = list_metrics,
      .note = "New metrics are listed at once." },
    { 0 },
};
