/*
 * Bars and pies: series compared with each other.
 */
#include <math.h>

#include "widget/figures.h"
#include "widget/plot.h"

enum {
    BAR_MAX = 34,       /* pixels high */
    AXIS_HEIGHT = 20,   /* of the numbers below the bars */
    LABEL_GAP = 8,      /* between a name and its bar */
    TICK_WANTED = 80,   /* pixels from one grid line to the next */
    SLICE_TEXT_MIN = 5, /* percent: smaller slices have no room for a number */
};

static const double LABEL_SHARE = 0.35; /* of the width, for names beside bars */
static const double HOLE = 0.55;        /* of a pie's radius */

struct bars {
    struct canvas *canvas;
    const struct widget *widget;
    struct box area;
    struct scale scale;
};

static double bar_x(const struct bars *bars, double value)
{
    const struct scale *scale = &bars->scale;
    double part = (value - scale->min) / (scale->max - scale->min);
    return bars->area.x + bars->area.width * fmin(fmax(part, 0), 1);
}

/* From 0, or what is nearest to it, to the largest value. */
static struct scale bars_scale(const struct widget *widget, double width)
{
    double low = 0;
    double high = 0;
    for (size_t i = 0; i < widget->series_count; i++) {
        double value = widget_value(&widget->series[i]);
        low = isnan(value) ? low : fmin(low, value);
        high = isnan(value) ? high : fmax(high, value);
    }
    for (size_t i = 0; i < widget->horizontal_count; i++) {
        low = fmin(low, widget->horizontal[i].value);
        high = fmax(high, widget->horizontal[i].value);
    }
    int wanted = (int)fmax(width / TICK_WANTED, 1);
    struct scale scale = scale_make(low, low < high ? high : low + 1, wanted);
    double min = isnan(widget->left.min) ? scale.min : widget->left.min;
    double max = isnan(widget->left.max) ? scale.max : widget->left.max;
    bool is_given = !isnan(widget->left.min) || !isnan(widget->left.max);
    return is_given && min < max ? scale_fix(min, max, wanted) : scale;
}

static double widest_label(const struct bars *bars, double most)
{
    double widest = 0;
    for (size_t i = 0; i < bars->widget->series_count; i++)
        widest = fmax(widest, canvas_text_width(bars->canvas, bars->widget->series[i].label,
                                                LAYOUT_TEXT_SIZE, false));
    return fmin(widest, most);
}

static double widest_value(const struct bars *bars)
{
    double widest = 0;
    for (size_t i = 0; i < bars->widget->series_count; i++) {
        char text[SCALE_TEXT_SIZE];
        const struct widget_series *series = &bars->widget->series[i];
        if (series->count)
            scale_print_unit(widget_value(series), series->unit, text);
        if (series->count)
            widest = fmax(widest, canvas_text_width(bars->canvas, text, LAYOUT_TEXT_SIZE, false));
    }
    return widest;
}

static void draw_bar(const struct bars *bars, size_t at, double slot)
{
    struct canvas *canvas = bars->canvas;
    const struct widget_series *series = &bars->widget->series[at];
    double value = widget_value(series);
    double height = fmin(slot * 0.7, BAR_MAX);
    double middle = bars->area.y + ((double)at + 0.5) * slot;
    const struct lettering name = { LAYOUT_TEXT_SIZE, false, ALIGN_RIGHT, canvas->theme->text };
    double x = bars->area.x - LABEL_GAP;
    const char *text = layout_fit(series->label, x - LAYOUT_PADDING, LAYOUT_TEXT_SIZE, false,
                                  &canvas->measure, canvas->arena);
    canvas_text(canvas, x, middle + 4, text, &name);
    if (isnan(value))
        return;
    double from = bar_x(bars, fmin(fmax(0, bars->scale.min), bars->scale.max));
    double to = bar_x(bars, value);
    char number[SCALE_TEXT_SIZE];
    const struct lettering lettering = { LAYOUT_TEXT_SIZE, false, ALIGN_LEFT, canvas->theme->text };
    canvas_fill(
        canvas,
        (struct box){ fmin(from, to), middle - height / 2, fmax(fabs(to - from), 1), height },
        series->colour, 1);
    canvas_text(canvas, fmax(from, to) + 5, middle + 4,
                scale_print_unit(value, series->unit, number), &lettering);
}

static void draw_bar_grid(const struct bars *bars)
{
    struct canvas *canvas = bars->canvas;
    const struct box *area = &bars->area;
    const struct lettering lettering = { LAYOUT_TEXT_SIZE, false, ALIGN_CENTRE,
                                         canvas->theme->muted };
    for (int i = 0; i <= bars->scale.count; i++) {
        char text[SCALE_TEXT_SIZE];
        double value = scale_tick(&bars->scale, i);
        double x = bar_x(bars, value);
        canvas_rule(canvas, x, area->y, x, area->y + area->height, canvas->theme->grid, 1);
        canvas_text(canvas, x, area->y + area->height + 15,
                    scale_print(value, bars->scale.step, text), &lettering);
    }
}

static void draw_bar_thresholds(const struct bars *bars)
{
    const struct box *area = &bars->area;
    for (size_t i = 0; i < bars->widget->horizontal_count; i++) {
        const struct widget_annotation *one = &bars->widget->horizontal[i];
        int colour = one->colour >= 0 ? one->colour : bars->canvas->theme->threshold;
        if (one->value >= bars->scale.min && one->value <= bars->scale.max)
            canvas_rule(bars->canvas, bar_x(bars, one->value), area->y, bar_x(bars, one->value),
                        area->y + area->height, colour, 2);
    }
}

void figures_draw_bars(struct canvas *canvas, const struct widget *widget, struct box box)
{
    struct bars bars = { .canvas = canvas, .widget = widget, .area = box };
    double left = widest_label(&bars, box.width * LABEL_SHARE) + LABEL_GAP;
    bars.area.x += left;
    bars.area.width -= left + widest_value(&bars) + LABEL_GAP;
    bars.area.height -= AXIS_HEIGHT;
    if (!box_is_usable(bars.area))
        return;
    bars.scale = bars_scale(widget, bars.area.width);
    draw_bar_grid(&bars);
    double slot = bars.area.height / (double)widget->series_count;
    for (size_t i = 0; i < widget->series_count; i++)
        draw_bar(&bars, i, slot);
    draw_bar_thresholds(&bars);
    double zero = bar_x(&bars, fmin(fmax(0, bars.scale.min), bars.scale.max));
    canvas_rule(canvas, zero, bars.area.y, zero, bars.area.y + bars.area.height,
                canvas->theme->axis, 1);
}

/* What a pie shows of a series: nothing of what is not above 0. */
static double share_value(const struct widget_series *series)
{
    double value = widget_value(series);
    return value > 0 ? value : 0;
}

struct pie {
    struct canvas *canvas;
    double x;
    double y;
    double radius;
    double total;
};

static void draw_slice(const struct pie *pie, double from, double to, int colour)
{
    cairo_t *cairo = pie->canvas->cairo;
    bool is_whole = to - from > 2 * M_PI - 1e-6;
    cairo_api.arc(cairo, pie->x, pie->y, pie->radius, from, to);
    cairo_api.arc_negative(cairo, pie->x, pie->y, pie->radius * HOLE, to, from);
    cairo_api.close_path(cairo);
    canvas_colour(pie->canvas, colour, 1);
    cairo_api.fill_preserve(cairo);
    /* A thin line of the ground between slices. */
    canvas_colour(pie->canvas, pie->canvas->theme->background, 1);
    cairo_api.set_line_width(cairo, 1.5);
    if (!is_whole)
        cairo_api.stroke(cairo);
    cairo_api.new_path(cairo);
}

static void draw_share(const struct pie *pie, double middle, double percent)
{
    const struct lettering lettering = { LAYOUT_TEXT_SIZE, true, ALIGN_CENTRE, 0xffffff };
    char text[SCALE_TEXT_SIZE];
    double radius = pie->radius * (1 + HOLE) / 2;
    snprintf(text, sizeof(text), "%.0f%%", percent);
    if (pie->radius * (1 - HOLE) > canvas_text_width(pie->canvas, text, LAYOUT_TEXT_SIZE, true) + 2)
        canvas_text(pie->canvas, pie->x + cos(middle) * radius, pie->y + sin(middle) * radius + 4,
                    text, &lettering);
}

static void draw_total(const struct pie *pie, const char *unit)
{
    char text[SCALE_TEXT_SIZE];
    const struct lettering lettering = { fmin(pie->radius * 0.22, 26), true, ALIGN_CENTRE,
                                         pie->canvas->theme->text };
    if (pie->total > 0)
        scale_print_unit(pie->total, unit, text);
    canvas_text(pie->canvas, pie->x, pie->y + lettering.size * 0.35, pie->total > 0 ? text : "--",
                &lettering);
}

void figures_draw_pie(struct canvas *canvas, const struct widget *widget, struct box box)
{
    struct pie pie = { .canvas = canvas,
                       .x = box.x + box.width / 2,
                       .y = box.y + box.height / 2,
                       .radius = fmin(box.width, box.height) / 2 - 4 };
    for (size_t i = 0; i < widget->series_count; i++)
        pie.total += share_value(&widget->series[i]);
    if (pie.radius < 8)
        return;
    double from = -M_PI / 2;
    for (size_t i = 0; i < widget->series_count && pie.total > 0; i++) {
        double share = share_value(&widget->series[i]) / pie.total;
        if (share == 0)
            continue;
        draw_slice(&pie, from, from + 2 * M_PI * share, widget->series[i].colour);
        if (share * 100 >= SLICE_TEXT_MIN)
            draw_share(&pie, from + M_PI * share, share * 100);
        from += 2 * M_PI * share;
    }
    draw_total(&pie, widget->series_count ? widget->series[0].unit : NULL);
}
