/*
 * Where things stand in a picture: title, legend, and the body that is left. Pure: texts are
 * measured by whoever draws.
 */
#ifndef COALMINE_WIDGET_LAYOUT_H
#define COALMINE_WIDGET_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "widget/widget.h"

struct box {
    double x;
    double y;
    double width;
    double height;
};

/* False for boxes too small to hold anything. */
bool box_is_usable(struct box box);
bool box_overlaps(struct box a, struct box b);

enum {
    LAYOUT_PADDING = 12,
    LAYOUT_TITLE_SIZE = 14, /* of letters, in pixels */
    LAYOUT_TEXT_SIZE = 11,
    LAYOUT_SWATCH = 10,
    LAYOUT_ROW = 17, /* from one row of the legend to the next */
};

struct measure {
    double (*width)(void *owner, const char *text, double size, bool is_bold);
    void *owner;
};

struct legend_entry {
    double x; /* of the swatch's left side */
    double y; /* of the row's middle */
    const char *text;
    int colour; /* -1: no swatch: "+3 more" */
};

struct layout {
    struct box title;
    const char *title_text; /* cut to fit; NULL: none */
    struct box legend;
    struct legend_entry *entries;
    size_t entry_count;
    struct box body;
};

/* All of it lives in the arena. `texts` are what the legend says of each series. */
struct layout layout_make(const struct widget *widget, const char *const *texts,
                          const struct measure *measure, struct arena *arena);

/* The text, or as much of it as fits with an ellipsis behind it, in the arena. */
const char *layout_fit(const char *text, double width, double size, bool is_bold,
                       const struct measure *measure, struct arena *arena);

/* Cuts a box into `count` cells of a sensible shape; the rectangle of cell `at`. */
struct box layout_cell(struct box box, size_t count, size_t at, double wanted_ratio);

#endif
