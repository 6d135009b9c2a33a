/*
 * Thresholds, moments and bands, with labels that do not cover each other.
 */
#include <math.h>

#include "widget/plot.h"

enum { NOTE_HEIGHT = 15, NOTE_PADDING = 4, SHIFTS = 8 };

static const double FILL_OPACITY = 0.12;

static int colour_of(const struct plot *plot, const struct widget_annotation *annotation)
{
    return annotation->colour >= 0 ? annotation->colour : plot->canvas->theme->threshold;
}

/* A moment is no limit: it does not look like one. */
static int moment_colour(const struct plot *plot, const struct widget_annotation *annotation)
{
    return annotation->colour >= 0 ? annotation->colour : plot->canvas->theme->muted;
}

static double clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static void fill_rows(const struct plot *plot, double from, double to, int colour)
{
    const struct box *area = &plot->area;
    double top = clamp(fmin(from, to), area->y, area->y + area->height);
    double bottom = clamp(fmax(from, to), area->y, area->y + area->height);
    canvas_fill(plot->canvas, (struct box){ area->x, top, area->width, bottom - top }, colour,
                FILL_OPACITY);
}

static void fill_columns(const struct plot *plot, double from, double to, int colour)
{
    const struct box *area = &plot->area;
    double left = clamp(fmin(from, to), area->x, area->x + area->width);
    double right = clamp(fmax(from, to), area->x, area->x + area->width);
    canvas_fill(plot->canvas, (struct box){ left, area->y, right - left, area->height }, colour,
                FILL_OPACITY);
}

static void fill_horizontal(const struct plot *plot, const struct widget_annotation *annotation)
{
    const struct box *area = &plot->area;
    int colour = colour_of(plot, annotation);
    double y = plot_y(plot, annotation->value, annotation->is_right);
    if (annotation->fill == WIDGET_FILL_AFTER)
        fill_rows(plot, y, area->y, colour);
    else if (annotation->fill == WIDGET_FILL_BEFORE)
        fill_rows(plot, y, area->y + area->height, colour);
    else if (annotation->fill == WIDGET_FILL_BETWEEN && !isnan(annotation->end))
        fill_rows(plot, y, plot_y(plot, annotation->end, annotation->is_right), colour);
}

static void fill_vertical(const struct plot *plot, const struct widget_annotation *annotation)
{
    const struct box *area = &plot->area;
    int colour = moment_colour(plot, annotation);
    double x = plot_x(plot, annotation->value);
    if (annotation->fill == WIDGET_FILL_AFTER)
        fill_columns(plot, x, area->x + area->width, colour);
    else if (annotation->fill == WIDGET_FILL_BEFORE)
        fill_columns(plot, x, area->x, colour);
    else if (annotation->fill == WIDGET_FILL_BETWEEN && !isnan(annotation->end))
        fill_columns(plot, x, plot_x(plot, annotation->end), colour);
}

void plot_fill_annotations(struct plot *plot)
{
    for (size_t i = 0; i < plot->widget->horizontal_count; i++)
        fill_horizontal(plot, &plot->widget->horizontal[i]);
    for (size_t i = 0; i < plot->widget->vertical_count; i++)
        fill_vertical(plot, &plot->widget->vertical[i]);
}

static bool is_free(const struct plot *plot, struct box box)
{
    const struct box *area = &plot->area;
    if (box.y < area->y - 1 || box.y + box.height > area->y + area->height + 1)
        return false;
    for (size_t i = 0; i < plot->note_count; i++) {
        if (box_overlaps(plot->notes[i], box))
            return false;
    }
    return true;
}

/* Writes a label at the first of its places that is free; nowhere if none is. */
static void place_note(struct plot *plot, struct box box, double step_x, double step_y,
                       const char *text, int colour)
{
    for (int i = 0; i < SHIFTS; i++) {
        if (is_free(plot, box)) {
            plot->notes[plot->note_count++] = box;
            canvas_note(plot->canvas, box, text, colour);
            return;
        }
        box.x += step_x;
        box.y += step_y;
    }
}

static struct box note_box(const struct plot *plot, const char **text, double share)
{
    struct canvas *canvas = plot->canvas;
    *text = layout_fit(*text, plot->area.width * share, LAYOUT_TEXT_SIZE, false, &canvas->measure,
                       canvas->arena);
    double width = canvas_text_width(canvas, *text, LAYOUT_TEXT_SIZE, false);
    return (struct box){ .width = ceil(width) + 2 * NOTE_PADDING, .height = NOTE_HEIGHT };
}

static bool is_in(double at, double from, double size)
{
    return at >= from - 0.5 && at <= from + size + 0.5;
}

static void draw_threshold(struct plot *plot, const struct widget_annotation *annotation,
                           double value)
{
    const struct box *area = &plot->area;
    double y = plot_y(plot, value, annotation->is_right);
    if (is_in(y, area->y, area->height))
        canvas_rule(plot->canvas, area->x, y, area->x + area->width, y, colour_of(plot, annotation),
                    2);
}

/* At the line's right end, above or else below it; if both are taken, further to the left. */
static void name_threshold(struct plot *plot, const struct widget_annotation *annotation,
                           double value, const char *label)
{
    const struct box *area = &plot->area;
    double y = plot_y(plot, value, annotation->is_right);
    if (!label || !is_in(y, area->y, area->height))
        return;
    struct box box = note_box(plot, &label, 0.6);
    box.x = area->x + area->width - box.width - 2;
    box.y = round(y) - NOTE_HEIGHT - 2;
    if (!is_free(plot, box) &&
        is_free(plot, (struct box){ box.x, round(y) + 2, box.width, box.height }))
        box.y = round(y) + 2;
    place_note(plot, box, -box.width - NOTE_PADDING, 0, label, colour_of(plot, annotation));
}

static void draw_moment(struct plot *plot, const struct widget_annotation *annotation, double ms)
{
    const struct box *area = &plot->area;
    double x = plot_x(plot, ms);
    if (is_in(x, area->x, area->width))
        canvas_rule(plot->canvas, x, area->y, x, area->y + area->height,
                    moment_colour(plot, annotation), 1);
}

/* Beside the line's top; lower if another text stands there. */
static void name_moment(struct plot *plot, const struct widget_annotation *annotation, double ms,
                        const char *label)
{
    const struct box *area = &plot->area;
    double x = plot_x(plot, ms);
    if (!label || !is_in(x, area->x, area->width))
        return;
    struct box box = note_box(plot, &label, 0.4);
    box.x = round(x) + 3;
    box.y = area->y + 1;
    if (box.x + box.width > area->x + area->width)
        box.x = round(x) - box.width - 2;
    place_note(plot, box, 0, NOTE_HEIGHT + 1, label, moment_colour(plot, annotation));
}

/* All lines come first: none runs through a text. */
static void draw_lines(struct plot *plot)
{
    const struct widget *widget = plot->widget;
    for (size_t i = 0; i < widget->vertical_count; i++) {
        const struct widget_annotation *one = &widget->vertical[i];
        draw_moment(plot, one, one->value);
        if (!isnan(one->end))
            draw_moment(plot, one, one->end);
    }
    for (size_t i = 0; i < widget->horizontal_count; i++) {
        const struct widget_annotation *one = &widget->horizontal[i];
        draw_threshold(plot, one, one->value);
        if (!isnan(one->end))
            draw_threshold(plot, one, one->end);
    }
}

void plot_draw_annotations(struct plot *plot)
{
    const struct widget *widget = plot->widget;
    size_t room = 2 * (widget->horizontal_count + widget->vertical_count);
    plot->notes = arena_alloc(plot->canvas->arena, (room + 1) * sizeof(*plot->notes));
    draw_lines(plot);
    for (size_t i = 0; i < widget->vertical_count; i++) {
        const struct widget_annotation *one = &widget->vertical[i];
        name_moment(plot, one, one->value, one->label);
        if (!isnan(one->end))
            name_moment(plot, one, one->end, one->end_label);
    }
    for (size_t i = 0; i < widget->horizontal_count; i++) {
        const struct widget_annotation *one = &widget->horizontal[i];
        name_threshold(plot, one, one->value, one->label);
        if (!isnan(one->end))
            name_threshold(plot, one, one->end, one->end_label);
    }
}
