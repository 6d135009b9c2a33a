/*
 * MetricWidgets: any text is refused with a sentence, or is read into a description that keeps its
 * promises and can be drawn with whatever data.
 */
#include <math.h>

#include "support/fuzz.h"
#include "widget/widget.h"
#include "widget/widget_draw.h"

enum { SIDE_MAX = 160, SERIES = 3, POINTS = 4 };

static const int64_t NOW_MS = INT64_C(1772449200) * 1000;

static void check(const struct widget *widget)
{
    fuzz_assert(widget->width >= 1 && widget->width <= WIDGET_SIDE_MAX);
    fuzz_assert(widget->height >= 1 && widget->height <= WIDGET_SIDE_MAX);
    fuzz_assert(widget->start_ms < widget->end_ms);
    fuzz_assert(widget->query_count == (size_t)cJSON_GetArraySize(widget->queries));
    fuzz_assert(widget->query_count > 0);
    for (size_t i = 0; i < widget->query_count; i++)
        fuzz_assert(widget->styles[i].colour >= -1 && widget->styles[i].colour <= 0xffffff);
    for (size_t i = 0; i < widget->horizontal_count; i++)
        fuzz_assert(!isnan(widget->horizontal[i].value));
}

/* Data that lies within the range, at its ends and outside. */
static void draw(struct widget *widget, const char *label)
{
    static const double values[SERIES][POINTS] = { { 1, 2, 3, 4 },
                                                   { -1e300, 1e300, 0, 1e-300 },
                                                   { 0, 0, 0, 0 } };
    int64_t from_s = widget->start_ms / 1000;
    int64_t span_s = (widget->end_ms - widget->start_ms) / 1000;
    const int64_t times_s[POINTS] = { from_s - 60, from_s, from_s + span_s / 2 + 1,
                                      from_s + span_s + 2 };
    struct widget_series series[SERIES];
    for (size_t i = 0; i < SERIES; i++)
        series[i] = (struct widget_series){ .label = label,
                                            .unit = i ? "Milliseconds" : NULL,
                                            .colour = widget_palette(i),
                                            .is_right = i == 2,
                                            .period_s = 60,
                                            .count = i == 2 ? 0 : POINTS,
                                            .times_s = times_s,
                                            .values = values[i] };
    widget->series = series;
    widget->series_count = SERIES;
    widget->width = widget->width < SIDE_MAX ? widget->width : SIDE_MAX;
    widget->height = widget->height < SIDE_MAX ? widget->height : SIDE_MAX;
    struct error error = { 0 };
    size_t size = 0;
    char *png = widget_draw(widget, &size, &error);
    fuzz_assert(png && size > 0);
    free(png);
    widget->series = NULL;
    widget->series_count = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct widget widget;
    struct error error = { 0 };
    const struct widget_source source = { { (const char *)data, size }, NOW_MS, "us-east-1" };
    if (widget_read(&source, &arena, &widget, &error)) {
        check(&widget);
        draw(&widget, widget.title ? widget.title : "label");
        widget_clear(&widget);
    } else {
        fuzz_assert(error.message && error.message[0]);
    }
    error_clear(&error);
    arena_clear(&arena);
    return 0;
}
