/*
 * A MetricWidget's JSON becomes its description.
 */
#include <math.h>

#include "pattern.h"
#include "timestamp.h"
#include "widget/widget.h"
#include "widget_query.h"

enum {
    JSON_MAX = 100 * 1024,
    WIDTH_DEFAULT = 600,
    HEIGHT_DEFAULT = 400,
    MINUTE_S = 60,
    COLOUR_SHORT = 3,
    COLOUR_LONG = 6,
};

static const int64_t RANGE_DEFAULT_MS = 3LL * 3600 * 1000;

bool widget_parse_zone(struct text text, int *minutes_out)
{
    struct text parts[2];
    int64_t hours;
    int64_t minutes;
    if (!pattern_capture("[+-]([01]\\d|2[0-3])([0-5]\\d)", text, parts, 2) ||
        !text_to_int64(parts[0], &hours) || !text_to_int64(parts[1], &minutes))
        return false;
    *minutes_out = (int)(hours * 60 + minutes) * (text.data[0] == '-' ? -1 : 1);
    return true;
}

bool widget_parse_colour(const char *text, int *colour_out)
{
    size_t size = strlen(text);
    if (text[0] != '#' || (size != COLOUR_SHORT + 1 && size != COLOUR_LONG + 1) ||
        strspn(text + 1, "0123456789abcdefABCDEF") != size - 1)
        return false;
    long value = strtol(text + 1, NULL, 16);
    if (size == COLOUR_SHORT + 1)
        value = ((value >> 8 & 15) * 0x110000) | ((value >> 4 & 15) * 0x1100) | ((value & 15) * 17);
    *colour_out = (int)value;
    return true;
}

int widget_palette(size_t at)
{
    static const int colours[] = { 0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd,
                                   0x8c564b, 0xe377c2, 0x7f7f7f, 0xbcbd22, 0x17becf };
    return colours[at % COUNT_OF(colours)];
}

static int read_colour(const cJSON *object)
{
    int colour;
    return widget_parse_colour(json_text(object, "color", ""), &colour) ? colour : -1;
}

/* A name's place in a list; 0 if it is not there. */
static int place_of(const char *name, const char *const *names)
{
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return 0;
}

static const char *read_text(struct arena *arena, const cJSON *object, const char *name)
{
    const char *text = json_text(object, name, "");
    return *text ? arena_copy(arena, text_from(text)) : NULL;
}

static struct widget_axis read_axis(struct arena *arena, const cJSON *axis)
{
    return (struct widget_axis){
        .label = read_text(arena, axis, "label"),
        .min = json_double(axis, "min", NAN),
        .max = json_double(axis, "max", NAN),
        .hides_units = !json_bool(axis, "showUnits", true),
    };
}

static enum widget_fill read_fill(const cJSON *object)
{
    static const char *const names[] = { "none",  "before",  "below", "after",
                                         "above", "between", NULL };
    static const enum widget_fill fills[] = { WIDGET_FILL_NONE,   WIDGET_FILL_BEFORE,
                                              WIDGET_FILL_BEFORE, WIDGET_FILL_AFTER,
                                              WIDGET_FILL_AFTER,  WIDGET_FILL_BETWEEN };
    return fills[place_of(json_text(object, "fill", "none"), names)];
}

static double read_place(const cJSON *object, bool is_vertical)
{
    int64_t ms = 0;
    if (!is_vertical)
        return json_double(object, "value", 0);
    return timestamp_parse(text_from(json_text(object, "value", "")), &ms) ? (double)ms : NAN;
}

static bool read_annotation(struct arena *arena, const cJSON *item, bool is_vertical,
                            struct widget_annotation *out)
{
    const cJSON *first = cJSON_IsArray(item) ? item->child : item;
    const cJSON *second = cJSON_IsArray(item) ? first->next : NULL;
    *out = (struct widget_annotation){
        .value = read_place(first, is_vertical),
        .end = second ? read_place(second, is_vertical) : NAN,
        .label = read_text(arena, first, "label"),
        .end_label = second ? read_text(arena, second, "label") : NULL,
        .colour = read_colour(first),
        .fill = second ? WIDGET_FILL_BETWEEN : read_fill(first),
        .is_right = strcmp(json_text(first, "yAxis", "left"), "right") == 0,
    };
    return json_bool(first, "visible", true) && !isnan(out->value);
}

static struct widget_annotation *read_annotations(struct arena *arena, const cJSON *list,
                                                  bool is_vertical, size_t *count_out)
{
    const cJSON *item;
    size_t count = (size_t)cJSON_GetArraySize(list);
    struct widget_annotation *annotations = arena_alloc(arena, (count + 1) * sizeof(*annotations));
    *count_out = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (read_annotation(arena, item, is_vertical, &annotations[*count_out]))
            ++*count_out;
    }
    return annotations;
}

/* One period that holds the whole range, for views of one value per series. */
static int64_t span_of(const struct widget *widget, const cJSON *tree)
{
    int64_t span_s = (widget->end_ms - widget->start_ms + 999) / 1000;
    bool is_asked = json_bool(tree, "setPeriodToTimeRange", false);
    return is_asked && widget->view != WIDGET_TIME_SERIES
               ? (span_s + MINUTE_S - 1) / MINUTE_S * MINUTE_S
               : 0;
}

static void read_queries(struct widget *widget, struct arena *arena, const cJSON *tree)
{
    CLEANUP(json_deletep) cJSON *rows = widget_expand(json_get(tree, "metrics"));
    const cJSON *row;
    size_t at = 0;
    widget->queries = widget_queries(tree, rows, span_of(widget, tree));
    widget->query_count = (size_t)cJSON_GetArraySize(rows);
    widget->styles = arena_alloc(arena, (widget->query_count + 1) * sizeof(*widget->styles));
    cJSON_ArrayForEach(row, rows)
    {
        const cJSON *options = widget_row_options(row);
        widget->styles[at] = (struct widget_style){
            .colour = read_colour(options),
            .is_right = strcmp(json_text(options, "yAxis", "left"), "right") == 0,
            .has_made_id = widget_id_is_made(rows, (int)at),
            .expression =
                cJSON_GetArraySize(row) > 1 ? NULL : read_text(arena, options, "expression"),
        };
        at++;
    }
}

static void read_members(struct widget *widget, struct arena *arena, const cJSON *tree,
                         int64_t now_ms)
{
    static const char *const views[] = { "timeSeries", "bar", "pie", "singleValue", "gauge", NULL };
    static const char *const legends[] = { "bottom", "right", "hidden", NULL };
    const cJSON *axes = json_get(tree, "yAxis");
    const cJSON *annotations = json_get(tree, "annotations");
    *widget = (struct widget){
        .width = (int)json_int(tree, "width", WIDTH_DEFAULT),
        .height = (int)json_int(tree, "height", HEIGHT_DEFAULT),
        .view = (enum widget_view)place_of(json_text(tree, "view", ""), views),
        .legend = (enum widget_legend)place_of(json_text(json_get(tree, "legend"), "position", ""),
                                               legends),
        .is_stacked = json_bool(tree, "stacked", false),
        .is_dark = strcmp(json_text(tree, "theme", "light"), "dark") == 0,
        .is_live = json_bool(tree, "liveData", false),
        .has_sparkline = json_bool(tree, "sparkline", false),
        .title = read_text(arena, tree, "title"),
        .left = read_axis(arena, json_get(axes, "left")),
        .right = read_axis(arena, json_get(axes, "right")),
    };
    widget->end_ms = widget_read_time(tree, "end", now_ms, now_ms);
    widget->start_ms = widget_read_time(tree, "start", now_ms, widget->end_ms - RANGE_DEFAULT_MS);
    widget->horizontal = read_annotations(arena, json_get(annotations, "horizontal"), false,
                                          &widget->horizontal_count);
    widget->vertical =
        read_annotations(arena, json_get(annotations, "vertical"), true, &widget->vertical_count);
    if (!widget_parse_zone(text_from(json_text(tree, "timezone", "")), &widget->timezone_minutes))
        widget->timezone_minutes = 0;
}

static bool check(const cJSON *tree, struct arena *arena, struct error *error)
{
    struct shape_problems problems = { .arena = arena };
    widget_check(&problems, tree, "", true);
    return problems.errors == 0 ||
           error_set(error, NULL,
                     "The metric widget is invalid, there are %d validation errors:\n%s",
                     problems.errors, shape_print(&problems));
}

/* What cannot be seen member by member. */
static bool check_whole(const struct widget *widget, const cJSON *tree,
                        const struct widget_source *source, struct error *error)
{
    const char *region = json_text(tree, "region", source->region);
    bool has_limits = isfinite(widget->left.min) && isfinite(widget->left.max);
    if (strcmp(region, source->region) != 0)
        return error_set(error, NULL, "The widget's region %s is not %s, which was asked", region,
                         source->region);
    if (widget->start_ms >= widget->end_ms)
        return error_set(error, NULL, "The widget's start must be before its end");
    if (widget->view == WIDGET_GAUGE && !has_limits)
        return error_set(error, NULL, "A gauge needs yAxis.left.min and yAxis.left.max");
    return true;
}

bool widget_read(const struct widget_source *source, struct arena *arena, struct widget *widget_out,
                 struct error *error)
{
    if (source->json.size > JSON_MAX)
        return error_set(error, NULL, "The metric widget is larger than %d bytes", JSON_MAX);
    CLEANUP(json_deletep) cJSON *tree = json_parse(source->json);
    if (!cJSON_IsObject(tree))
        return error_set(error, NULL, "The metric widget is not a JSON object");
    if (!check(tree, arena, error))
        return false;
    read_members(widget_out, arena, tree, source->now_ms);
    if (!check_whole(widget_out, tree, source, error))
        return false;
    read_queries(widget_out, arena, tree);
    return true;
}

void widget_clear(struct widget *widget)
{
    cJSON_Delete(widget->queries);
    *widget = (struct widget){ 0 };
}
