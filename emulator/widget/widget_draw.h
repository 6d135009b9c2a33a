/*
 * A widget becomes a PNG. Touches nothing but the widget: any thread.
 */
#ifndef COALMINE_WIDGET_DRAW_H
#define COALMINE_WIDGET_DRAW_H

#include <stddef.h>

#include "compiler.h"
#include "error.h"
#include "widget/widget.h"

/* The picture, malloc'd; NULL with a sentence if cairo cannot. */
MUST_CHECK char *widget_draw(const struct widget *widget, size_t *size_out, struct error *error);

#endif
