#include "widget/widget_layout.h"

#include <math.h>

enum { USABLE = 8, TITLE_ROW = 24, GAP = 5, BETWEEN_ENTRIES = 16 };

static const double LEGEND_SHARE = 0.38; /* of the height, or of the width on the right */

bool box_is_usable(struct box box)
{
    return box.width >= USABLE && box.height >= USABLE;
}

bool box_overlaps(struct box a, struct box b)
{
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
           b.y < a.y + a.height;
}

/* The place before the character that holds byte `at`. */
static size_t character_start(const char *text, size_t at)
{
    while (at > 0 && !text_begins_character(text[at]))
        at--;
    return at;
}

const char *layout_fit(const char *text, double width, double size, bool is_bold,
                       const struct measure *measure, struct arena *arena)
{
    if (measure->width(measure->owner, text, size, is_bold) <= width)
        return text;
    size_t low = 0;
    size_t high = strlen(text);
    const char *best = "";
    while (low < high) {
        size_t middle = character_start(text, (low + high + 1) / 2);
        if (middle <= low)
            break;
        const char *cut = arena_format(arena, "%.*s…", (int)middle, text);
        if (measure->width(measure->owner, cut, size, is_bold) <= width) {
            low = middle;
            best = cut;
        } else {
            high = middle - 1;
        }
    }
    return best;
}

static double entry_width(const char *text, const struct measure *measure)
{
    return LAYOUT_SWATCH + GAP + measure->width(measure->owner, text, LAYOUT_TEXT_SIZE, false);
}

struct legend_run {
    const struct widget *widget;
    const char *const *texts;
    const struct measure *measure;
    struct arena *arena;
    double width; /* that one row may have */
};

/* Places the entries in rows below each other from (0, 0); returns how many rows are used. At
 * `rows_max` the rest becomes "+N more". */
static size_t flow(const struct legend_run *run, bool is_column, size_t rows_max,
                   struct layout *layout)
{
    size_t row = 0;
    double x = 0;
    double room = run->width - LAYOUT_SWATCH - GAP;
    layout->entry_count = 0;
    for (size_t i = 0; i < run->widget->series_count; i++) {
        const char *text =
            layout_fit(run->texts[i], room, LAYOUT_TEXT_SIZE, false, run->measure, run->arena);
        double width = entry_width(text, run->measure);
        if (x > 0 && (is_column || x + width > run->width)) {
            row++;
            x = 0;
        }
        if (row >= rows_max)
            break;
        layout->entries[layout->entry_count++] =
            (struct legend_entry){ .x = x,
                                   .y = (double)row * LAYOUT_ROW + LAYOUT_ROW / 2.0,
                                   .text = text,
                                   .colour = run->widget->series[i].colour };
        x += width + BETWEEN_ENTRIES;
    }
    return row < rows_max ? row + 1 : rows_max;
}

static const char *rest_text(const struct legend_run *run, size_t count, double room)
{
    const char *text = arena_format(run->arena, "+%zu more", count);
    bool fits = run->measure->width(run->measure->owner, text, LAYOUT_TEXT_SIZE, false) <= room;
    return fits ? text : arena_format(run->arena, "+%zu", count);
}

/* Says how many series are not named, in the place of the last entry, or behind it if all that
 * are drawn are named and there is room. */
static void note_rest(const struct legend_run *run, struct layout *layout)
{
    enum { ROOM = 60 };
    size_t left = run->widget->series_count - layout->entry_count + run->widget->hidden_count;
    if (left == 0 || layout->entry_count == 0)
        return;
    struct legend_entry *last = &layout->entries[layout->entry_count - 1];
    double end = last->x + entry_width(last->text, run->measure) + BETWEEN_ENTRIES;
    if (left == run->widget->hidden_count && end + ROOM <= run->width) {
        last[1] = (struct legend_entry){ .x = end, .y = last->y };
        last++;
        layout->entry_count++;
    } else {
        left++;
    }
    last->text = rest_text(run, left, run->width - last->x);
    last->colour = -1;
}

static void move_entries(struct layout *layout, double x, double y)
{
    for (size_t i = 0; i < layout->entry_count; i++) {
        layout->entries[i].x += x;
        layout->entries[i].y += y;
    }
}

static void place_bottom(struct legend_run *run, struct layout *layout)
{
    struct box *body = &layout->body;
    size_t rows_max = (size_t)fmax(body->height * LEGEND_SHARE / LAYOUT_ROW, 0);
    run->width = body->width;
    if (rows_max == 0 || body->width < 4 * LAYOUT_ROW)
        return;
    size_t rows = flow(run, false, rows_max, layout);
    note_rest(run, layout);
    double height = (double)rows * LAYOUT_ROW;
    layout->legend = (struct box){ body->x, body->y + body->height - height, body->width, height };
    body->height -= height + GAP;
    move_entries(layout, layout->legend.x, layout->legend.y);
}

static void place_right(struct legend_run *run, struct layout *layout)
{
    struct box *body = &layout->body;
    double widest = 0;
    for (size_t i = 0; i < run->widget->series_count; i++)
        widest = fmax(widest, entry_width(run->texts[i], run->measure));
    double width = fmin(widest, body->width * LEGEND_SHARE);
    size_t rows_max = (size_t)fmax(body->height / LAYOUT_ROW, 0);
    run->width = width;
    if (rows_max == 0 || width < 2 * LAYOUT_ROW)
        return;
    flow(run, true, rows_max, layout);
    note_rest(run, layout);
    layout->legend = (struct box){ body->x + body->width - width, body->y, width, body->height };
    body->width -= width + BETWEEN_ENTRIES;
    move_entries(layout, layout->legend.x, layout->legend.y);
}

struct layout layout_make(const struct widget *widget, const char *const *texts,
                          const struct measure *measure, struct arena *arena)
{
    struct layout layout = { 0 };
    struct legend_run run = {
        .widget = widget, .texts = texts, .measure = measure, .arena = arena
    };
    /* A small picture has no room to give away. */
    double padding = fmin(LAYOUT_PADDING, fmin(widget->width, widget->height) / 20.0);
    layout.body =
        (struct box){ padding, padding, widget->width - 2 * padding, widget->height - 2 * padding };
    if (widget->title && layout.body.height > 3 * TITLE_ROW) {
        layout.title = (struct box){ layout.body.x, layout.body.y, layout.body.width, TITLE_ROW };
        layout.title_text =
            layout_fit(widget->title, layout.title.width, LAYOUT_TITLE_SIZE, true, measure, arena);
        layout.body.y += TITLE_ROW;
        layout.body.height -= TITLE_ROW;
    }
    layout.entries = arena_alloc(arena, (widget->series_count + 2) * sizeof(*layout.entries));
    bool has_legend = widget->view == WIDGET_TIME_SERIES || widget->view == WIDGET_PIE;
    if (has_legend && widget->series_count && widget->legend == WIDGET_LEGEND_BOTTOM)
        place_bottom(&run, &layout);
    if (has_legend && widget->series_count && widget->legend == WIDGET_LEGEND_RIGHT)
        place_right(&run, &layout);
    return layout;
}

struct box layout_cell(struct box box, size_t count, size_t at, double wanted_ratio)
{
    size_t columns = 1;
    double best = INFINITY;
    for (size_t tried = 1; tried <= count; tried++) {
        size_t rows = (count + tried - 1) / tried;
        double ratio = (box.width / (double)tried) / fmax(box.height / (double)rows, 1);
        double empty = (double)(rows * tried - count) / (double)count;
        double distance = fabs(log(fmax(ratio, 1e-6) / wanted_ratio)) + empty;
        if (distance < best) {
            best = distance;
            columns = tried;
        }
    }
    size_t rows = (count + columns - 1) / columns;
    double width = box.width / (double)columns;
    double height = box.height / (double)rows;
    return (struct box){ box.x + (double)(at % columns) * width,
                         box.y + (double)(at / columns) * height, width, height };
}
