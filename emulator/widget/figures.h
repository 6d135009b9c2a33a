/*
 * Views of one value per series: bars, a pie, numbers, gauges.
 */
#ifndef COALMINE_FIGURES_H
#define COALMINE_FIGURES_H

#include "widget/canvas.h"

/* Each draws all series of the widget into the box. */
void figures_draw_bars(struct canvas *canvas, const struct widget *widget, struct box box);
void figures_draw_pie(struct canvas *canvas, const struct widget *widget, struct box box);
void figures_draw_values(struct canvas *canvas, const struct widget *widget, struct box box);
void figures_draw_gauges(struct canvas *canvas, const struct widget *widget, struct box box);

#endif
