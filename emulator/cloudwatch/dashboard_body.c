#include "cloudwatch/dashboard_body.h"

#include "widget/widget.h"
#include "xalloc.h"

enum {
    WIDGETS_MAX = 500,
    METRICS_MAX = 2500, /* of all widgets together */
    COLUMNS = 24,
    HEIGHT_MAX = 1000,
    ALARMS_MAX = 100,
    PLACE_MAX = 1 << 20,
};

static void check_alarm_arn(struct shape_problems *problems, const cJSON *value, const char *path)
{
    if (!text_starts_with(text_from(value->valuestring), "arn:"))
        shape_complain(problems, path, "Should be the ARN of an alarm");
}

static const char *const backgrounds[] = { "solid", "transparent", NULL };
static const struct shape text_members[] = {
    { .name = "markdown", .type = SHAPE_TEXT, .is_required = true },
    { .name = "background", .type = SHAPE_TEXT, .values = backgrounds },
    { 0 },
};
static const char *const log_views[] = { "table", "timeSeries", "bar", "pie", NULL };
static const struct shape log_members[] = {
    { .name = "query", .type = SHAPE_TEXT, .is_required = true },
    { .name = "queryLanguage", .type = SHAPE_TEXT },
    { .name = "region", .type = SHAPE_TEXT, .is_required = true },
    { .name = "title", .type = SHAPE_TEXT },
    { .name = "view", .type = SHAPE_TEXT, .values = log_views },
    { .name = "stacked", .type = SHAPE_BOOLEAN },
    { .name = "accountId", .type = SHAPE_TEXT },
    { 0 },
};
static const char *const alarm_orders[] = { "default", "stateUpdatedTimestamp", "timestamp", NULL };
static const char *const alarm_states[] = { "ALARM", "INSUFFICIENT_DATA", "OK", NULL };
static const struct shape alarm_item = { .type = SHAPE_TEXT, .check = check_alarm_arn };
static const struct shape state_item = { .type = SHAPE_TEXT, .values = alarm_states };
static const struct shape alarm_members[] = {
    { .name = "alarms",
      .type = SHAPE_ARRAY,
      .is_required = true,
      .min = 1,
      .max = ALARMS_MAX,
      .item = &alarm_item },
    { .name = "sortBy", .type = SHAPE_TEXT, .values = alarm_orders },
    { .name = "states", .type = SHAPE_ARRAY, .item = &state_item },
    { .name = "title", .type = SHAPE_TEXT },
    { 0 },
};

static void check_properties(struct shape_problems *problems, const char *type,
                             const cJSON *properties, const char *path)
{
    if (strcmp(type, "metric") == 0)
        widget_check(problems, properties, path, false);
    else if (strcmp(type, "text") == 0)
        shape_check_members(problems, text_members, properties, path);
    else if (strcmp(type, "log") == 0)
        shape_check_members(problems, log_members, properties, path);
    else if (strcmp(type, "alarm") == 0)
        shape_check_members(problems, alarm_members, properties, path);
    /* The others (chart, explorer, custom) are the business of who wrote them, and AWS takes any.
     */
}

/* What no member can say of itself. */
static void check_widget(struct shape_problems *problems, const cJSON *widget, const char *path)
{
    const cJSON *x = json_get(widget, "x");
    const cJSON *y = json_get(widget, "y");
    const cJSON *properties = json_get(widget, "properties");
    if (x && !y)
        shape_complain(problems, path, "Should have property y when property x is present");
    if (y && !x)
        shape_complain(problems, path, "Should have property x when property y is present");
    CLEANUP(freep) char *properties_path = xformat("%s/properties", path);
    if (cJSON_IsObject(properties))
        check_properties(problems, json_text(widget, "type", ""), properties, properties_path);
}

static const struct shape widget_members[] = {
    { .name = "type", .type = SHAPE_TEXT, .is_required = true },
    { .name = "x", .type = SHAPE_INTEGER, .min = 0, .max = COLUMNS - 1 },
    { .name = "y", .type = SHAPE_INTEGER, .min = 0, .max = PLACE_MAX },
    { .name = "width", .type = SHAPE_INTEGER, .min = 1, .max = COLUMNS },
    { .name = "height", .type = SHAPE_INTEGER, .min = 1, .max = HEIGHT_MAX },
    { .name = "properties", .type = SHAPE_OBJECT, .is_required = true },
    { 0 },
};
static const struct shape widget_item = { .type = SHAPE_OBJECT,
                                          .members = widget_members,
                                          .check = check_widget };
static const char *const overrides[] = { "auto", "inherit", NULL };
static const struct shape body_members[] = {
    { .name = "widgets",
      .type = SHAPE_ARRAY,
      .is_required = true,
      .min = 0,
      .max = WIDGETS_MAX,
      .item = &widget_item },
    { .name = "start", .type = SHAPE_TEXT, .check = widget_check_time },
    { .name = "end", .type = SHAPE_TEXT, .check = widget_check_time },
    { .name = "periodOverride", .type = SHAPE_TEXT, .values = overrides },
    { .name = "variables", .type = SHAPE_ARRAY },
    { 0 },
};

static int count_metrics(const cJSON *body)
{
    const cJSON *widget;
    int count = 0;
    cJSON_ArrayForEach(widget, json_get(body, "widgets")) count +=
        cJSON_GetArraySize(json_get(json_get(widget, "properties"), "metrics"));
    return count;
}

bool dashboard_body_check(struct text body, struct shape_problems *problems)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse(body);
    if (!tree)
        return false;
    if (!cJSON_IsObject(tree)) {
        shape_complain(problems, "", "Should be object");
        return true;
    }
    shape_check_members(problems, body_members, tree, "");
    if (json_get(tree, "end") && !json_get(tree, "start"))
        shape_complain(problems, "", "Should have property start when property end is present");
    if (problems->errors == 0 && count_metrics(tree) > METRICS_MAX)
        shape_complain(problems, "/widgets", "Should NOT have more than %d metrics", METRICS_MAX);
    return true;
}
