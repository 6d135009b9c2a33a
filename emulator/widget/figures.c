/*
 * Numbers and gauges: a cell each.
 */
#include "widget/figures.h"

#include <math.h>

#include "widget/plot.h"

enum { CELL_PADDING = 10, VALUE_SIZE_MAX = 56, VALUE_SIZE_MIN = 9, LABEL_ROW = 22 };

static const double CELL_RATIO = 2;
static const double GAUGE_RATIO = 1.3;
static const double GAUGE_START = 0.8 * M_PI; /* clockwise from three o'clock */
static const double GAUGE_SWEEP = 1.4 * M_PI;
static const double GAUGE_DEPTH = 0.82; /* how far below its centre a gauge reaches, in radii */

static struct box shrink(struct box box, double by)
{
    return (struct box){ box.x + by, box.y + by, fmax(box.width - 2 * by, 0),
                         fmax(box.height - 2 * by, 0) };
}

static const char *print_value(const struct widget_series *series, char text_out[SCALE_TEXT_SIZE])
{
    double value = widget_value(series);
    if (isnan(value))
        return "--";
    return scale_print_unit(value, series->unit, text_out);
}

/* The largest size of letters at which the text fits. */
static double fitting_size(struct canvas *canvas, const char *text, double width, double most)
{
    double wanted = fmin(most, VALUE_SIZE_MAX);
    double taken = canvas_text_width(canvas, text, wanted, true);
    return taken > width ? fmax(floor(wanted * width / taken), VALUE_SIZE_MIN) : wanted;
}

/* Swatch and name in the cell's first row. */
static void draw_label(struct canvas *canvas, const struct widget_series *series, struct box box)
{
    const struct lettering lettering = { LAYOUT_TEXT_SIZE + 1, false, ALIGN_CENTRE,
                                         canvas->theme->muted };
    double room = box.width - LAYOUT_SWATCH - 6;
    const char *text =
        layout_fit(series->label, room, lettering.size, false, &canvas->measure, canvas->arena);
    double width = canvas_text_width(canvas, text, lettering.size, false);
    double middle = box.x + box.width / 2;
    canvas_fill(canvas,
                (struct box){ middle - (width + LAYOUT_SWATCH + 6) / 2, box.y + 3, LAYOUT_SWATCH,
                              LAYOUT_SWATCH },
                series->colour, 1);
    canvas_text(canvas, middle + (LAYOUT_SWATCH + 6) / 2.0, box.y + 13, text, &lettering);
}

/* The series itself, small, along the cell's foot. */
static void draw_sparkline(struct canvas *canvas, const struct widget *widget, size_t at,
                           struct box box)
{
    struct widget one = *widget;
    const double *base[1] = { NULL };
    one.series = &widget->series[at];
    one.series_count = 1;
    one.horizontal_count = 0;
    one.is_stacked = false;
    one.left = one.right = (struct widget_axis){ .min = NAN, .max = NAN };
    struct plot plot = { .canvas = canvas, .widget = &one, .area = box };
    plot.left = widget_scale(&one, base, false, 2);
    plot.right = widget_scale(&one, base, true, 2);
    if (box_is_usable(box))
        plot_series(&plot, one.series, NULL);
}

static void draw_value(struct canvas *canvas, const struct widget *widget, size_t at,
                       struct box cell)
{
    const struct widget_series *series = &widget->series[at];
    struct box box = shrink(cell, CELL_PADDING);
    char buffer[SCALE_TEXT_SIZE];
    const char *text = print_value(series, buffer);
    if (!box_is_usable(box))
        return;
    double spark = widget->has_sparkline ? box.height * 0.35 : 0;
    double room = box.height - LABEL_ROW - spark;
    double size = fitting_size(canvas, text, box.width, fmax(room * 0.75, VALUE_SIZE_MIN));
    double top = box.y + fmax(room - size, 0) / 2;
    const struct lettering lettering = { size, true, ALIGN_CENTRE, canvas->theme->text };
    draw_label(canvas, series, (struct box){ box.x, top, box.width, LABEL_ROW });
    canvas_text(canvas, box.x + box.width / 2, top + LABEL_ROW + size * 0.85, text, &lettering);
    if (spark > 0)
        draw_sparkline(canvas, widget, at,
                       (struct box){ box.x, box.y + box.height - spark + 6, box.width, spark - 6 });
}

void figures_draw_values(struct canvas *canvas, const struct widget *widget, struct box box)
{
    for (size_t i = 0; i < widget->series_count; i++)
        draw_value(canvas, widget, i, layout_cell(box, widget->series_count, i, CELL_RATIO));
}

struct gauge {
    struct canvas *canvas;
    const struct widget_axis *axis;
    double x;
    double y;
    double radius; /* of the arc's middle */
    double width;  /* of the arc */
};

static double angle_of(const struct gauge *gauge, double value)
{
    double part = (value - gauge->axis->min) / (gauge->axis->max - gauge->axis->min);
    return GAUGE_START + GAUGE_SWEEP * fmin(fmax(part, 0), 1);
}

static void draw_arc(const struct gauge *gauge, double from, double to, int colour, double radius,
                     double width)
{
    cairo_t *cairo = gauge->canvas->cairo;
    canvas_colour(gauge->canvas, colour, 1);
    cairo_api.set_line_width(cairo, width);
    cairo_api.set_line_cap(cairo, CAIRO_LINE_CAP_BUTT);
    cairo_api.arc(cairo, gauge->x, gauge->y, radius, from, to);
    cairo_api.stroke(cairo);
    cairo_api.set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
}

/* A threshold is a mark across the arc, a band or a filled side an arc outside of it. */
static void draw_gauge_annotation(const struct gauge *gauge,
                                  const struct widget_annotation *annotation)
{
    int colour = annotation->colour >= 0 ? annotation->colour : gauge->canvas->theme->threshold;
    double at = angle_of(gauge, annotation->value);
    double outside = gauge->radius + gauge->width / 2 + 5;
    double half = 1.5 / gauge->radius;
    draw_arc(gauge, at - half, at + half, colour, gauge->radius, gauge->width + 8);
    if (annotation->fill == WIDGET_FILL_AFTER)
        draw_arc(gauge, at, GAUGE_START + GAUGE_SWEEP, colour, outside, 4);
    else if (annotation->fill == WIDGET_FILL_BEFORE)
        draw_arc(gauge, GAUGE_START, at, colour, outside, 4);
    else if (!isnan(annotation->end))
        draw_arc(gauge, fmin(at, angle_of(gauge, annotation->end)),
                 fmax(at, angle_of(gauge, annotation->end)), colour, outside, 4);
}

static void draw_gauge_limit(const struct gauge *gauge, double value, double angle)
{
    char text[SCALE_TEXT_SIZE];
    const struct lettering lettering = { LAYOUT_TEXT_SIZE, false, ALIGN_CENTRE,
                                         gauge->canvas->theme->muted };
    canvas_text(gauge->canvas, gauge->x + cos(angle) * gauge->radius,
                gauge->y + sin(angle) * gauge->radius + gauge->width / 2 + 10,
                scale_print(value, 0, text), &lettering);
}

static void draw_gauge(struct canvas *canvas, const struct widget *widget, size_t at,
                       struct box cell)
{
    const struct widget_series *series = &widget->series[at];
    struct box box = shrink(cell, CELL_PADDING);
    char buffer[SCALE_TEXT_SIZE];
    double value = widget_value(series);
    double outer = fmin(box.width / 2, (box.height - LABEL_ROW - LAYOUT_ROW) / (1 + GAUGE_DEPTH));
    struct gauge gauge = {
        .canvas = canvas, .axis = &widget->left, .x = box.x + box.width / 2, .width = outer * 0.2
    };
    gauge.radius = outer - gauge.width / 2 - 8;
    if (gauge.radius < VALUE_SIZE_MIN)
        return;
    double taken = outer * (1 + GAUGE_DEPTH) + LABEL_ROW + LAYOUT_ROW;
    double top = box.y + (box.height - taken) / 2;
    gauge.y = top + LABEL_ROW + outer;
    draw_label(canvas, series, (struct box){ box.x, top, box.width, LABEL_ROW });
    draw_arc(&gauge, GAUGE_START, GAUGE_START + GAUGE_SWEEP, canvas->theme->grid, gauge.radius,
             gauge.width);
    if (!isnan(value) && angle_of(&gauge, value) > GAUGE_START)
        draw_arc(&gauge, GAUGE_START, angle_of(&gauge, value), series->colour, gauge.radius,
                 gauge.width);
    for (size_t i = 0; i < widget->horizontal_count; i++)
        draw_gauge_annotation(&gauge, &widget->horizontal[i]);
    draw_gauge_limit(&gauge, widget->left.min, GAUGE_START);
    draw_gauge_limit(&gauge, widget->left.max, GAUGE_START + GAUGE_SWEEP);
    const char *text = print_value(series, buffer);
    double size = fitting_size(canvas, text, 1.4 * (gauge.radius - gauge.width), outer * 0.45);
    const struct lettering lettering = { size, true, ALIGN_CENTRE, canvas->theme->text };
    canvas_text(canvas, gauge.x, gauge.y + size * 0.35, text, &lettering);
}

void figures_draw_gauges(struct canvas *canvas, const struct widget *widget, struct box box)
{
    for (size_t i = 0; i < widget->series_count; i++)
        draw_gauge(canvas, widget, i, layout_cell(box, widget->series_count, i, GAUGE_RATIO));
}
