#include "widget/plot.h"

#include <math.h>

enum {
    TICK_GAP = 8,       /* between an axis and its numbers */
    ROW_WANTED = 46,    /* pixels from one grid line to the next */
    TICKS_MAX = 10,     /* of a vertical axis */
    TIME_WANTED = 64,   /* pixels from one time to the next */
    TIME_HEIGHT = 22,   /* of the time axis and its texts */
    TITLE_HEIGHT = 18,  /* of an axis' title above it */
    EDGE = 8,           /* left and right of an area without an axis */
    STROKE_POINTS = 16, /* of a line in one stroke */
    FAR = 10000,        /* pixels: cairo's numbers end soon after */
};

double plot_x(const struct plot *plot, double ms)
{
    const struct widget *widget = plot->widget;
    double part = (ms - (double)widget->start_ms) / (double)(widget->end_ms - widget->start_ms);
    return plot->area.x + fmin(fmax(part * plot->area.width, -FAR), FAR);
}

double plot_y(const struct plot *plot, double value, bool is_right)
{
    const struct scale *scale = is_right ? &plot->right : &plot->left;
    double part = (value - scale->min) / (scale->max - scale->min);
    return plot->area.y + plot->area.height - fmin(fmax(part * plot->area.height, -FAR), FAR);
}

static double widest_tick(const struct plot *plot, const struct scale *scale)
{
    char text[SCALE_TEXT_SIZE];
    double widest = 0;
    for (int i = 0; i <= scale->count; i++) {
        scale_print(scale_tick(scale, i), scale->step, text);
        widest = fmax(widest, canvas_text_width(plot->canvas, text, LAYOUT_TEXT_SIZE, false));
    }
    return widest;
}

/* Gives axes and their titles the room they need; the area is what is left. */
static void measure(struct plot *plot, struct box box, const char *const titles[2])
{
    plot->area = box;
    if (titles[0] || titles[1]) {
        plot->area.y += TITLE_HEIGHT;
        plot->area.height -= TITLE_HEIGHT;
    }
    /* Half a line: the topmost number stands beside the topmost grid line. */
    plot->area.y += LAYOUT_TEXT_SIZE / 2.0;
    plot->area.height -= TIME_HEIGHT + LAYOUT_TEXT_SIZE / 2.0;
    int wanted = (int)fmin(fmax(plot->area.height / ROW_WANTED, 1), TICKS_MAX);
    plot->left = widget_scale(plot->widget, plot->bases, false, wanted);
    plot->right = widget_scale(plot->widget, plot->bases, true, wanted);
    double left = plot->has_left ? widest_tick(plot, &plot->left) + TICK_GAP : EDGE;
    double right = plot->has_right ? widest_tick(plot, &plot->right) + TICK_GAP : 2 * EDGE;
    plot->area.x = round(plot->area.x + left);
    plot->area.width = round(plot->area.width - left - right);
    plot->area.y = round(plot->area.y);
    plot->area.height = round(plot->area.height);
}

static void draw_axis(const struct plot *plot, bool is_right, bool has_grid)
{
    struct canvas *canvas = plot->canvas;
    const struct scale *scale = is_right ? &plot->right : &plot->left;
    const struct box *area = &plot->area;
    const struct lettering lettering = { LAYOUT_TEXT_SIZE, false,
                                         is_right ? ALIGN_LEFT : ALIGN_RIGHT,
                                         canvas->theme->muted };
    double x = is_right ? area->x + area->width + TICK_GAP : area->x - TICK_GAP;
    double last_y = INFINITY;
    for (int i = 0; i <= scale->count; i++) {
        char text[SCALE_TEXT_SIZE];
        double value = scale_tick(scale, i);
        double y = plot_y(plot, value, is_right);
        if (has_grid)
            canvas_rule(canvas, area->x, y, area->x + area->width, y, canvas->theme->grid, 1);
        if (last_y - y < LAYOUT_TEXT_SIZE + 2)
            continue;
        canvas_text(canvas, x, y + 4, scale_print(value, scale->step, text), &lettering);
        last_y = y;
    }
}

static void draw_titles(const struct plot *plot, struct box box, const char *const titles[2])
{
    struct canvas *canvas = plot->canvas;
    double room = titles[0] && titles[1] ? box.width / 2 - EDGE : box.width;
    for (int i = 0; i < 2; i++) {
        const struct lettering lettering = { LAYOUT_TEXT_SIZE, false, i ? ALIGN_RIGHT : ALIGN_LEFT,
                                             canvas->theme->muted };
        const char *text = titles[i] ? layout_fit(titles[i], room, LAYOUT_TEXT_SIZE, false,
                                                  &canvas->measure, canvas->arena)
                                     : NULL;
        if (text)
            canvas_text(canvas, i ? box.x + box.width : box.x, box.y + LAYOUT_TEXT_SIZE, text,
                        &lettering);
    }
}

/* Ticks at round local times; a text that would touch its neighbour or leave the picture is left
 * out. */
static void draw_times(const struct plot *plot)
{
    struct canvas *canvas = plot->canvas;
    const struct widget *widget = plot->widget;
    const struct box *area = &plot->area;
    const struct lettering lettering = { LAYOUT_TEXT_SIZE, false, ALIGN_CENTRE,
                                         canvas->theme->muted };
    double bottom = area->y + area->height;
    double free_from = 0;
    int most = (int)fmax(area->width / TIME_WANTED, 1);
    int64_t step_ms = scale_time_step(widget->end_ms - widget->start_ms, most);
    int64_t ms = scale_time_first(widget->start_ms, step_ms, widget->timezone_minutes);
    for (; ms <= widget->end_ms; ms += step_ms) {
        char text[SCALE_TEXT_SIZE];
        double x = plot_x(plot, (double)ms);
        scale_print_time(ms, step_ms, widget->timezone_minutes, text);
        double half = canvas_text_width(canvas, text, LAYOUT_TEXT_SIZE, false) / 2;
        canvas_rule(canvas, x, bottom, x, bottom + 4, canvas->theme->axis, 1);
        if (x - half < free_from || x + half > widget->width)
            continue;
        canvas_text(canvas, x, bottom + 17, text, &lettering);
        free_from = x + half + EDGE;
    }
    canvas_rule(canvas, area->x, bottom, area->x + area->width, bottom, canvas->theme->axis, 1);
}

/* The points from `from` on that follow each other without a gap. */
static size_t run_end(const struct widget_series *series, size_t from)
{
    size_t to = from + 1;
    while (to < series->count && widget_is_joined(series, to))
        to++;
    return to;
}

static double point_x(const struct plot *plot, const struct widget_series *series, size_t at)
{
    return plot_x(plot, (double)series->times_s[at] * 1000);
}

static void trace(const struct plot *plot, const struct widget_series *series, const double *base,
                  size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        double value = series->values[i] + (base ? base[i] : 0);
        cairo_api.line_to(plot->canvas->cairo, point_x(plot, series, i),
                          plot_y(plot, value, series->is_right));
    }
}

/* A point without neighbours is a dot: a line of no length would not be seen. */
static void draw_dot(const struct plot *plot, double x, double y, int colour)
{
    canvas_colour(plot->canvas, colour, 1);
    cairo_api.arc(plot->canvas->cairo, x, y, 2.5, 0, 2 * M_PI);
    cairo_api.fill(plot->canvas->cairo);
}

static void draw_area(const struct plot *plot, const struct widget_series *series,
                      const double *base, size_t from, size_t to)
{
    cairo_t *cairo = plot->canvas->cairo;
    canvas_colour(plot->canvas, series->colour, 0.55);
    trace(plot, series, base, from, to);
    for (size_t i = to; i-- > from;)
        cairo_api.line_to(cairo, point_x(plot, series, i), plot_y(plot, base[i], series->is_right));
    cairo_api.close_path(cairo);
    cairo_api.fill(cairo);
}

static void draw_areas(const struct plot *plot, const struct widget_series *series,
                       const double *base)
{
    for (size_t from = 0, to; from < series->count; from = to) {
        to = run_end(series, from);
        if (to - from > 1)
            draw_area(plot, series, base, from, to);
    }
}

/* Piece by piece: what cairo spends on a line grows with the crossings within it. */
static void stroke_run(const struct plot *plot, const struct widget_series *series,
                       const double *base, size_t from, size_t to)
{
    cairo_t *cairo = plot->canvas->cairo;
    canvas_colour(plot->canvas, series->colour, 1);
    cairo_api.set_line_width(cairo, 2);
    for (size_t at = from; at + 1 < to; at += STROKE_POINTS - 1) {
        trace(plot, series, base, at, at + STROKE_POINTS < to ? at + STROKE_POINTS : to);
        cairo_api.stroke(cairo);
    }
}

void plot_series(const struct plot *plot, const struct widget_series *series, const double *base)
{
    for (size_t from = 0, to; from < series->count; from = to) {
        to = run_end(series, from);
        if (to - from == 1) {
            double value = series->values[from] + (base ? base[from] : 0);
            draw_dot(plot, point_x(plot, series, from), plot_y(plot, value, series->is_right),
                     series->colour);
            continue;
        }
        stroke_run(plot, series, base, from, to);
    }
}

static void draw_all_series(const struct plot *plot)
{
    const struct box *area = &plot->area;
    cairo_t *cairo = plot->canvas->cairo;
    cairo_api.save(cairo);
    /* Half a line's width more: a value at the very end is drawn whole. */
    cairo_api.rectangle(cairo, area->x - 3, area->y - 3, area->width + 6, area->height + 6);
    cairo_api.clip(cairo);
    for (size_t i = 0; i < plot->widget->series_count; i++) {
        if (plot->bases[i])
            draw_areas(plot, &plot->widget->series[i], plot->bases[i]);
    }
    for (size_t i = 0; i < plot->widget->series_count; i++)
        plot_series(plot, &plot->widget->series[i], plot->bases[i]);
    cairo_api.restore(cairo);
}

static bool has_data(const struct widget *widget)
{
    for (size_t i = 0; i < widget->series_count; i++) {
        if (widget->series[i].count)
            return true;
    }
    return false;
}

static void draw_absence(const struct plot *plot)
{
    const struct box *area = &plot->area;
    const struct lettering lettering = { LAYOUT_TEXT_SIZE + 1, false, ALIGN_CENTRE,
                                         plot->canvas->theme->muted };
    const char *text = layout_fit("No data available", area->width, LAYOUT_TEXT_SIZE + 1, false,
                                  &plot->canvas->measure, plot->canvas->arena);
    canvas_text(plot->canvas, area->x + area->width / 2, area->y + area->height / 2, text,
                &lettering);
}

void plot_draw(struct canvas *canvas, const struct widget *widget, struct box box)
{
    struct plot plot = { .canvas = canvas,
                         .widget = widget,
                         .has_left = widget_uses_axis(widget, false),
                         .has_right = widget_uses_axis(widget, true),
                         .bases = widget_stack(widget, canvas->arena) };
    const char *titles[2] = {
        plot.has_left ? widget_axis_title(widget, false, canvas->arena) : NULL,
        plot.has_right ? widget_axis_title(widget, true, canvas->arena) : NULL,
    };
    measure(&plot, box, titles);
    if (!box_is_usable(plot.area))
        return;
    plot_fill_annotations(&plot);
    if (plot.has_left)
        draw_axis(&plot, false, true);
    if (plot.has_right)
        draw_axis(&plot, true, !plot.has_left);
    draw_titles(&plot, box, titles);
    draw_times(&plot);
    draw_all_series(&plot);
    if (!has_data(widget))
        draw_absence(&plot);
    plot_draw_annotations(&plot);
}
