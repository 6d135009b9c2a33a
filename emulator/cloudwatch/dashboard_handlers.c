/*
 * Dashboards (cloudwatch-api.md section 5.1).
 */
#include "arn.h"
#include "clock.h"
#include "cloudwatch/dashboard.h"
#include "cloudwatch/dashboard_body.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/tags.h"
#include "operation/page.h"
#include "pattern.h"

enum {
    PAGE_MAX = 1000,
    DELETED_MAX = 100,
    BODY_MAX = 1 << 20,
    REQUEST_MAX = 4 << 20,
};

static const char *arn_of(struct call *call, const char *name)
{
    return arena_format(&call->arena, "arn:%s:cloudwatch::%s:dashboard/%s",
                        arn_partition(call->region), call->account, name);
}

/* The newline at the sentence's end is AWS's. */
static bool check_name(struct call *call, const char *member, const char *name)
{
    return pattern_matches("[A-Za-z0-9_-]{1,255}", text_from(name)) ||
           error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "The value for field %s contains invalid characters. It can only contain "
                     "alphanumerics, dash (-) and underscore (_).\n",
                     member);
}

static void write_problems(cJSON *list, const struct shape_problems *problems)
{
    for (int i = 0; i < problems->count; i++) {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "DataPath", problems->list[i].path);
        json_set_text(item, "Message", problems->list[i].message);
        cJSON_AddItemToArray(list, item);
    }
}

static const struct field problem_fields[] = {
    { .name = "DataPath", .type = FIELD_STRING },
    { .name = "Message", .type = FIELD_STRING },
    { 0 },
};
static const struct field problem_item = { .type = FIELD_STRUCTURE, .members = problem_fields };
static const struct field invalid_members[] = {
    { .name = "dashboardValidationMessages", .type = FIELD_LIST, .item = &problem_item },
    { 0 },
};

static enum outcome refuse(struct call *call, const struct shape_problems *problems)
{
    write_problems(json_set_array(call_output(call), "dashboardValidationMessages"), problems);
    call->error_members = invalid_members;
    return call_fault(call, &CLOUDWATCH_DASHBOARD_INVALID,
                      "The dashboard body is invalid, there are %d validation errors:\n%s",
                      problems->count, shape_print(problems));
}

static enum outcome put_dashboard(struct call *call)
{
    const char *name = json_text(call->input, "DashboardName", "");
    const char *body = json_text(call->input, "DashboardBody", "");
    const char *tags = NULL;
    struct shape_problems *problems = arena_alloc(&call->arena, sizeof(*problems));
    problems->arena = &call->arena;
    if (!check_name(call, "DashboardName", name))
        return OUTCOME_FAULT;
    if (strlen(body) > BODY_MAX)
        shape_complain(problems, "", "The body is larger than %d bytes", BODY_MAX);
    else if (!dashboard_body_check(text_from(body), problems))
        return call_fault(call, &CLOUDWATCH_DASHBOARD_INVALID,
                          "The field DashboardBody must be a valid JSON object");
    if (problems->errors > 0)
        return refuse(call, problems);
    if (json_get(call->input, "Tags") && !cloudwatch_read_tags(call, NULL, &tags))
        return OUTCOME_FAULT;
    const struct dashboard dashboard = {
        .name = name, .body = body, .modified_ms = clock_now_ms(), .tags = tags
    };
    dashboard_save(call->store, call->account, &dashboard);
    write_problems(json_set_array(call_output(call), "DashboardValidationMessages"), problems);
    return OUTCOME_OK;
}

static enum outcome get_dashboard(struct call *call)
{
    const char *name = json_text(call->input, "DashboardName", "");
    struct dashboard dashboard;
    if (!check_name(call, "DashboardName", name))
        return OUTCOME_FAULT;
    if (!dashboard_find(call->store, call->account, name, &call->arena, &dashboard))
        return call_fault(call, &CLOUDWATCH_DASHBOARD_NOT_FOUND, "Dashboard %s does not exist",
                          name);
    cJSON *output = call_output(call);
    json_set_text(output, "DashboardArn", arn_of(call, name));
    json_set_text(output, "DashboardBody", dashboard.body);
    json_set_text(output, "DashboardName", dashboard.name);
    return OUTCOME_OK;
}

static bool read_token(struct call *call, const char **after_out)
{
    return page_begin(call, "NextToken", after_out) ||
           error_set(&call->error, &CLOUDWATCH_INVALID_PARAMETER_VALUE,
                     "Request parameter NextToken is invalid");
}

static void write_entry(struct call *call, cJSON *list, const struct dashboard *dashboard)
{
    cJSON *entry = cJSON_CreateObject();
    json_set_text(entry, "DashboardName", dashboard->name);
    json_set_text(entry, "DashboardArn", arn_of(call, dashboard->name));
    json_set_double(entry, "LastModified", (double)dashboard->modified_ms / 1000);
    json_set_double(entry, "Size", (double)dashboard->size);
    cJSON_AddItemToArray(list, entry);
}

static enum outcome list_dashboards(struct call *call)
{
    const char *prefix = json_text(call->input, "DashboardNamePrefix", "");
    const char *after;
    struct dashboard dashboard = { 0 };
    int left = PAGE_MAX;
    bool has_more;
    if ((*prefix && !check_name(call, "DashboardNamePrefix", prefix)) || !read_token(call, &after))
        return OUTCOME_FAULT;
    cJSON *list = json_set_array(call_output(call), "DashboardEntries");
    while ((has_more = dashboard_next(call->store, call->account, prefix, after, &call->arena,
                                      &dashboard)) &&
           left-- > 0) {
        write_entry(call, list, &dashboard);
        after = dashboard.name;
    }
    if (has_more)
        page_end(call, "NextToken", after);
    return OUTCOME_OK;
}

/* A fault undoes what was deleted before it: the call is a savepoint. */
static enum outcome delete_dashboards(struct call *call)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json_get(call->input, "DashboardNames"))
    {
        const char *name = item->valuestring;
        struct dashboard dashboard;
        if (!check_name(call, "DashboardNames", name))
            return OUTCOME_FAULT;
        if (!dashboard_find(call->store, call->account, name, &call->arena, &dashboard))
            return call_fault(call, &CLOUDWATCH_DASHBOARD_NOT_FOUND, "Dashboard %s does not exist",
                              name);
    }
    cJSON_ArrayForEach(item, json_get(call->input, "DashboardNames"))
        dashboard_delete(call->store, call->account, item->valuestring);
    call_output(call);
    return OUTCOME_OK;
}

static const struct field put_input[] = {
    { .name = "DashboardName", .type = FIELD_STRING, .is_required = true },
    { .name = "DashboardBody", .type = FIELD_STRING, .is_required = true },
    { .name = "Tags", .type = FIELD_LIST, .item = &cloudwatch_tag_item },
    { 0 },
};
static const struct field put_output[] = {
    { .name = "DashboardValidationMessages", .type = FIELD_LIST, .item = &problem_item },
    { 0 },
};
static const struct field get_input[] = {
    { .name = "DashboardName", .type = FIELD_STRING, .is_required = true },
    { 0 },
};
static const struct field get_output[] = {
    { .name = "DashboardArn", .type = FIELD_STRING },
    { .name = "DashboardBody", .type = FIELD_STRING },
    { .name = "DashboardName", .type = FIELD_STRING },
    { 0 },
};
static const struct field list_input[] = {
    { .name = "DashboardNamePrefix", .type = FIELD_STRING },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};
static const struct field entry_fields[] = {
    { .name = "DashboardName", .type = FIELD_STRING },
    { .name = "DashboardArn", .type = FIELD_STRING },
    { .name = "LastModified", .type = FIELD_TIMESTAMP, .is_milliseconds = true },
    { .name = "Size", .type = FIELD_INTEGER },
    { 0 },
};
static const struct field entry_item = { .type = FIELD_STRUCTURE, .members = entry_fields };
static const struct field list_output[] = {
    { .name = "DashboardEntries", .type = FIELD_LIST, .item = &entry_item },
    { .name = "NextToken", .type = FIELD_STRING },
    { 0 },
};
static const struct field delete_input[] = {
    { .name = "DashboardNames",
      .type = FIELD_LIST,
      .is_required = true,
      .length = BETWEEN(1, DELETED_MAX),
      .item = &cloudwatch_text_item },
    { 0 },
};
static const struct field nothing[] = { { 0 } };

const struct operation dashboard_operations[] = {
    { .name = "PutDashboard",
      .flags = OPERATION_WRITES,
      .input = put_input,
      .output = put_output,
      .handle = put_dashboard,
      .body_ceiling = REQUEST_MAX,
      .note = "Explorer and custom widgets are kept without a look at their properties." },
    { .name = "GetDashboard", .input = get_input, .output = get_output, .handle = get_dashboard },
    { .name = "ListDashboards",
      .input = list_input,
      .output = list_output,
      .handle = list_dashboards },
    { .name = "DeleteDashboards",
      .flags = OPERATION_WRITES,
      .input = delete_input,
      .output = nothing,
      .handle = delete_dashboards },
    { 0 },
};
