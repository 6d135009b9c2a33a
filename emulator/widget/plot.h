/*
 * A view over time: axes, series, annotations.
 */
#ifndef COALMINE_PLOT_H
#define COALMINE_PLOT_H

#include "scale.h"
#include "widget/canvas.h"
#include "widget/widget_values.h"

/* The rectangle that the data fills, and what its sides stand for. */
struct plot {
    struct canvas *canvas;
    const struct widget *widget;
    struct box area;
    bool has_left;
    bool has_right;
    struct scale left;
    struct scale right;
    const double **bases; /* of stacks */
    struct box *notes;    /* where texts stand already */
    size_t note_count;
};

/* In pixels, of a time in milliseconds since 1970. May lie outside of the area, but not far. */
double plot_x(const struct plot *plot, double ms);
/* May lie outside of the area, but not far. */
double plot_y(const struct plot *plot, double value, bool is_right);

/* What lies below the data: fills; and above it: lines and their labels. */
void plot_fill_annotations(struct plot *plot);
void plot_draw_annotations(struct plot *plot);

/* A line or stacked-area graph with its axes and annotations; nothing if the box is too small. */
void plot_draw(struct canvas *canvas, const struct widget *widget, struct box box);

/* The lines of one series, on top of what stands below it (`base`, NULL: nothing). */
void plot_series(const struct plot *plot, const struct widget_series *series, const double *base);

#endif
