/*
 * A picture under way: cairo with the few strokes that widgets are made of.
 */
#ifndef COALMINE_CANVAS_H
#define COALMINE_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "widget/cairo_api.h"
#include "widget/widget_layout.h"

/* Colours are 0xRRGGBB. */
struct theme {
    int background;
    int text;
    int muted; /* of what is there to be looked up: ticks, units */
    int axis;
    int grid;
    int threshold; /* annotations that name no colour */
    int warning;
};

struct canvas {
    cairo_t *cairo;
    const struct theme *theme;
    struct measure measure; /* of this canvas */
    struct arena *arena;    /* for texts that are cut */
};

/* Makes a canvas of this size, filled with the theme's background. The canvas must not move: its
 * measure points to it. cairo_api_load comes first. */
void canvas_start(struct canvas *canvas, int width, int height, bool is_dark, struct arena *arena);
/* The picture as PNG, malloc'd; NULL if cairo failed, with its reason. Ends the canvas. */
char *canvas_end(struct canvas *canvas, size_t *size_out, const char **problem_out);

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

struct lettering {
    double size; /* pixels */
    bool is_bold;
    enum align align;
    int colour;
};

/* `y` is the base line. */
void canvas_text(struct canvas *canvas, double x, double y, const char *text,
                 const struct lettering *lettering);
double canvas_text_width(struct canvas *canvas, const char *text, double size, bool is_bold);

/* Of what cairo draws next: 0xRRGGBB, and 0 (nothing) to 1. */
void canvas_colour(struct canvas *canvas, int colour, double opacity);
/* A box with sharp edges. */
void canvas_fill(struct canvas *canvas, struct box box, int colour, double opacity);
/* A sharp horizontal or vertical line, one pixel wide unless said otherwise. */
void canvas_rule(struct canvas *canvas, double x1, double y1, double x2, double y2, int colour,
                 double width);
/* A text on a ground that keeps what lies behind from shining through. */
void canvas_note(struct canvas *canvas, struct box box, const char *text, int colour);
void canvas_warning(struct canvas *canvas, double x, double y);

#endif
