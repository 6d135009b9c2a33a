/*
 * What properties of a metric widget must look like.
 */
#include <math.h>

#include "pattern.h"
#include "timestamp.h"
#include "widget/widget.h"
#include "widget_query.h"
#include "xalloc.h"

enum {
    METRICS_MAX = 500,
    DIMENSIONS_MAX = 30,
    MINUTE_S = 60,
    PERIOD_MAX_S = 86400 * 365,
    ROW_MIN = 2,
    ID_SHOWN_MAX = 255,
    ROW_MAX = ROW_MIN + 2 * DIMENSIONS_MAX,
};

void widget_check_time(struct shape_problems *problems, const cJSON *value, const char *path)
{
    int64_t ms;
    struct text text = text_from(value->valuestring);
    if (!widget_parse_duration(text, &ms) && !timestamp_parse(text, &ms))
        shape_complain(problems, path, "Should be an ISO 8601 time or a duration like -PT3H");
}

static void check_moment(struct shape_problems *problems, const cJSON *value, const char *path)
{
    int64_t ms;
    if (!timestamp_parse(text_from(value->valuestring), &ms))
        shape_complain(problems, path, "Should be an ISO 8601 time");
}

static void check_colour(struct shape_problems *problems, const cJSON *value, const char *path)
{
    int colour;
    if (!widget_parse_colour(value->valuestring, &colour))
        shape_complain(problems, path, "Should match pattern \"^#([0-9a-fA-F]{3}){1,2}$\"");
}

static void check_zone(struct shape_problems *problems, const cJSON *value, const char *path)
{
    int minutes;
    if (!widget_parse_zone(text_from(value->valuestring), &minutes))
        shape_complain(problems, path, "Should match pattern \"^[+-][0-9]{4}$\"");
}

static void check_period(struct shape_problems *problems, const cJSON *value, const char *path)
{
    double period = value->valuedouble;
    if (period == 1 || period == 5 || period == 10 || period == 20 || period == 30)
        return;
    if (period < MINUTE_S)
        shape_complain(problems, path, "Should be >= %d", MINUTE_S);
    if (fmod(period, MINUTE_S) != 0)
        shape_complain(problems, path, "Should be multiple of %d", MINUTE_S);
    if (period < MINUTE_S || fmod(period, MINUTE_S) != 0)
        shape_complain(problems, path, "Should match exactly one schema in oneOf");
}

static void check_stat(struct shape_problems *problems, const cJSON *value, const char *path)
{
    const struct text text = text_from(value->valuestring);
    const struct text front = text_front(text, ID_SHOWN_MAX);
    if (!pattern_matches("SampleCount|Average|Sum|Minimum|Maximum|IQM|"
                         "(p|tc|tm|ts|wm)(\\d{1,2}|100)(\\.\\d{0,10})?|"
                         "(TM|TC|TS|WM|PR)\\([^:()]*:[^:()]*\\)",
                         text))
        shape_complain(problems, path, "Should be a statistic like Sum, Average or p99.9, not %.*s",
                       TEXT_ARGS(front));
}

static void check_id(struct shape_problems *problems, const cJSON *value, const char *path)
{
    if (!pattern_matches("[a-z][a-zA-Z0-9_]{0,254}", text_from(value->valuestring)))
        shape_complain(problems, path, "Should match pattern \"^[a-z][a-zA-Z0-9_]*$\"");
}

static const char *const sides[] = { "left", "right", NULL };
static const struct shape row_options[] = {
    { .name = "color", .type = SHAPE_TEXT, .check = check_colour },
    { .name = "expression", .type = SHAPE_TEXT },
    { .name = "id", .type = SHAPE_TEXT, .check = check_id },
    { .name = "label", .type = SHAPE_TEXT },
    { .name = "period",
      .type = SHAPE_INTEGER,
      .min = 1,
      .max = PERIOD_MAX_S,
      .check = check_period },
    { .name = "stat", .type = SHAPE_TEXT, .check = check_stat },
    { .name = "visible", .type = SHAPE_BOOLEAN },
    { .name = "yAxis", .type = SHAPE_TEXT, .values = sides },
    { .name = "region", .type = SHAPE_TEXT },
    { .name = "accountId", .type = SHAPE_TEXT },
    { 0 },
};

/* Above all dimensions: AWS takes them in the row only. */
static void check_members(struct shape_problems *problems, const cJSON *options, const char *path)
{
    const cJSON *member;
    shape_check_members(problems, row_options, options, path);
    cJSON_ArrayForEach(member, options)
    {
        CLEANUP(freep) char *member_path = xformat("%s/%s", path, member->string);
        if (cJSON_IsObject(member))
            shape_complain(problems, member_path,
                           "Should NOT be an object: dimensions are items of the row");
    }
}

/* The texts of a row as it was written: "." and "..." may stand for others. */
static void check_texts(struct shape_problems *problems, const cJSON *row, const char *path)
{
    const cJSON *item;
    int at = 0;
    cJSON_ArrayForEach(item, row)
    {
        CLEANUP(freep) char *item_path = xformat("%s/%d", path, at++);
        if (cJSON_IsObject(item) && !item->next)
            check_members(problems, item, item_path);
        else if (!cJSON_IsString(item))
            shape_complain(problems, item_path,
                           "Invalid metric field type, only \"String\" type is allowed");
        else if (at > 1 && strcmp(item->valuestring, "...") == 0)
            shape_complain(problems, item_path, "\"...\" can only be the first item");
    }
}

/* `row` is as it was written, `full` without "." and "...". */
static void check_size(struct shape_problems *problems, const cJSON *row, const cJSON *full,
                       const char *path)
{
    int count = cJSON_GetArraySize(full) - 1;
    if (count == 0 && json_text(widget_row_options(full), "expression", NULL))
        return;
    if (count < ROW_MIN)
        shape_complain(problems, path, "Should NOT have less than %d items", ROW_MIN);
    else if (count > ROW_MAX)
        shape_complain(problems, path, "Should NOT have more than %d items", ROW_MAX);
    else if (count % 2 != 0)
        shape_complain(problems, path, "Should NOT have more than %d items",
                       cJSON_GetArraySize(row) - 1);
}

static void check_duplicates(struct shape_problems *problems, const cJSON *rows, const char *path)
{
    const cJSON *row;
    int at = 0;
    cJSON_ArrayForEach(row, rows)
    {
        const char *id = json_text(widget_row_options(row), "id", NULL);
        const cJSON *before = rows->child;
        for (; id && before != row; before = before->next) {
            if (strcmp(json_text(widget_row_options(before), "id", ""), id) != 0)
                continue;
            CLEANUP(freep) char *row_path = xformat("%s/%d", path, at);
            struct text front = text_front(text_from(id), ID_SHOWN_MAX);
            shape_complain(problems, row_path, "Id \"%.*s\" is used more than once",
                           TEXT_ARGS(front));
            break;
        }
        at++;
    }
}

static void check_metrics(struct shape_problems *problems, const cJSON *metrics, const char *path)
{
    CLEANUP(json_deletep) cJSON *rows = widget_expand(metrics);
    const cJSON *full = rows->child;
    const cJSON *row;
    int at = 0;
    cJSON_ArrayForEach(row, metrics)
    {
        CLEANUP(freep) char *row_path = xformat("%s/%d", path, at++);
        if (!cJSON_IsArray(row)) {
            shape_complain(problems, row_path, "Should be array");
            shape_complain(problems, row_path,
                           "Field \"metrics\" has to be an array of array of strings, with an "
                           "optional metricRenderer object as last element");
        } else {
            check_texts(problems, row, row_path);
            check_size(problems, row, full, row_path);
        }
        full = full->next;
    }
    check_duplicates(problems, rows, path);
}

static const char *const horizontal_fills[] = { "above", "below", "none", "between", NULL };
static const struct shape horizontal_members[] = {
    { .name = "value", .type = SHAPE_NUMBER, .is_required = true },
    { .name = "label", .type = SHAPE_TEXT },
    { .name = "color", .type = SHAPE_TEXT, .check = check_colour },
    { .name = "fill", .type = SHAPE_TEXT, .values = horizontal_fills },
    { .name = "visible", .type = SHAPE_BOOLEAN },
    { .name = "yAxis", .type = SHAPE_TEXT, .values = sides },
    { 0 },
};
static const char *const vertical_fills[] = { "before", "after", "none", "between", NULL };
static const struct shape vertical_members[] = {
    { .name = "value", .type = SHAPE_TEXT, .is_required = true, .check = check_moment },
    { .name = "label", .type = SHAPE_TEXT },
    { .name = "color", .type = SHAPE_TEXT, .check = check_colour },
    { .name = "fill", .type = SHAPE_TEXT, .values = vertical_fills },
    { .name = "visible", .type = SHAPE_BOOLEAN },
    { 0 },
};

/* One, or a band: a list of two. */
static void check_annotation(struct shape_problems *problems, const struct shape *members,
                             const cJSON *value, const char *path)
{
    const struct shape one = { .type = SHAPE_OBJECT, .members = members };
    const struct shape band = { .type = SHAPE_ARRAY, .min = 2, .max = 2, .item = &one };
    if (cJSON_IsArray(value))
        shape_check(problems, &band, value, path);
    else
        shape_check(problems, &one, value, path);
}

static void check_horizontal(struct shape_problems *problems, const cJSON *value, const char *path)
{
    check_annotation(problems, horizontal_members, value, path);
}

static void check_vertical(struct shape_problems *problems, const cJSON *value, const char *path)
{
    check_annotation(problems, vertical_members, value, path);
}

static const struct shape horizontal_item = { .type = SHAPE_ANY, .check = check_horizontal };
static const struct shape vertical_item = { .type = SHAPE_ANY, .check = check_vertical };
static const struct shape annotations_members[] = {
    { .name = "horizontal",
      .type = SHAPE_ARRAY,
      .min = 0,
      .max = WIDGET_ANNOTATIONS_MAX,
      .item = &horizontal_item },
    { .name = "vertical",
      .type = SHAPE_ARRAY,
      .min = 0,
      .max = WIDGET_ANNOTATIONS_MAX,
      .item = &vertical_item },
    { .name = "alarms", .type = SHAPE_ARRAY },
    { 0 },
};

static void check_axis(struct shape_problems *problems, const cJSON *axis, const char *path)
{
    const cJSON *min = json_get(axis, "min");
    const cJSON *max = json_get(axis, "max");
    if (!cJSON_IsNumber(min) || !cJSON_IsNumber(max))
        return;
    if (min->valuedouble > max->valuedouble) {
        shape_complain(problems, path, "Should be <= %.10g", max->valuedouble);
        shape_complain(problems, path, "Should be >= %.10g", min->valuedouble);
    } else if (min->valuedouble == max->valuedouble) {
        shape_complain(problems, path, "min should be less than max");
    }
}

static const struct shape axis_members[] = {
    { .name = "label", .type = SHAPE_TEXT },
    { .name = "min", .type = SHAPE_NUMBER },
    { .name = "max", .type = SHAPE_NUMBER },
    { .name = "showUnits", .type = SHAPE_BOOLEAN },
    { 0 },
};
static const struct shape y_axis_members[] = {
    { .name = "left", .type = SHAPE_OBJECT, .members = axis_members, .check = check_axis },
    { .name = "right", .type = SHAPE_OBJECT, .members = axis_members, .check = check_axis },
    { 0 },
};
static const char *const positions[] = { "bottom", "right", "hidden", NULL };
static const struct shape legend_members[] = {
    { .name = "position", .type = SHAPE_TEXT, .values = positions },
    { 0 },
};
static const char *const themes[] = { "light", "dark", NULL };
static const char *const image_views[] = {
    "timeSeries", "bar", "pie", "singleValue", "gauge", NULL
};
static const char *const dashboard_views[] = { "timeSeries", "bar",   "pie", "singleValue",
                                               "gauge",      "table", NULL };

#define COMMON_ROWS                                                                                \
    { .name = "stacked", .type = SHAPE_BOOLEAN },                                                  \
        { .name = "stat", .type = SHAPE_TEXT, .check = check_stat },                               \
        { .name = "period",                                                                        \
          .type = SHAPE_INTEGER,                                                                   \
          .min = 1,                                                                                \
          .max = PERIOD_MAX_S,                                                                     \
          .check = check_period },                                                                 \
        { .name = "title", .type = SHAPE_TEXT },                                                   \
        { .name = "yAxis", .type = SHAPE_OBJECT, .members = y_axis_members },                      \
        { .name = "legend", .type = SHAPE_OBJECT, .members = legend_members },                     \
        { .name = "liveData", .type = SHAPE_BOOLEAN },                                             \
        { .name = "annotations", .type = SHAPE_OBJECT, .members = annotations_members },           \
        { .name = "setPeriodToTimeRange", .type = SHAPE_BOOLEAN },                                 \
        { .name = "sparkline", .type = SHAPE_BOOLEAN },                                            \
        { .name = "trend", .type = SHAPE_BOOLEAN },                                                \
        { .name = "timezone", .type = SHAPE_TEXT, .check = check_zone },                           \
        { .name = "start", .type = SHAPE_TEXT, .check = widget_check_time },                       \
        { .name = "end", .type = SHAPE_TEXT, .check = widget_check_time },                         \
    {                                                                                              \
        .name = "accountId", .type = SHAPE_TEXT                                                    \
    }

#define METRICS_ROW(needed)                                                                        \
    {                                                                                              \
        .name = "metrics", .type = SHAPE_ARRAY, .is_required = (needed), .min = 0,                 \
        .max = METRICS_MAX, .check = check_metrics                                                 \
    }

static const struct shape image_rows[] = {
    METRICS_ROW(true),
    { .name = "region", .type = SHAPE_TEXT },
    { .name = "view", .type = SHAPE_TEXT, .values = image_views },
    { .name = "width", .type = SHAPE_INTEGER, .min = 1, .max = WIDGET_SIDE_MAX },
    { .name = "height", .type = SHAPE_INTEGER, .min = 1, .max = WIDGET_SIDE_MAX },
    { .name = "theme", .type = SHAPE_TEXT, .values = themes },
    COMMON_ROWS,
    { 0 },
};

static const struct shape dashboard_rows[] = {
    METRICS_ROW(true),
    { .name = "region", .type = SHAPE_TEXT, .is_required = true },
    { .name = "view", .type = SHAPE_TEXT, .values = dashboard_views },
    { .name = "table", .type = SHAPE_OBJECT },
    { .name = "labels", .type = SHAPE_OBJECT },
    { .name = "singleValueFullPrecision", .type = SHAPE_BOOLEAN },
    COMMON_ROWS,
    { 0 },
};

static const struct shape rest_rows[] = {
    { .name = "region", .type = SHAPE_TEXT },
    { .name = "view", .type = SHAPE_TEXT, .values = dashboard_views },
    COMMON_ROWS,
    { 0 },
};

/* The same without metrics: the alarm of annotations.alarms brings its own. */
static const struct shape annotation_rows[] = {
    METRICS_ROW(false),
    { .name = "region", .type = SHAPE_TEXT, .is_required = true },
    { .name = "view", .type = SHAPE_TEXT, .values = dashboard_views },
    COMMON_ROWS,
    { 0 },
};

/* AWS asks for no region then. */
static void check_without_source(struct shape_problems *problems, const cJSON *properties,
                                 const char *path)
{
    shape_complain(problems, path, "Should have required property 'metrics'");
    shape_complain(problems, path,
                   "The metric widget should have specified a region and a data source or an "
                   "alarm annotation");
    shape_complain(problems, path, "Should have required property 'annotations'");
    shape_check_members(problems, rest_rows, properties, path);
}

void widget_check(struct shape_problems *problems, const cJSON *properties, const char *path,
                  bool is_image)
{
    const struct shape *rows = is_image ? image_rows : dashboard_rows;
    const bool has_source = is_image || json_get(properties, "metrics");
    if (!has_source && !json_get(properties, "annotations")) {
        check_without_source(problems, properties, path);
        return;
    }
    if (!has_source)
        rows = annotation_rows;
    shape_check_members(problems, rows, properties, path);
    if (json_get(properties, "end") && !json_get(properties, "start"))
        shape_complain(problems, path, "Should have property start when property end is present");
    if (is_image && cJSON_IsArray(json_get(properties, "metrics")) &&
        cJSON_GetArraySize(json_get(properties, "metrics")) == 0)
        shape_complain(problems, "/metrics", "Should NOT have less than 1 items");
}
